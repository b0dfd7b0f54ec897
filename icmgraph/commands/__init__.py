"""The commands of ``icmgraph.cli``: users', which ask the API, and operators', which run in process."""
