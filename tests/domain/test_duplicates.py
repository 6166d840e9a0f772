"""Two cases are shown as possibly one by place, time, item and words, and by none of these alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.domain.alike_texts import ranked
from orchestrator.domain.duplicates import Sighting, likeness
from orchestrator.domain.points import GroundPoint, read_point

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
ONE = Sighting(
    "井盖松动", "三号楼东侧", "i1", "g1", GroundPoint(32.2, 119.47), NOW
)


def test_what_is_near_in_place_and_time_and_written_alike_is_shown_with_why() -> (
    None
):
    other = replace(
        ONE, title="三号楼井盖松动伤人", point=GroundPoint(32.2003, 119.47)
    )
    found = likeness(ONE, other)
    assert found is not None
    assert found.why[0] == "相距 33 米" and "三天内登记" in found.why


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, title="路灯不亮", location="河边", point=None),
        replace(ONE, point=GroundPoint(32.25, 119.47)),
        replace(
            ONE,
            title="噪声扰民",
            location="八号楼",
            item_id="i2",
            grid_code="g2",
            point=None,
        ),
        replace(
            ONE,
            title="楼道堆物",
            location="七单元",
            item_id="i2",
            grid_code="g2",
            at=NOW - timedelta(days=20),
        ),
    ],
)
def test_the_item_a_neighbourhood_or_the_words_alone_make_no_duplicate(
    other: Sighting,
) -> None:
    assert likeness(ONE, other) is None


def test_a_grid_is_found_by_the_rare_words_of_its_names() -> None:
    names = {
        "1": ["贺家弄社区第一网格", "第一居民小组"],
        "2": ["酒海街社区第一网格", "第一居民小组"],
        "3": ["江科大社区第一网格", "第一居民小组"],
    }
    assert ranked("酒海街菜场门口", names, 3) == [("2", "酒海街社区第一网格")]
    assert ranked("第一网格", names, 3) == []


@pytest.mark.parametrize(
    "text", ["", "32.2", "32.2,119.4,1", "nan,119", "1e400,119", "0,0", "a,b"]
)
def test_what_names_no_point_of_the_country_is_none(text: str) -> None:
    assert read_point(text) is None
