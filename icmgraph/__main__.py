"""``python -m icmgraph``: the command, where its script is not on the path."""

from icmgraph.cli import main

main()
