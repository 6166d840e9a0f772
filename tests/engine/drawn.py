"""Small diagrams, each named by the rule it shows; the walks go through all of them."""

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

ERROR, OTHER = (
    '<errorEventDefinition errorRef="er"/>',
    '<errorEventDefinition errorRef="er2"/>',
)
ESCALATION = '<escalationEventDefinition escalationRef="es"/>'
SIGNAL, MESSAGE = (
    '<signalEventDefinition signalRef="sg"/>',
    '<messageEventDefinition messageRef="ms"/>',
)
TERMINATE = "<terminateEventDefinition/>"
DEFINED = (
    '<error id="er" errorCode="E1"/><error id="er2" errorCode="E2"/><escalation id="es" escalationCode="X"/>'
    '<signal id="sg" name="alarm"/><message id="ms" name="hello"/>'
)


def end(id: str, event: str = "") -> str:
    return f'<endEvent id="{id}">{event}</endEvent>'


def throw(id: str, event: str) -> str:
    return (
        f'<intermediateThrowEvent id="{id}">{event}</intermediateThrowEvent>'
    )


def catch(id: str, event: str) -> str:
    return (
        f'<intermediateCatchEvent id="{id}">{event}</intermediateCatchEvent>'
    )


def service(*ids: str) -> str:
    return "".join(
        f'<serviceTask id="{id}" name="{id}" camunda:type="external" camunda:topic="a.b"/>'
        for id in ids
    )


def many(number: int | str, sequential: bool = False) -> str:
    if isinstance(number, str):
        return (
            f'<multiInstanceLoopCharacteristics camunda:collection="{number}" '
            'camunda:elementVariable="each"/>'
        )
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"<loopCardinality>{number}</loopCardinality></multiInstanceLoopCharacteristics>"
    )


def sub(id: str, inner: str, *path: str, more: str = "") -> str:
    """A subprocess whose start leads along `path` to its end."""
    steps = flow(f"{id}_start", *path, f"{id}_done")
    return (
        f'<subProcess id="{id}">{more}<startEvent '
        f'id="{id}_start"/>{inner}{end(f"{id}_done")}{steps}</subProcess>'
    )


def handler(event: str, interrupting: bool = True, id: str = "handler") -> str:
    """An event subprocess with one user task."""
    start = f'<startEvent id="{id}_start" isInterrupting="{str(interrupting).lower()}">{event}</startEvent>'
    inner = (
        user(f"{id}_task")
        + end(f"{id}_end")
        + flow(f"{id}_start", f"{id}_task", f"{id}_end")
    )
    return f'<subProcess id="{id}" triggeredByEvent="true">{start}{inner}</subProcess>'


def _process(body: str) -> dict[str, bytes]:
    return {"p.bpmn": document(START + END + body, DEFINED)}


CALLED = document(
    '<startEvent id="cs"/>'
    + user("c1", "c2")
    + gateway("exclusive", "cg", default="cg_c2")
    + end("ce")
    + end("cbad", ERROR)
    + flow("cs", "c1", "cg")
    + flow("cg", "c2", "ce")
    + flow("cg", "cbad", when="fails"),
    DEFINED,
    key="q",
)

