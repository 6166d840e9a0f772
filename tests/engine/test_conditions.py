"""Conditional events: heard when a variable changes and the condition is true, wherever the change comes
from."""

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
    gateway,
    user,
)
from tests.engine.drawn import catch, handler, many
from tests.engine.drawn_elsewhere import condition

BESIDE = (
    START
    + END
    + user("a", "b", "c")
    + gateway("parallel", "g")
    + flow("start", "g", "a", "end")
    + flow("g", "b", "end")
)


def watched(event: str, interrupting: bool = False) -> str:
    """`a` with the event at its border, beside `b`; `c` follows the event."""
    return (
        BESIDE
        + boundary("x", "a", event, interrupting)
        + flow("x", "c", "end")
    )


def named(variable: str, events: str = "") -> str:
    kinds = f' camunda:variableEvents="{events}"' if events else ""
    return condition("level == 2").replace(
        "Definition>",
        f'Definition camunda:variableName="{variable}"{kinds}>',
        1,
    )


def test_a_condition_that_is_true_already_is_heard_at_once() -> None:
    body = (
        START
        + END
        + catch("x", condition("level == 2"))
        + user("a")
        + flow("start", "x", "a", "end")
    )
    assert Play(body, variables={"level": 2}).open == ["a"]
    assert Play(body, variables={"level": 1}).open == []


def test_a_variable_without_a_value_fulfils_no_condition() -> None:
    assert Play(watched(condition("level > 2"))).complete("b").open == ["a"]


@pytest.mark.parametrize("text", ["level == 2", "${level == 2}"])
def test_it_interrupts_when_another_step_sets_the_variable(text: str) -> None:
    assert Play(watched(condition(text), interrupting=True)).complete(
        "b", level=2
    ).open == ["c"]


def test_one_that_does_not_interrupt_is_heard_at_each_change_and_not_between() -> (
    None
):
    body = watched(condition("level > 1")).replace(
        flow("g", "b", "end"),
        flow("g", "b") + flow("b", "b2") + flow("b2", "b3", "end"),
    ) + user("b2", "b3")
    play = Play(body, variables={"level": 1}).complete("b", level=2)
    assert play.open == ["a", "b2", "c"]
    assert play.complete("b2", other=1).open == ["a", "b3", "c", "c"]
    assert play.complete("b3").open == ["a", "c", "c"]


def test_only_the_variable_that_is_named_counts() -> None:
    body = watched(named("level")).replace(
        flow("g", "b", "end"), flow("g", "b") + flow("b", "b2", "end")
    ) + user("b2")
    play = Play(body).complete("b", level=2)
    assert play.open == ["a", "b2", "c"] and play.complete(
        "b2", other=1
    ).open == [
        "a",
        "c",
    ]


@pytest.mark.parametrize(
    ("events", "heard"),
    [
        ("create", False),
        ("update", True),
        ("create, update", True),
        ("delete", False),
    ],
)
def test_only_the_kind_of_change_that_is_named_counts(
    events: str, heard: bool
) -> None:
    play = Play(
        watched(named("level", events)), variables={"level": 1}
    ).complete("b", level=2)
    assert ("c" in play.open) is heard


def test_a_script_on_the_way_is_seen_even_if_the_next_one_sets_it_back() -> (
    None
):
    scripts = (
        '<scriptTask id="s1"><script>level = 2</script></scriptTask><scriptTask id="s2"><script>level '
        "= 1</script></scriptTask>"
    )
    body = (
        watched(condition("level == 2")).replace(
            flow("g", "b", "end"), flow("g", "b", "s1", "s2", "end")
        )
        + scripts
    )
    assert Play(body, variables={"level": 1}).complete("b").open == ["a", "c"]


def test_one_that_does_not_interrupt_hears_what_the_very_next_step_sets() -> (
    None
):
    scripts = (
        '<scriptTask id="s1"><script>level = 2</script></scriptTask>'
        '<scriptTask id="s2"><script>level = 3</script></scriptTask>'
    )
    body = (
        watched(condition("level > 1")).replace(
            flow("g", "b", "end"), flow("g", "b", "s1", "s2", "end")
        )
        + scripts
    )
    play = Play(body, variables={"level": 1}).complete("b")
    assert play.open == ["a", "c", "c"]


def test_a_step_does_not_hear_at_its_own_border_what_its_completion_sets() -> (
    None
):
    assert Play(watched(condition("level == 2"), interrupting=True)).complete(
        "a", level=2
    ).open == ["b"]


def test_an_event_subprocess_begins_even_where_the_last_step_sets_it_off() -> (
    None
):
    play = Play(
        START
        + user("a")
        + flow("start", "a")
        + handler(condition("level == 2"))
    )
    assert play.complete("a", level=2).open == ["handler_task"]
    assert play.complete("handler_task").ended


def test_instances_see_their_own_variables() -> None:
    inner = (
        '<startEvent id="s"/>'
        + user("i", "j")
        + boundary("x", "j", condition("each == '乙'"))
        + user("k")
        + flow("s", "i", "j")
    )
    sub = f'<subProcess id="S">{many("names")}{inner}{flow("x", "k")}</subProcess>'
    play = Play(
        START + END + sub + flow("start", "S", "end"),
        variables={"names": ["甲", "乙"]},
    )
    assert play.complete("i").complete("i").open == ["j", "k"]


def test_a_loop_that_sets_itself_off_ends_with_a_sentence() -> None:
    script = (
        '<scriptTask id="s"><script>level = level + 1</script></scriptTask>'
    )
    body = (
        BESIDE
        + boundary("x", "a", condition("level > 1"), interrupting=False)
        + script
        + flow("x", "s")
        + flow("c", "end")
    )
    with pytest.raises(Exception, match="循环"):
        Play(body, variables={"level": 1}).complete("b", level=2)


def test_an_instance_that_moves_hears_the_events_of_the_new_version() -> None:
    old = Play(BESIDE + flow("a", "c", id="unused") + flow("c", "end"))
    new = Play(
        watched(condition("level == 2")) + flow("a", "c", id="unused")
    ).definition
    moved = migrate(
        old.definition, new, old.outcome.state, NOW, c.Environment(), {}
    )
    assert moved.obstacles == ()
    old.definition, old.outcome = new, c.Outcome(moved.state, (), {})
    assert "c" in old.complete("b", level=2).open


def test_a_condition_is_written_and_readable() -> None:
    def rules(event: str) -> set[str]:
        return {
            each.rule
            for each in check({"p.bpmn": document(watched(event))})
            if each.severity == "error"
        }

    assert (
        rules(condition("level == 2"))
        == rules(named("level", "create,update"))
        == set()
    )
    assert rules("<conditionalEventDefinition/>") == {"event-condition"}
    assert rules(named("level", "change")) == {"event-condition"}
    assert rules(condition("__import__('os')")) == {"expressions-compile"}
