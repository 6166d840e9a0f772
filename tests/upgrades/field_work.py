"""What grid members and residents leave in a recorded database: rounds, a course, a report, a task
put off."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.upgrades.people import People

GRID = "3211020010011001"
MEMBER = "zd-wgy1"


def leave(now: People, act: Any, started: str) -> None:
    """`act` presses a button as somebody; `started` is a running case of 正东路 with an open task."""
    rules = {rule.rule for rule in now.app.url_map.iter_rules()}
    local = now.at + timedelta(hours=8)
    began = now.at - timedelta(hours=2)
    if "/grid-work/grids/<code>/patrol" in rules:
        points = [[119.45, 32.2], [119.451, 32.2]]
        act(
            MEMBER,
            f"/grid-work/grids/{GRID}/patrol",
            _key="recorded-patrol",
            began_at=f"{began:%Y-%m-%dT%H:%M}",
            ended_at=f"{now.at:%Y-%m-%dT%H:%M}",
            track=json.dumps({"points": points, "check_ins": []}),
        )
    if "/training/new" in rules:
        act(
            "jk-wgb",
            "/training/new",
            _key="recorded-course",
            course_name="网格员岗前培训",
            course_kind="pre_post",
            about="条例、平台操作",
            asked="3",
            pass_percent="60",
            attempts="2",
        )
    if "/report/<code>" in rules:
        answer = now.app.test_client().post(
            f"/report/{GRID}",
            data={
                "_key": "recorded-report",
                "content": "楼道堆放杂物，占用消防通道",
                "place": "3 幢 2 单元",
                "phone": "13800138000",
            },
        )
        assert answer.status_code == 302, answer.text
    (task,) = now.open_tasks(started)
    act(
        "zd-wgb",
        f"/task/{task.id}/aside",
        aside_until=(local + timedelta(days=1)).date().isoformat(),
        note="等社区回话",
    )
