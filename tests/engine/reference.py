"""A small model of BPMN's token rules (BPMN 2.0.2, chapter 13), written without a look at the engine: tokens on flows, nothing else.

It knows none, user task, exclusive, parallel and inclusive gateways, boundary timers, embedded subprocesses, parallel multi-instance, terminate and
none end events. What it says is enabled is compared with the engine's open user tasks after every step of a random walk.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class N:
    """A node: kind, outgoing flows as (id, target, variable that must be true or None), default flow."""

    kind: str
    out: tuple[tuple[str, str, str | None], ...] = ()
    default: str | None = None
    boundary: tuple[tuple[str, bool], ...] = ()
    """(boundary node, interrupting)."""
    inner: str | None = None
    count: int = 1
    """Instances of a multi-instance."""


Graph = dict[str, dict[str, N]]
"""Scope → node → N; the process is scope `p`, each scope begins at node `S:scope`."""


@dataclass
class Scope:
    name: str
    parent: tuple[Scope, str] | None
    tokens: Counter = field(default_factory=Counter)
    """Tokens waiting at joins: (node, flow) → number."""
    active: list[tuple[str, int, frozenset[str]]] = field(default_factory=list)
    """(node, remaining instances, reminders that fired) of activities that run."""
    children: list[Scope] = field(default_factory=list)
    done: bool = False


class Reference:
    def __init__(self, graph: Graph, variables: dict[str, bool]) -> None:
        self.graph, self.variables = graph, variables
        self.root = Scope("p", None)
        self._enter(self.root, "S:p", "")
        self._settle()

    def enabled(self) -> list[str]:
        """Open user tasks, sorted; an instance of a multi-instance each."""
        return sorted(
            node
            for scope in self._scopes()
            for node, left, _fired in scope.active
            for _ in range(left)
            if self._node(scope, node).kind == "user"
        )

    def timers(self) -> list[str]:
        """Boundary timers that wait, sorted."""
        return sorted(
            name
            for scope in self._scopes()
            for node, _left, fired in scope.active
            for name, _i in self._node(scope, node).boundary
            if name not in fired
        )

    def complete(self, node: str) -> None:
        scope, index = next((s, i) for s in self._scopes() for i, (n, _l, _f) in enumerate(s.active) if n == node)
        left = scope.active[index][1] - 1
        if left:
            scope.active[index] = (node, left, scope.active[index][2])
        else:
            del scope.active[index]
            self._leave(scope, node)
        self._settle()

    def fire(self, name: str) -> None:
        for scope in self._scopes():
            for index, (node, left, fired) in enumerate(scope.active):
                for boundary, interrupting in self._node(scope, node).boundary:
                    if boundary == name and name not in fired:
                        if interrupting:
                            del scope.active[index]
                            scope.children = [c for c in scope.children if c.parent is None or c.parent[1] != node]
                        else:
                            scope.active[index] = (node, left, fired | {name})
                        self._leave(scope, boundary)
                        self._settle()
                        return
        raise AssertionError(name)

    @property
    def ended(self) -> bool:
        return self.root.done

    def _node(self, scope: Scope, name: str) -> N:
        return self.graph[scope.name][name]

    def _scopes(self) -> list[Scope]:
        found, pending = [], [self.root]
        while pending:
            scope = pending.pop(0)
            found.append(scope)
            pending += scope.children
        return found

    def _enter(self, scope: Scope, name: str, flow: str) -> None:
        node = self._node(scope, name)
        match node.kind:
            case "user":
                if node.count:
                    scope.active.append((name, node.count, frozenset()))
                else:
                    self._leave(scope, name)
            case "sub":
                scope.active.append((name, 1, frozenset()))
                child = Scope(node.inner or "", (scope, name))
                scope.children.append(child)
                self._enter(child, f"S:{node.inner}", "")
            case "parallel" | "inclusive":
                scope.tokens[(name, flow)] += 1
            case "terminate":
                scope.active, scope.children, scope.tokens = [], [], Counter()
            case "end":
                pass
            case _:
                self._leave(scope, name)

    def _leave(self, scope: Scope, name: str) -> None:
        node = self._node(scope, name)
        if node.kind == "exclusive":
            chosen = next((f for f in node.out if f[0] != node.default and (f[2] is None or self.variables[f[2]])), None)
            flows = [chosen or next(f for f in node.out if f[0] == node.default)]
        elif node.kind == "inclusive":
            flows = [f for f in node.out if f[0] != node.default and (f[2] is None or self.variables[f[2]])]
            flows = flows or [f for f in node.out if f[0] == node.default]
        else:
            flows = list(node.out)
        for flow_id, target, _variable in flows:
            self._enter(scope, target, flow_id)

    def _settle(self) -> None:
        while self._fire_parallel() or self._end_scopes() or self._fire_inclusive():
            pass

    def _incoming(self, scope: Scope, name: str) -> set[str]:
        return {f for node in self.graph[scope.name].values() for f, target, _v in node.out if target == name}

    def _waiting(self, scope: Scope, kind: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for (name, flow), number in scope.tokens.items():
            if number > 0 and self._node(scope, name).kind == kind:
                found.setdefault(name, set()).add(flow)
        return found

    def _consume(self, scope: Scope, name: str, flows: set[str]) -> None:
        for flow in flows:
            scope.tokens[(name, flow)] -= 1
        self._leave(scope, name)

    def _fire_parallel(self) -> bool:
        for scope in self._scopes():
            for name, flows in self._waiting(scope, "parallel").items():
                if flows >= self._incoming(scope, name):
                    self._consume(scope, name, flows)
                    return True
        return False

    def _fire_inclusive(self) -> bool:
        for scope in self._scopes():
            for name, filled in self._waiting(scope, "inclusive").items():
                empty = self._incoming(scope, name) - filled
                others = [n for n, _l, _f in scope.active] + [n for (n, _f), k in scope.tokens.items() if k > 0 and n != name]
                others += [b for n, _l, fired in scope.active for b, _i in self._node(scope, n).boundary if b not in fired]
                if not any((reach := self._reach(scope, other, name)) & empty and not reach & filled for other in others):
                    self._consume(scope, name, filled)
                    return True
        return False

    def _reach(self, scope: Scope, start: str, without: str) -> set[str]:
        found: set[str] = set()
        pending, seen = [start], {start}
        while pending:
            name = pending.pop()
            node = self._node(scope, name)
            for flow, target, _variable in node.out:
                found.add(flow)
                if target != without and target not in seen:
                    seen.add(target)
                    pending.append(target)
            for boundary, _interrupting in node.boundary if name != start else ():
                if boundary not in seen:
                    seen.add(boundary)
                    pending.append(boundary)
        return found

    def _end_scopes(self) -> bool:
        for scope in reversed(self._scopes()):
            if not scope.done and not scope.active and not scope.children and not +scope.tokens:
                scope.done = True
                if scope.parent is not None:
                    parent, node = scope.parent
                    parent.children.remove(scope)
                    parent.active = [each for each in parent.active if each[0] != node]
                    self._leave(parent, node)
                return True
        return False
