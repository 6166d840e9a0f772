"""Answers of branches that run side by side: read before they must have been given, or given by two of
them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.engine import Element
from orchestrator.engine.model import ALL_VARIABLES, Process, Scope
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.paths import Paths
from orchestrator.services.deployments.profile_checks.readings import (
    conditions,
    names_in,
)
from orchestrator.services.deployments.profile_checks.variables import (
    ABOUT,
    CIRCUMSTANCES,
    Variables,
)

_JOINS = ("parallelGateway", "inclusiveGateway")
_Given = frozenset[str] | None
"""Names that are given whichever way a token came; None where no way has been followed yet."""


def answer_beside(deployed: CheckedDeployment) -> Iterator[Finding]:
    """Notes: a condition reads what a branch beside it fills in, which it need not have done yet; or what two
    branches that run side by side both fill in, of which it gets the last."""
    variables = deployed.variables
    for process in deployed.processes.values():
        if process.id in variables.open:
            continue
        sources = {
            flow.id: (scope, flow.source)
            for scope in process.scopes.values()
            for flow in scope.flows
        }
        ways = _Ways(variables, process)
        for reading in conditions(variables, process):
            scope, node = sources[reading.element_id]
            # A guard is no excuse: whether the answer is there already depends on who is faster.
            for name in names_in(reading.text, reading.script):
                message = ways.told(scope, node, name, reading.what)
                if message:
                    yield Finding(
                        "answer-beside",
                        reading.element_id,
                        message,
                        "note",
                        process.resource,
                    )


@dataclass(frozen=True)
class _Split:
    """Branches that begin at one place and run side by side, each as far as they are not joined."""

    at: str
    branches: Sequence[frozenset[str]]


class _Ways:
    """What is given where in a process, and what runs beside what."""

    def __init__(self, variables: Variables, process: Process) -> None:
        self.variables = variables
        self.process = process
        self._before: dict[str, Mapping[str, _Given]] = {}
        self._splits: dict[str, list[_Split]] = {}

    def told(self, scope: Scope, node: str, name: str, what: str) -> str:
        """What is to be said of a condition behind the node that reads the name; empty where nothing is."""
        for split in self._splits_of(scope):
            here = [branch for branch in split.branches if node in branch]
            beside = [
                element
                for branch in split.branches
                if any(branch is not one for one in here)
                for element in self._askers(scope, branch, name)
            ]
            if beside and not self._is_given(scope, node, name):
                return say(
                    "{what}要用“{label}”，它由并行的{steps}填写，走到这里时可能还没有填。"
                    "请先用并行网关汇合，再判断",
                    what=what,
                    label=self._label(beside[0], name),
                    steps=_listed(beside),
                )
            twice = self._filled_twice(scope, split, name)
            if twice and self._comes_after(scope, split, node, name):
                return say(
                    "{what}要用“{label}”，并行的{steps}各填一份，读到的只是后填的那一份。"
                    "请各用一个变量，再分别判断",
                    what=what,
                    label=self._label(twice[0], name),
                    steps=_listed(twice),
                )
        return ""

    def _is_given(self, scope: Scope, node: str, name: str) -> bool:
        """Whether the name has a value whichever way a token came to leave the node."""
        given = self._given_before(scope)[node]
        element = scope.elements[node]
        return given is None or name in given | self._sets(element)

    def _filled_twice(
        self,
        scope: Scope,
        split: _Split,
        name: str,
    ) -> list[Element]:
        """The steps of different branches that fill it in, each on one branch alone."""
        alone = [
            branch
            - frozenset().union(
                *(one for one in split.branches if one is not branch),
            )
            for branch in split.branches
        ]
        askers = [
            self._askers(scope, branch, name) for branch in alone if branch
        ]
        filling = [steps for steps in askers if steps]
        if len(filling) < 2:
            return []
        return [step for steps in filling for step in steps]

    def _comes_after(
        self,
        scope: Scope,
        split: _Split,
        node: str,
        name: str,
    ) -> bool:
        """Whether a token at the node comes from the split, past the branches, with no other answer since."""
        if any(node in branch for branch in split.branches):
            return False
        paths = self.variables.paths(self.process, scope)
        pending, seen = [node], set[str]()
        within = frozenset().union(*split.branches)
        while pending:
            at = pending.pop()
            if at in seen or at not in scope.elements:
                continue
            seen.add(at)
            if at in within:
                return True
            if name not in self._sets(scope.elements[at]):
                pending += paths.preceding(scope.elements[at])
        return False

    def _askers(
        self,
        scope: Scope,
        nodes: frozenset[str],
        name: str,
    ) -> list[Element]:
        """The steps among the nodes, and inside them, whose forms ask for it."""
        return [
            step
            for node in sorted(nodes)
            for step in self._within(scope.elements[node])
            if any(
                setter.field is not None
                for setter in self.variables.set_at(self.process, step).get(
                    name, ()
                )
            )
        ]

    def _within(self, element: Element) -> Iterator[Element]:
        yield element
        inner = self.process.scopes.get(element.id)
        for value in inner.elements.values() if inner else ():
            yield from self._within(value)

    def _label(self, step: Element, name: str) -> str:
        return self.variables.set_at(self.process, step)[name][0].label

    # ---- what is given

    def _sets(self, element: Element) -> frozenset[str]:
        """All that the element may set, with what is inside it."""
        names: set[str] = set()
        for step in self._within(element):
            names |= self.variables.set_at(self.process, step).keys()
            called = self.variables.processes.get(step.called or "")
            if called is not None:
                names |= self.variables.known[called.id].keys()
        return frozenset(names)

    def _given_before(self, scope: Scope) -> Mapping[str, _Given]:
        if scope.id not in self._before:
            self._before[scope.id] = self._worked_out(scope)
        return self._before[scope.id]

    def _worked_out(self, scope: Scope) -> Mapping[str, _Given]:
        """Node → what is given when a token comes to it: of a join what all branches give, else what each way
        gives."""
        paths = self.variables.paths(self.process, scope)
        begins = self._at_start(scope)
        given: dict[str, _Given] = dict.fromkeys(scope.elements)
        following: dict[str, list[str]] = {}
        for node, element in scope.elements.items():
            for before in paths.preceding(element):
                following.setdefault(before, []).append(node)
        pending = deque(scope.elements)
        while pending:
            node = pending.popleft()
            element = scope.elements[node]
            found = self._come_to(
                scope,
                paths,
                element,
                begins,
                given,
            )
            if found is not None and found != given[node]:
                given[node] = found
                pending += following.get(node, [])
        return given

    def _come_to(
        self,
        scope: Scope,
        paths: Paths,
        element: Element,
        begins: frozenset[str],
        given: Mapping[str, _Given],
    ) -> _Given:
        before = paths.preceding(element)
        if not before:
            return begins
        ways = [
            known | self._sets(scope.elements[node])
            for node in before
            if node in scope.elements and (known := given[node]) is not None
        ]
        if not ways:
            return None
        if element.type in _JOINS:
            return frozenset().union(*ways)
        return ways[0].intersection(*ways[1:])

    def _at_start(self, scope: Scope) -> frozenset[str]:
        owner = self.process.elements.get(scope.id)
        if owner is not None:
            around = self.process.scopes[owner.process]
            return self._given_before(around)[owner.id] or frozenset()
        names = {*CIRCUMSTANCES, *ABOUT, *self.variables.brought[scope.id]}
        names |= self._handed_down()
        return frozenset(names)

    def _handed_down(self) -> set[str]:
        """What a caller may give to the process."""
        names: set[str] = set()
        for caller, call, called in self.variables.calls():
            if called.id != self.process.id:
                continue
            targets = {target for target, _source, _is in call.call_inputs}
            names |= targets
            if not targets or ALL_VARIABLES in targets:
                names |= self.variables.known[caller.id].keys()
        return names

    # ---- what runs beside what

    def _splits_of(self, scope: Scope) -> list[_Split]:
        if scope.id not in self._splits:
            paths = self.variables.paths(self.process, scope)
            self._splits[scope.id] = [
                _Split(at, paths.unjoined(starts, _JOINS))
                for at, starts in paths.branches()
            ]
        return self._splits[scope.id]


def _listed(steps: Sequence[Element]) -> str:
    return joined("、", list(dict.fromkeys(named(step) for step in steps)))
