"""The managed Neo4j of a machine that has none: its jars, its Java, its process.

Nothing here speaks Cypher. The rest of the project asks :func:`connection` where the graph is and
need not know whether it is this one.
"""

from icmgraph.local_neo4j.server import Connection, LocalNeo4j, Status, connection

__all__ = ["Connection", "LocalNeo4j", "Status", "connection"]