DRAWN: dict[str, dict[str, bytes]] = {
    "parallel branches that end separately": _process(
        user("a", "b")
        + end("e2")
        + gateway("parallel", "g")
        + flow("start", "g", "a", "end")
        + flow("g", "b", "e2")
    ),
    "parallel branches that meet": _process(
        user("a", "b", "c", "e")
        + gateway("parallel", "g", "j")
        + flow("start", "g", "a", "j", "e", "end")
        + flow("g", "b", "c", "j")
    ),
    "a parallel gateway that joins and splits at once": _process(
        user("a", "b", "c", "e")
        + gateway("parallel", "g", "m", "j")
        + flow("start", "g", "a", "m", "c", "j", "end")
        + flow("g", "b", "m")
        + flow("m", "e", "j")
    ),
    "a loop around parallel branches": _process(
        user("a", "b")
        + gateway("exclusive", "in")
        + gateway("exclusive", "out", default="out_end")
        + gateway("parallel", "g", "j")
        + flow("start", "in", "g", "a", "j", "out", "end")
        + flow("g", "b", "j")
        + flow("out", "in", when="more")
    ),
    "inclusive branches": _process(
        user("a", "b", "c", "e")
        + gateway("inclusive", "g", default="g_c")
        + gateway("inclusive", "j")
        + flow("start", "g")
        + flow("g", "a", when="x")
        + flow("g", "b", when="y")
        + flow("g", "c", "j", "e", "end")
        + flow("a", "j")
        + flow("b", "j")
    ),
    "an inclusive join behind a loop": _process(
        user("a", "b", "c")
        + gateway("inclusive", "g", default="g_b")
        + gateway("inclusive", "j")
        + gateway("exclusive", "m")
        + gateway("exclusive", "back", default="back_j")
        + flow("start", "g", "b", "j", "c", "end")
        + flow("g", "m", when="x")
        + flow("m", "a", "back", "j")
        + flow("back", "m", when="more")
    ),
    "inclusive branches inside parallel ones": _process(
        user("a", "b", "c")
        + gateway("parallel", "g", "j")
        + gateway("inclusive", "og", default="og_b")
        + gateway("inclusive", "oj")
        + flow("start", "g", "c", "j", "end")
        + flow("g", "og", "b", "oj", "j")
        + flow("og", "a", when="x")
        + flow("a", "oj")
    ),
    "an event gateway between a timer, a message and a signal": _process(
        user("late", "read", "ring")
        + gateway("eventBased", "g")
        + catch("t", timer("PT1H"))
        + catch("m", MESSAGE)
        + catch("s", SIGNAL)
        + flow("start", "g", "t", "late", "end")
        + flow("g", "m", "read", "end")
        + flow("g", "s", "ring", "end")
    ),
    "an event gateway in a loop": _process(
        user("a")
        + gateway("exclusive", "in")
        + gateway("eventBased", "g")
        + catch("t", timer("PT1H"))
        + catch("m", MESSAGE)
        + flow("start", "in", "g", "t", "a", "in")
        + flow("g", "m", "end")
    ),
    "intermediate catch events one after the other": _process(
        catch("t", timer("PT1H"))
        + catch("m", MESSAGE)
        + user("a")
        + '<receiveTask id="r" messageRef="ms"/>'
        + flow("start", "t", "m", "a", "r", "end")
    ),
    "an interrupting boundary timer": _process(
        user("a", "b")
        + boundary("t", "a", timer("PT1H"))
        + flow("start", "a", "end")
        + flow("t", "b", "end")
    ),
    "a reminder beside the work": _process(
        user("a", "b")
        + end("e2")
        + boundary("t", "a", timer("PT1H"), interrupting=False)
        + flow("start", "a", "end")
        + flow("t", "b", "e2")
    ),
    "a message heard again and again beside the work": _process(
        user("a", "b")
        + end("e2")
        + boundary("m", "a", MESSAGE, interrupting=False)
        + flow("start", "a", "end")
        + flow("m", "b", "e2")
    ),
    "three boundary events on a subprocess": _process(
        sub("sub", user("x", "y"), "x", "y")
        + user("late", "told", "heard")
        + end("e2")
        + boundary("t", "sub", timer("PT1H"))
        + boundary("m", "sub", MESSAGE)
        + boundary("s", "sub", SIGNAL, interrupting=False)
        + flow("start", "sub", "end")
        + flow("t", "late", "end")
        + flow("m", "told", "end")
        + flow("s", "heard", "e2")
    ),
    "parallel multi-instance": _process(
        '<userTask id="a" name="a" '
        f'camunda:candidateGroups="o@county">{many("departments")}</userTask>'
        + user("b")
        + boundary("t", "a", timer("PT1H"))
        + flow("start", "a", "b", "end")
        + flow("t", "b")
    ),
    "sequential multi-instance": _process(
        '<userTask id="a" name="a" '
        f'camunda:candidateGroups="o@county">{many(3, sequential=True)}</userTask>'
        + user("b")
        + boundary("t", "a", timer("PT1H"), interrupting=False)
        + end("e2")
        + user("c")
        + flow("start", "a", "b", "end")
        + flow("t", "c", "e2")
    ),
    "nested multi-instance": _process(
        sub(
            "outer",
            f'<userTask id="a" name="a" camunda:candidateGroups="o@county">{many(2)}</userTask>',
            "a",
            more=many(2),
        )
        + user("b")
        + flow("start", "outer", "b", "end")
    ),
    "a sequential multi-instance of subprocesses": _process(
        sub("outer", user("a", "b"), "a", "b", more=many(2, sequential=True))
        + flow("start", "outer", "end")
        + boundary("t", "outer", timer("PT1H"))
        + user("late")
        + flow("t", "late", "end")
    ),
    "a called process whose error is caught": _process(
        '<callActivity id="call" calledElement="q"/>'
        + user("after", "mend")
        + boundary("b", "call", ERROR)
        + flow("start", "call", "after", "end")
        + flow("b", "mend", "end")
    )
    | {"q.bpmn": CALLED},
    "a called process in each of several branches": _process(
        '<callActivity id="one" calledElement="q"/><callActivity id="two" calledElement="q"/>'
        + gateway("parallel", "g", "j")
        + boundary("b1", "one", ERROR)
        + boundary("b2", "two", "<errorEventDefinition/>")
        + user("mend")
        + gateway("exclusive", "m1", "m2")
        + flow("start", "g", "one", "m1", "j", "end")
        + flow("g", "two", "m2", "j")
        + flow("b1", "m1")
        + flow("b2", "mend", "m2")
    )
    | {"q.bpmn": CALLED},
    "an error that nobody catches ends its path": _process(
        user("a", "b", "c")
        + gateway("parallel", "g")
        + end("bad", ERROR)
        + flow("start", "g", "a", "bad")
        + flow("g", "b", "c", "end")
    ),
    "an error caught by the nearest that names it": _process(
        sub(
            "outer",
            sub(
                "inner",
                user("x")
                + end("bad", ERROR)
                + gateway("exclusive", "g", default="g_inner_done"),
                "x",
                "g",
            ).replace(
                "</subProcess>",
                flow("g", "bad", when="fails") + "</subProcess>",
            )
            + boundary("no", "inner", OTHER)
            + user("wrong")
            + flow("no", "wrong", "outer_done"),
            "inner",
        )
        + boundary("yes", "outer", ERROR)
        + user("mend")
        + flow("start", "outer", "end")
        + flow("yes", "mend", "end")
    ),
    "a handler's business error": _process(
        service("s")
        + user("one", "any")
        + boundary("b1", "s", ERROR)
        + boundary("b2", "s", "<errorEventDefinition/>")
        + flow("start", "s", "end")
        + flow("b1", "one", "end")
        + flow("b2", "any", "end")
    ),
    "an error start event takes over": _process(
        user("a", "b")
        + gateway("parallel", "g")
        + end("bad", ERROR)
        + flow("start", "g", "a", "bad")
        + flow("g", "b", "end")
        + handler(ERROR)
    ),
    "an escalation that does not interrupt": _process(
        sub("sub", user("x", "y") + throw("up", ESCALATION), "x", "up", "y")
        + boundary("b", "sub", ESCALATION, interrupting=False)
        + user("told")
        + end("e2")
        + flow("start", "sub", "end")
        + flow("b", "told", "e2")
    ),
    "an escalation that interrupts": _process(
        sub("sub", user("x", "y") + throw("up", ESCALATION), "x", "up", "y")
        + boundary("b", "sub", ESCALATION)
        + user("told")
        + flow("start", "sub", "end")
        + flow("b", "told", "end")
    ),
    "event subprocesses by timer and message": _process(
        user("a", "b")
        + flow("start", "a", "b", "end")
        + handler(timer("PT1H"), id="late")
        + handler(MESSAGE, interrupting=False, id="heard")
    ),
    "an event subprocess inside a subprocess": _process(
        sub("sub", user("x") + handler(SIGNAL), "x")
        + user("after")
        + flow("start", "sub", "after", "end")
    ),
    "a terminate end among parallel branches": _process(
        user("a", "b")
        + gateway("parallel", "g")
        + end("stop", TERMINATE)
        + flow("start", "g", "a", "stop")
        + flow("g", "b", "end")
    ),
    "a terminate end inside a subprocess ends only that": _process(
        sub(
            "sub",
            user("x", "y")
            + gateway("parallel", "g")
            + end("stop", TERMINATE)
            + flow("g", "x", "stop"),
            "g",
            "y",
        )
        + user("after")
        + flow("start", "sub", "after", "end")
    ),
    "a loop back over a gateway": _process(
        user("a", "b")
        + gateway("exclusive", "in")
        + gateway("exclusive", "out", default="out_b")
        + flow("start", "in", "a", "out", "b", "end")
        + flow("out", "in", when="more")
    ),
    "links": _process(
        user("a", "b")
        + throw("l1", '<linkEventDefinition name="there"/>')
        + catch("l2", '<linkEventDefinition name="there"/>')
        + flow("start", "a", "l1")
        + flow("l2", "b", "end")
    ),
    "a signal that reaches several tokens": _process(
        gateway("parallel", "g", "j")
        + catch("s1", SIGNAL)
        + catch("s2", SIGNAL)
        + user("a", "b")
        + flow("start", "g", "s1", "a", "j", "end")
        + flow("g", "s2", "b", "j")
    ),
    "a signal heard by the boundary of its own thrower": _process(
        sub(
            "sub",
            user("x", "y")
            + throw("ring", SIGNAL)
            + boundary("note", "y", SIGNAL, interrupting=False)
            + user("z")
            + end("e3")
            + flow("note", "z", "e3"),
            "x",
            "ring",
            "y",
        )
        + boundary("b", "sub", SIGNAL)
        + user("told")
        + flow("start", "sub", "end")
        + flow("b", "told", "end")
    ),
    "a signal heard beside its own thrower": _process(
        sub("sub", user("x", "y") + throw("ring", SIGNAL), "x", "ring", "y")
        + boundary("b", "sub", SIGNAL, interrupting=False)
        + user("told")
        + end("e2")
        + flow("start", "sub", "end")
        + flow("b", "told", "e2")
    ),
    "a signal end heard by event subprocesses inside and outside": _process(
        sub(
            "sub",
            user("x")
            + handler(SIGNAL, interrupting=False, id="inner")
            + end("ring", SIGNAL)
            + gateway("parallel", "g")
            + flow("g", "ring"),
            "x",
            "g",
        )
        + user("after")
        + flow("start", "sub", "after", "end")
        + handler(SIGNAL, interrupting=False, id="outer")
    ),
    "a signal thrown by a called process": _process(
        '<callActivity id="call" calledElement="q"/>'
        + user("a", "told")
        + gateway("parallel", "g", "j")
        + catch("wait", SIGNAL)
        + boundary("b", "call", SIGNAL)
        + gateway("exclusive", "m")
        + flow("start", "g", "call", "m", "j", "end")
        + flow("b", "told", "m")
        + flow("g", "wait", "a", "j")
    )
    | {
        "q.bpmn": document(
            '<startEvent id="cs"/>'
            + user("c1", "c2")
            + throw("ring", SIGNAL)
            + end("ce")
            + flow("cs", "c1", "ring", "c2", "ce"),
            DEFINED,
            key="q",
        )
    },
    "a signal of one branch caught by another": _process(
        gateway("parallel", "g", "j")
        + catch("s1", SIGNAL)
        + throw("ring", SIGNAL)
        + user("a", "b", "c")
        + flow("start", "g", "a", "ring", "b", "j", "end")
        + flow("g", "s1", "c", "j")
    ),
}
