"""Variables that an instance which moves to another version would be asked for without having them: the steps
that set them there are behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from orchestrator import engine
from orchestrator.bpmn_checks.expressions import expressions_of
from orchestrator.engine import Element, nameless
from orchestrator.engine.model import Process
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments.profile_checks import readings
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.variables import (
    CIRCUMSTANCES,
    Variables,
)

MOST_KEPT = 20
"""Versions whose ways are kept."""
_KEPT: dict[int, tuple[Bundle, tuple[_Ways, ...]]] = {}
"""By the bundle's identity, with the bundle, so that no other one takes its place."""


def objections(
    old: Bundle,
    new: Bundle,
    migration: engine.Migration,
) -> list[engine.Obstacle]:
    """An obstacle for each variable that the instance does not have and that a condition or script of the
    new version may read before a step sets it.

    What an instance that begins in the new version may lack as well is no obstacle, nor what the old version
    reads from here on too: such a condition is not asked on the way that the instance has taken.
    """
    lacking = _lacking(new, migration)
    if not lacking:
        return []
    before = _lacking(old, migration)
    return [
        obstacle for name, obstacle in lacking.items() if name not in before
    ]


def _lacking(
    bundle: Bundle,
    migration: engine.Migration,
) -> dict[str, engine.Obstacle]:
    """Variable → what would read it in vain."""
    found: dict[str, engine.Obstacle] = {}
    for ways in _ways_through(bundle):
        process = ways.process
        stands = {
            element
            for scope, element in migration.stands_at
            if scope in process.scopes
            and element in process.scopes[scope].elements
        }
        if stands:
            for name, reading in ways.unset(stands, migration.variables):
                found.setdefault(name, ways.obstacle(name, reading))
    return found


def _ways_through(bundle: Bundle) -> tuple[_Ways, ...]:
    """The ways through each process of the bundle, worked out once for all instances that are judged."""
    kept = _KEPT.get(id(bundle))
    if kept is not None and kept[0] is bundle:
        return kept[1]
    deployed = CheckedDeployment(
        bundle.jurisdiction,
        bundle.forms,
        [bundle.definition],
    )
    ways = tuple(
        _Ways(deployed.variables, process)
        for process in bundle.definition.processes.values()
    )
    while len(_KEPT) >= MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT), 0), None)
    _KEPT[id(bundle)] = bundle, ways
    return ways


