"""icmgraph: link analysis for investigations, under need-to-know."""

__version__ = "0.1.0"
__all__ = ["__version__"]
