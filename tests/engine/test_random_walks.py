"""Random diagrams, random walks: after every step the engine's open tasks and timers are those of the reference model.

The engine is dumped and loaded at every step, and forgets finished history each time; loops make it pass the same joins again and again.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.diagrams import Play, boundary, flow, gateway, timer, user
from tests.engine.reference import Graph, N, Reference

VARIABLES = ("v0", "v1", "v2")


class _Builder:
    """Draws a structured process as XML and as the reference's graph at once."""

    def __init__(self, draw) -> None:
        self.draw = draw
        self.number = 0
        self.graph: Graph = {}

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def scope(self, name: str, depth: int) -> str:
        self.graph[name] = nodes = {}
        xml, entry, leave = self.block(name, depth)
        nodes[f"S:{name}"] = N("none", ((f"{name}_in", entry, None),))
        kind = "terminate" if self.draw(st.integers(0, 9)) == 0 else "end"
        nodes[f"E:{name}"] = N(kind)
        leave(f"E:{name}", f"{name}_out")
        inner = "<terminateEventDefinition/>" if kind == "terminate" else ""
        last = self.last
        return (
            f'<startEvent id="S_{name}"/><endEvent id="E_{name}">{inner}</endEvent>{xml}'
            + flow(f"S_{name}", entry, id=f"{name}_in")
            + flow(last, f"E_{name}", id=f"{name}_out")
        )

    def block(self, scope: str, depth: int):
        kinds = ["task"] if depth == 0 else ["task", "multi", "seq", "xor", "and", "or", "loop", "sub", "timer", "reminder"]
        kind = self.draw(st.sampled_from(kinds))
        return getattr(self, f"_{kind}")(scope, depth)

    def _link(self, scope: str, name: str, node: N):
        """Registers a node whose single outgoing flow is given later."""
        nodes = self.graph[scope]
        nodes[name] = node

        def leave(target: str, flow_id: str) -> None:
            old = nodes[name]
            nodes[name] = N(old.kind, (*old.out, (flow_id, target, None)), old.default, old.boundary, old.inner, old.count)
            self.last = name

        return leave

    def _task(self, scope: str, depth: int):
        name = self.name("t")
        return user(name), name, self._link(scope, name, N("user"))

    def _multi(self, scope: str, depth: int):
        name, count = self.name("m"), self.draw(st.integers(0, 3))
        xml = (
            f'<userTask id="{name}" name="{name}" camunda:candidateGroups="o@county"><multiInstanceLoopCharacteristics>'
            f"<loopCardinality>{count}</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
        )
        return xml, name, self._link(scope, name, N("user", count=count))

    def _timer(self, scope: str, depth: int, interrupting: bool = True):
        name, event = self.name("t"), self.name("b")
        after_xml, after, after_leave = self._task(scope, 0)
        merge = self.name("x")
        leave = self._link(scope, merge, N("exclusive"))
        self.graph[scope][name] = N("user", ((f"{name}_f", merge, None),), boundary=((event, interrupting),))
        self.graph[scope][event] = N("none", ((f"{event}_f", after, None),))
        after_leave(merge, f"{after}_f")
        xml = user(name) + after_xml + boundary(event, name, timer("PT1H"), interrupting) + gateway("exclusive", merge)
        xml += flow(name, merge, id=f"{name}_f") + flow(event, after, id=f"{event}_f") + flow(after, merge, id=f"{after}_f")
        return xml, name, leave

    def _reminder(self, scope: str, depth: int):
        name, event, end = self.name("t"), self.name("b"), self.name("e")
        leave = self._link(scope, name, N("user", boundary=((event, False),)))
        after_xml, after, after_leave = self._task(scope, 0)
        self.graph[scope][event] = N("none", ((f"{event}_f", after, None),))
        self.graph[scope][end] = N("end")
        after_leave(end, f"{after}_f")
        xml = user(name) + after_xml + boundary(event, name, timer("PT1H"), False) + f'<endEvent id="{end}"/>'
        return xml + flow(event, after, id=f"{event}_f") + flow(after, end, id=f"{after}_f"), name, leave

    def _sub(self, scope: str, depth: int):
        name = self.name("p")
        inner = self.scope(name, depth - 1)
        return f'<subProcess id="{name}">{inner}</subProcess>', name, self._link(scope, name, N("sub", inner=name))

    def _seq(self, scope: str, depth: int):
        first_xml, first, first_leave = self.block(scope, depth - 1)
        second_xml, second, second_leave = self.block(scope, depth - 1)
        flow_id = self.name("f")
        first_leave(second, flow_id)
        return first_xml + second_xml + flow(self.last, second, id=flow_id), first, second_leave

    def _branches(self, scope: str, depth: int, kind: str):
        split, join = self.name("s"), self.name("j")
        xml, out, default = "", [], None
        for number in range(self.draw(st.integers(2, 3))):
            inner, entry, leave = self.block(scope, depth - 1)
            into, back = self.name("f"), self.name("f")
            leave(join, back)
            variable = None if kind == "parallel" or number == 0 else self.draw(st.sampled_from(VARIABLES))
            if kind != "parallel" and number == 0:
                default = into
            out.append((into, entry, variable))
            xml += inner + flow(split, entry, id=into, when=variable) + flow(self.last, join, id=back)
        self.graph[scope][split] = N(kind, tuple(out), default)
        return xml + gateway(kind, split, default=default) + gateway(kind, join), split, self._link(scope, join, N(kind))

    def _xor(self, scope: str, depth: int):
        return self._branches(scope, depth, "exclusive")

    def _and(self, scope: str, depth: int):
        return self._branches(scope, depth, "parallel")

    def _or(self, scope: str, depth: int):
        return self._branches(scope, depth, "inclusive")

    def _loop(self, scope: str, depth: int):
        merge, again = self.name("x"), self.name("x")
        inner, entry, leave = self.block(scope, depth - 1)
        into, on, back = self.name("f"), self.name("f"), self.name("f")
        leave(again, on)
        last = self.last
        check_xml, check, check_leave = self._task(scope, 0)
        self.graph[scope][merge] = N("exclusive", ((into, entry, None),))
        nodes = self.graph[scope]
        again_out = self.name("f")
        check_leave(merge, back)
        nodes[again] = N("exclusive", ((self._again(check), check, "more"),), default=again_out)

        def finish(target: str, flow_id: str) -> None:
            old = nodes[again]
            nodes[again] = N("exclusive", (*old.out, (again_out, target, None)), again_out)
            self.last = again
            self.flow_names[flow_id] = again_out

        xml = inner + check_xml + gateway("exclusive", merge) + gateway("exclusive", again, default=again_out)
        xml += flow(merge, entry, id=into) + flow(last, again, id=on) + flow(again, check, id=self._again(check), when="more")
        return xml + flow(check, merge, id=back), merge, finish

    flow_names: dict[str, str] = {}

    def _again(self, check: str) -> str:
        return f"again_{check}"


