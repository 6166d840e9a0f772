"""Which forms' answers a condition may meet: a variable's last setters on every way to a place of the
diagram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.engine import Element
from orchestrator.engine.model import ALL_VARIABLES, Process, Scope
from orchestrator.engine.nameless import label
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.variables import (
    Setter,
    Variables,
)

_Seen = set[tuple[str, str]]


def reaching(
    variables: Variables,
    process: Process,
    scope: Scope,
    node: str,
    name: str,
) -> list[Setter]:
    """Every setter whose value the variable may have when a token has just left `node`.

    Rather one too many than one too few: where steps run side by side, the other side's setters are among
    them.
    """
    if name in variables.brought[process.id]:
        return [Setter(say("消息或信号"), node)]
    walk = _Walk(variables, name)
    return list(
        dict.fromkeys(
            [
                *walk.before(process, scope, [node]),
                *walk.beside(process, scope, node),
            ],
        ),
    )


def set_inside(
    variables: Variables,
    process: Process,
    scope: Scope,
    node: str,
    name: str,
) -> list[Setter]:
    """As above, of what the process itself and those that it calls set."""
    walk = _Walk(variables, name, callers=False)
    return [
        *walk.before(process, scope, [node]),
        *walk.beside(process, scope, node),
    ]


class _Walk:
    def __init__(
        self,
        variables: Variables,
        name: str,
        callers: bool = True,
    ) -> None:
        self.variables = variables
        self.name = name
        self.callers = callers
        self.seen: _Seen = set()

    def before(
        self,
        process: Process,
        scope: Scope,
        nodes: Iterable[str],
    ) -> Iterator[Setter]:
        """The last setters on the ways that end with these nodes, themselves included."""
        pending = list(nodes)
        while pending:
            node = pending.pop()
            element = scope.elements.get(node)
            if element is None or (process.id, node) in self.seen:
                continue
            self.seen.add((process.id, node))
            setters, passes = self._at(process, element)
            yield from setters
            if passes:
                pending += self.variables.paths(process, scope).preceding(
                    element,
                )
                if element.type == "startEvent":
                    yield from self._outside(process, scope)

    def beside(
        self,
        process: Process,
        scope: Scope,
        node: str,
    ) -> Iterator[Setter]:
        """Setters on branches that may run while a token stands at the node."""
        inner: str | None = node
        while inner is not None:
            for branches in self.variables.paths(process, scope).sides:
                for beside in _beside(branches, inner):
                    yield from self._in(process, scope, beside)
            watching = [
                e.id
                for e in scope.elements.values()
                if e.event_subprocess and e.id != inner
            ]
            yield from self._in(process, scope, watching)
            owner = process.elements.get(scope.id)
            inner = None
            if owner:
                inner = owner.id
            if owner:
                scope = process.scopes[owner.process]

    def _at(
        self,
        process: Process,
        element: Element,
    ) -> tuple[list[Setter], bool]:
        """The setters at the element itself, and whether an earlier value may come through it."""
        own = self.variables.set_at(process, element).get(self.name, [])
        if element.type == "subProcess" or element.multi is not None:
            return [*own, *self._in_element(process, element)], True
        if element.type == "callActivity":
            return [*own, *self._in_element(process, element)], not own
        sometimes = all(
            value.field is not None and value.field.hidden_when is not None
            for value in own
        )
        return own, sometimes

    def _outside(self, process: Process, scope: Scope) -> Iterator[Setter]:
        """What was set before the scope began."""
        owner = process.elements.get(scope.id)
        if owner is not None:
            around = process.scopes[owner.process]
            yield from (
                self._in_element(process, owner)
                if owner.multi or owner.event_subprocess
                else ()
            )
            if owner.event_subprocess:
                yield from self._in(process, around, around.elements)
            yield from self.before(
                process,
                around,
                self.variables.paths(process, around).preceding(owner),
            )
            return
        for caller, call, called in self.variables.calls():
            if called.id != process.id or not self.callers:
                continue
            targets = {target for target, _source, _is in call.call_inputs}
            if self.name in targets:
                yield Setter(
                    say("“{name}”传入", name=label(call)),
                    call.id,
                )
            elif not targets or ALL_VARIABLES in targets:
                yield from self._above(caller)

    def _below(self, process: Process) -> list[Setter]:
        """Every setter of the process and of those that it calls."""
        return self.variables.set_below(process).get(self.name, [])

    def _above(self, process: Process) -> Iterator[Setter]:
        """Every setter of the process, of those that it calls and of those that call it."""
        if (process.id, "") in self.seen:
            return
        self.seen.add((process.id, ""))
        yield from self._below(process)
        for caller, _call, called in self.variables.calls():
            if called.id == process.id:
                yield from self._above(caller)

    def _in(
        self,
        process: Process,
        scope: Scope,
        nodes: Iterable[str],
    ) -> Iterator[Setter]:
        for node in nodes:
            element = scope.elements[node]
            yield from self.variables.set_at(process, element).get(
                self.name,
                [],
            )
            yield from self._in_element(process, element)

    def _in_element(
        self,
        process: Process,
        element: Element,
    ) -> Iterator[Setter]:
        """Setters inside a subprocess or a called process."""
        if element.id in process.scopes:
            inner = process.scopes[element.id]
            yield from self._in(process, inner, inner.elements)
        everything = not element.call_outputs or any(
            target == ALL_VARIABLES for target, _s, _i in element.call_outputs
        )
        called = self.variables.processes.get(element.called or "")
        if (
            called is not None
            and everything
            and not (element.call_inputs and not element.call_outputs)
        ):
            yield from self._below(called)


def _beside(
    branches: Sequence[frozenset[str]],
    node: str,
) -> list[frozenset[str]]:
    """What runs beside the node: the other branches, once for each branch that it is on."""
    holding = [
        number for number, reached in enumerate(branches) if node in reached
    ]
    return [
        reached
        for mine in holding
        for number, reached in enumerate(branches)
        if number != mine
    ]
