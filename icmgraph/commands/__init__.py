"""Operator commands, mounted by ``icmgraph.cli``."""