class _Ways:
    """The ways through a process, with what is read and set on them."""

    def __init__(self, variables: Variables, process: Process) -> None:
        self.variables = variables
        self.process = process

    def unset(
        self,
        stands: set[str],
        known: frozenset[str],
    ) -> Iterator[tuple[str, readings.Reading]]:
        """(variable, what reads it) where tokens that stand there may come to it without the variable, and
        one that begins may not."""
        brought = self.variables.brought[self.process.id]
        own = self.variables.own[self.process.id]
        for name, read_at in self._readings.items():
            is_set_here = name in own or name in CIRCUMSTANCES
            if name in known or name in brought or not is_set_here:
                continue
            reached = self._reached(stands, name)
            met = [read for place, read in read_at if place in reached]
            if not met:
                continue
            at_first = self._reached(self._begins, name)
            tolerated = any(place in at_first for place, _read in read_at)
            if name in CIRCUMSTANCES or not tolerated:
                yield name, met[0]

    def obstacle(
        self, name: str, reading: readings.Reading
    ) -> engine.Obstacle:
        label, step = CIRCUMSTANCES.get(name, name), say("发起")
        setters = self.variables.own[self.process.id].get(name, [])
        if setters:
            at = self.process.elements[setters[0].element_id]
            label, step = setters[0].label, nameless.label(at)
        if "“" not in label:
            label = say("“{name}”", name=label)
        why = say(
            "新版{what}要用到{label}，它在“{step}”这一步产生，这件事项已过了这一步、没有这一项，"
            "移过去后无法继续办理",
            what=reading.what,
            label=label,
            step=step,
        )
        return engine.Obstacle(reading.element_id, reading.what, why)

    @cached_property
    def _begins(self) -> set[str]:
        """The start events of the process itself."""
        outermost = self.process.scopes[self.process.id].elements.values()
        return {each.id for each in outermost if each.type == "startEvent"}

    @cached_property
    def _readings(self) -> Mapping[str, list[tuple[str, readings.Reading]]]:
        """Variable → where it is read: (`element`, or `element` and a full stop when it is done, what reads
        it)."""
        result: dict[str, list[tuple[str, readings.Reading]]] = {}
        for place, reading in (*self._of_flows(), *self._of_elements()):
            for name in readings.names_in(reading.text, reading.script):
                if name not in reading.seen.keys() - self._shared:
                    result.setdefault(name, []).append((place, reading))
        return result

    @cached_property
    def _shared(self) -> set[str]:
        """Variables of the whole instance; what else is seen somewhere is seen there alone."""
        return {*self.variables.known[self.process.id]}

    def _of_flows(self) -> Iterator[tuple[str, readings.Reading]]:
        sources = {
            flow.id: flow.source
            for scope in self.process.scopes.values()
            for flow in scope.flows
        }
        for reading in readings.conditions(self.variables, self.process):
            yield f"{sources[reading.element_id]}.", reading

    def _of_elements(self) -> Iterator[tuple[str, readings.Reading]]:
        for element in self.process.elements.values():
            seen = self.variables.seen_at(self.process, element)
            for what, text in expressions_of(element):
                said = say("{named}的{what}", named=named(element), what=what)
                yield (
                    element.id,
                    readings.Reading(element.id, said, text, seen),
                )
            if element.script:
                said = say("{named}的脚本", named=named(element))
                yield (
                    element.id,
                    readings.Reading(
                        element.id,
                        said,
                        element.script,
                        seen,
                        script=True,
                    ),
                )

    def _reached(self, starts: Iterable[str], name: str) -> set[str]:
        """Elements to which tokens come before the variable is set; with a full stop those that they leave
        so."""
        reached = set(starts)
        pending = list(reached)
        while pending:
            here = pending.pop()
            further = set(self._entered.get(here, ()))
            if not self._sets(here, name):
                reached.add(f"{here}.")
                further |= self._followed.get(here, set())
            for node in further - reached:
                reached.add(node)
                pending.append(node)
        return reached

    def _sets(self, node: str, name: str) -> bool:
        element = self.process.elements[node]
        if name in self.variables.set_at(self.process, element):
            return True
        if element.called is not None:
            called = self.variables.known.get(element.called, {})
            return name in called or element.called not in (
                self.variables.processes
            )
        inside = self.process.scopes.get(node)
        return inside is not None and any(
            self._sets(inner, name) for inner in inside.elements
        )

    @cached_property
    def _followed(self) -> Mapping[str, set[str]]:
        """Element → those to which a token goes when it is done; the last ones of a subprocess lead to the
        subprocess."""
        result: dict[str, set[str]] = {}
        for scope in self.process.scopes.values():
            for flow in scope.flows:
                result.setdefault(flow.source, set()).add(flow.target)
        for element in self.process.elements.values():
            if element.process in self.process.elements:
                result.setdefault(element.id, set()).add(element.process)
        return result

    @cached_property
    def _entered(self) -> Mapping[str, set[str]]:
        """Element → those that may begin while a token stands there: at its border, inside it, beside it."""
        result: dict[str, set[str]] = {}
        for element in self.process.elements.values():
            for other in self._beside(element):
                result.setdefault(other, set()).add(element.id)
        return result

    def _beside(self, element: Element) -> Iterator[str]:
        if element.attached_to:
            yield element.attached_to
        if element.process in self.process.elements:
            yield element.process
        waits = element.event_subprocess or element.for_compensation
        if waits or "link" in element.event_kinds:
            yield from self.process.scopes[element.process].elements
