"""Which of parallel branches goes first: each until it waits or ends, in the order of its flow in the
document, as in Camunda 7. A signal is heard by what waits already."""

from __future__ import annotations

from tests.engine.diagrams import END, START, Play, flow, gateway, user
from tests.engine.drawn import DEFINED, SIGNAL, catch, sub, throw

SET_N = 'scriptFormat="python"><script>n = 1</script></scriptTask>'
STEPS = "".join(f'<scriptTask id="{each}" {SET_N}' for each in "pqrs")
PARTS = START + END + STEPS + gateway("parallel", "g") + flow("start", "g")
CAUGHT = catch("w", SIGNAL) + throw("ring", SIGNAL) + user("heard", "rung")


def test_a_branch_goes_on_until_it_waits_before_the_next_begins() -> None:
    body = (
        PARTS
        + user("a", "b")
        + flow("g", "p", "q", "a", "end")
        + flow("g", "r", "s", "b", "end")
    )
    assert Play(body).passed == ["start", "g", "p", "q", "r", "s"]
    other = (
        PARTS
        + user("a", "b")
        + flow("g", "r", "s", "b", "end")
        + flow("g", "p", "q", "a", "end")
    )
    assert Play(other).passed == ["start", "g", "r", "s", "p", "q"]


def test_a_signal_thrown_before_the_next_branch_waits_for_it_is_not_heard_there() -> (
    None
):
    thrower, waiter = (
        flow("g", "p", "ring", "rung", "end"),
        flow("g", "w", "heard", "end"),
    )
    assert Play(PARTS + CAUGHT + thrower + waiter, DEFINED).open == ["rung"]


def test_a_signal_thrown_after_the_first_branch_waits_for_it_is_heard_there() -> (
    None
):
    thrower, waiter = (
        flow("g", "ring", "rung", "end"),
        flow("g", "p", "q", "w", "heard", "end"),
    )
    assert Play(PARTS + CAUGHT + waiter + thrower, DEFINED).open == [
        "heard",
        "rung",
    ]


def test_what_follows_a_subprocess_comes_before_the_next_branch() -> None:
    body = (
        PARTS
        + sub(
            "s1",
            "",
        )
        + user("a", "b")
        + flow("g", "s1", "p", "a", "end")
        + flow("g", "q", "b", "end")
    )
    assert Play(body).passed == [
        "start",
        "g",
        "s1_start",
        "s1_done",
        "s1",
        "p",
        "q",
    ]
