"""The project's own interchange files and what loads them: see docs/load.md.

``interchange`` reads a folder and checks each cell, ``prepare`` makes rows of the graph of it, with ids and labels;
``offline`` writes those for Neo4j's own import, ``live`` sends them to a running graph.

Column by column (polars), never row by row: a row that costs Python a tenth of a millisecond costs a million rows two
minutes.
"""

from icmgraph.errors import OperatorError

try:  # an extra: nothing else of icmgraph wants them
    import numpy as numpy
    import polars as polars
except ModuleNotFoundError as error:
    raise OperatorError("loading needs polars and numpy: pip install 'icmgraph[load]'") from error
