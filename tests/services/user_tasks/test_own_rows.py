"""A step that is done for each row of a table says which row it is about."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy.orm import Session

import forms
from orchestrator.services.bundles import Bundle
from orchestrator.services.user_tasks import own_rows
from orchestrator.services.user_tasks.own_rows import row_facts
from orchestrator.store.user_tasks import UserTask

MINUTES = (
    Path(__file__).parents[3]
    / "forms"
    / "definitions"
    / "monthly_meeting_minutes.form"
)


def test_the_task_of_a_resolution_says_what_was_resolved() -> None:
    done_for_each = SimpleNamespace(
        collection="${resolutions}", item="resolution"
    )
    bundle = SimpleNamespace(
        definition=SimpleNamespace(
            elements={
                "record": SimpleNamespace(multi=None),
                "carry_out": SimpleNamespace(multi=done_for_each),
            }
        ),
        forms={"minutes": forms.load(MINUTES.read_text("utf-8"))},
    )
    row = {"what": "清理楼道", "body": "a:b:1", "due_on": "2026-12-10"}
    told = row_facts(
        cast(Bundle, bundle), UserTask(variables={"resolution": row})
    )
    assert told[0] == ("议定什么", "清理楼道")
    assert [label for label, _value in told] == ["议定什么", "完成期限"]
    others = cast(Bundle, bundle), UserTask(variables={"receiver": "a:b:1"})
    assert row_facts(*others) == []


def test_a_task_of_several_bodies_says_whose_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two ratings of two departments stand beside each other with their names."""
    bodies = {
        "a:justice:1": SimpleNamespace(role="justice", name="甲区司法局"),
        "a:office:1": SimpleNamespace(role="office", name="乙镇综治中心"),
    }
    monkeypatch.setattr(
        own_rows, "find_body", lambda _session, _tenant, id: bodies.get(id)
    )
    items = ("department", "receiver", "grid", "resolution")
    bundle = cast(
        Bundle,
        SimpleNamespace(
            definition=SimpleNamespace(
                elements={
                    "plain": SimpleNamespace(multi=None),
                    **{
                        item: SimpleNamespace(multi=SimpleNamespace(item=item))
                        for item in items
                    },
                }
            ),
            jurisdiction=SimpleNamespace(
                key="a", roles_of=lambda _function: ("justice",)
            ),
        ),
    )

    def told(**variables: object) -> list[tuple[str, str]]:
        names = own_rows.own_names(cast(Session, None), bundle, variables)
        assert own_rows.in_a_line(
            cast(Session, None), bundle, variables
        ) == "、".join(names.values())
        return own_rows.labelled(names)

    assert told(department="a:justice:1") == [("部门", "甲区司法局")]
    assert told(department="a:office:1") == [("机构", "乙镇综治中心")]
    receiver = {"body": "a:office:1", "name": "乙镇综治中心", "grids": []}
    grid = {"code": "1", "name": "一网格", "bodies": "a:member:1"}
    assert told(receiver=receiver, grid=grid) == [
        ("机构", "乙镇综治中心"),
        ("网格", "一网格"),
    ]
    assert told(department="甲区", other="a:justice:1") == []
    assert told(resolution={"what": "清理楼道", "body": "a:justice:1"}) == []
