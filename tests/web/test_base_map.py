"""A place is picked over the office's own map: its tiles or its picture, the grids of the viewer's area, and
nothing from anywhere else."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html import unescape

import pytest
from PIL import Image

from orchestrator.errors import SettingInvalid
from orchestrator.services.registers import grid_maps
from orchestrator.settings import read_settings

GRID = "3211020010011001"
START = f"/start/case_handling/zhenjiang:grid-member:{GRID}"


def ground(page: str) -> dict[str, object]:
    given = re.search(r'data-ground="([^"]*)"', page)
    assert given
    return json.loads(unescape(given[1]))


def picture(folder) -> str:
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(kept, "PNG")
    path = folder / "底图.png"
    path.write_bytes(kept.getvalue())
    return str(path)


def test_a_form_that_asks_for_a_point_offers_the_map_and_no_other_does(
    signed_in,
) -> None:
    page = signed_in("zd-wgy1").get(START).text
    assert "data-pick" in page and "data-map-source" in page
    assert ground(page) == {"tiles": "", "credit": ""}
    other = signed_in("zd-wgb").get(
        "/start/grid_adjustment/zhenjiang:grid-office:321102001"
    )
    assert other.status_code == 200
    assert "data-map-source" not in other.text


def test_the_tiles_of_the_office_are_let_into_the_page_of_a_form(
    application, signed_in
) -> None:
    settings = application.extensions["gridflow"]
    tiles = "https://tiles.example.gov.cn/{z}/{x}/{y}.png"
    application.extensions["gridflow"] = replace(settings, map_tiles=tiles)
    try:
        answer = signed_in("zd-wgy1").get(START)
        other = signed_in("zd-wgy1").get("/start")
    finally:
        application.extensions["gridflow"] = settings
    assert ground(answer.text)["tiles"] == tiles
    policy = answer.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://tiles.example.gov.cn;" in policy
    assert "example" not in other.headers["Content-Security-Policy"]


def test_a_picture_is_given_by_the_server_itself(
    application, signed_in, tmp_path
) -> None:
    settings = application.extensions["gridflow"]
    member = signed_in("zd-wgy1")
    assert member.get("/map/image").status_code == 404
    given = read_settings(
        {
            "GRIDFLOW_VAR_DIR": str(tmp_path),
            "GRIDFLOW_MAP_IMAGE": picture(tmp_path),
            "GRIDFLOW_MAP_IMAGE_BOUNDS": "32.17，119.42,32.25,119.52",
        }
    )
    application.extensions["gridflow"] = replace(
        settings, map_image=given.map_image
    )
    try:
        shown = ground(member.get(START).text)
        answer = member.get(shown["image"])
        hidden = application.test_client().get("/map/image")
    finally:
        application.extensions["gridflow"] = settings
    assert shown["bounds"] == [[32.17, 119.42], [32.25, 119.52]]
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert hidden.status_code == 302


@pytest.mark.parametrize(
    "bounds", ["", "1,2,3", "nan,119,33,120", "33,119,32,120", "119,32,120,33"]
)
def test_a_picture_without_its_place_is_refused(bounds, tmp_path) -> None:
    with pytest.raises(SettingInvalid, match="GRIDFLOW_MAP_IMAGE_BOUNDS"):
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(tmp_path),
                "GRIDFLOW_MAP_IMAGE": picture(tmp_path),
                "GRIDFLOW_MAP_IMAGE_BOUNDS": bounds,
            }
        )
    with pytest.raises(SettingInvalid, match="GRIDFLOW_MAP_IMAGE "):
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(tmp_path),
                "GRIDFLOW_MAP_IMAGE": str(tmp_path / "没有.png"),
            }
        )


def test_the_grids_of_the_area_are_drawn_and_those_of_a_rectangle_alone(
    signed_in, monkeypatch
) -> None:
    office = signed_in("zd-wgb")
    everything = office.get("/map/grids").json
    names = {drawn["properties"]["name"] for drawn in everything["features"]}
    assert len(names) > 3 and everything["more"] is False
    assert not office.get("/map/grids?within=70,3,71,4").json["features"]
    for wrong in ("nan,1,2,3", "x", "5,5,1,1", "1" * 500):
        whole = office.get(f"/map/grids?within={wrong}").json
        assert len(whole["features"]) == len(everything["features"])
    assert office.get("/map/grids?within=inf,inf,inf,inf").status_code == 200
    own = signed_in("zd-wgy1").get("/map/grids").json["features"]
    assert len(own) < len(everything["features"])
    monkeypatch.setattr(grid_maps, "MOST", 2)
    some = office.get("/map/grids").json
    assert (len(some["features"]), some["more"]) == (2, True)


def test_areas_leave_as_geojson_for_the_places_of_the_viewer_alone(
    signed_in,
) -> None:
    office = signed_in("zd-wgb")
    answer = office.get("/map/areas.geojson?download=1")
    assert "attachment" in answer.headers["Content-Disposition"]
    areas = answer.json["features"]
    assert {"321102001001-01"} <= {area["properties"]["id"] for area in areas}
    county = signed_in("jk-wgb")
    township = "zhenjiang:grid-office:321102001"
    part = county.get(f"/map/areas.geojson?body={township}").json["features"]
    assert len(part) == len(areas)
    for body in ("zhenjiang:grid-office:321100", "dongying:x:1", "没有"):
        answer = office.get("/map/areas.geojson", query_string={"body": body})
        assert answer.status_code == 404


def test_a_drawing_is_previewed_with_what_is_wrong_and_with_what_is_lost(
    signed_in,
) -> None:
    office = signed_in("zd-wgb")
    areas = office.get("/map/areas.geojson").json["features"]
    first = areas[0]
    plan = {
        "kind": "boundary",
        "source_grids": GRID,
        "after.0.name": "贺家弄社区第一网格",
        "after.0.kind": "general",
        "after.0.areas": [
            area["properties"]["id"]
            for area in areas
            if area["properties"]["grid_code"] == GRID
        ],
        "reason": "勘界",
        "_preview": "1",
    }
    ring = first["geometry"]["coordinates"][0]
    west = min(point[0] for point in ring)
    first["geometry"]["coordinates"] = [
        [[max(point[0], west + 0.0004), point[1]] for point in ring]
    ]
    collection = {"type": "FeatureCollection", "features": [first]}
    page = office.post(
        "/start/grid_adjustment/zhenjiang:grid-office:321102001",
        data={**plan, "boundaries": json.dumps(collection)},
    ).text
    assert "平方米不再属于本辖区的任何片区" in page
    swapped = json.dumps(collection).replace("119.", "19.")
    page = office.post(
        "/start/grid_adjustment/zhenjiang:grid-office:321102001",
        data={**plan, "boundaries": swapped},
    ).text
    assert "不在中国范围内" in page
