"""The ground of every map: the base map that the office has set, and the grids of the viewer's area."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    g,
    jsonify,
    request,
    send_file,
    url_for,
)

from orchestrator.domain.shapes import Rectangle
from orchestrator.errors import NotFound
from orchestrator.map_settings import MapImage, hosts, servers
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import grid_maps
from orchestrator.store.territories import find_body
from web.auth import permission, who

blueprint = Blueprint("base_map", __name__, url_prefix="/map")


def register(app: Flask) -> None:
    """Makes this available in templates."""
    app.jinja_env.globals.update(base_map=shown)


def shown() -> dict[str, Any]:
    """What a map of this page draws under everything; the page's content policy lets its host in."""
    settings = current_app.extensions["gridflow"]
    tiles = settings.map_tiles
    g.tiles_source = "".join(f" {host}" for host in hosts(tiles))
    image = _image()
    if tiles:
        return {
            "tiles": tiles,
            "servers": servers(tiles),
            "credit": settings.map_credit,
        }
    if image is None:
        return {"tiles": "", "credit": settings.map_credit}
    south, west, north, east = image.bounds
    return {
        "tiles": "",
        "credit": settings.map_credit,
        "image": url_for("base_map.image"),
        "bounds": [[south, west], [north, east]],
    }


def _image() -> MapImage | None:
    map_image: MapImage | None = current_app.extensions["gridflow"].map_image
    return map_image


@blueprint.get("/image")
@permission("signed-in")
def image() -> Any:
    """The picture that the office has set as the base map."""
    map_image = _image()
    if map_image is None or not map_image.path.is_file():
        raise NotFound("image")
    answer = send_file(map_image.path, mimetype=map_image.kind)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@blueprint.get("/grids")
@permission("signed-in")
def grids() -> Any:
    """The drawn grids of the viewer's area that lie in the rectangle `west,south,east,north`, as GeoJSON; all
    of them where none is given. `more` says that there are others."""
    drawn, more = grid_maps.within(
        reading(), who().tenant_id, who().places, _rectangle()
    )
    return jsonify({**drawn, "more": more})


@blueprint.get("/areas.geojson")
@permission("signed-in")
def areas() -> Any:
    """The areas of the viewer's places, or of one of his bodies' places that `body` names, as GeoJSON."""
    answer = jsonify(grid_maps.areas(reading(), who().tenant_id, _paths()))
    if "download" in request.args:
        name = "attachment; filename=areas.geojson"
        answer.headers["Content-Disposition"] = name
    return answer


def _paths() -> list[str]:
    """The places that are asked for. Raises NotFound for a body outside the viewer's places."""
    places = who().places
    named = request.args.get("body", "")[:120]
    if not named:
        return places
    body = find_body(reading(), who().tenant_id, named)
    if body is None or not any(
        body.territory_path.startswith(place) for place in places
    ):
        raise NotFound(named)
    return [body.territory_path]


def _rectangle() -> Rectangle | None:
    parts = request.args.get("within", "")[:120].split(",")
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError:
        return None
    if not (west <= east and south <= north):
        return None
    return Rectangle(west, south, east, north)
