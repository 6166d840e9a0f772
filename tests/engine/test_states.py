"""States as bytes: those of older versions go on, and a thousand rounds of rework leave them as small as the
first."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from orchestrator.engine import EngineError, advance, load_definition
from orchestrator.engine import commands as c
from orchestrator.engine.state import STATE_VERSION, UPGRADES
from tests.engine.diagrams import END, NOW, START, Play, flow, gateway, user

STATES = Path(__file__).parent / "states"
RESOURCES = {path.name: path.read_bytes() for path in STATES.glob("*.bpmn")}


@pytest.mark.parametrize("version", range(1, STATE_VERSION))
def test_a_state_of_every_older_version_goes_on(version: int) -> None:
    assert version in UPGRADES
    definition = load_definition(RESOURCES, "p")
    content = (STATES / f"v{version}.json").read_bytes()
    waiting = {
        spec: task_id
        for task_id, spec, *_rest in orjson.loads(content)["tokens"]
    }
    inner = {
        spec: row[0]
        for _host, *_name, rows in orjson.loads(content)["scopes"]
        for row in rows
        for spec in [row[1]]
    }
    asked = next(
        task_id
        for name, task_id in waiting.items()
        if name.startswith("ask") and name != "ask"
    )
    for task_id in (inner["file_away"], inner["sign"], asked):
        outcome = advance(
            definition,
            content,
            c.CompleteUserTask(task_id, {"answer": "可以"}),
            NOW,
        )
        content = outcome.state
        assert orjson.loads(content)["v"] == STATE_VERSION
    assert outcome.variables["item"] == "路灯"
    left = {spec for _id, spec, *_rest in orjson.loads(content)["tokens"]}
    assert not left & {"call", "sub", "ask#body"}


def test_a_state_of_a_later_version_is_not_guessed_at() -> None:
    definition = load_definition(RESOURCES, "p")
    content = (STATES / "v1.json").read_bytes().replace(b'"v":1', b'"v":99', 1)
    with pytest.raises(EngineError, match="版本 99") as told:
        advance(definition, content, c.FireTimer("m"), NOW)
    assert told.value.kind == "unknown-state-version"


def test_a_thousand_rounds_of_rework_leave_the_state_as_small_as_the_first() -> (
    None
):
    body = (
        START
        + END
        + user("a", "b")
        + gateway("parallel", "g", "j")
        + gateway("exclusive", "m")
    )
    body += gateway("exclusive", "again", default="again_end")
    body += (
        flow("start", "m", "g", "a", "j", "again", "end")
        + flow("g", "b", "j")
        + flow("again", "m", when="more")
    )
    play = Play(body, variables={"more": True})
    sizes = []
    for _round in range(1_000):
        play.all = [effect for effect in play.all if effect in play.effects]
        play.complete("a").complete("b", more=True)
        sizes.append(len(play.outcome.state))
    # The counter of token ids grows by some digits, nothing else does.
    assert max(sizes) - sizes[0] <= 40
    assert play.complete("a").complete("b", more=False).ended


def test_what_an_older_version_had_counted_goes_on_counting() -> None:
    folder = STATES / "counting"
    play = object.__new__(Play)
    play.definition = load_definition(
        {path.name: path.read_bytes() for path in folder.glob("*.bpmn")}, "p"
    )
    content = (folder / "v2.json").read_bytes()
    spoken = orjson.loads(content)
    rows = [
        row
        for tokens in (
            spoken["tokens"],
            *(rows for _host, rows in spoken["scopes"]),
        )
        for row in tokens
    ]
    play.environment, play.now, play.effects = c.Environment(), NOW, []
    play.outcome = c.Outcome(content, (), {})
    opened = [
        (task_id, name.removesuffix("#body"))
        for task_id, name, state, _internal in rows
        if state == 16
    ]
    play.all = [
        c.UserTaskOpened(task_id, name, name) for task_id, name in opened
    ]
    assert play.open == [
        "again",
        "deep",
        "inspect",
        "inspect",
        "one_by_one",
        "together",
        "together",
    ]
    play.complete("one_by_one", result=2).complete("one_by_one", result=3)
    play.complete("together", result=20).complete("together", result=30)
    play.complete("again").complete("again").complete("inspect").complete(
        "inspect"
    ).complete("deep", y=7)
    assert not play.ended
    play.do(c.DeliverSignal("alarm-路灯"))
    assert play.ended
    assert play.outcome.variables == {
        "items": ["甲", "乙", "丙"],
        "item_name": "路灯",
        "one_by_one_results": [1, 2, 3],
        "together_results": [10, 20, 30],
        "out": 7,
    }


def test_a_receive_task_that_waited_before_it_was_offered_to_people_goes_on() -> (
    None
):
    folder = STATES / "triggered"
    definition = load_definition(
        {"p.bpmn": (folder / "p.bpmn").read_bytes()}, "p"
    )
    content = (folder / "v3.json").read_bytes()
    rows = {
        f"{name}{number}": task_id
        for number, (task_id, name, *_rest) in enumerate(
            orjson.loads(content)["tokens"]
        )
    }
    waiting = [rows[each] for each in rows if "paper" in each]
    waiting += [rows[each] for each in rows if "[child]" in each]
    assert len(waiting) == 3
    for task_id in waiting:
        outcome = advance(
            definition,
            content,
            c.DeliverMessage("", c.EngineTaskId(task_id), {"answer": task_id}),
            NOW,
        )
        content = outcome.state
        assert outcome.effects[0] == c.SubscriptionClosed(
            c.EngineTaskId(task_id),
            "paper" if task_id == waiting[0] else "each",
        )
        assert not any(
            isinstance(each, c.UserTaskClosed) for each in outcome.effects
        )
        with pytest.raises(EngineError, match="不在办理中"):
            advance(
                definition,
                content,
                c.DeliverMessage("", c.EngineTaskId(task_id)),
                NOW,
            )
    assert outcome.variables["answer"] == waiting[-1]
    timer = next(rows[each] for each in rows if each.startswith("b"))
    outcome = advance(
        definition, content, c.FireTimer(c.EngineTaskId(timer)), NOW
    )
    closed = [
        each.element_id
        for each in outcome.effects
        if isinstance(each, c.SubscriptionClosed)
    ]
    opened = [
        each for each in outcome.effects if isinstance(each, c.UserTaskOpened)
    ]
    assert (closed, [each.element_id for each in opened]) == (
        ["slow"],
        ["late"],
    )
