"""A small diagram for each fault of SpiffWorkflow 3.2.0 that is mended here, and what it shows when it is
played; overrides.py has the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import (
    MultiInstanceTask,
)
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import (
    SequentialMultiInstanceTask as library_multi,
)

from orchestrator.engine import commands as c
from orchestrator.engine import parser
from orchestrator.engine.context import CommandContext
from orchestrator.engine.errors import EngineError
from orchestrator.engine.parser.tasks import DiagramTaskParser
from orchestrator.engine.specs import catching, multi_instance
from orchestrator.engine.workflow import ProcessInstance
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
from tests.engine.drawn import (
    DEFINED,
    MESSAGE,
    catch,
    end,
    handler,
    many,
    sub,
    throw,
)
from tests.engine.drawn_elsewhere import condition
from tests.engine.drawn_undone import CANCEL, undone
from tests.engine.test_tokens import LOOP

SIGNAL, SIGNALS = (
    '<signalEventDefinition signalRef="sg"/>',
    '<signal id="sg" name="alarm"/>',
)
ERROR, ERRORS = (
    '<errorEventDefinition errorRef="er"/>',
    '<error id="er" errorCode="E1"/>',
)
ESCALATION, ESCALATIONS = (
    '<escalationEventDefinition escalationRef="es"/>',
    '<escalation id="es" escalationCode="X"/>',
)
RESULTS = '<loopDataOutputRef>results</loopDataOutputRef><outputDataItem id="o" name="result"/>'


def script(id: str, text: str) -> str:
    return f'<scriptTask id="{id}"><script>{text}</script></scriptTask>'


def diamonds(number: int, last: str = "start") -> str:
    body = ""
    for each in range(number):
        body += gateway("parallel", f"g{each}", f"j{each}") + user(
            f"a{each}", f"b{each}"
        )
        body += flow(last, f"g{each}", f"a{each}", f"j{each}") + flow(
            f"g{each}", f"b{each}", f"j{each}"
        )
        last = f"j{each}"
    return body + flow(last, "end")


def in_memory(body: str, **variables: Any) -> ProcessInstance:
    """An instance that has run to its first stop, as the library's API makes it."""
    made = parser.GridflowParser()
    made.add_bpmn_str(document(body))
    context = CommandContext(NOW, c.Environment(), own_clock=True)
    workflow = ProcessInstance(
        made.get_spec("p"), made.get_subprocess_specs("p"), context=context
    )
    workflow.task_tree.set_data(**variables)
    workflow.do_engine_steps()
    return workflow


def rounds() -> list[list[str]]:
    play, seen = Play(LOOP), []
    for name in ("b", "a"):
        for _round in range(2):
            play.complete(name).complete("a" if name == "b" else "b")
            seen.append(play.open)
            play.complete("check", more=True)
    return seen


def beside() -> list[str]:
    body = (
        START
        + END
        + user("a")
        + catch("ic", SIGNAL)
        + flow("start", "ic", "a", "end")
        + handler(SIGNAL)
    )
    return Play(body, SIGNALS).do(c.DeliverSignal("alarm")).open


def interrupted_instances() -> tuple[list[str], int]:
    wait = catch("wait", timer("P9D"))
    inner = (
        many("items")
        + '<startEvent id="s2"/>'
        + wait
        + end("e2")
        + flow("s2", "wait", "e2")
    )
    body = (
        START
        + END
        + f'<subProcess id="sub">{inner}</subProcess>'
        + boundary("b", "sub", SIGNAL)
        + user("after")
    )
    body += flow("start", "sub", "end") + flow("b", "after", "end")
    play = Play(body, SIGNALS, {"items": ["x", "y"]}).do(
        c.DeliverSignal("alarm")
    )
    return play.open, len(play.timers)


