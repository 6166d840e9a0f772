"""Several triggers on one event: one is enough or all must come, what waits no longer is closed, and of
several thrown each is thrown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import (
    load_definition,
    migrate,
    put_off,
    timers_of_step,
)
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    timer,
    user,
)
from tests.engine.drawn import (
    DEFINED,
    ERROR,
    ESCALATION,
    MESSAGE,
    SIGNAL,
    TERMINATE,
    catch,
    end,
    handler,
    sub,
    throw,
)
from tests.engine.drawn_elsewhere import condition
from tests.engine.drawn_several import (
    HOUR,
    ROUNDS,
    SEVERAL,
    all_of,
    all_to_begin,
)
from tests.engine.walks import Walker

CANCEL, COMPENSATE, LINK = (
    "<cancelEventDefinition/>",
    "<compensateEventDefinition/>",
    '<linkEventDefinition name="L"/>',
)


def playing(name: str, **variables: object) -> Walker:
    return Walker(SEVERAL[name], "p", variables)


def waiting(play: Walker) -> list[tuple[str, str]]:
    """What is waited for: (kind, element)."""
    found = [
        (each.kind, each.element_id) for each in play.subscriptions.values()
    ]
    return sorted(
        [*found, *(("timer", each.element_id) for each in play.timers)]
    )


EACH = [("message", "x"), ("signal", "alarm"), ("fire", "x")]


@pytest.mark.parametrize("move", EACH)
def test_one_of_several_is_enough_and_the_others_are_waited_for_no_more(
    move: tuple[str, str],
) -> None:
    play = playing("either of three on the way")
    assert waiting(play) == [("message", "x"), ("signal", "x"), ("timer", "x")]
    play.move(*move, {})
    assert play.open == ["a"] and waiting(play) == []


@pytest.mark.parametrize("last", range(3))
def test_where_all_must_come_the_last_lets_it_go_on(last: int) -> None:
    play = playing("all of three on the way")
    moves = [*EACH[last + 1 :], *EACH[:last], EACH[last]]
    for number, move in enumerate(moves):
        assert play.open == [] and len(waiting(play)) == 3 - number
        play.move(*move, {})
    assert play.open == ["a"] and waiting(play) == []


def test_what_a_trigger_brings_becomes_variables() -> None:
    play = playing("all of three on the way")
    play.move("message", "x", {"from_message": 1})
    play.move("signal", "alarm", {"from_signal": 2})
    play.move("fire", "x", {})
    assert play.outcome.variables == {"from_message": 1, "from_signal": 2}


def test_two_timers_on_one_event_have_each_its_own_time() -> None:
    body = (
        START
        + END
        + user("a")
        + catch("x", timer("PT2H") + timer("PT1H"))
        + flow("start", "x", "a", "end")
    )
    play = Play(body)
    assert sorted(each.due_at - NOW for each in play.timers) == [
        timedelta(hours=1),
        timedelta(hours=2),
    ]
    second = next(
        each for each in play.timers if each.due_at == NOW + timedelta(hours=1)
    )
    play.do(c.FireTimer(second.timer_id))
    assert play.open == ["a"]
    assert [
        each for each in play.effects if isinstance(each, c.TimerCancelled)
    ] != []


def test_at_a_border_that_does_not_interrupt_what_has_not_come_goes_on_as_it_was() -> (
    None
):
    play = playing("either of three at a border that does not interrupt")
    (clock,) = play.timers
    for told in range(1, 4):
        play.now = NOW + timedelta(minutes=10 * told)
        play.move("message", "x", {})
        assert play.open == ["a", "b", *["c"] * told]
        assert play.timers == [clock]
    play.move("fire", "x", {})
    assert play.open == ["a", "b", *["c"] * 4]
    assert waiting(play) == [("message", "x"), ("signal", "x")]
    play.move("complete", "a", {})
    assert waiting(play) == []


def test_rounds_beside_a_message_count_on() -> None:
    body = (
        START
        + END
        + user("a", "c")
        + boundary("x", "a", MESSAGE + ROUNDS, False)
    )
    play = Play(
        body + flow("start", "a", "end") + flow("x", "c", "end"), DEFINED
    )
    for hour in (1, 2, 3):
        assert [each.due_at for each in play.timers][-1:] == [
            NOW + timedelta(hours=hour)
        ]
        play.now = NOW + timedelta(hours=hour)
        play.fire("x")
    assert play.timers == [] and play.open == ["a", "c", "c", "c"]


def test_all_at_a_border_are_waited_for_round_after_round() -> None:
    play = playing("all of two at a border that does not interrupt")
    for told in range(1, 3):
        play.move("message", "x", {})
        assert play.open == ["a", "b", *["c"] * (told - 1)]
        play.move("signal", "alarm", {})
        assert play.open == ["a", "b", *["c"] * told]
        assert waiting(play) == [("message", "x"), ("signal", "x")]


def test_a_round_that_cannot_be_complete_again_is_not_begun() -> None:
    play = playing("all at a border, one of them only once")
    play.move("fire", "x", {})
    play.move("message", "x", {})
    assert play.open == ["a", "b", "c"] and waiting(play) == []


def test_a_message_that_comes_twice_is_one_of_two() -> None:
    play = playing("all begin an event subprocess")
    play.move("message", "handler_start", {})
    assert waiting(play) == [("signal", "handler_start")]
    play.move("signal", "alarm", {})
    assert play.open == ["handler_task"]


def test_a_condition_is_one_of_several() -> None:
    assert playing("a condition or a message", ready=True).open == ["b", "c"]
    both = playing("a condition and a message", ready=False)
    both.move("complete", "b", {"ready": True})
    assert both.open == ["a"]
    both.move("message", "x", {})
    assert both.open == ["c"]


@pytest.mark.parametrize(("by", "left"), [("i", ["c"]), ("j", ["c"])])
def test_an_error_or_an_escalation_is_caught_by_one_event(
    by: str, left: list[str]
) -> None:
    assert (
        playing("an error or an escalation at a border").complete(by).open
        == left
    )


def test_every_thrown_one_is_thrown_and_what_ends_comes_last() -> None:
    play = playing("a message and an error at an end")
    play.complete("i")
    assert [
        each.name for each in play.effects if isinstance(each, c.MessageThrown)
    ] == ["hello"]
    assert play.open == ["c"]
    ended = playing("a signal thrown by an end that terminates").complete("i")
    assert ended.open == ["a", "c"]
    thrown = Walker(
        {
            "p.bpmn": document(
                START
                + end("x", TERMINATE + MESSAGE + SIGNAL)
                + flow("start", "x"),
                DEFINED,
            )
        },
        "p",
        {},
    )
    told = [
        type(each).__name__
        for each in thrown.all
        if isinstance(each, (c.MessageThrown, c.SignalThrown))
    ]
    assert told == ["MessageThrown", "SignalThrown"]
    assert (
        next(
            each.how
            for each in thrown.all
            if isinstance(each, c.ProcessInstanceEnded)
        )
        == "terminated"
    )


def test_a_message_and_a_compensation_are_thrown_and_what_follows_waits_for_the_undoing() -> (
    None
):
    body = (
        START
        + END
        + user("a", "undo", "after").replace(
            'id="undo"', 'id="undo" isForCompensation="true"'
        )
    )
    body += (
        boundary("b", "a", COMPENSATE)
        + '<association id="l" sourceRef="b" targetRef="undo"/>'
    )
    body += throw("x", COMPENSATE + MESSAGE) + flow(
        "start", "a", "x", "after", "end"
    )
    play = Play(body, DEFINED).complete("a")
    assert [
        each.name for each in play.effects if isinstance(each, c.MessageThrown)
    ] == ["hello"]
    assert play.open == ["undo"] and play.complete("undo").open == ["after"]


def refused(body: str) -> list[tuple[str, str | None]]:
    return [
        (f.rule, f.element_id)
        for f in check({"p.bpmn": document(body, DEFINED)})
        if f.severity == "error"
    ]


STEP = START + END + user("a", "c") + flow("start", "a", "end")


def border(event: str, interrupting: bool = True) -> str:
    return (
        STEP + boundary("x", "a", event, interrupting) + flow("x", "c", "end")
    )


def way(event: str) -> str:
    return START + END + user("a") + event + flow("start", "a", "x", "end")


def last(event: str) -> str:
    return START + user("a") + end("x", event) + flow("start", "a", "x")


BEGINS = f'<startEvent id="x" parallelMultiple="true">{MESSAGE}{SIGNAL}</startEvent>'
FOR_HANDLER = MESSAGE.replace(
    "/>", ' camunda:type="external" camunda:topic="a.b"/>'
)
NEVER = {
    "a link and a message caught": way(catch("x", LINK + MESSAGE)),
    "a link and a message thrown": way(throw("x", LINK + MESSAGE)),
    "two links": way(throw("x", LINK + LINK)),
    "a compensation and a message at a border": border(COMPENSATE + MESSAGE),
    "a cancel and a message at a border": border(CANCEL + MESSAGE),
    "an error among several that do not interrupt": border(
        ERROR + MESSAGE, interrupting=False
    ),
    "an error that must come with a message": STEP
    + all_of(boundary("x", "a", ERROR + MESSAGE))
    + flow("x", "c", "end"),
    "an escalation that must come with a message": STEP
    + all_of(boundary("x", "a", ESCALATION + MESSAGE))
    + flow("x", "c", "end"),
    "an error that must come with a message to begin": STEP
    + all_to_begin(handler(ERROR + MESSAGE)).replace("handler_start", "x"),
    "an error among several that begin beside the rest": STEP
    + handler(ERROR + MESSAGE, False).replace("handler_start", "x"),
    "an error and a terminate at an end": last(ERROR + TERMINATE),
    "two errors at an end": last(
        ERROR + '<errorEventDefinition errorRef="er2"/>'
    ),
    "a cancel and a terminate at an end": last(CANCEL + TERMINATE),
    "a compensation and a terminate at an end": last(COMPENSATE + TERMINATE),
    "a compensation and an error at an end": last(COMPENSATE + ERROR),
    "two compensations": way(throw("x", COMPENSATE + COMPENSATE)),
    "all must come to begin a process": STEP + BEGINS + flow("x", "c", "end"),
    "one message twice": border(MESSAGE + MESSAGE),
    "one code twice": border(ERROR + ERROR),
    "a message for a handler among several": last(FOR_HANDLER + SIGNAL),
}


@pytest.mark.parametrize("name", NEVER)
def test_what_cannot_stand_together_is_refused_by_name(name: str) -> None:
    found = [
        f
        for f in check({"p.bpmn": document(NEVER[name], DEFINED)})
        if f.severity == "error"
    ]
    assert ("several-triggers", "x") in [(f.rule, f.element_id) for f in found]
    assert all(
        "未命名的" in f.message for f in found if f.rule == "several-triggers"
    )


@pytest.mark.parametrize(
    "event",
    [TERMINATE, "<timerEventDefinition><timeDate/></timerEventDefinition>"],
)
def test_each_of_several_must_be_one_that_can_stand_there(event: str) -> None:
    assert refused(border(MESSAGE + SIGNAL)) == []
    assert {
        element for _rule, element in refused(border(MESSAGE + event))
    } == {"x"}


def test_what_each_of_several_says_is_checked_like_a_single_one() -> None:
    wrong = {
        "timer-text": timer("soon"),
        "event-reference": "<messageEventDefinition/>",
        "event-condition": "<conditionalEventDefinition/>",
        "expressions-compile": condition("level =="),
        "event-definition": '<signalEventDefinition signalRef="nowhere"/>',
    }
    for rule, event in wrong.items():
        assert (rule, "x") in refused(border(SIGNAL + event)), rule


def test_an_event_is_caught_by_one_of_two_borders() -> None:
    twice = (
        border(ERROR + MESSAGE)
        + boundary("y", "a", ERROR)
        + flow("y", "c", id="y_c")
    )
    assert ("caught-twice", "y") in refused(twice)


BORDER = border(MESSAGE + HOUR)


def test_what_stands_among_several_keeps_waiting_when_an_instance_moves() -> (
    None
):
    play = Play(BORDER, DEFINED)
    same = migrate(
        play.definition,
        load_definition({"p.bpmn": document(BORDER, DEFINED)}, "p"),
        play.outcome.state,
        NOW,
        play.environment,
        {},
    )
    assert (same.obstacles, same.armed, same.effects) == (
        (),
        (),
        (),
    ) and same.state == play.outcome.state


def test_a_text_that_changes_among_several_counts_anew_and_the_rest_goes_on() -> (
    None
):
    play = Play(BORDER, DEFINED)
    (clock,) = play.timers
    later = load_definition(
        {"p.bpmn": document(border(MESSAGE + timer("PT3H")), DEFINED)}, "p"
    )
    moved = migrate(
        play.definition,
        later,
        play.outcome.state,
        NOW,
        play.environment,
        {clock.timer_id: NOW},
    )
    assert moved.obstacles == () and moved.effects == ()
    assert [
        (each.timer.timer_id, each.timer.due_at) for each in moved.armed
    ] == [(clock.timer_id, NOW + timedelta(hours=3))]


def test_other_triggers_at_the_border_begin_and_the_old_ones_are_closed() -> (
    None
):
    play = Play(BORDER, DEFINED)
    (clock,), (heard,) = (
        play.timers,
        [each for each in play.all if isinstance(each, c.SubscriptionOpened)],
    )
    later = load_definition(
        {"p.bpmn": document(border(MESSAGE + SIGNAL), DEFINED)}, "p"
    )
    moved = migrate(
        play.definition, later, play.outcome.state, NOW, play.environment, {}
    )
    assert moved.obstacles == ()
    assert c.TimerCancelled(clock.timer_id, "x") in moved.effects
    assert c.SubscriptionClosed(heard.subscription_id, "x") in moved.effects
    opened = [
        each
        for each in moved.effects
        if isinstance(each, c.SubscriptionOpened)
    ]
    assert [each.kind for each in opened] == ["message", "signal"]


def test_an_instance_that_waits_for_other_triggers_cannot_move() -> None:
    play = Play(way(catch("x", MESSAGE + HOUR)), DEFINED).complete("a")
    for other in (
        all_of(catch("x", MESSAGE + HOUR)),
        catch("x", MESSAGE),
        catch("x", MESSAGE + SIGNAL),
    ):
        later = load_definition({"p.bpmn": document(way(other), DEFINED)}, "p")
        found = migrate(
            play.definition,
            later,
            play.outcome.state,
            NOW,
            play.environment,
            {},
        )
        assert [each.element_id for each in found.obstacles] == ["x"]


def test_the_clock_among_several_is_one_of_the_step_and_can_be_put_off() -> (
    None
):
    play = Play(BORDER, DEFINED)
    (task,), (clock,) = play.tasks.values(), play.timers
    assert timers_of_step(
        play.definition, play.outcome.state, task.task_id
    ).own == (clock.timer_id,)
    later = put_off(
        play.definition,
        play.outcome.state,
        {clock.timer_id: NOW + timedelta(days=1)},
    )
    assert (
        b"2026-03-03T01:00:00" in later
        and b"2026-03-03T01:00:00" not in play.outcome.state
    )


def test_a_subprocess_that_is_interrupted_by_all_of_two_closes_what_waits_inside() -> (
    None
):
    body = (
        START
        + END
        + user("c")
        + sub("s", user("i") + catch("w", SIGNAL + timer("PT9H")), "i", "w")
    )
    body += (
        all_of(boundary("x", "s", MESSAGE + HOUR))
        + flow("start", "s", "end")
        + flow("x", "c", "end")
    )
    play = Walker({"p.bpmn": document(body, DEFINED)}, "p", {})
    play.complete("i")
    play.move("fire", "x", {})
    play.move("message", "x", {})
    assert play.open == ["c"] and waiting(play) == []


@pytest.mark.parametrize(
    "event", [catch("x", ""), throw("x", HOUR), throw("x", MESSAGE + HOUR)]
)
def test_a_catching_event_has_a_trigger_and_a_throwing_one_no_time(
    event: str,
) -> None:
    assert ("unsupported-event", "x") in refused(way(event))
