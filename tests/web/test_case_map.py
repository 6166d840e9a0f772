"""Cases on a map: only those that the viewer may see, where they were told to be or in the middle of their
area; a base map changes the content policy of this page alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from orchestrator.errors import SettingInvalid
from orchestrator.settings import read_settings
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_merging import register


def points(page: str) -> list[dict[str, object]]:
    found = re.search(r'data-points="([^"]*)"', page)
    assert found
    return json.loads(unescape(found[1]))


def test_a_case_stands_where_it_was_told_and_only_before_who_may_see_it(
    signed_in,
) -> None:
    member = signed_in("zd-wgy1")
    told = register(
        member, "zhenjiang", "树枝断落", "河边", "32.2011,119.4722"
    )
    middle = register(member, "zhenjiang", "护栏倾斜", "桥头", "")
    page = signed_in("zd-wgb").get("/cases/map").text
    shown = {each["id"]: each for each in points(page)}
    assert shown[told]["at"] == [32.2011, 119.4722] and shown[told]["exact"]
    assert not shown[middle]["exact"] and "护栏倾斜" in page
    assert "树枝断落" not in signed_in("dy-wgb").get("/cases/map").text
    item = re.search(r'name="item".*?<option value="([^"]+)"', page, re.S)
    assert item and item[1] in member.get("/cases/map").text
    assert item[1] not in signed_in("dy-wgb").get("/cases/map").text
    urgent = "/cases/map?priority=urgent&days=7&state=nonsense&item=x"
    assert points(signed_in("zd-wgb").get(urgent).text) == []


def test_what_is_due_is_asked_for_and_a_wall_shows_places_without_titles(
    application, signed_in
) -> None:
    member = signed_in("zd-wgy1")
    office = signed_in("zd-wgb")
    late = register(
        member, "zhenjiang", "路灯已迟", "河边", "32.2012,119.4723"
    )
    fresh = register(member, "zhenjiang", "路灯今天", "河边", "32.2,119.472")
    tonight = counters_end()
    with application.app_context(), transaction() as session:
        for case, due in (
            (late, datetime(2020, 1, 1, tzinfo=UTC)),
            (fresh, tonight - timedelta(microseconds=1)),
        ):
            session.execute(
                sa.update(UserTask)
                .where(UserTask.instance_id == case)
                .values(due_at=due)
            )
    by_due = {
        due: {
            point["id"]
            for point in points(office.get(f"/cases/map?due={due}").text)
        }
        for due in ("overdue", "today", "nonsense")
    }
    assert late in by_due["overdue"] and fresh not in by_due["overdue"]
    assert fresh in by_due["today"] and late not in by_due["today"]
    assert {late, fresh} <= by_due["nonsense"]
    wall = office.get("/figures/wall").text
    assert 'data-view="heat"' in wall and "路灯已迟" not in wall
    shown = {point["id"]: point for point in points(wall)}
    assert shown[late]["at"] == [32.2012, 119.4723]
    assert 'data-view="cases"' in office.get("/cases/map?view=x").text


def counters_end() -> datetime:
    """The end of the office's day."""
    here = datetime.now(ZoneInfo("Asia/Shanghai"))
    return datetime.combine(
        here.date() + timedelta(days=1), time(), here.tzinfo
    )


def test_the_hosts_of_a_base_map_are_let_into_this_page_alone(
    application, signed_in
) -> None:
    settings = application.extensions["gridflow"]
    tiles = "https://t{s}.example.gov.cn/w?x={x}&y={y}&l={z}"
    application.extensions["gridflow"] = replace(settings, map_tiles=tiles)
    try:
        client = signed_in("zd-wgb")
        policy = client.get("/cases/map").headers["Content-Security-Policy"]
        other = client.get("/cases").headers["Content-Security-Policy"]
    finally:
        application.extensions["gridflow"] = settings
    images = policy.partition("img-src ")[2].partition(";")[0].split()
    assert images == [
        "'self'",
        "data:",
        *(f"https://t{server}.example.gov.cn" for server in range(8)),
    ]
    assert "example" not in other


@pytest.mark.parametrize(
    "text",
    [
        "https://tiles.example.gov.cn/",
        "ftp://x/{z}/{x}/{y}",
        "https://x/{z}/{x}/{y}; script-src *",
        "//tiles.x/{z}/{x}/{y}",
        "https://x/{z}/{x}/{y}?tk={key}",
        "https://[x/{z}/{x}/{y}",
        "https://*.x/{z}/{x}/{y}",
        "https://{z}.x/{x}/{y}",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(text: str, tmp_path) -> None:
    with pytest.raises(SettingInvalid, match="GRIDFLOW_MAP_TILES"):
        read_settings(
            {"GRIDFLOW_VAR_DIR": str(tmp_path), "GRIDFLOW_MAP_TILES": text}
        )
