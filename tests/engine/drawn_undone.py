"""Small diagrams in which completed activities are undone: compensation and transactions. The walks go
through all of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.diagrams import (
    END,
    START,
    boundary,
    document,
    flow,
    gateway,
    user,
)
from tests.engine.drawn import (
    DEFINED,
    ERROR,
    MESSAGE,
    SIGNAL,
    TERMINATE,
    end,
    handler,
    many,
    service,
    sub,
    throw,
)

COMPENSATE, CANCEL = "<compensateEventDefinition/>", "<cancelEventDefinition/>"


def only(activity: str) -> str:
    return f'<compensateEventDefinition activityRef="{activity}"/>'


def undone(activity: str, by: Callable[[str], str] = user) -> str:
    """The event at the activity's border and its handler `undo_…`."""
    made = by(f"undo_{activity}").replace(
        " id=", ' isForCompensation="true" id=', 1
    )
    line = f'<association id="{activity}_line" sourceRef="{activity}_border" targetRef="undo_{activity}"/>'
    return (
        f'<boundaryEvent id="{activity}_border" '
        f'attachedToRef="{activity}">{COMPENSATE}</boundaryEvent>{made}{line}'
    )


def task(id: str) -> str:
    return f'<task id="{id}"/>'


def part(id: str, inner: str, *path: str, more: str = "") -> str:
    """A subprocess whose own steps can be undone."""
    return sub(id, inner, *path, more=more)


def transaction(id: str, inner: str, *path: str, more: str = "") -> str:
    return (
        sub(id, inner, *path, more=more).replace(
            "<subProcess", "<transaction", 1
        )[: -len("</subProcess>")]
        + "</transaction>"
    )


def by_event(inner: str, *path: str, id: str = "by") -> str:
    """An event subprocess for compensation."""
    start = f'<startEvent id="{id}_start">{COMPENSATE}</startEvent>'
    last = f"{id}_end"
    flows = flow(f"{id}_start", *path, last)
    return f'<subProcess id="{id}" triggeredByEvent="true">{start}{inner}{end(last)}{flows}</subProcess>'


def _process(body: str) -> dict[str, bytes]:
    end_event = END if '"end"' in body else ""
    return {"p.bpmn": document(START + end_event + body, DEFINED)}


