"""Each kind of element has a word of an official: no comparison shows the name of a tag."""

from __future__ import annotations

import pytest

from orchestrator.engine import Element
from orchestrator.engine.element_kinds import KINDS, kind_of
from orchestrator.engine.model import FLOW_NODES, SUBPROCESSES, Event


def test_every_kind_has_a_word() -> None:
    drawn = FLOW_NODES - SUBPROCESSES | {"subProcess"}
    assert KINDS.keys() == drawn - {"boundaryEvent"}


@pytest.mark.parametrize(
    ("type_", "event", "told"),
    [
        ("boundaryEvent", "timer", "时限"),
        ("boundaryEvent", "error", "出错处理"),
        ("boundaryEvent", "multiple", "边界事件"),
        ("intermediateThrowEvent", "message", "发出消息"),
        ("businessRuleTask", "", "决策任务"),
        ("eventBasedGateway", "", "事件网关"),
    ],
)
def test_what_waits_at_a_border_is_told_by_what_it_waits_for(
    type_: str, event: str, told: str
) -> None:
    waits = Event(event) if event else None
    assert kind_of(Element("a", "甲", type_, "p", event=waits)) == told
