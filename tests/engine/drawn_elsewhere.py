"""Small diagrams as other tools let people draw them, each named by the rule it shows; the walks go through
all of them."""

from __future__ import annotations

from tests.engine.diagrams import (
    START,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn import (
    CALLED,
    DEFINED,
    DRAWN,
    ESCALATION,
    MESSAGE,
    SIGNAL,
    TERMINATE,
    catch,
    end,
    handler,
    many,
    service,
    sub,
    throw,
)


def _process(body: str) -> dict[str, bytes]:
    return {"p.bpmn": document(START + body, DEFINED)}


def condition(text: str) -> str:
    return f"<conditionalEventDefinition><condition>{text}</condition></conditionalEventDefinition>"


def many_of(opening: str) -> str:
    """An activity that is done twice at once."""
    return f"<{opening}>{many(2)}</{opening.partition(' ')[0]}>"


RETHROWN = (
    f'<subProcess id="s"><startEvent id="ss"/>{throw("t", ESCALATION)}{user("work")}'
    + flow("ss", "t", "work")
    + '<subProcess id="h" triggeredByEvent="true">'
    + f'<startEvent id="hs" isInterrupting="false">{ESCALATION}</startEvent>'
    + user("x", "y")
    + throw("again", ESCALATION)
    + flow("hs", "x", "again", "y")
    + "</subProcess></subProcess>"
)
"""A subprocess whose event subprocess throws the escalation that began it."""


def _ends(kind: str, attributes: str = "", more: str = "") -> str:
    """A subprocess that ends at its last user task, in one of two branches behind a gateway that ends there
    too."""
    inner = (
        user("x", "y")
        + gateway("parallel", "split")
        + flow("inner", "split", "x")
        + flow("split", "y")
    )
    return f'<{kind} id="sub" {attributes}>{more}<startEvent id="inner"/>{inner}</{kind}>'


ELSEWHERE: dict[str, dict[str, bytes]] = {
    "a task that nothing follows": _process(
        user("a", "b") + flow("start", "a", "b")
    ),
    "a start that nothing follows": _process(""),
    "an escalation thrown twice in one go": _process(
        sub(
            "sub",
            user("x") + throw("i1", ESCALATION) + throw("i2", ESCALATION),
            "x",
            "i1",
            "i2",
        )
        + user("told")
        + boundary("b", "sub", ESCALATION, interrupting=False)
        + flow("start", "sub")
        + flow("b", "told")
    ),
    "a signal thrown twice in one go": _process(
        gateway("parallel", "g")
        + user("x", "told", "waits")
        + throw("i1", SIGNAL)
        + throw("i2", SIGNAL)
        + boundary("b", "waits", SIGNAL, interrupting=False)
        + flow("start", "g", "x", "i1", "i2")
        + flow("g", "waits")
        + flow("b", "told")
    ),
    "a default flow beside free ones": _process(
        '<userTask id="a" camunda:candidateGroups="office@county" default="a_b"/>'
        + user("b", "c", "e")
        + flow("start", "a", "b")
        + flow("a", "c")
        + flow("a", "e")
    ),
    "flows chosen at a task": _process(
        '<userTask id="a" camunda:candidateGroups="office@county" default="a_b"/>'
        + user("b", "c", "e")
        + flow("start", "a", "b")
        + flow("a", "c", when="more")
        + flow("a", "e", when="other")
    ),
    "parallel branches that end at tasks": _process(
        user("a", "b")
        + end("e")
        + gateway("parallel", "g")
        + flow("start", "g", "a")
        + flow("g", "b", "e")
    ),
    "a chosen branch that ends at its gateway": _process(
        user("a")
        + gateway("exclusive", "g", default="g_h")
        + gateway("exclusive", "h")
        + gateway("inclusive", "i")
        + end("e")
        + flow("start", "g", "h")
        + flow("g", "a", when="more")
        + flow("a", "e")
        + flow("g", "i", when="other")
    ),
    "branches that end at a join": _process(
        user("a", "b")
        + gateway("parallel", "g", "j")
        + flow("start", "g", "a", "j")
        + flow("g", "b", "j")
    ),
    "events that nothing follows": _process(
        user("a")
        + service("s")
        + gateway("parallel", "g")
        + catch("m", MESSAGE)
        + boundary("t", "a", timer("PT1H"), interrupting=False)
        + boundary("hit", "s", SIGNAL)
        + '<intermediateThrowEvent id="thrown"/>'
        + flow("start", "g", "a", "thrown")
        + flow("g", "s")
        + flow("g", "m")
    ),
    "events behind an event-based gateway that nothing follows": _process(
        gateway("eventBased", "g")
        + catch("m", MESSAGE)
        + catch("t", timer("PT1H"))
        + flow("start", "g", "m")
        + flow("g", "t")
    ),
    "a subprocess that ends at tasks": _process(
        _ends("subProcess") + user("after") + flow("start", "sub", "after")
    ),
    "a repeated subprocess that ends at tasks": _process(
        _ends("subProcess", more=many(2))
        + user("after")
        + flow("start", "sub", "after")
    ),
    "a subprocess one after the other that ends at tasks": _process(
        _ends("subProcess", more=many(2, sequential=True))
        + flow("start", "sub")
    ),
    "a repeated task that nothing follows": _process(
        f'<userTask id="a" camunda:candidateGroups="office@county">{many(3)}</userTask>'
        + flow("start", "a")
    ),
    "a call that nothing follows": _process(
        '<callActivity id="call" calledElement="q"/>' + flow("start", "call")
    )
    | {"q.bpmn": CALLED},
    "an event subprocess that ends at a task": _process(
        user("a")
        + flow("start", "a")
        + '<subProcess id="handler" triggeredByEvent="true"><startEvent id="heard" '
        'isInterrupting="false">'
        + MESSAGE
        + "</startEvent>"
        + user("told")
        + flow("heard", "told")
        + "</subProcess>"
    ),
    "receive tasks that wait to be triggered": _process(
        gateway("parallel", "g")
        + '<receiveTask id="r"/><receiveTask id="s"/>'
        + many_of('receiveTask id="t"')
        + user("a")
        + boundary("late", "r", timer("PT1H"))
        + flow("start", "g", "r", "a")
        + flow("g", "s")
        + flow("g", "t")
    ),
    "an event subprocess throws what it caught": _process(
        RETHROWN
        + boundary("b", "s", ESCALATION, False)
        + user("told")
        + flow("start", "s")
        + flow("b", "told")
    ),
    "receive tasks that a body triggers": _process(
        gateway("parallel", "g")
        + '<receiveTask id="r" camunda:candidateGroups="office@county"/>'
        + '<receiveTask id="s"/>'
        + many_of('receiveTask id="t" camunda:candidateGroups="office@county"')
        + user("a")
        + boundary("late", "r", timer("PT1H"))
        + flow("start", "g", "r", "a")
        + flow("g", "s")
        + flow("g", "t")
    ),
    "a receive task without a message behind an event-based gateway": _process(
        gateway("eventBased", "g")
        + '<receiveTask id="r"/>'
        + catch("t", timer("PT1H"))
        + user("a")
        + flow("start", "g", "r", "a")
        + flow("g", "t")
    ),
    "several ways to start": _process(
        user("a", "b", "c")
        + f'<startEvent id="by_message">{MESSAGE}</startEvent><startEvent '
        f'id="by_signal">{SIGNAL}</startEvent>'
        + f'<startEvent id="by_timer">{timer("R/P1D", "timeCycle")}</startEvent>'
        + gateway("parallel", "g")
        + flow("start", "a", "b")
        + flow("by_message", "b")
        + flow("by_signal", "g", "b")
        + flow("g", "c")
        + flow("by_timer", "c")
        + '<subProcess id="handler" triggeredByEvent="true"><startEvent id="heard" '
        'isInterrupting="false">'
        + SIGNAL
        + "</startEvent>"
        + user("told")
        + flow("heard", "told")
        + "</subProcess>"
    ),
    "a process that only a message starts": {
        "p.bpmn": document(
            f'<startEvent id="by_message">{MESSAGE}</startEvent>'
            + user("a")
            + flow("by_message", "a"),
            DEFINED,
        )
    },
    "a call by expression": _process(
        user("a")
        + '<callActivity id="call" calledElement="${wanted}"/>'
        + gateway("exclusive", "g", default="g_e")
        + end("e")
        + flow("start", "a", "g", "e")
        + flow("g", "call", when="wanted == 'q'")
        + flow("g", "call", when="wanted == 'r'", id="to_r")
    )
    | {
        "q.bpmn": CALLED,
        "r.bpmn": document(
            '<startEvent id="rs"/>' + user("r1") + flow("rs", "r1"), key="r"
        ),
    },
    "a condition on the way": _process(
        user("a", "b")
        + gateway("parallel", "g")
        + catch("c", condition("ready"))
        + flow("start", "g", "c", "b")
        + flow("g", "a")
    ),
    "a condition that ends a task": _process(
        user("a", "b", "c")
        + gateway("parallel", "g")
        + boundary("x", "a", condition("level == 2"))
        + flow("start", "g", "a", "b")
        + flow("g", "c")
        + flow("x", "b")
    ),
    "a condition that is heard beside a task": _process(
        user("a", "b", "c")
        + gateway("parallel", "g")
        + boundary("x", "a", condition("ready"), interrupting=False)
        + flow("start", "g", "a")
        + flow("g", "c")
        + flow("x", "b")
    ),
    "conditions behind an event-based gateway": _process(
        user("a", "b", "c")
        + gateway("parallel", "g")
        + gateway("eventBased", "e")
        + catch("x", condition("level == 2"))
        + catch("t", timer("PT1H"))
        + flow("start", "g", "e", "x", "a")
        + flow("e", "t", "b")
        + flow("g", "c")
    ),
    "a condition that starts an event subprocess": _process(
        user("a", "b", "c")
        + gateway("parallel", "g")
        + flow("start", "g", "a", "b")
        + flow("g", "c")
        + handler(condition("ready"))
    ),
    "a condition that starts an event subprocess beside the rest": _process(
        user("a", "b")
        + gateway("parallel", "g")
        + flow("start", "g", "a")
        + flow("g", "b")
        + handler(condition("ready"), interrupting=False)
    ),
    "a terminate end beside a branch that ends at a task": _process(
        user("a", "b")
        + gateway("parallel", "g")
        + end("stop", TERMINATE)
        + flow("start", "g", "a", "stop")
        + flow("g", "b")
    ),
}
SMALL = DRAWN | ELSEWHERE
"""All small diagrams."""
