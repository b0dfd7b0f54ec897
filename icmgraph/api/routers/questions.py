"""Searching and walking the graph, within what one may see."""

from __future__ import annotations

from fastapi.responses import HTMLResponse, Response

from icmgraph.api.deps import LIMIT, Addressed, Cursor, Limit, Person, Reading, Shared
from icmgraph.api.routing import Router
from icmgraph.api.schemas import ChartBody, CompareBody, ExpandBody, ExportBody, NameSearchBody, PathsBody, SearchBody
from icmgraph.model.answers import Comparison, Connected, Hit, NameHit, Page, Paths, Subgraph
from icmgraph.model.records import Id, utc_text
from icmgraph.viz.exports import RENDER
from icmgraph.viz.page import Stamp, chart_page

router = Router("questions")

_BYTES = {"schema": {"type": "string", "format": "binary"}}


@router.on("POST", "/v1/search/identifiers", "scoped")
def search_identifiers(search: SearchBody, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[Hit]:
    """Subjects that have one of these identifiers."""
    return reader.search_identifier(search.normalised(), cursor, limit)


@router.on("POST", "/v1/search/names", "scoped")
def search_names(search: NameSearchBody, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[NameHit]:
    """Subjects that have a name like this one, the most alike first."""
    return reader.search_names(search.name, search.kind, search.prefix, search.threshold, cursor, limit)


@router.on("POST", "/v1/expand", "scoped", lane="walk")
def expand(body: ExpandBody, reader: Reading) -> Subgraph:
    """What stands around a record."""
    return reader.expand(body.start, body.depth, body.types, body.limit)


@router.on("POST", "/v1/paths", "scoped", lane="walk")
def find_paths(body: PathsBody, reader: Reading) -> Paths:
    """All shortest paths between two records."""
    return reader.paths(body.start, body.end, body.bound, body.types)


@router.on("POST", "/v1/cases/compare", "scoped", lane="walk")
def compare_cases(body: CompareBody, reader: Reading) -> Comparison:
    """What two to ten cases have in common."""
    return reader.compare(body.cases, body.limit)


@router.on("GET", "/v1/cases/{id}/connected", "scoped", lane="walk")
def list_connected(id: Id, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Connected:
    """The cases connected to one, with the first reasons of each."""
    return reader.connected(id, cursor, limit)


@router.on("POST", "/v1/charts/render", "scoped", lane="walk", response_class=HTMLResponse)
def render_chart(body: ChartBody, reader: Reading, inbox: Addressed, session: Person, api: Shared) -> HTMLResponse:
    """The surroundings of a record as one HTML page that works by itself."""
    subgraph = reader.expand(body.start, body.depth, body.types, api.settings.chart_nodes)
    drawn = utc_text(api.sessions.source(session.user, "chart.render").now())
    stamp = Stamp(who=inbox.me().name, when=drawn, within="within what they may see")
    return HTMLResponse(chart_page(subgraph, stamp, max_nodes=api.settings.chart_nodes))


@router.on(
    "POST", "/v1/exports/render", "scoped", lane="walk", response_class=Response,
    responses={200: {"content": {media_type: _BYTES for _, media_type in RENDER.values()}}},
)  # fmt: skip
def render_export(body: ExportBody, reader: Reading) -> Response:
    """A case's file, as far as one sees it, for other programs."""
    render, media_type = RENDER[body.format]
    return Response(render(reader.export(body.case)), media_type=media_type)