STEPS = user("a", "b") + undone("a") + undone("b")
MAYBE = (
    gateway("exclusive", "ok", default="ok_s_done")
    + end("bad", CANCEL)
    + flow("ok", "bad", when="fails")
)
UNDONE: dict[str, dict[str, bytes]] = {
    "two steps undone, the last first": _process(
        STEPS
        + user("after")
        + throw("t", COMPENSATE)
        + flow("start", "a", "b", "t", "after", "end")
    ),
    "one step undone by name": _process(
        STEPS
        + throw("t", only("a"))
        + user("after")
        + flow("start", "a", "b", "t", "after", "end")
    ),
    "undone at the end": _process(
        STEPS + end("e", COMPENSATE) + flow("start", "a", "b", "e")
    ),
    "nothing to undo": _process(
        STEPS
        + throw("t", COMPENSATE)
        + user("after")
        + flow("start", "t", "after", "a", "b", "end")
    ),
    "undone twice": _process(
        STEPS
        + throw("t", COMPENSATE)
        + throw("u", COMPENSATE)
        + user("c")
        + flow("start", "a", "b", "t", "c", "u", "end")
    ),
    "a step of a loop is undone as often as it was done": _process(
        user("a")
        + undone("a")
        + gateway("exclusive", "in")
        + gateway("exclusive", "out", default="out_t")
        + throw("t", COMPENSATE)
        + flow("start", "in", "a", "out", "t", "end")
        + flow("out", "in", when="more")
    ),
    "branches side by side, one of which undoes": _process(
        STEPS
        + user("c")
        + gateway("parallel", "g", "j")
        + throw("t", COMPENSATE)
        + flow("start", "g", "a", "j", "end")
        + flow("g", "b", "j")
        + flow("g", "c", "t", "j")
    ),
    "two throws side by side": _process(
        STEPS
        + user("c", "w")
        + gateway("parallel", "g", "j")
        + throw("t", COMPENSATE)
        + throw("u", only("a"))
        + flow("start", "a", "b", "g", "c", "t", "j", "end")
        + flow("g", "w", "u", "j")
    ),
    "a handler that asks nobody": _process(
        user("a", "b", "c")
        + undone("a")
        + undone("b", task)
        + undone("c")
        + throw("t", COMPENSATE)
        + flow("start", "a", "b", "c", "t", "end")
    ),
    "a handler that is a service": _process(
        service("a")
        + undone("a", service)
        + throw("t", COMPENSATE)
        + user("after")
        + flow("start", "a", "t", "after", "end")
    ),
    "a handler that is a subprocess": _process(
        user("a")
        + undone("a", lambda id: part(id, user("x", "y"), "x", "y"))
        + throw("t", COMPENSATE)
        + flow("start", "a", "t", "end")
    ),
    "a subprocess whose steps are undone": _process(
        part("s", STEPS, "a", "b")
        + user("after")
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "after", "end")
    ),
    "a subprocess undone by name, two deep": _process(
        part(
            "s", part("r", STEPS, "a", "b") + user("c") + undone("c"), "r", "c"
        )
        + user("w")
        + undone("w")
        + throw("t", only("s"))
        + flow("start", "s", "w", "t", "end")
    ),
    "a subprocess undone as a whole": _process(
        part("s", STEPS, "a", "b")
        + undone("s")
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
    ),
    "a subprocess undone by its event subprocess": _process(
        part(
            "s",
            STEPS
            + by_event(user("x", "y") + throw("u", COMPENSATE), "x", "u", "y"),
            "a",
            "b",
        )
        + throw("t", COMPENSATE)
        + user("after")
        + flow("start", "s", "t", "after", "end")
    ),
    "an event subprocess undoes one step of its subprocess": _process(
        part("s", STEPS + by_event(throw("u", only("a")), "u"), "a", "b")
        + throw("t", only("s"))
        + flow("start", "s", "t", "end")
    ),
    "an event subprocess for compensation in a subprocess with nothing else to undo": _process(
        part("s", user("a") + by_event(user("x"), "x"), "a")
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
    ),
    "a subprocess that was interrupted is not undone": _process(
        part("s", STEPS, "a", "b")
        + boundary("m", "s", MESSAGE)
        + user("c")
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
        + flow("m", "c", "t")
    ),
    "an interrupted throw": _process(
        part(
            "s", STEPS + user("c") + throw("t", COMPENSATE), "a", "b", "t", "c"
        )
        + boundary("m", "s", MESSAGE)
        + flow("start", "s", "end")
        + flow("m", "end")
    ),
    "an event subprocess that undoes what is around it": _process(
        part(
            "s",
            STEPS
            + user("c")
            + handler(MESSAGE)
            .replace("</subProcess>", "")
            .replace(
                '<endEvent id="handler_end"></endEvent>',
                end("handler_end", COMPENSATE),
            )
            + "</subProcess>",
            "a",
            "b",
            "c",
        )
        + flow("start", "s", "end")
    ),
    "an event subprocess beside the work undoes it": _process(
        STEPS
        + user("c")
        + handler(SIGNAL, interrupting=False).replace(
            '<endEvent id="handler_end"></endEvent>',
            end("handler_end", COMPENSATE),
        )
        + flow("start", "a", "b", "c", "end")
    ),
    "instances of a step are undone one by one": _process(
        f'<userTask id="a" camunda:candidateGroups="office@county">{many(3)}</userTask>'
        + undone("a")
        + throw("t", COMPENSATE)
        + flow("start", "a", "t", "end")
    ),
    "instances one after the other are undone": _process(
        '<userTask id="a" '
        f'camunda:candidateGroups="office@county">{many(2, sequential=True)}</userTask>'
        + undone("a")
        + throw("t", COMPENSATE)
        + flow("start", "a", "t", "end")
    ),
    "instances of a subprocess are undone": _process(
        part("s", STEPS, "a", "b", more=many(2))
        + throw("t", COMPENSATE)
        + user("after")
        + flow("start", "s", "t", "after", "end")
    ),
    "instances of a subprocess one after the other are undone": _process(
        part("s", STEPS, "a", "b", more=many(2, sequential=True))
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
    ),
    "a step done several times at once, each undone several times": _process(
        f'<userTask id="a" camunda:candidateGroups="office@county">{many(2)}</userTask>'
        + undone(
            "a",
            lambda id: (
                f'<userTask id="{id}" camunda:candidateGroups="office@county">{many(2)}</userTask>'
            ),
        )
        + throw("t", COMPENSATE)
        + flow("start", "a", "t", "end")
    ),
    "a call undone as a whole, what it called not": _process(
        '<callActivity id="call" calledElement="q"/>'
        + undone("call")
        + throw("t", COMPENSATE)
        + flow("start", "call", "t", "end")
    )
    | {
        "q.bpmn": document(
            '<startEvent id="qs"/>'
            + user("x")
            + undone("x")
            + end("qe")
            + flow("qs", "x", "qe"),
            key="q",
        )
    },
    "a called process undoes its own": _process(
        '<callActivity id="call" calledElement="q"/>'
        + flow("start", "call", "end")
    )
    | {
        "q.bpmn": document(
            '<startEvent id="qs"/>'
            + user("x")
            + undone("x")
            + end("qe", COMPENSATE)
            + flow("qs", "x", "qe"),
            key="q",
        )
    },
    "a terminate end takes a throw with it": _process(
        STEPS
        + user("c")
        + gateway("parallel", "g")
        + throw("t", COMPENSATE)
        + end("stop", TERMINATE)
        + end("e2")
        + flow("start", "a", "b", "g", "t", "e2")
        + flow("g", "c", "stop")
    ),
    "a transaction cancelled": _process(
        transaction("s", STEPS + MAYBE, "a", "b", "ok")
        + boundary("hit", "s", CANCEL)
        + user("c")
        + flow("start", "s", "end")
        + flow("hit", "c", "end")
    ),
    "a transaction cancelled beside other work": _process(
        transaction(
            "s",
            STEPS
            + user("c")
            + gateway("parallel", "g")
            + end("bad", CANCEL)
            + flow("g", "c", "bad"),
            "a",
            "g",
            "b",
        )
        + boundary("hit", "s", CANCEL)
        + boundary("m", "s", MESSAGE)
        + user("w")
        + flow("start", "s", "end")
        + flow("hit", "w", "end")
        + flow("m", "end")
    ),
    "a transaction with nothing to undo": _process(
        transaction(
            "s",
            user("a")
            + gateway("parallel", "g")
            + end("bad", CANCEL)
            + flow("g", "bad"),
            "g",
            "a",
        )
        + boundary("hit", "s", CANCEL)
        + user("c")
        + flow("start", "s", "end")
        + flow("hit", "c", "end")
    ),
    "a transaction that went well is undone later": _process(
        transaction("s", STEPS, "a", "b")
        + throw("t", COMPENSATE)
        + flow("start", "s", "t", "end")
    ),
    "a transaction that fails is not undone": _process(
        transaction("s", STEPS + MAYBE.replace(CANCEL, ERROR), "a", "b", "ok")
        + boundary("hit", "s", ERROR)
        + user("c")
        + flow("start", "s", "end")
        + flow("hit", "c", "end")
    ),
    "a transaction in a transaction": _process(
        transaction(
            "s",
            transaction("r", STEPS, "a", "b")
            + user("c")
            + undone("c")
            + MAYBE,
            "r",
            "c",
            "ok",
        )
        + boundary("hit", "s", CANCEL)
        + user("w")
        + flow("start", "s", "end")
        + flow("hit", "w", "end")
    ),
    "transactions side by side": _process(
        transaction("s", STEPS + MAYBE, "a", "b", "ok", more=many(2))
        + boundary("hit", "s", CANCEL)
        + user("c")
        + flow("start", "s", "end")
        + flow("hit", "c", "end")
    ),
    "an inclusive join waits for what is being undone": _process(
        STEPS
        + user("c")
        + gateway("inclusive", "g", default="g_c")
        + gateway("inclusive", "j")
        + throw("t", COMPENSATE)
        + flow("start", "a", "b", "g", "c", "j", "end")
        + flow("g", "t", when="more")
        + flow("t", "j")
    ),
}