def instances(
    number: int,
    sequential: bool = False,
    more: str = "",
    rounds: int = 1,
    **variables: Any,
) -> Play:
    """Completes a multi-instance over `items`, `rounds` times over."""
    kind = (
        f'isSequential="{str(sequential).lower()}" '
        'camunda:collection="items" camunda:elementVariable="item"'
    )
    body = (
        START
        + END
        + user("b")
        + gateway("exclusive", "in")
        + gateway("exclusive", "out", default="out_end")
    )
    body += (
        f'<userTask id="a" name="a ${{item}}"><multiInstanceLoopCharacteristics '
        f"{kind}>{more}</multiInstanceLoopCharacteristics></userTask>"
    )
    body += flow("start", "in", "a", "b", "out", "end") + flow(
        "out", "in", when="more"
    )
    play = Play(
        body, variables={"items": ["x", "y"], "more": True, **variables}
    )
    for each in range(rounds):
        for _instance in range(number):
            play.complete("a", result=f"r{_instance}")
        if each + 1 < rounds:
            play.complete("b")
    return play


def automatic(number: int) -> ProcessInstance:
    body = (
        START
        + END
        + gateway("exclusive", "in")
        + script("count", "n = n + 1")
        + user("a")
    )
    body += gateway("exclusive", "out", default="out_a")
    body += flow("start", "in", "count", "out", "a", "end") + flow(
        "out", "in", when=f"n &lt; {number}"
    )
    return in_memory(body, n=0)


def reminded() -> list[str]:
    body = (
        START
        + END
        + user("work", "read")
        + boundary(
            "b", "work", timer("R3/PT1H", "timeCycle"), interrupting=False
        )
    )
    play = Play(
        body
        + end("e2")
        + flow("start", "work", "end")
        + flow("b", "read", "e2")
    )
    for _round in range(2):
        play.fire("b")
    return play.open


def sibling_error() -> tuple[list[str], bool]:
    two = sub(
        "A", user("Aw") + end("bad", ERROR) + flow("Aw", "bad"), "Aw"
    ) + sub("B", user("Bw"), "Bw")
    two = two.replace(
        '<sequenceFlow id="Aw_A_done" sourceRef="Aw" targetRef="A_done"></sequenceFlow>',
        "",
    )
    body = (
        START
        + END
        + two
        + gateway("parallel", "g")
        + boundary("bB", "B", ERROR)
        + user("mend")
    )
    body += (
        flow("start", "g", "A", "end")
        + flow("g", "B", "end")
        + flow("bB", "mend", "end")
    )
    play = Play(body, ERRORS).complete("Aw")
    return play.open, play.ended


def raced() -> list[str]:
    body = (
        START
        + END
        + user("soon", "late")
        + gateway("eventBased", "g")
        + catch("t1", timer("PT24H"))
        + catch("t2", timer("PT1H"))
    )
    play = Play(
        body
        + flow("start", "g", "t1", "late", "end")
        + flow("g", "t2", "soon", "end")
    )
    return [each.due_at.isoformat()[8:13] for each in play.timers]


