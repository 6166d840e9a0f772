"""Random structured processes as XML: blocks inside blocks, each entered and left by one flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.engine.diagrams import boundary, flow, gateway, timer, user

VARIABLES = ("v0", "v1", "v2")
Block = tuple[str, str, str]
"""XML, id where it is entered, id from which one flow leaves it."""


class Builder:
    """Draws blocks of `kinds`, each by the method of its name."""

    kinds: tuple[str, ...] = (
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
    )

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.number = 0

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def scope(self, name: str, depth: int) -> str:
        """Start, a block, an end."""
        xml, entry, last = self.block(depth)
        inner = (
            "<terminateEventDefinition/>"
            if self.draw(st.integers(0, 9)) == 0
            else ""
        )
        ends = f'<startEvent id="S_{name}"/><endEvent id="E_{name}">{inner}</endEvent>'
        return ends + xml + flow(f"S_{name}", entry) + flow(last, f"E_{name}")

    def block(self, depth: int) -> Block:
        kinds = ("task",) if depth <= 0 else self.kinds
        return getattr(self, f"_{self.draw(st.sampled_from(kinds))}")(depth)

    def _task(self, depth: int) -> Block:
        name = self.name("t")
        return user(name), name, name

    def _multi(self, depth: int) -> Block:
        name, count = self.name("m"), self.draw(st.integers(0, 3))
        cardinality = f"<loopCardinality>{count}</loopCardinality>"
        many = f"<multiInstanceLoopCharacteristics>{cardinality}</multiInstanceLoopCharacteristics>"
        return (
            f'<userTask id="{name}" name="{name}" camunda:candidateGroups="o@county">{many}</userTask>',
            name,
            name,
        )

    def _timer(self, depth: int) -> Block:
        name, event, after, merge = (
            self.name("t"),
            self.name("b"),
            self.name("t"),
            self.name("x"),
        )
        xml = (
            user(name, after)
            + boundary(event, name, timer("PT1H"))
            + gateway("exclusive", merge)
        )
        return xml + flow(name, merge) + flow(event, after, merge), name, merge

    def _reminder(self, depth: int) -> Block:
        name, event, after, end = (
            self.name("t"),
            self.name("b"),
            self.name("t"),
            self.name("e"),
        )
        xml = (
            user(name, after)
            + boundary(event, name, timer("PT1H"), False)
            + f'<endEvent id="{end}"/>'
        )
        return xml + flow(event, after, end), name, name

    def _sub(self, depth: int) -> Block:
        name = self.name("p")
        return (
            f'<subProcess id="{name}">{self.scope(name, depth - 1)}</subProcess>',
            name,
            name,
        )

    def _seq(self, depth: int) -> Block:
        first, second = self.block(depth - 1), self.block(depth - 1)
        return (
            first[0] + second[0] + flow(first[2], second[1]),
            first[1],
            second[2],
        )

    def _branches(self, depth: int, kind: str) -> Block:
        split, join = self.name("s"), self.name("j")
        xml, default = "", None
        for number in range(self.draw(st.integers(2, 3))):
            inner, entry, last = self.block(depth - 1)
            conditional = kind != "parallel" and number > 0
            variable = (
                self.draw(st.sampled_from(VARIABLES)) if conditional else None
            )
            xml += inner + flow(split, entry, when=variable) + flow(last, join)
            if kind != "parallel" and number == 0:
                default = f"{split}_{entry}"
        return (
            xml + gateway(kind, split, default=default) + gateway(kind, join),
            split,
            join,
        )

    def _xor(self, depth: int) -> Block:
        return self._branches(depth, "exclusive")

    def _and(self, depth: int) -> Block:
        return self._branches(depth, "parallel")

    def _or(self, depth: int) -> Block:
        return self._branches(depth, "inclusive")

    def _loop(self, depth: int) -> Block:
        merge, again, check, out = (
            self.name("x"),
            self.name("x"),
            self.name("t"),
            self.name("x"),
        )
        inner, entry, last = self.block(depth - 1)
        xml = (
            inner
            + user(check)
            + gateway("exclusive", merge, out)
            + gateway("exclusive", again, default=f"{again}_{out}")
        )
        xml += (
            flow(merge, entry)
            + flow(last, again, out)
            + flow(again, check, when="more")
            + flow(check, merge)
        )
        return xml, merge, out


@st.composite
def bodies(draw: Callable[[Any], Any]) -> str:
    """The inside of a structured process."""
    return Builder(draw).scope("p", 3)
