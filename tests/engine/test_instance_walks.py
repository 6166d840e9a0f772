"""Random walks over multi-instance steps: each instance sees its own item and answers, and the results stand
in the order of the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.engine import commands as c
from tests.engine.diagrams import END, START, document, flow, gateway, user
from tests.engine.walks import InMemory, Walker

ITEMS = ["甲", "乙", "丙", "丁"]
ENOUGH = '<completionCondition>decision == "stop"</completionCondition>'
INSIDE = (
    user("fill", "why")
    + gateway("exclusive", "g", default="g_e")
    + flow("s", "fill", "g", "e")
    + flow("why", "e")
)
INSIDE += flow("g", "why", when='decision == "no"')
STEPS = {
    "task": '<userTask id="fill" name="fill" camunda:candidateGroups="o@county">{many}</userTask>',
    "subprocess": '<subProcess id="part">{many}<startEvent id="s"/><endEvent id="e"/>'
    + INSIDE
    + "</subProcess>",
    "call": '<callActivity id="part" calledElement="q">{many}</callActivity>',
}
CALLED = document('<startEvent id="s"/><endEvent id="e"/>' + INSIDE, key="q")


@dataclass
class Instance:
    """What the rules say of one instance."""

    item: str
    at: str = "fill"
    """The user task that is open; empty when it is done."""
    decision: str | None = None


def diagram(kind: str, sequential: bool, ends_early: bool) -> dict[str, bytes]:
    many = (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" '
        'camunda:collection="items" '
        'camunda:elementVariable="who"><loopDataOutputRef>results</loopDataOutputRef>'
        '<outputDataItem name="decision"/>'
        f"{ENOUGH if ends_early else ''}</multiInstanceLoopCharacteristics>"
    )
    step = STEPS[kind].format(many=many)
    first = "fill" if kind == "task" else "part"
    return {
        "p.bpmn": document(
            START
            + END
            + step
            + user("after")
            + flow("start", first, "after", "end")
        ),
        "q.bpmn": CALLED,
    }


def answered(kind: str, instance: Instance, decision: str) -> None:
    if instance.at == "fill":
        instance.decision = decision
        instance.at = "why" if kind != "task" and decision == "no" else ""
    else:
        instance.at = ""


def seen(play: Walker) -> list[tuple[str, Any]]:
    return sorted(
        (task.element_id, task.variables.get("who"))
        for task in play.tasks.values()
    )


@pytest.mark.parametrize("kind", STEPS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_instance_has_its_own_answer_and_the_results_keep_the_order(
    kind: str, data: st.DataObject
) -> None:
    sequential, ends_early = data.draw(st.booleans()), data.draw(st.booleans())
    items = ITEMS[: data.draw(st.integers(1, 4))]
    resources, before = (
        diagram(kind, sequential, ends_early),
        {"items": items, "decision": "before", "kept": 1},
    )
    play, memory = (
        Walker(resources, "p", before),
        InMemory(resources, "p", before),
    )
    instances = [Instance(each) for each in items]
    finished: list[Instance] = []
    while True:
        left = [each for each in instances if each not in finished]
        at_work = left[:1] if sequential else left
        assert (
            seen(play)
            == seen(memory)
            == sorted((each.at, each.item) for each in at_work)
        )
        now = data.draw(st.sampled_from(at_work))
        decision = data.draw(st.sampled_from(["yes", "no", "stop"]))
        given_now = (
            {"decision": decision}
            if now.at == "fill"
            else {"reason": now.item}
        )
        for each in (play, memory):
            task = next(
                t
                for t in each.tasks.values()
                if (t.element_id, t.variables.get("who")) == (now.at, now.item)
            )
            each.do(c.CompleteUserTask(task.task_id, given_now))
        answered(kind, now, decision)
        finished += [] if now.at else [now]
        results = [each.decision for each in instances if each in finished]
        for variables in (play.outcome.variables, memory.instance.data):
            assert variables.get("results", []) == results
            assert (
                variables["decision"],
                variables["kept"],
                variables["items"],
            ) == (
                "before",
                1,
                items,
            )
        if len(finished) == len(instances) or (
            ends_early and not now.at and now.decision == "stop"
        ):
            break
    assert (play.open, memory.open) == (["after"], ["after"])
    assert play.complete("after").ended
