"""Random processes beyond plain blocks: with events at borders and in event subprocesses, and graphs whose
flows lead anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.engine.diagrams import START, boundary, flow, gateway, timer, user
from tests.engine.drawn import (
    ERROR,
    ESCALATION,
    MESSAGE,
    SIGNAL,
    catch,
    end,
    many,
    throw,
)
from tests.engine.structured import VARIABLES, Block, Builder

_KINDS = (
    *(
        "task",
        "multi",
        "seq",
        "xor",
        "and",
        "or",
        "loop",
        "sub",
        "timer",
        "reminder",
        "choice",
        "free",
    ),
    *(
        "race",
        "caught",
        "climbs",
        "heard",
        "in_turn",
        "several",
        "handled",
        "called_off",
        "signals",
    ),
)
_STARTS = (MESSAGE, SIGNAL, timer("PT1H"), ERROR)


class Wild(Builder):
    """Blocks with events: borders of subprocesses, races, event subprocesses, flows chosen at tasks."""

    kinds = _KINDS

    def _choice(self, depth: int) -> Block:
        """A task whose own flows have conditions, one of them the default or none at all."""
        name, join = self.name("t"), self.name("j")
        ways = [
            self.block(depth - 1) for _ in range(self.draw(st.integers(2, 3)))
        ]
        has_default = self.draw(st.booleans())
        default = f' default="{name}_{ways[0][1]}"' if has_default else ""
        xml = f'<userTask id="{name}" name="{name}" camunda:candidateGroups="o@county"{default}/>'
        for number, (inner, entry, last) in enumerate(ways):
            variable = (
                self.draw(st.sampled_from(VARIABLES)) if number else None
            )
            xml += inner + flow(name, entry, when=variable) + flow(last, join)
        return xml + gateway("inclusive", join), name, join

    def _free(self, depth: int) -> Block:
        """A task with several flows, one of them the default: only the others are taken."""
        name, join = self.name("t"), self.name("j")
        ways = [self.block(0) for _ in range(3)]
        default = f"{name}_{ways[1][1]}"
        xml = f'<userTask id="{name}" name="{name}" camunda:candidateGroups="o@county" default="{default}"/>'
        xml += "".join(
            inner + flow(name, entry) + flow(last, join)
            for inner, entry, last in ways
        )
        return xml + gateway("inclusive", join), name, join

    def _race(self, depth: int) -> Block:
        split, merge = self.name("r"), self.name("x")
        xml = gateway("eventBased", split) + gateway("exclusive", merge)
        for event in (MESSAGE, timer("PT1H"), SIGNAL)[
            : self.draw(st.integers(2, 3))
        ]:
            caught, (inner, entry, last) = (
                self.name("c"),
                self.block(depth - 1),
            )
            xml += (
                catch(caught, event)
                + inner
                + flow(split, caught, entry)
                + flow(last, merge)
            )
        return xml, split, merge

    def _at_border(
        self, inner: str, event: str, interrupting: bool, depth: int
    ) -> Block:
        """A subprocess with an event at its border; what follows the event joins what follows the subprocess,
        or ends."""
        name, at, merge, done = (
            self.name("p"),
            self.name("b"),
            self.name("x"),
            self.name("e"),
        )
        after, entry, last = self.block(depth - 1)
        xml = (
            f'<subProcess id="{name}">{inner}</subProcess>'
            + boundary(at, name, event, interrupting)
            + after
        )
        xml += (
            flow(at, entry) + gateway("exclusive", merge) + flow(name, merge)
        )
        if interrupting:
            return xml + flow(last, merge), name, merge
        return xml + flow(last, done) + end(done), name, merge

    def _throwing(self, event: str, depth: int) -> str:
        """The inside of a subprocess: a block, then a gateway to an end that throws or to a plain one."""
        start, choice, bad, good = (
            self.name("S"),
            self.name("g"),
            self.name("e"),
            self.name("e"),
        )
        inner, entry, last = self.block(depth - 1)
        xml = (
            f'<startEvent id="{start}"/>'
            + inner
            + gateway("exclusive", choice, default=f"{choice}_{good}")
        )
        xml += (
            flow(start, entry)
            + flow(last, choice)
            + flow(choice, bad, when=self.draw(st.sampled_from(VARIABLES)))
        )
        return xml + flow(choice, good) + end(bad, event) + end(good)

    def _caught(self, depth: int) -> Block:
        caught = self.draw(st.sampled_from((ERROR, "<errorEventDefinition/>")))
        return self._at_border(
            self._throwing(ERROR, depth), caught, True, depth
        )

    def _climbs(self, depth: int) -> Block:
        return self._at_border(
            self._throwing(ESCALATION, depth),
            ESCALATION,
            self.draw(st.booleans()),
            depth,
        )

    def _heard(self, depth: int) -> Block:
        event = self.draw(st.sampled_from((MESSAGE, SIGNAL)))
        return self._at_border(
            self.scope(self.name("q"), depth - 1), event, True, depth
        )

    def _called_off(self, depth: int) -> Block:
        """Several subprocesses one after another with a timer at their common border."""
        name, at, merge, after = (
            self.name("p"),
            self.name("b"),
            self.name("x"),
            self.name("t"),
        )
        xml = (
            f'<subProcess id="{name}">{many(2, True)}{self.scope(name, depth - 1)}</subProcess>'
            + user(after)
        )
        xml += boundary(at, name, timer("PT1H")) + gateway("exclusive", merge)
        return xml + flow(name, merge) + flow(at, after, merge), name, merge

    def _several(self, depth: int) -> Block:
        """One after another: those at once have variables of their own, which the reference has not."""
        name, number = self.name("p"), self.draw(st.integers(1, 3))
        xml = f'<subProcess id="{name}">{many(number, True)}{self.scope(name, depth - 1)}</subProcess>'
        return xml, name, name

    def _in_turn(self, depth: int) -> Block:
        name = self.name("m")
        task = f'<userTask id="{name}" name="{name}" camunda:candidateGroups="o@county">'
        return (
            f"{task}{many(self.draw(st.integers(1, 3)), True)}</userTask>",
            name,
            name,
        )

    def _handled(self, depth: int) -> Block:
        """A subprocess with an event subprocess in it, interrupting or not."""
        name, handler, start = self.name("p"), self.name("h"), self.name("S")
        event, stops = (
            self.draw(st.sampled_from(_STARTS)),
            self.draw(st.booleans()),
        )
        thrower = self._throwing(
            ERROR if event == ERROR else ESCALATION, depth
        )
        inner, entry, last = self.block(depth - 1)
        done = self.name("e")
        stop = str(stops or event == ERROR).lower()
        begins = f'<startEvent id="{start}" isInterrupting="{stop}">{event}</startEvent>'
        inside = (
            begins + inner + flow(start, entry) + flow(last, done) + end(done)
        )
        events = f'<subProcess id="{handler}" triggeredByEvent="true">{inside}</subProcess>'
        return (
            f'<subProcess id="{name}">{thrower}{events}</subProcess>',
            name,
            name,
        )

    def _signals(self, depth: int) -> Block:
        """Thrown after a task: what waits for it has come to rest."""
        task, thrown = self.name("t"), self.name("i")
        return (
            user(task) + throw(thrown, SIGNAL) + flow(task, thrown),
            task,
            thrown,
        )

    def _multi(self, depth: int) -> Block:
        """Never none: which of two branches that wait for nobody is first, no rule says."""
        name = self.name("m")
        task = f'<userTask id="{name}" name="{name}" camunda:candidateGroups="o@county">'
        return (
            f"{task}{many(self.draw(st.integers(1, 3)))}</userTask>",
            name,
            name,
        )


@st.composite
def wild_bodies(draw: Callable[[Any], Any]) -> str:
    """The inside of a process of blocks with events."""
    return Wild(draw).scope("p", 3)


@st.composite
def graphs(draw: Callable[[Any], Any]) -> str:
    """Steps and gateways whose flows lead anywhere: forward, or back to a step at which somebody is asked."""
    size = draw(st.integers(3, 8))
    kinds = [
        draw(
            st.sampled_from(
                ("user", "user", "exclusive", "inclusive", "parallel", "task")
            )
        )
        for _ in range(size)
    ]
    names = [f"{kind[0]}{number}" for number, kind in enumerate(kinds)]
    people = [number for number, kind in enumerate(kinds) if kind == "user"]
    xml = START + '<endEvent id="end"/>' + flow("start", names[0])
    for number, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        ahead = [
            *range(number + 1, size),
            size,
            *(each for each in people if each <= number),
        ]
        chosen = draw(
            st.lists(
                st.sampled_from(ahead), min_size=1, max_size=3, unique=True
            )
        )
        targets = [names[each] if each < size else "end" for each in chosen]
        xml += _node(draw, name, kind, targets)
    return xml


def _node(
    draw: Callable[[Any], Any], name: str, kind: str, targets: list[str]
) -> str:
    default = f"{name}_{targets[0]}"
    chooses = kind in ("exclusive", "inclusive") or (
        kind != "parallel" and draw(st.booleans())
    )
    flows = flow(name, targets[0])
    for target in targets[1:]:
        flows += flow(
            name,
            target,
            when=draw(st.sampled_from(VARIABLES)) if chooses else None,
        )
    if kind in ("exclusive", "inclusive", "parallel"):
        return (
            gateway(kind, name, default=default if chooses else None) + flows
        )
    attribute = (
        f' default="{default}"' if chooses and draw(st.booleans()) else ""
    )
    tag = "userTask" if kind == "user" else "task"
    who = ' camunda:candidateGroups="o@county"' if kind == "user" else ""
    return f'<{tag} id="{name}" name="{name}"{who}{attribute}/>' + flows
