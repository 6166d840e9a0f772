"""Moving a running instance to another version: to the same one nothing changes; to a longer one it goes on
as if it had begun there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.engine import (
    advance,
    load_definition,
    markings,
    migrate,
    state,
)
from orchestrator.engine import commands as c
from orchestrator.engine.context import CommandContext
from orchestrator.engine.errors import EngineError
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn_elsewhere import SMALL
from tests.engine.structured import bodies
from tests.engine.test_walks import OURS, SHARED, _process_id
from tests.engine.walks import Walker, domain, drawn, starts_of

LATER = NOW + timedelta(days=3)


def walked(
    resources: dict[str, bytes], key: str, draw: Any, steps: int = 15
) -> Any:
    """Yields the instance after each step of a random walk, while it runs."""
    choices = domain(resources)

    def values() -> dict[str, Any]:
        return drawn(draw, choices)

    play = Walker(
        resources,
        key,
        values(),
        draw(st.sampled_from(starts_of(resources, key))),
    )
    for _step in range(steps):
        if play.ended or not play.moves():
            return
        yield play, (play.move, values)
        kind, name = draw(st.sampled_from(play.moves()))
        try:
            play.move(kind, name, {} if kind == "fire" else values())
        except EngineError:
            return


def stands_somewhere_reachable(play: Walker) -> None:
    """Every scope stands as the exploration of its diagram says that it can."""
    instance = state.load(
        play.definition,
        play.outcome.state,
        CommandContext(NOW, play.environment),
    )
    for workflow in instance.scopes():
        spec = workflow.spec
        places = [
            markings.place_of(spec, row[1], row[3])
            for row in state._rows(workflow)
        ]
        reached = markings.reachable(play.definition, spec.name)
        marking = markings.normal(
            place for place in places if place is not None
        )
        assert reached is None or not marking or marking in reached, (
            spec.name,
            marking,
        )


def the_same_version_changes_nothing(
    resources: dict[str, bytes], key: str, draw: Any
) -> None:
    other = load_definition(resources, key)
    for play, _go in walked(resources, key, draw):
        found = migrate(
            play.definition,
            other,
            play.outcome.state,
            LATER,
            play.environment,
            {},
        )
        assert found.obstacles == ()
        assert found.state == play.outcome.state
        assert (found.armed, found.effects) == ((), ())
        assert all(before == after for before, after in found.tasks)
        assert {after.task_id for _before, after in found.tasks} == set(
            play.tasks
        )
        stands_somewhere_reachable(play)


@settings(max_examples=60, deadline=None)
@given(bodies(), st.data())
def test_moving_to_the_same_version_is_the_identity(
    body: str, data: st.DataObject
) -> None:
    the_same_version_changes_nothing(
        {"p.bpmn": document(body)}, "p", data.draw
    )


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_moving_to_the_same_version_is_the_identity_whatever_rule_is_at_work(
    name: str, data: st.DataObject
) -> None:
    the_same_version_changes_nothing(SMALL[name], "p", data.draw)


@pytest.mark.parametrize(
    "path", OURS, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_our_matters_move_to_the_same_version_unchanged(
    path: Path, data: st.DataObject
) -> None:
    neighbours = {
        each.name: each.read_bytes() for each in path.parent.glob("*.bpmn")
    }
    the_same_version_changes_nothing(
        {**SHARED, **neighbours}, _process_id(path.read_bytes()), data.draw
    )


@settings(max_examples=60, deadline=None)
@given(bodies(), st.data())
def test_moved_to_a_version_with_one_more_step_at_the_end_it_goes_on_as_if_it_had_begun_there(
    body: str, data: st.DataObject
) -> None:
    old = {"p.bpmn": document(body)}
    longer = (
        body.replace('targetRef="E_p"', 'targetRef="extra"')
        + user("extra")
        + flow("extra", "E_p")
    )
    new = {"p.bpmn": document(longer)}
    choices, draw = domain(old), data.draw

    def values() -> dict[str, Any]:
        return drawn(draw, choices)

    before = values()
    play, direct = Walker(old, "p", before), Walker(new, "p", before)
    for _step in range(12):
        if play.ended or not play.moves():
            break
        found = migrate(
            play.definition,
            direct.definition,
            play.outcome.state,
            NOW,
            play.environment,
            {},
        )
        if any("分支太多" in each.why for each in found.obstacles):
            return
        assert found.obstacles == ()
        assert found.state == direct.outcome.state
        kind, name = draw(st.sampled_from(play.moves()))
        brought = {} if kind == "fire" else values()
        play.move(kind, name, brought)
        direct.move(kind, name, brought)
        if "extra" in direct.open:
            return
        assert direct.seen() == play.seen()


# ---- what
# stands in the way


def moved(
    play: Play,
    body: str,
    since: dict[str, datetime] | None = None,
    **more: bytes,
) -> Any:
    new = load_definition(
        {
            "p.bpmn": document(body),
            **{f"{key}.bpmn": text for key, text in more.items()},
        },
        "p",
    )
    return new, migrate(
        play.definition,
        new,
        play.outcome.state,
        LATER,
        play.environment,
        since or {},
    )


def why(found: Any) -> list[str]:
    return [each.why for each in found.obstacles]


TWO = START + END + user("a", "b") + flow("start", "a", "b", "end")
BESIDE = (
    START
    + END
    + user("a", "b", "c")
    + gateway("parallel", "s", "j")
    + flow("start", "s", "a", "j", "c", "end")
    + flow("s", "b", "j")
)
MANY = (
    "<multiInstanceLoopCharacteristics "
    'isSequential="{}"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>'
)


def many(sequential: bool) -> str:
    return (
        '<userTask id="a" name="a" '
        f'camunda:candidateGroups="o@county">{MANY.format(str(sequential).lower())}</userTask>'
    )


IN_THE_WAY = {
    "the step is gone": (
        TWO,
        START + END + user("b") + flow("start", "b", "end"),
        "新版没有“a”",
    ),
    "the step is something else": (
        TWO,
        START
        + END
        + '<scriptTask id="a" name="a"/>'
        + user("b")
        + flow("start", "a", "b", "end"),
        "“a”在新版变成了另一种元素",
    ),
    "the step stands in a subprocess": (
        TWO,
        START
        + END
        + '<subProcess id="sub"><startEvent id="s"/>'
        + user("a")
        + flow("s", "a")
        + "</subProcess>"
        + user("b")
        + flow("start", "sub", "b", "end"),
        "“a”在新版的另一个子流程里",
    ),
    "one does it, not several": (
        START + END + many(False) + flow("start", "a", "end"),
        START + END + user("a") + flow("start", "a", "end"),
        "“a”的多人办理方式变了",
    ),
    "one after the other, not together": (
        START + END + many(False) + flow("start", "a", "end"),
        START + END + many(True) + flow("start", "a", "end"),
        "“a”的多人办理方式变了",
    ),
    "a branch beside it was never begun": (
        TWO,
        BESIDE,
        "新版在“a”的同时还要办“b”，移过去就没有人办它，汇合处会一直等下去",
    ),
    "what went side by side comes one after the other": (
        BESIDE,
        TWO,
        "在新版里不会同时停在“a”“b”",
    ),
    "the other process is called": (
        START
        + END
        + '<callActivity id="call" name="call" calledElement="q"/>'
        + flow("start", "call", "end"),
        START
        + END
        + '<callActivity id="call" name="call" calledElement="r"/>'
        + flow("start", "call", "end"),
        "“call”在新版调用另一个流程",
    ),
}
CALLED = {
    f"{key}.bpmn": document(
        START + END + user("inside") + flow("start", "inside", "end"), key=key
    )
    for key in ("q", "r")
}


@pytest.mark.parametrize("case", IN_THE_WAY)
def test_what_stands_in_the_way_is_told(case: str) -> None:
    before, after, told = IN_THE_WAY[case]
    play = Play(before, resources=CALLED)
    new = load_definition({"p.bpmn": document(after), **CALLED}, "p")
    found = migrate(
        play.definition, new, play.outcome.state, LATER, play.environment, {}
    )
    assert why(found) == [told]
    assert [each.gone for each in found.obstacles] == [
        told.startswith("新版没有")
    ]


def test_a_token_at_a_join_stays_there_only_while_the_join_expects_it() -> (
    None
):
    play = Play(BESIDE).complete("a")
    other = BESIDE.replace('id="a_j" sourceRef="a"', 'id="a_j2" sourceRef="a"')
    assert why(moved(play, other)[1]) == [
        "正停在汇合处“a之后未命名的并行网关”，新版汇合的入线变了"
    ]
    third = BESIDE + user("d") + flow("s", "d", "j")
    assert "同时还要办“d”" in why(moved(play, third)[1])[0]


def test_a_deadline_that_the_profile_has_not_is_told() -> None:
    (told,) = why(moved(Play(TWO), timed("deadline:nowhere"))[1])
    assert (
        told
        == "新版的“a边上未命名的时限”无法起算：辖区配置中没有名为“nowhere”的时限"
    )


def test_a_called_process_that_grew_is_moved_within() -> None:
    called = document(
        START + END + user("inside") + flow("start", "inside", "end"), key="q"
    )
    longer = document(
        START
        + END
        + user("inside", "more")
        + flow("start", "inside", "more", "end"),
        key="q",
    )
    body = (
        START
        + END
        + '<callActivity id="call" calledElement="q"/>'
        + flow("start", "call", "end")
    )
    play = Play(body, resources={"q.bpmn": called})
    new, found = moved(play, body, q=longer)
    assert found.obstacles == ()
    (task,) = play.tasks
    after = advance_(new, found.state, task)
    assert [
        e.element_id for e in after.effects if isinstance(e, c.UserTaskOpened)
    ] == ["more"]


def advance_(definition: Any, content: bytes, task: str) -> Any:
    return advance(
        definition, content, c.CompleteUserTask(c.EngineTaskId(task)), LATER
    )


# ---- what
# waits beside it


def timed(text: str | None, name: str = "late") -> str:
    border = boundary(name, "a", timer(text)) + flow(name, "b") if text else ""
    return (
        START + END + user("a", "b") + border + flow("start", "a", "b", "end")
    )


def test_a_timer_that_is_gone_stops() -> None:
    play = Play(timed("PT24H"))
    (running,) = play.timers
    _new, found = moved(play, timed(None))
    assert found.effects == (c.TimerCancelled(running.timer_id, "late"),)
    assert found.armed == ()
    assert b'"late"' not in found.state


def test_a_timer_that_only_the_new_version_has_runs_from_now() -> None:
    play = Play(timed(None))
    (task,) = play.tasks
    new, found = moved(play, timed("PT24H"), {task: NOW})
    (armed,) = found.armed
    assert (armed.timer.due_at, armed.timer.attached_to, armed.known) == (
        LATER + timedelta(hours=24),
        task,
        False,
    )
    fired = advance(new, found.state, c.FireTimer(armed.timer.timer_id), LATER)
    assert [
        e.element_id for e in fired.effects if isinstance(e, c.UserTaskOpened)
    ] == ["b"], "it interrupts its step"
    done = advance_(new, found.state, task)
    assert any(isinstance(e, c.TimerCancelled) for e in done.effects), (
        "it goes when its step is done"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [("deadline:review", "review"), ("10 个工作日", "10工作日")],
)
def test_a_statutory_deadline_that_only_the_new_version_has_runs_from_the_opening_of_its_step(
    text: str, name: str
) -> None:
    play = Play(timed(None))
    play.environment = c.Environment(
        deadline=lambda _name, start: start + timedelta(days=10)
    )
    (task,) = play.tasks
    (armed,) = moved(play, timed(text), {task: NOW})[1].armed
    assert (armed.timer.due_at, armed.since, armed.timer.deadline) == (
        NOW + timedelta(days=10),
        NOW,
        name,
    )


def test_a_timer_that_reads_differently_counts_anew_from_when_it_was_set() -> (
    None
):
    play = Play(timed("PT24H"))
    (running,) = play.timers
    (armed,) = moved(play, timed("PT96H"), {running.timer_id: NOW})[1].armed
    assert (armed.timer.timer_id, armed.timer.due_at, armed.known) == (
        running.timer_id,
        NOW + timedelta(hours=96),
        True,
    )


def test_a_reminder_that_has_come_does_not_come_again() -> None:
    reminded = (
        START
        + END
        + user("a", "b")
        + '<endEvent id="e2"/>'
        + boundary("late", "a", timer("PT1H"), False)
    )
    reminded += flow("start", "a", "end") + flow("late", "b", "e2")
    play = Play(reminded).fire("late").complete("b")
    _new, found = moved(
        play, reminded.replace("PT1H", "PT9H").replace('name="a"', 'name="A"')
    )
    assert (found.obstacles, found.armed, found.effects) == ((), (), ())


MESSAGES = '<message id="m1" name="paid"/>'


def waiting_for(name: str) -> tuple[str, str]:
    event = (
        '<intermediateCatchEvent id="m" name="m"><messageEventDefinition '
        'messageRef="m1"/></intermediateCatchEvent>'
    )
    return START + END + event + flow(
        "start", "m", "end"
    ), f'<message id="m1" name="{name}"/>'


def test_a_message_of_another_name_is_subscribed_anew() -> None:
    body, extra = waiting_for("paid")
    play = Play(body, extra)
    (opened,) = [e for e in play.all if isinstance(e, c.SubscriptionOpened)]
    new = load_definition({"p.bpmn": document(*waiting_for("received"))}, "p")
    found = migrate(
        play.definition, new, play.outcome.state, LATER, play.environment, {}
    )
    assert found.effects == (
        c.SubscriptionClosed(opened.subscription_id, "m"),
        c.SubscriptionOpened(
            opened.subscription_id, "m", "message", "received", None
        ),
    )


def test_the_tasks_are_told_as_both_versions_have_them() -> None:
    after = TWO.replace(
        'name="a" camunda:candidateGroups="office@county"',
        'name="甲" camunda:candidateGroups="bureau@city"',
    )
    ((then, now),) = moved(Play(TWO), after)[1].tasks
    assert then is not None
    assert (then.name, then.candidate_groups) == ("a", ("office@county",))
    assert (now.name, now.candidate_groups) == ("甲", ("bureau@city",))


def test_a_state_of_an_older_version_of_the_program_is_lifted_on_the_way() -> (
    None
):
    play = Play(TWO)
    old = {**orjson.loads(play.outcome.state), "v": 1}
    found = migrate(
        play.definition,
        play.definition,
        orjson.dumps(old),
        datetime(2026, 3, 2, tzinfo=UTC),
        play.environment,
        {},
    )
    assert found.state == play.outcome.state
