"""Compensation and transactions: what is told, what is refused, what the handlers see, and how a running
instance moves to another version."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import migrate
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    user,
)
from tests.engine.drawn import DEFINED, end, handler, many, sub, throw
from tests.engine.drawn_undone import (
    CANCEL,
    COMPENSATE,
    by_event,
    only,
    transaction,
    undone,
)

STEPS = user("a", "b") + undone("a") + undone("b")
BORDER = (
    f'<boundaryEvent id="x" attachedToRef="a">{COMPENSATE}</boundaryEvent>'
)
LINE = '<association id="l" sourceRef="x" targetRef="h"/>'
HANDLER = '<userTask id="h" isForCompensation="true" camunda:candidateGroups="office@county"/>'
GOOD = START + END + user("a") + flow("start", "a", "end")
BAD = {
    "an event without a handler": (GOOD + BORDER, "x", "没有连到补偿活动"),
    "a handler without its mark": (
        GOOD + BORDER + LINE + user("h"),
        "x",
        "没有连到补偿活动",
    ),
    "a handler in another scope": (
        START
        + END
        + user("a")
        + sub("s", HANDLER)
        + BORDER
        + LINE
        + flow("start", "a", "s", "end"),
        "x",
        "同一层",
    ),
    "a flow instead of a line": (
        GOOD + BORDER + LINE + HANDLER + flow("x", "end"),
        "x",
        "不能有顺序流",
    ),
    "two events at one activity": (
        GOOD + BORDER + BORDER.replace('"x"', '"y"') + LINE + HANDLER,
        "y",
        "多个补偿边界事件",
    ),
    "a handler that nobody calls": (GOOD + HANDLER, "h", "没有补偿边界事件"),
    "a handler on the way": (
        START
        + END
        + user("a")
        + BORDER
        + LINE
        + HANDLER
        + flow("start", "a", "h", "end"),
        "h",
        "不能有顺序流",
    ),
    "a handler with an event at its border": (
        GOOD
        + BORDER
        + LINE
        + HANDLER
        + boundary("late", "h", '<messageEventDefinition messageRef="ms"/>')
        + flow("late", "end"),
        "h",
        "不能有边界事件",
    ),
    "a start for compensation in the process itself": (
        GOOD + handler(COMPENSATE),
        "handler_start",
        "只能画在子流程里",
    ),
    "two of them": (
        START
        + END
        + sub(
            "s",
            user("a")
            + by_event(user("y"), "y")
            + by_event(user("z"), "z", id="second"),
            "a",
        )
        + flow("start", "s", "end"),
        "second_start",
        "只能有一个",
    ),
    "a start for compensation outside an event subprocess": (
        START + END + '<subProcess id="s"><startEvent '
        f'id="i">{COMPENSATE}</startEvent>{user("a")}{flow("i", "a")}</subProcess>'
        + flow("start", "s", "end"),
        "i",
        "只能用在事件子流程里",
    ),
    "an activity that is not there": (
        GOOD.replace(END, end("end", only("ghost"))),
        "end",
        "ghost",
    ),
    "an activity inside another": (
        START
        + sub("s", user("a") + undone("a"), "a")
        + end("end", only("a"))
        + flow("start", "s", "end"),
        "end",
        "不在同一层",
    ),
    "a cancel end outside a transaction": (
        START + user("a") + end("end", CANCEL) + flow("start", "a", "end"),
        "end",
        "事务子流程",
    ),
    "a cancel event at a task": (
        GOOD + boundary("x", "a", CANCEL) + flow("x", "end"),
        "x",
        "事务子流程",
    ),
    "a transaction without a way on": (
        START
        + END
        + '<transaction id="s"><startEvent id="i"/>'
        + end("e", CANCEL)
        + flow("i", "e")
        + "</transaction>"
        + flow("start", "s", "end"),
        "s",
        "没有取消边界事件",
    ),
    "a transaction with two ways on": (
        START
        + END
        + transaction("s", user("a"), "a")
        + boundary("x", "s", CANCEL)
        + boundary("y", "s", CANCEL)
        + flow("start", "s", "end")
        + flow("x", "end")
        + flow("y", "end"),
        "y",
        "只能有一个",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_could_never_be_undone_is_refused_at_its_element(
    name: str,
) -> None:
    body, element_id, words = BAD[name]
    errors = [
        f
        for f in check({"p.bpmn": document(body, DEFINED)})
        if f.severity == "error"
    ]
    assert any(
        f.element_id == element_id and words in f.message for f in errors
    ), errors
    assert {f.rule for f in errors} <= {
        "compensation",
        "transaction-cancel",
        "start-events",
        "unreachable",
        "duplicate-ids",
    }


def test_an_activity_that_nothing_undoes_and_a_throw_that_should_not_wait_are_remarked() -> (
    None
):
    body = GOOD.replace(
        END,
        end(
            "end",
            '<compensateEventDefinition activityRef="a" waitForCompletion="false"/>',
        ),
    )
    found = [
        f
        for f in check({"p.bpmn": document(body)})
        if f.rule == "compensation"
    ]
    assert [f.severity for f in found] == ["note", "note"]
    assert Play(body).complete("a").ended


def test_what_is_undone_and_in_which_order_is_told() -> None:
    play = (
        Play(
            START
            + END
            + STEPS
            + throw("t", COMPENSATE)
            + flow("start", "a", "b", "t", "end")
        )
        .complete("a")
        .complete("b")
    )
    assert c.CompensationBegun("t", ("b", "a")) in play.effects
    assert play.complete("undo_b").complete("undo_a").ended
    assert play.passed == ["start", "a", "b", "undo_b", "undo_a", "t", "end"]


def test_each_instance_is_undone_with_its_own_item() -> None:
    several = '<multiInstanceLoopCharacteristics camunda:collection="items" camunda:elementVariable="each"/>'
    one = f'<userTask id="a" name="a ${{each}}" camunda:candidateGroups="office@county">{several}</userTask>'
    undo = undone("a").replace('name="undo_a"', 'name="undo ${each}"')
    body = (
        START
        + END
        + one
        + undo
        + throw("t", COMPENSATE)
        + flow("start", "a", "t", "end")
    )
    play = (
        Play(body, variables={"items": ["x", "y"]}).complete("a").complete("a")
    )
    assert [task.name for task in play.tasks.values()] == ["undo y"]
    play.complete("undo_a")
    assert [task.name for task in play.tasks.values()] == ["undo x"]


def test_what_an_instance_of_a_subprocess_set_is_seen_when_it_is_undone() -> (
    None
):
    undo = undone("a").replace('name="undo_a"', 'name="undo ${answer}"')
    inner = sub("s", user("a") + undo, "a", more=many(2))
    body = (
        START
        + END
        + inner
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
    )
    play = Play(body).complete("a", answer="one").complete("a", answer="two")
    assert [task.name for task in play.tasks.values()] == ["undo two"]
    play.complete("undo_a")
    assert [task.name for task in play.tasks.values()] == ["undo one"]
    assert play.complete("undo_a").ended


def test_a_handler_sets_what_all_see() -> None:
    body = (
        START
        + END
        + STEPS
        + throw("t", COMPENSATE)
        + user("after")
        + flow("start", "a", "b", "t", "after", "end")
    )
    play = (
        Play(body)
        .complete("a", paid=5)
        .complete("b")
        .complete("undo_b", paid=0)
        .complete("undo_a")
    )
    assert play.outcome.variables["paid"] == 0


def test_a_state_without_anything_to_undo_is_as_small_as_before() -> None:
    assert b"undo" not in Play(GOOD).complete("a").outcome.state
    looped = (
        Play(START + END + STEPS + flow("start", "a", "b", "end"))
        .complete("a")
        .outcome.state
    )
    assert b'"undo":[["a"]]' in looped


def _move(body: str, other: str, *done: str) -> tuple[Play, tuple[str, ...]]:
    play, new = Play(body, DEFINED), Play(other, DEFINED).definition
    for each in done:
        play.complete(each)
    moved = migrate(
        play.definition, new, play.outcome.state, NOW, c.Environment(), {}
    )
    if not moved.obstacles:
        play.definition, play.outcome = new, c.Outcome(moved.state, (), {})
    return play, tuple(each.why for each in moved.obstacles)


BODY = (
    START
    + END
    + STEPS
    + user("c")
    + throw("t", COMPENSATE)
    + flow("start", "a", "b", "c", "t", "end")
)


def test_what_was_done_is_undone_by_the_new_version() -> None:
    renamed = BODY.replace('name="undo_a"', 'name="撤回"')
    play, why = _move(BODY, renamed, "a", "b")
    assert why == ()
    play.complete("c").complete("undo_b")
    assert [task.name for task in play.tasks.values()] == ["撤回"]
    assert play.complete("undo_a").ended


def test_an_instance_moves_while_it_is_being_undone() -> None:
    play, why = _move(
        BODY, BODY + user("w") + flow("t", "w", "end"), "a", "b", "c", "undo_b"
    )
    assert why == () and play.open == ["undo_a"]
    assert play.complete("undo_a").open == ["w"]


def test_a_subprocess_moves_while_it_is_being_undone() -> None:
    inner = (
        START
        + END
        + sub("s", STEPS, "a", "b")
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
    )
    play, why = _move(
        inner, inner + user("w") + flow("t", "w", "end"), "a", "b", "undo_b"
    )
    assert why == ()
    assert play.complete("undo_a").open == ["w"]


def test_a_transaction_moves_while_it_is_being_cancelled() -> None:
    inner = (
        START
        + END
        + transaction(
            "s", STEPS + end("bad", CANCEL) + flow("b", "bad"), "a", "b"
        )
        + user("w")
    )
    inner = inner.replace(flow("b", "s_done"), "").replace(
        '<endEvent id="s_done"></endEvent>', ""
    ) + boundary("hit", "s", CANCEL)
    inner += flow("start", "s", "end") + flow("hit", "end")
    play, why = _move(
        inner,
        inner.replace(flow("hit", "end"), flow("hit", "w", "end")),
        "a",
        "b",
        "undo_b",
    )
    assert why == ()
    assert play.complete("undo_a").open == ["w"]


@pytest.mark.parametrize(
    "done", [("a",), ("a", "b", "c")], ids=["later", "just now"]
)
def test_what_the_new_version_could_not_undo_holds_the_instance_back(
    done: tuple[str, ...],
) -> None:
    without = (
        START
        + END
        + user("a", "b", "c")
        + undone("b")
        + throw("t", COMPENSATE)
        + flow("start", "a", "b", "c", "t", "end")
    )
    _play, why = _move(BODY, without, *done)
    assert why == ("“a”已经办完、还可以撤销，新版里没有撤销它的办法",)