def drawn_upside_down() -> list[str]:
    shapes = "".join(
        f'<bpmndi:BPMNShape id="s{each}" bpmnElement="{each}"><dc:Bounds x="0" y="{y}" width="1" '
        'height="1"/></bpmndi:BPMNShape>'
        for each, y in (("a", 200), ("b", 9))
    )
    names = (
        'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    )
    drawing = (
        f'<bpmndi:BPMNDiagram {names} id="di"><bpmndi:BPMNPlane '
        f'id="pl">{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    )
    body = (
        START
        + END
        + gateway("exclusive", "g", default="g_end")
        + user("a", "b")
        + flow("start", "g")
    )
    body += (
        flow("g", "a", when="x")
        + flow("g", "b", when="x")
        + flow("g", "end")
        + flow("a", "end")
        + flow("b", "end")
    )
    return Play(body, drawing, {"x": True}).open


def in_a_row(number: int) -> list[str]:
    names = [f"n{each}" for each in range(number)]
    tasks = "".join(f'<manualTask id="{name}"/>' for name in names)
    return Play(
        START
        + END
        + tasks
        + user("last")
        + flow("start", *names, "last", "end"),
        environment=c.Environment(max_steps=9_000),
    ).open


def called_with_the_same_names() -> list[str]:
    inner = (
        START
        + END
        + sub("part", user("deep"), "deep")
        + flow("start", "part", "end")
    )
    body = (
        START
        + END
        + sub("part", user("own"), "own")
        + '<callActivity id="call" calledElement="q"/>'
    )
    play = Play(
        body + flow("start", "part", "call", "end"),
        resources={"q.bpmn": document(inner, key="q")},
    )
    return [*play.open, *play.complete("own").open]


def outputs_of_a_subprocess() -> Any:
    mapping = (
        '<extensionElements><camunda:inputOutput><camunda:outputParameter name="out">${inner + '
        "1}</camunda:outputParameter>"
        "</camunda:inputOutput></extensionElements>"
    )
    body = (
        START
        + END
        + user("after")
        + sub("part", script("s", "inner = 4"), "s", more=mapping)
    )
    return Play(
        body + flow("start", "part", "after", "end")
    ).outcome.variables.get("out")


def seen_after_inputs() -> list[str]:
    given = (
        "<extensionElements><camunda:inputOutput><camunda:inputParameter "
        'name="own">1</camunda:inputParameter>'
        "</camunda:inputOutput></extensionElements>"
    )
    body = (
        START
        + END
        + f'<userTask id="a" name="a">{given}</userTask>'
        + user("b")
        + flow("start", "a", "b", "end")
    )
    return sorted(Play(body).complete("a").outcome.variables)


def twice_to_one() -> list[tuple[str, ...]]:
    body = (
        START
        + END
        + gateway("exclusive", "g", default="g_end")
        + user("a")
        + flow("start", "g")
    )
    body += (
        flow("g", "a", when="x == 1", id="one")
        + flow("g", "a", when="x == 2", id="two")
        + flow("g", "end")
        + flow("a", "end")
    )
    play = Play(body, variables={"x": 2})
    return [
        e.flow_ids
        for e in play.effects
        if isinstance(e, c.ActivityCompleted) and e.element_id == "g"
    ]


def thrown_at_once() -> list[str]:
    body = (
        START
        + END
        + user("mend")
        + sub("part", end("bad", ERROR), "bad")
        + boundary("b", "part", ERROR)
    )
    body = body.replace('<endEvent id="part_done"></endEvent>', "").replace(
        '<sequenceFlow id="bad_part_done" sourceRef="bad" targetRef="part_done"></sequenceFlow>',
        "",
    )
    return Play(
        body + flow("start", "part", "end") + flow("b", "mend", "end"), ERRORS
    ).open


def escalated() -> tuple[list[str], list[str]]:
    inner = throw("up", ESCALATION) + user("later")
    body = (
        START
        + END
        + user("told")
        + sub("part", inner, "up", "later")
        + boundary("b", "part", ESCALATION)
    )
    play = Play(
        body + flow("start", "part", "end") + flow("b", "told", "end"),
        ESCALATIONS,
    )
    return play.open, play.passed


def drawn_data() -> list[str]:
    data = '<dataObject id="paper"/><dataObjectReference id="ref" dataObjectRef="paper"/>'
    task = (
        '<userTask id="a" name="a"><dataInputAssociation '
        'id="da"><sourceRef>ref</sourceRef></dataInputAssociation></userTask>'
    )
    return Play(START + END + data + task + flow("start", "a", "end")).open


def drawn_store() -> list[str]:
    return Play(
        START + END + user("a") + flow("start", "a", "end"),
        '<dataStore id="books" name="books"/>',
    ).open


def called_alone() -> list[str]:
    called = document(
        START + END + user("deep") + flow("start", "deep", "end"), key="q"
    ).replace(b'"true"', b'"false"', 1)
    body = (
        START
        + END
        + '<callActivity id="call" calledElement="q"/>'
        + flow("start", "call", "end")
    )
    return Play(body, resources={"q.bpmn": called}).open


def due() -> str:
    body = (
        START
        + END
        + catch("t", timer("2027-01-01T08:00:00", "timeDate"))
        + flow("start", "t", "end")
    )
    return Play(body).timers[0].due_at.isoformat()


def inclusive() -> list[str]:
    body = (
        START
        + END
        + user("a", "b", "after")
        + gateway("inclusive", "split", default="split_b")
        + gateway("inclusive", "join")
    )
    body += (
        flow("start", "split")
        + flow("split", "a", when="x")
        + flow("split", "b", "join")
        + flow("a", "join", "after", "end")
    )
    return Play(body, variables={"x": True}).complete("a").open


def unfired() -> tuple[bool, int]:
    play = Play(
        START
        + END
        + user("work")
        + flow("start", "work", "end")
        + handler(timer("PT1H"), False)
    ).complete("work")
    return play.ended, len(play.timers)


def named_start() -> list[str]:
    body = (
        '<startEvent id="Start"/><endEvent id="End"/>'
        + user("a")
        + flow("Start", "a", "End")
    )
    return Play(body).open


def nobody_asked() -> list[str]:
    return Play(
        START
        + END
        + '<task id="t"/>'
        + user("a")
        + flow("start", "t", "a", "end")
    ).open


def conditions_of_a_task() -> list[str]:
    body = (
        START
        + END
        + user("first", "a", "b")
        + flow("start", "first")
        + flow("first", "a", when="x > 1")
    )
    return (
        Play(
            body
            + flow("first", "b", when="x > 5")
            + flow("a", "end")
            + flow("b", "end")
        )
        .complete("first", x=3)
        .open
    )


def same_twice() -> bool:
    body = START + END + user("a") + flow("start", "a", "end")
    return Play(body).outcome == Play(body).outcome


def signalled_boundary() -> list[str]:
    inner = catch("inside", SIGNAL) + user("next")
    body = (
        START
        + END
        + user("saved")
        + sub("part", inner, "inside", "next")
        + boundary("b", "part", SIGNAL)
    )
    return (
        Play(
            body + flow("start", "part", "end") + flow("b", "saved", "end"),
            SIGNALS,
        )
        .do(c.DeliverSignal("alarm"))
        .open
    )


def late_script() -> bool:
    body = (
        START
        + END
        + user("work", "late")
        + boundary("t", "work", timer("PT1H"))
        + gateway("parallel", "g")
    )
    body += (
        '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
        + script("s", "ran = 1")
    )
    body += flow("start", "g", "stop") + flow("g", "s", "end")
    return "ran" in Play(body).outcome.variables


def behind_a_choice(number: int) -> ProcessInstance:
    body = (
        START
        + END
        + gateway("exclusive", "x", default="x_end")
        + flow("start", "x")
        + flow("x", "g0", when="go")
        + flow("x", "end")
    )
    return in_memory(
        body
        + diamonds(number).replace(
            flow("start", "g0", "a0", "j0"), flow("g0", "a0", "j0")
        ),
        go=True,
    )


def thrown_and_gone() -> list[str]:
    part = f'<subProcess id="part"><startEvent id="s2"/>{end("bad", ERROR)}{flow("s2", "bad")}</subProcess>'
    body = (
        START
        + END
        + user("mend", "after")
        + part
        + boundary("b", "part", ERROR)
        + flow("start", "part", "after", "end")
    )
    return Play(body + flow("b", "mend", "end"), ERRORS).open


def cancelled_transaction() -> tuple[list[str], list[str]]:
    inner = (
        '<startEvent id="s_start"/>'
        + user("a")
        + undone("a", user)
        + end("cancelled", CANCEL)
        + flow("s_start", "a", "cancelled")
    )
    body = (
        START
        + END
        + f'<transaction id="s">{inner}</transaction>'
        + user("after")
        + boundary("hit", "s", CANCEL)
    )
    play = (
        Play(body + flow("start", "s", "end") + flow("hit", "after", "end"))
        .complete("a")
        .complete("undo_a")
    )
    return play.open, play.passed


def no_way_out() -> str:
    body = (
        START
        + END
        + user("a")
        + gateway("exclusive", "g")
        + flow("start", "g")
        + flow("g", "a", when="x > 1")
    )
    return raised(
        lambda: Play(
            body + flow("g", "end", when="x > 2") + flow("a", "end"),
            variables={"x": 0},
        )
    )


def raised(play: Callable[[], Any]) -> str:
    """Name of the exception that it ends in."""
    try:
        play()
    except Exception as failure:
        return type(failure).__name__
    return ""


def waiting_handler() -> tuple[list[str], list[str]]:
    play = Play(
        START
        + END
        + user("work")
        + flow("start", "work", "end")
        + handler(timer("PT1H"))
    )
    return play.open, play.fire("handler_start").open


def completed_in_time() -> tuple[bool, int]:
    body = (
        START
        + END
        + user("work", "late")
        + boundary("t", "work", timer("PT1H"))
        + flow("start", "work", "end")
        + flow("t", "late", "end")
    )
    play = Play(body).complete("work")
    return play.ended, len(play.timers)


def thrown_message() -> list[tuple[str, dict[str, Any]]]:
    body = (
        START
        + END
        + throw("m", '<messageEventDefinition messageRef="ms"/>')
        + flow("start", "m", "end")
    )
    play = Play(
        body, '<message id="ms" name="hello"/>', {"territory": "321102"}
    )
    return [
        (e.name, dict(e.variables))
        for e in play.effects
        if isinstance(e, c.MessageThrown)
    ]


def mapped_call() -> dict[str, Any]:
    called = document(
        START + END + script("s", "y = x + 2") + flow("start", "s", "end"),
        key="q",
    )
    maps = (
        '<extensionElements><camunda:in source="a" target="x"/><camunda:out source="y" '
        'target="out"/></extensionElements>'
    )
    body = (
        START
        + END
        + f'<callActivity id="call" calledElement="q">{maps}</callActivity>'
        + flow("start", "call", "end")
    )
    return dict(
        Play(
            body, variables={"a": 1}, resources={"q.bpmn": called}
        ).outcome.variables
    )


def collection_changed() -> list[str]:
    play = instances(0, sequential=True)
    play.complete("a", items=["x"])
    return [task.name for task in play.tasks.values()]


def decided_twice() -> Any:
    decision = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="dd" name="d" '
        'namespace="t"><decision id="route" name="r">'
        '<decisionTable id="t" hitPolicy="COLLECT"><input id="i"><inputExpression '
        'id="ie"><text>x</text></inputExpression></input>'
        '<output id="o" name="out"/><rule id="r1"><inputEntry '
        'id="c1"><text>-</text></inputEntry><outputEntry id="o1"><text>1</text>'
        "</outputEntry></rule></decisionTable></decision></definitions>"
    )
    body = (
        START
        + END
        + '<businessRuleTask id="r" camunda:decisionRef="route"/>'
        + flow("start", "r", "end")
    )
    play = Play(
        body,
        variables={"x": 1, "out": [5, 6]},
        resources={"r.dmn": decision.encode()},
    )
    return play.outcome.variables["out"]


def endless() -> str:
    body = (
        START
        + END
        + script("s", "n = 1")
        + gateway("exclusive", "m")
        + gateway("exclusive", "g", default="g_m")
    )
    body += flow("start", "m", "s", "g", "m") + flow("g", "end", when="n > 1")
    return raised(lambda: Play(body, environment=c.Environment(max_steps=300)))


def unused_message() -> list[str]:
    return Play(
        START + END + user("a") + flow("start", "a", "end"),
        '<message name="hello"/>',
    ).open


def too_many() -> str:
    return raised(lambda: instances(0, items=list(range(1_000))))


# ---- the library's own,
# where it has another shape


def library_update(self: Any, my_task: Any) -> bool:
    """CatchingEvent's own update, the finished included; what begins to wait is told as ours tells it."""
    arrives = (
        my_task.id not in my_task.workflow.top_workflow.event_manager.tasks
    )
    ready = bool(super(catching.CatchingEvent, self)._update_hook(my_task))
    if arrives and not ready:
        self.event_definition.arm(my_task)
    return ready


def heard_only(self: Any, my_task: Any) -> None:
    """CatchingEvent's own; what the event ends goes on."""
    super(catching.CatchingEvent, self)._on_ready_hook(my_task)
    self.event_definition.heard(my_task)


def by_equality(self: Any, my_task: Any, event: Any) -> bool:
    """EventDefinition's own: the class and the code."""
    return type(self) is type(event.event_definition) and getattr(
        self, "code", 0
    ) == getattr(event.event_definition, "code", 1)


def library_child(
    self: Any, my_task: Any, item: Any, key_or_index: int
) -> None:
    MultiInstanceTask.create_child(self, my_task, item, key_or_index)


def connected_by_height(self: Any) -> None:
    """TaskParser's own order: by the height of the shapes; the rest as ours."""
    flows = list(self.process_parser.scope.flows)
    heights = {
        flow.id: self.process_parser.get_position(flow.target)["y"]
        for flow in flows
    }
    ordered = sorted(flows, key=lambda flow: heights[flow.id])
    self.process_parser.scope = replace(
        self.process_parser.scope, flows=tuple(ordered)
    )
    CONNECT(self)


def without_conditions(self: Any, gateway_: Any, flows: list[Any]) -> None:
    """A split: every flow is taken."""
    for each in flows:
        self._connect(gateway_, each, self.process_parser.entry(each.target))


def stop_late(self: Any, task: Any) -> None:
    """Instead of for ever."""
    self.context.steps += 1
    if self.context.steps > 5_000:
        raise RuntimeError("it goes on")


CONNECT = DiagramTaskParser.connect
ONE_IS_ENOUGH = (
    "<completionCondition>nrOfCompletedInstances == 1</completionCondition>"
)
LIBRARY_SEQUENCE: dict[tuple[Any, str], Any] = {
    (
        multi_instance.SequentialMultiInstanceTask,
        "init_remaining_items",
    ): library_multi.init_remaining_items,
    (
        multi_instance.SequentialMultiInstanceTask,
        "add_next_child",
    ): library_multi.add_next_child,
}
LIBRARY_REMAINING = {
    key: value
    for key, value in LIBRARY_SEQUENCE.items()
    if key[1] == "init_remaining_items"
}


def opened_again_and_again() -> str:
    inner = (
        '<startEvent id="a"/><intermediateThrowEvent id="throw">'
        '<escalationEventDefinition escalationRef="up"/></intermediateThrowEvent>'
    )
    part = f'<subProcess id="part">{inner}{user("work")}{flow("a", "throw", "work")}</subProcess>'
    told = boundary(
        "told",
        "part",
        '<escalationEventDefinition escalationRef="up"/>',
        False,
    )
    body = (
        START
        + gateway("exclusive", "again")
        + part
        + told
        + flow("start", "again", "part")
    )
    bounds = c.Environment(max_steps=200, max_visits=500)
    escalation = '<escalation id="up" escalationCode="up"/>'
    try:
        # By the library's own loop, which goes through them with every step.
        with patch.object(
            ProcessInstance, "go_branch_by_branch", lambda *_given: None
        ):
            Play(body + flow("told", "again"), escalation, environment=bounds)
    except EngineError as ended:
        return type(ended).__name__
    return "it waits"


def started_by_a_person() -> list[str]:
    body = (
        START
        + END
        + f'<startEvent id="heard">{MESSAGE}</startEvent>'
        + user("a", "b")
    )
    return Play(
        body + flow("start", "a", "end") + flow("heard", "b", "end"), DEFINED
    ).open


def closed_at_the_end() -> list[str]:
    """What an event subprocess waits for when its process ends."""
    body = (
        START
        + END
        + user("a")
        + flow("start", "a", "end")
        + handler(MESSAGE, interrupting=False)
    )
    told = Play(body, DEFINED).complete("a").effects
    return [
        each.element_id
        for each in told
        if isinstance(each, c.SubscriptionClosed)
    ]


def condition_that_stays_true() -> list[str]:
    body = (
        START
        + END
        + user("a", "b", "b2", "c")
        + gateway("parallel", "g")
        + flow("start", "g", "a", "end")
    )
    body += (
        flow("g", "b", "b2", "end")
        + boundary("x", "a", condition("level == 2"), False)
        + flow("x", "c", "end")
    )
    return Play(body).complete("b", level=2).open


def called_by_expression() -> list[str]:
    called = document(
        '<startEvent id="qs"/>' + user("c") + flow("qs", "c"), key="q"
    )
    call = '<callActivity id="call" calledElement="${wanted}"/>'
    body = START + END + call + flow("start", "call", "end")
    return Play(
        body, variables={"wanted": "q"}, resources={"q.bpmn": called}
    ).open


def two_timers() -> list[str]:
    body = (
        START
        + END
        + catch("x", timer("PT25H") + timer("PT48H"))
        + flow("start", "x", "end")
    )
    return sorted(each.due_at.isoformat()[8:13] for each in Play(body).timers)


def branches_in_order() -> list[str]:
    set_n = 'scriptFormat="python"><script>n = 1</script></scriptTask>'
    steps = "".join(f'<scriptTask id="{each}" {set_n}' for each in "pqrs")
    body = START + END + steps + gateway("parallel", "g") + flow("start", "g")
    return Play(
        body + flow("g", "p", "q", "end") + flow("g", "r", "s", "end")
    ).passed[:6]