@st.composite
def processes(draw):
    """(XML body, graph) of a structured process."""
    builder = _Builder(draw)
    builder.flow_names = {}
    xml = builder.scope("p", 3)
    for drawn, real in builder.flow_names.items():
        xml = xml.replace(f'"{drawn}"', f'"{real}"')
    return xml, builder.graph


@settings(max_examples=400, deadline=None)
@given(processes(), st.data())
def test_the_engine_opens_what_the_token_rules_say(process, data) -> None:
    xml, graph = process
    variables = {name: data.draw(st.booleans(), label=name) for name in (*VARIABLES, "more")}
    play = Play(xml, variables=variables)
    reference = Reference(graph, variables)
    for _step in range(25):
        assert play.open == reference.enabled()
        assert sorted(t.element_id for t in play.timers) == reference.timers()
        assert play.ended == reference.ended
        moves = [("complete", each) for each in sorted(set(play.open))] + [
            ("fire", each) for each in sorted({t.element_id for t in play.timers})
        ]
        if not moves:
            return
        kind, name = data.draw(st.sampled_from(moves))
        variables["more"] = data.draw(st.booleans())
        if kind == "complete":
            play.complete(name, more=variables["more"])
            reference.variables["more"] = variables["more"]
            reference.complete(name)
        else:
            variables["more"] = play.outcome.variables["more"]
            reference.variables["more"] = variables["more"]
            play.fire(name)
            reference.fire(name)
