"""Small diagrams in which one event has several triggers, each named by the rule it shows; the walks go
through all of them."""

from __future__ import annotations

from tests.engine.diagrams import (
    END,
    START,
    boundary,
    document,
    flow,
    gateway,
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
    service,
    sub,
    throw,
)
from tests.engine.drawn_elsewhere import condition

HOUR = timer("PT1H")
ROUNDS = timer("R3/PT1H", "timeCycle")


def all_of(event: str) -> str:
    """The first event of this XML waits for all of its triggers."""
    if "parallelMultiple" in event.partition(">")[0]:
        return event
    opening, _space, rest = event.partition(" ")
    return f'{opening} parallelMultiple="true" {rest}'


def all_to_begin(subprocess: str) -> str:
    """The event subprocess begins when all of its triggers have come."""
    before, start, rest = subprocess.partition("<startEvent ")
    return before + (all_of(start + rest) if start else "")


def _process(*parts: str) -> dict[str, bytes]:
    return {"p.bpmn": document(START + END + "".join(parts), DEFINED)}


BESIDE = (
    user("a", "b", "c")
    + gateway("parallel", "g")
    + flow("start", "g", "a", "end")
    + flow("g", "b", "end")
)
"""Two user tasks side by side; `c` is left for what the event leads to."""


def at_border(event: str, interrupting: bool = True) -> dict[str, bytes]:
    """The event `x` at the border of `a`."""
    return _process(
        BESIDE, boundary("x", "a", event, interrupting), flow("x", "c", "end")
    )


def at_border_together(
    event: str, interrupting: bool = True
) -> dict[str, bytes]:
    """As `at_border`; all of its triggers must come."""
    return _process(
        BESIDE,
        all_of(boundary("x", "a", event, interrupting)),
        flow("x", "c", "end"),
    )


def inside(
    event: str, interrupting: bool = True, together: bool = False
) -> dict[str, bytes]:
    """An event subprocess beside two user tasks."""
    begun = handler(event, interrupting)
    two = (
        user("a", "b")
        + gateway("parallel", "g")
        + flow("start", "g", "a", "end")
        + flow("g", "b", "end")
    )
    return _process(two, all_to_begin(begun) if together else begun)


WAYS = user("a", "b") + gateway("parallel", "g") + flow("g", "b", "end")
THROWN = flow("start", "g", "a", "x")
SEVERAL: dict[str, dict[str, bytes]] = {
    "either of three on the way": _process(
        user("a"),
        catch("x", MESSAGE + SIGNAL + HOUR),
        flow("start", "x", "a", "end"),
    ),
    "all of three on the way": _process(
        user("a"),
        all_of(catch("x", MESSAGE + SIGNAL + HOUR)),
        flow("start", "x", "a", "end"),
    ),
    "either of two at a border that interrupts": at_border(MESSAGE + HOUR),
    "either of three at a border that does not interrupt": at_border(
        MESSAGE + HOUR + SIGNAL, interrupting=False
    ),
    "all of two at a border that interrupts": at_border_together(
        MESSAGE + SIGNAL
    ),
    "all of two at a border that does not interrupt": at_border_together(
        MESSAGE + SIGNAL, interrupting=False
    ),
    "all at a border, one of them only once": at_border_together(
        MESSAGE + HOUR, interrupting=False
    ),
    "either begins an event subprocess": inside(MESSAGE + SIGNAL),
    "either begins an event subprocess beside the rest": inside(
        MESSAGE + HOUR, interrupting=False
    ),
    "all begin an event subprocess": inside(MESSAGE + SIGNAL, together=True),
    "all begin an event subprocess beside the rest": inside(
        MESSAGE + SIGNAL, interrupting=False, together=True
    ),
    "a condition or a message": at_border(condition("ready") + MESSAGE),
    "a condition and a message": at_border_together(
        condition("ready") + MESSAGE
    ),
    "several behind an event-based gateway": _process(
        user("a", "b"),
        gateway("eventBased", "g"),
        catch("x", MESSAGE + SIGNAL),
        catch("t", HOUR),
        flow("start", "g", "x", "a", "end") + flow("g", "t", "b", "end"),
    ),
    "all behind an event-based gateway": _process(
        user("a", "b"),
        gateway("eventBased", "g"),
        all_of(catch("x", MESSAGE + SIGNAL)),
        catch("t", HOUR),
        flow("start", "g", "x", "a", "end") + flow("g", "t", "b", "end"),
    ),
    "an error or an escalation at a border": _process(
        sub(
            "s",
            user("i", "j")
            + gateway("parallel", "f")
            + end("bad", ERROR)
            + end("up", ESCALATION),
            "f",
            "i",
        ).replace(
            end("s_done") + flow("s_start", "f", "i", "s_done"),
            flow("s_start", "f", "i", "bad") + flow("f", "j", "up"),
        ),
        user("c", "after"),
        boundary("x", "s", ERROR + ESCALATION),
        flow("start", "s", "after", "end") + flow("x", "c", "end"),
    ),
    "a business error or a message at a border": _process(
        service("s"),
        user("c", "after"),
        boundary("x", "s", ERROR + MESSAGE + "<errorEventDefinition/>"),
        flow("start", "s", "after", "end") + flow("x", "c", "end"),
    ),
    "a message and a signal thrown on the way": _process(
        WAYS,
        catch("w", SIGNAL),
        throw("x", MESSAGE + SIGNAL),
        user("c"),
        THROWN,
        flow("x", "end") + flow("g", "w", "c", "end"),
    ),
    "several thrown at an end": _process(
        WAYS,
        catch("w", SIGNAL),
        end("x", MESSAGE + SIGNAL),
        user("c"),
        THROWN,
        flow("g", "w", "c", "end"),
    ),
    "a signal thrown by an end that terminates": _process(
        sub(
            "s",
            user("i", "j")
            + gateway("parallel", "f")
            + end("x", TERMINATE + SIGNAL),
            "f",
            "i",
        ).replace(
            flow("s_start", "f", "i", "s_done"),
            flow("s_start", "f", "i", "x") + flow("f", "j", "s_done"),
        ),
        gateway("parallel", "g"),
        catch("w", SIGNAL),
        user("a", "c"),
        flow("start", "g", "s", "a", "end") + flow("g", "w", "c", "end"),
    ),
    "a message and an error at an end": _process(
        sub("s", user("i") + end("x", ERROR + MESSAGE), "i").replace(
            end("s_done") + flow("s_start", "i", "s_done"),
            flow("s_start", "i", "x"),
        ),
        user("c"),
        boundary("hit", "s", ERROR),
        flow("start", "s", "end") + flow("hit", "c", "end"),
    ),
    "either of two starts": {
        "p.bpmn": document(
            START
            + END
            + f'<startEvent id="x">{MESSAGE}{SIGNAL}{timer("R/P1D", "timeCycle")}</startEvent>'
            + user("a", "b")
            + flow("start", "a", "end")
            + flow("x", "b", "end"),
            DEFINED,
        )
    },
}
