"""Which forms' answers a condition may meet: a variable's last setters on every way to a place of the
diagram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.engine import Element
from orchestrator.engine.model import ALL_VARIABLES, Process, Scope
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.variables import Setter, Variables

_Seen = set[tuple[str, str]]


def reaching(variables: Variables, process: Process, scope: Scope, node: str, name: str) -> list[Setter]:
    """Every setter whose value the variable may have when a token has just left `node`.

    Rather one too many than one too few: where steps run side by side, the other side's setters are among
    them.
    """
    if name in variables.brought[process.id]:
        return [Setter(say("消息或信号"), node)]
    walk = _Walk(variables, name)
    return list(dict.fromkeys([*walk.before(process, scope, [node]), *walk.beside(process, scope, node)]))


class _Walk:
    def __init__(self, variables: Variables, name: str) -> None:
        self.variables, self.name = variables, name
        self.seen: _Seen = set()

    def before(self, process: Process, scope: Scope, nodes: Iterable[str]) -> Iterator[Setter]:
        """The last setters on the ways that end with these nodes, themselves included."""
        pending = list(nodes)
        while pending:
            node = pending.pop()
            element = scope.elements.get(node)
            if element is None or (process.id, node) in self.seen:
                continue
            self.seen.add((process.id, node))
            found, passes = self._at(process, element)
            yield from found
            if passes:
                pending += _preceding(scope, element)
                if element.type == "startEvent":
                    yield from self._outside(process, scope)

    def beside(self, process: Process, scope: Scope, node: str) -> Iterator[Setter]:
        """Setters on branches that may run while a token stands at the node."""
        inner: str | None = node
        while inner is not None:
            for branches in _branches(scope):
                reached = [_following(scope, each) for each in branches]
                for mine in (each for each in reached if inner in each):
                    for other in (each for each in reached if each is not mine):
                        yield from self._in(process, scope, other)
            watching = [e.id for e in scope.elements.values() if e.event_subprocess and e.id != inner]
            yield from self._in(process, scope, watching)
            owner = process.elements.get(scope.id)
            inner = owner.id if owner else None
            scope = process.scopes[owner.process] if owner else scope

    def _at(self, process: Process, element: Element) -> tuple[list[Setter], bool]:
        """The setters at the element itself, and whether an earlier value may come through it."""
        own = self.variables.set_at(process, element).get(self.name, [])
        if element.type == "subProcess" or element.multi is not None:
            return [*own, *self._in_element(process, element)], True
        if element.type == "callActivity":
            return [*own, *self._in_element(process, element)], not own
        sometimes = all(each.field is not None and each.field.hidden_when is not None for each in own)
        return own, sometimes

    def _outside(self, process: Process, scope: Scope) -> Iterator[Setter]:
        """What was set before the scope began."""
        owner = process.elements.get(scope.id)
        if owner is not None:
            around = process.scopes[owner.process]
            yield from self._in_element(process, owner) if owner.multi or owner.event_subprocess else ()
            if owner.event_subprocess:
                yield from self._in(process, around, around.elements)
            yield from self.before(process, around, _preceding(around, owner))
            return
        for caller, call, called in self.variables.calls():
            if called.id != process.id:
                continue
            targets = {target for target, _source, _is in call.call_inputs}
            if self.name in targets:
                yield Setter(say("「{name}」传入", name=call.name or call.id), call.id)
            elif not targets or ALL_VARIABLES in targets:
                yield from self._above(caller)

    def _below(self, process: Process) -> Iterator[Setter]:
        """Every setter of the process and of those that it calls."""
        if (process.id, "") in self.seen:
            return
        self.seen.add((process.id, ""))
        yield from self.variables.own[process.id].get(self.name, [])
        for caller, _call, called in self.variables.calls():
            if caller.id == process.id:
                yield from self._below(called)

    def _above(self, process: Process) -> Iterator[Setter]:
        """Every setter of the process, of those that it calls and of those that call it."""
        yield from self._below(process)
        for caller, _call, called in self.variables.calls():
            if called.id == process.id:
                yield from self._above(caller)

    def _in(self, process: Process, scope: Scope, nodes: Iterable[str]) -> Iterator[Setter]:
        for node in nodes:
            element = scope.elements[node]
            yield from self.variables.set_at(process, element).get(self.name, [])
            yield from self._in_element(process, element)

    def _in_element(self, process: Process, element: Element) -> Iterator[Setter]:
        """Setters inside a subprocess or a called process."""
        if element.id in process.scopes:
            inner = process.scopes[element.id]
            yield from self._in(process, inner, inner.elements)
        everything = not element.call_outputs or any(
            target == ALL_VARIABLES for target, _s, _i in element.call_outputs
        )
        called = self.variables.processes.get(element.called or "")
        if called is not None and everything and not (element.call_inputs and not element.call_outputs):
            yield from self._below(called)


def _preceding(scope: Scope, element: Element) -> list[str]:
    found = [flow.source for flow in scope.flows if flow.target == element.id]
    if element.type == "boundaryEvent":
        host = scope.elements.get(element.attached_to or "")
        if host is not None:
            found += _preceding(scope, host)
            found += [host.id] if not element.interrupting or host.type != "userTask" or host.multi else []
    if (
        element.type == "intermediateCatchEvent"
        and element.event is not None
        and element.event.kind == "link"
    ):
        throws = (e for e in scope.elements.values() if e.type == "intermediateThrowEvent" and e.event)
        found += [e.id for e in throws if e.event and e.event.reference == element.event.reference]
    return found


def _branches(scope: Scope) -> Iterator[list[str]]:
    """The first nodes of branches that run side by side."""
    for element in scope.elements.values():
        targets = [flow.target for flow in scope.flows if flow.source == element.id]
        if len(targets) > 1 and element.type not in ("exclusiveGateway", "eventBasedGateway"):
            yield targets
        if element.type == "boundaryEvent" and not element.interrupting and element.attached_to:
            yield [element.id, element.attached_to]


def _following(scope: Scope, start: str) -> set[str]:
    found, pending = {start}, [start]
    while pending:
        node = pending.pop()
        targets = [flow.target for flow in scope.flows if flow.source == node]
        targets += [e.id for e in scope.elements.values() if e.attached_to == node and e.interrupting]
        pending += [each for each in targets if each not in found]
        found.update(targets)
    return {each for each in found if each in scope.elements}
