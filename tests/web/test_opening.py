"""Who opens a case besides the grid's own people: communities, offices and departments name the grid, which
is proposed from the words of the place or from a point; in two cities."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask

ROOT = Path(__file__).parents[2]
GRID = "3211020010011001"
GRIDS = {"zhenjiang": GRID, "dongying": "3705020010111001"}
OPENERS = [
    ("zd-wgz1", "zhenjiang", "grid-leader:3211020010011001", ""),
    ("zd-jw", "zhenjiang", "village-committee:321102001001", "triage"),
    ("jk-cg", "zhenjiang", "urban-management:321102", "triage"),
    ("zj-zw", "zhenjiang", "government-services:321100", "triage"),
    ("zd-wgb", "zhenjiang", "grid-office:321102001", ""),
    ("dys-wgzx", "dongying", "grid-office:370500", ""),
    ("wh-jw", "dongying", "village-committee:370502001011", "triage"),
]
"""Who, in which city, for which body; `triage` where the case goes to the office whatever he chose."""


@pytest.fixture(scope="module")
def application(two_cities: Flask) -> Flask:
    return two_cities


def given(page: str, **changed: str) -> dict[str, str]:
    return {
        "item_id": re.search(r'<option value="(\w{22})">', page)[1],
        "case_title": "井盖松动",
        "description": "井盖松动，有人绊倒",
        "location": "三号楼前",
        "coordinates": "32.2,119.4715",
        "priority": "normal",
        "disposal": "handle",
        **changed,
    }


@pytest.mark.parametrize(("username", "city", "body", "goes_to"), OPENERS)
def test_each_opener_starts_a_case_at_a_grid_of_his_place(
    application, signed_in, username, city, body, goes_to
) -> None:
    client = signed_in(username)
    address = f"/start/case_handling/{city}:{body}"
    page = client.get(f"{address}?_place={GRIDS[city]}").text
    told = client.post(address, data=given(page, _place=GRIDS[city]))
    assert told.status_code == 302, told.text
    matter = told.location.rpartition("/")[2]
    with application.app_context(), transaction(writing=False) as session:
        case = session.get_one(GridCase, matter)
        step = session.scalars(
            sa.select(UserTask.element_id).where(
                UserTask.instance_id == matter, UserTask.state == "open"
            )
        ).one()
    assert case.grid_code == GRIDS[city] and case.location == "三号楼前"
    assert (case.latitude, case.longitude) == (32.2, 119.4715)
    assert step.startswith("triage" if goes_to else "handle_on_spot")


def test_without_a_grid_or_with_one_elsewhere_it_is_refused_and_nothing_is_lost(
    signed_in,
) -> None:
    client = signed_in("zd-jw")
    address = "/start/case_handling/zhenjiang:village-committee:321102001001"
    page = client.get(address).text
    refused = client.post(address, data=given(page))
    assert refused.status_code == 422 and "请先选定所在的网格" in refused.text
    assert 'value="井盖松动"' in refused.text
    elsewhere = client.post(
        address, data=given(page, _place="3211810010011001")
    )
    assert elsewhere.status_code == 422


def test_a_grid_is_proposed_from_words_and_from_a_point(signed_in) -> None:
    client = signed_in("jk-wgb")
    base = "/place/case_handling/zhenjiang:grid-office:321102"
    words = client.get(f"{base}/grids?q=酒海街菜场门口").json
    assert words[0]["name"].startswith("酒海街社区")
    assert "酒海街" in words[0]["why"]
    inside = client.get(f"{base}/grids?point=32.2,119.4715").json
    assert inside[0]["code"] == GRID and inside[0]["why"] == "定位在网格内"
    assert client.get(f"{base}/grids?q=%F0&point=x,y").json == []
    choices = client.get(f"{base}/choices?_place={GRID}").json
    assert len(choices["area_id"]) >= 2 and choices["item_id"]
    assert (
        client.get(f"{base}/choices?_place=3705020010111001").status_code
        == 404
    )


def test_the_area_is_the_one_in_which_the_point_lies(
    application, signed_in
) -> None:
    client = signed_in("zd-wgy1")
    address = f"/start/case_handling/zhenjiang:grid-member:{GRID}"
    page = client.get(address).text
    # Without a script nothing else says what to type.
    assert "也可以直接填“纬度,经度”" in page
    told = client.post(address, data=given(page))
    with application.app_context(), transaction(writing=False) as session:
        case = session.get_one(GridCase, told.location.rpartition("/")[2])
    assert case.area_id == "321102001001-01"
    wrong = client.post(address, data=given(page, coordinates="这里"))
    assert wrong.status_code == 422 and "纬度,经度" in wrong.text
