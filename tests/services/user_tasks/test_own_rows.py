"""A step that is done for each row of a table says which row it is about."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import forms
from orchestrator.services.bundles import Bundle
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
