"""Random processes in which everything stands inside everything: calls whose errors and escalations are
caught, transactions that are cancelled, steps that are undone after a loop, several subprocesses side by side
with timers at their borders, event subprocesses of called processes, ends that terminate or throw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from orchestrator.engine.countersign import WAYS
from tests.engine.diagrams import (
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
    many,
    throw,
)
from tests.engine.drawn_elsewhere import condition
from tests.engine.drawn_several import all_of
from tests.engine.drawn_undone import CANCEL, COMPENSATE, only, undone
from tests.engine.structured import VARIABLES, Block
from tests.engine.unstructured import Wild

_KINDS = (
    "called",
    "transaction",
    "undone",
    "side_by_side",
    "terminated",
    "thrown_at_the_end",
    "parts",
    "undone_part",
    "triggers_on_the_way",
    "triggers_at_a_border",
    "condition_at_a_border",
    "countersigned",
)
CONDITION = condition("v0")
_ANY_ERROR = "<errorEventDefinition/>"
_ANY_ESCALATION = "<escalationEventDefinition/>"


class Composed(Wild):
    """Blocks of `Wild` and those above; `called` holds the processes that they call."""

    kinds = (*Wild.kinds, *_KINDS, *_KINDS)

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        super().__init__(draw)
        self.called: dict[str, bytes] = {}

    def _called(self, depth: int) -> Block:
        """A process that throws an error or an escalation, or has an event subprocess; something at
        the border of the call may catch it."""
        call, key = self.name("c"), self.name("q")
        thrown = self.draw(st.sampled_from((ERROR, ESCALATION)))
        inside = self._throwing(thrown, depth)
        if self.draw(st.booleans()):
            inside += self._beside(depth)
        self.called[f"{key}.bpmn"] = document(inside, DEFINED, key=key)
        number = self.draw(st.integers(0, 3))
        repeated = ""
        if number:
            repeated = many(number, self.draw(st.booleans()))
        xml = f'<callActivity id="{call}" calledElement="{key}">{repeated}</callActivity>'
        return self._maybe_caught(xml, call, thrown, depth)

    def _maybe_caught(
        self, xml: str, activity: str, thrown: str, depth: int
    ) -> Block:
        """The activity with one to two events at its border, or none."""
        merge = self.name("x")
        xml += gateway("exclusive", merge) + flow(activity, merge)
        if thrown == ERROR:
            catching = (ERROR, _ANY_ERROR)
        else:
            catching = (ESCALATION, _ANY_ESCALATION)
        at_border = self.draw(
            st.lists(
                st.sampled_from((*catching, timer("PT1H"), MESSAGE, SIGNAL)),
                max_size=2,
                unique=True,
            )
        )
        for event in at_border:
            at, done = self.name("b"), self.name("e")
            interrupting = "error" in event or self.draw(st.booleans())
            after, entry, last = self.block(depth - 2)
            xml += boundary(at, activity, event, interrupting) + after
            xml += flow(at, entry)
            if interrupting:
                xml += flow(last, merge)
            else:
                xml += flow(last, done) + end(done)
        return xml, activity, merge

    def _beside(self, depth: int) -> str:
        """An event subprocess."""
        handler, start, done = self.name("h"), self.name("S"), self.name("e")
        event = self.draw(
            st.sampled_from(
                (MESSAGE, SIGNAL, timer("PT1H"), ERROR, ESCALATION)
            )
        )
        stops = event == ERROR or self.draw(st.booleans())
        inner, entry, last = self.block(depth - 2)
        thrown = self.draw(st.sampled_from(("", "", ERROR, SIGNAL, TERMINATE)))
        begins = f'<startEvent id="{start}" isInterrupting="{str(stops).lower()}">{event}</startEvent>'
        inside = begins + inner + flow(start, entry) + flow(last, done)
        return f'<subProcess id="{handler}" triggeredByEvent="true">{inside}{end(done, thrown)}</subProcess>'

    def _transaction(self, depth: int) -> Block:
        """Steps with handlers, then a cancel end or a plain one."""
        name, hit, merge = self.name("p"), self.name("b"), self.name("x")
        start, choice = self.name("S"), self.name("g")
        bad, good = self.name("e"), self.name("e")
        inner, entry, last = self._undone(depth - 1)
        inside = f'<startEvent id="{start}"/>' + inner
        inside += gateway("exclusive", choice, default=f"{choice}_{good}")
        inside += flow(start, entry) + flow(last, choice, good)
        inside += flow(choice, bad, when=self.draw(st.sampled_from(VARIABLES)))
        inside += end(bad, CANCEL) + end(good)
        repeated = self.draw(st.sampled_from(("", "", many(2), many(2, True))))
        xml = f'<transaction id="{name}">{repeated}{inside}</transaction>'
        xml += boundary(hit, name, CANCEL) + gateway("exclusive", merge)
        return xml + flow(name, merge) + flow(hit, merge), name, merge

    def _undone(self, depth: int) -> Block:
        """A step with a handler, and later perhaps a throw that undoes it, or all."""
        step = self.name("t")
        repeated = self.draw(st.sampled_from(("", "", many(2), many(2, True))))
        xml = f'<userTask id="{step}" name="{step}" camunda:candidateGroups="o@county">{repeated}</userTask>'
        xml += undone(step)
        inner, entry, last = self.block(depth - 1)
        xml += inner + flow(step, entry)
        which = self.draw(st.sampled_from(("", COMPENSATE, only(step))))
        if not which:
            return xml, step, last
        thrown = self.name("i")
        return xml + throw(thrown, which) + flow(last, thrown), step, thrown

    def _undone_part(self, depth: int) -> Block:
        """A subprocess with steps that can be undone, in a loop or not, undone from outside it."""
        name, start, done = self.name("p"), self.name("S"), self.name("e")
        inner, entry, last = self._undone(depth - 1)
        inside = f'<startEvent id="{start}"/>' + inner + end(done)
        inside += flow(start, entry) + flow(last, done)
        repeated = self.draw(st.sampled_from(("", many(2), many(2, True))))
        thrown = self.name("i")
        which = self.draw(st.sampled_from((COMPENSATE, only(name))))
        xml = f'<subProcess id="{name}">{repeated}{inside}</subProcess>'
        return xml + throw(thrown, which) + flow(name, thrown), name, thrown

    def _side_by_side(self, depth: int) -> Block:
        """Several subprocesses at once, with something at their common border."""
        name, number = self.name("p"), self.draw(st.integers(1, 3))
        sequential = self.draw(st.booleans())
        inside = self.scope(name, depth - 1)
        if self.draw(st.booleans()):
            inside += self._beside(depth)
        xml = f'<subProcess id="{name}">{many(number, sequential)}{inside}</subProcess>'
        return self._maybe_caught(xml, name, ESCALATION, depth)

    def _terminated(self, depth: int) -> Block:
        """Two branches in a subprocess, one of which ends all of it."""
        name, split = self.name("p"), self.name("s")
        stop, done, start = self.name("e"), self.name("e"), self.name("S")
        one, two = self.block(depth - 1), self.block(depth - 1)
        inside = f'<startEvent id="{start}"/>' + gateway("parallel", split)
        inside += one[0] + two[0] + end(stop, TERMINATE) + end(done)
        inside += flow(start, split, one[1]) + flow(split, two[1])
        inside += flow(one[2], stop) + flow(two[2], done)
        return f'<subProcess id="{name}">{inside}</subProcess>', name, name

    def _thrown_at_the_end(self, depth: int) -> Block:
        """A branch that ends with a signal, an escalation or an undoing, beside one that goes on."""
        split, last = self.name("s"), self.name("e")
        event = self.draw(st.sampled_from((SIGNAL, ESCALATION, COMPENSATE)))
        one, two = self.block(depth - 1), self.block(depth - 1)
        xml = gateway("parallel", split) + one[0] + two[0] + end(last, event)
        xml += flow(split, one[1]) + flow(split, two[1]) + flow(one[2], last)
        return xml, split, two[2]

    def _triggers(self) -> str:
        """Two or three triggers of one event."""
        events = st.sampled_from((MESSAGE, SIGNAL, timer("PT1H"), CONDITION))
        return "".join(
            self.draw(st.lists(events, min_size=2, max_size=3, unique=True))
        )

    def _triggers_on_the_way(self, depth: int) -> Block:
        """An event that waits for one of several triggers, or for all."""
        name = self.name("c")
        event = catch(name, self._triggers())
        if self.draw(st.booleans()):
            event = all_of(event)
        return event, name, name

    def _triggers_at_a_border(self, depth: int) -> Block:
        """A subprocess with an event of several triggers at its border."""
        event, together = self._triggers(), self.draw(st.booleans())
        inside = self.scope(self.name("q"), depth - 1)
        xml, entry, last = self._at_border(
            inside, event, self.draw(st.booleans()), depth
        )
        if together:
            xml = _together(xml, event)
        return xml, entry, last

    def _condition_at_a_border(self, depth: int) -> Block:
        """A subprocess that a variable ends, or beside which something begins when one has changed."""
        inside = self.scope(self.name("q"), depth - 1)
        return self._at_border(
            inside, CONDITION, self.draw(st.booleans()), depth
        )

    def _countersigned(self, depth: int) -> Block:
        """Two to three people decide together, in one of the usual ways, perhaps within a time."""
        name, at, merge = self.name("m"), self.name("b"), self.name("x")
        way = self.draw(st.sampled_from([*WAYS]))
        passed, yes = self.name("v"), self.name("t")
        xml = countersigned(name, way, passed)
        xml += gateway("exclusive", merge) + user(yes)
        choice = self.name("g")
        xml += gateway("exclusive", choice, default=f"{choice}_{merge}")
        xml += flow(name, choice, merge) + flow(choice, yes, when=passed)
        xml += flow(yes, merge)
        if self.draw(st.booleans()):
            late, interrupts = self.name("t"), self.draw(st.booleans())
            event = self.draw(st.sampled_from((timer("PT1H"), MESSAGE)))
            xml += boundary(at, name, event, interrupts) + user(late)
            if interrupts:
                xml += flow(at, late, merge)
            else:
                done = self.name("e")
                xml += flow(at, late, done) + end(done)
        return xml, name, merge

    def other_start(self, depth: int) -> str:
        """A way of its own to begin: by a message, a signal, a time, a condition, or one of several."""
        start, done = self.name("S"), self.name("e")
        event = self.draw(
            st.one_of(
                st.sampled_from((MESSAGE, SIGNAL, timer("PT1H"), CONDITION)),
                st.just(MESSAGE + CONDITION),
                st.just(SIGNAL + timer("PT1H")),
            )
        )
        inner, entry, last = self.block(depth - 1)
        xml = f'<startEvent id="{start}">{event}</startEvent>' + inner
        return xml + flow(start, entry) + flow(last, done) + end(done)

    def _parts(self, depth: int) -> Block:
        """A subprocess with an event subprocess of any kind."""
        name = self.name("p")
        inside = self.scope(name, depth - 1) + self._beside(depth)
        xml = f'<subProcess id="{name}">{inside}</subProcess>'
        return self._maybe_caught(xml, name, ERROR, depth)


def _together(xml: str, event: str) -> str:
    """The last event at a border that has these triggers waits for all of them."""
    before, opening, rest = xml.rpartition("<boundaryEvent ")
    while event not in rest.partition("</boundaryEvent>")[0]:
        before, opening, more = before.rpartition("<boundaryEvent ")
        rest = more + "<boundaryEvent " + rest
    return before + all_of(opening + rest)


def countersigned(name: str, way: str, result: str) -> str:
    """A task that several answer, and what says whether it has passed."""
    said = {
        "": way,
        "Vote": "decision",
        "Agree": "approve",
        "Refuse": "reject",
        "Result": result,
        "Ratio": "60",
    }
    properties = "".join(
        f'<camunda:property name="countersign{key}" value="{value}"/>'
        for key, value in said.items()
    )
    several = (
        f'<multiInstanceLoopCharacteristics isSequential="{str(way == "in-turn").lower()}" '
        'camunda:collection="people" camunda:elementVariable="person"/>'
    )
    return (
        f'<userTask id="{name}" name="{name}" camunda:assignee="${{person}}"><extensionElements>'
        f"<camunda:properties>{properties}</camunda:properties></extensionElements>{several}</userTask>"
    )


@st.composite
def composed(draw: Callable[[Any], Any], depth: int = 3) -> dict[str, bytes]:
    """A process `p` and the processes that it calls."""
    made = Composed(draw)
    body = made.scope("p", depth)
    if draw(st.booleans()):
        body += made._beside(depth)
    if draw(st.booleans()):
        body += made.other_start(depth)
    return _with_eyes_for_one(
        {"p.bpmn": document(body, DEFINED), **made.called}
    )


def _with_eyes_for_one(resources: dict[str, bytes]) -> dict[str, bytes]:
    """Where several decide together the engine keeps their answers in variables step by step, which the
    reference does not: conditional events look at one other variable there."""
    if not any(b'name="countersign"' in each for each in resources.values()):
        return resources
    watching = b'<conditionalEventDefinition camunda:variableName="v0">'
    return {
        name: each.replace(b"<conditionalEventDefinition>", watching)
        for name, each in resources.items()
    }
