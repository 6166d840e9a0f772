"""What nobody runs is refused in one sentence, and nothing else is said about it."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from tests.engine.diagrams import (
    END,
    START,
    boundary,
    document,
    flow,
    gateway,
    user,
)
from tests.engine.drawn_undone import COMPENSATE, by_event

STEPS = START + END + user("a", "b")
COMPLEX = "<activationCondition>activationCount >= 1</activationCondition>"
KINDS = (
    "globalTask",
    "globalUserTask",
    "globalManualTask",
    "globalScriptTask",
    "globalBusinessRuleTask",
)
REFUSED = {
    "a complex gateway": (
        document(
            STEPS
            + gateway("parallel", "g")
            + f'<complexGateway id="x" name="汇合">{COMPLEX}</complexGateway>'
            + flow("start", "g", "a", "x", "end")
            + flow("g", "b", "x")
        ),
        "x",
        "复杂网关",
    ),
    "more tokens than one at the start": (
        document(
            START
            + END
            + user("a").replace(" id=", ' startQuantity="2" id=')
            + flow("start", "a", "end")
        ),
        "a",
        "startQuantity",
    ),
    "more tokens than one at the end": (
        document(
            START
            + END
            + user("a").replace(" id=", ' completionQuantity="3" id=')
            + flow("start", "a", "end")
        ),
        "a",
        "completionQuantity",
    ),
    "a default flow that is none of the task's": (
        document(
            STEPS.replace('id="a"', 'id="a" default="gone"')
            + flow("start", "a", "b", "end")
        ),
        "a",
        "gone",
    ),
    "a subprocess that is undone in two ways": (
        document(
            START
            + END
            + '<subProcess id="x"><startEvent id="s"/>'
            + by_event("")
            + "</subProcess>"
            + boundary("undo", "x", COMPENSATE)
            + user("a").replace(" id=", ' isForCompensation="true" id=')
            + '<association id="to" sourceRef="undo" targetRef="a"/>'
            + flow("start", "x", "end")
        ),
        "by_start",
        "只留一个",
    ),
    **{
        kind: (
            document(
                STEPS + flow("start", "a", "b", "end"),
                f'<{kind} id="x" name="全局"/>',
            ),
            "x",
            "全局任务",
        )
        for kind in KINDS
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_one_sentence_that_says_what_to_draw_instead(name: str) -> None:
    content, element_id, words = REFUSED[name]
    (error,) = [f for f in check({"p.bpmn": content}) if f.severity == "error"]
    assert (
        error.element_id == element_id
        and words in error.message
        and "请" in error.message
    )
