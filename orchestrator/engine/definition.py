"""One deployed process, ready to run: built from the deployment's diagrams and tables, immutable, shared by
all threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

from orchestrator.engine import calls
from orchestrator.engine.decisions import DecisionTable
from orchestrator.engine.documents import (
    LARGE,
    document,
    kept_by_size,
    read_all,
    tables_of,
)
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.model import Element, Flow, Process, Scope
from orchestrator.engine.parser import GridflowParser
from orchestrator.engine.script_engine import ENGINES
from orchestrator.engine.specs import ProcessSpec

_NO_ARTICLE = "default"
"""As `citing` says that an element rests on no article."""
WHOLE = 1_000_000
"""Bytes of all diagrams and tables of a deployment above which few of its definitions are kept; those of a
city have half of it."""


@dataclass(frozen=True)
class Definition:
    """A process definition as the engine runs it."""

    process: Process
    processes: Mapping[str, Process]
    """This process and every process it calls, by id."""
    specs: Mapping[str, ProcessSpec]
    """The process itself and called processes by their id, embedded subprocesses as `process/subprocess`."""
    tables: Mapping[str, DecisionTable]
    """Element id of each business rule task → the table that it decides by."""
    edition: Edition = CURRENT
    """The rules by which its conditions, templates and tables are read."""
    markings: dict[str, frozenset[tuple[tuple[str, str], ...]] | None] = field(
        default_factory=dict,
        repr=False,
    )
    """Scope → what engine.markings found out about it."""

    @property
    def script_engine(self) -> PythonScriptEngine:
        """What evaluates its conditions, scripts and templates."""
        return ENGINES[self.edition]

    @property
    def key(self) -> str:
        return self.process.id

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def title_template(self) -> str | None:
        return self.process.properties.get("title")

    @property
    def business_key_prefix(self) -> str | None:
        return self.process.properties.get("businessKeyPrefix")

    @property
    def starter_groups(self) -> tuple[str, ...]:
        """camunda:candidateStarterGroups, as the diagram writes them."""
        return self.process.starter_groups

    @property
    def about(self) -> tuple[str, ...]:
        """Extension property `about`: keys of the processes whose running instances this one may be started
        about; empty for most."""
        return tuple(
            key.strip()
            for key in self.process.properties.get("about", "").split(",")
            if key.strip()
        )

    @property
    def about_is_optional(self) -> bool:
        """Extension property `about-optional`: whether an instance may be about no other one."""
        return self.process.properties.get("about-optional") == "true"

    @property
    def place_level(self) -> str:
        """Extension property `placeLevel`: the level of the place where an instance stands; whoever starts it
        for a wider body names one. Empty: it stands at the starter's own."""
        return self.process.properties.get("placeLevel", "").strip()

    @cached_property
    def plain_start(self) -> Element | None:
        """The start event at which a person starts; None where only messages, signals, timers or conditions
        do."""
        return next(
            (start for start in self._starts if start.event is None),
            None,
        )

    @cached_property
    def triggered_starts(self) -> tuple[Element, ...]:
        """The start events that a message, signal, timer or condition triggers."""
        return tuple(
            start for start in self._starts if start.event is not None
        )

    @property
    def _starts(self) -> list[Element]:
        return [
            element
            for element in self.process.scopes[self.key].elements.values()
            if element.type == "startEvent"
        ]

    @cached_property
    def start_form_key(self) -> str | None:
        if self.plain_start is not None:
            return self.plain_start.form_key
        return None

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        """Every flow node of this process and of those it calls, by id; of two with one id, that of the outer
        process."""
        result: dict[str, Element] = {}
        for process in self.processes.values():
            for element_id, element in process.elements.items():
                result.setdefault(element_id, element)
        return result

    @cached_property
    def topics(self) -> frozenset[str]:
        """Topics of the service tasks of this process and of those it calls."""
        return frozenset(
            element.topic
            for element in self.elements.values()
            if element.topic
        )

    def marked(self, name: str) -> dict[str, tuple[str, ...]]:
        """Value of that extension property → ids of the user tasks that have it."""
        result: dict[str, tuple[str, ...]] = {}
        for element in self.elements.values():
            if element.type == "userTask" and name in element.properties:
                value = element.properties[name]
                result[value] = (*result.get(value, ()), element.id)
        return result

    def opened_together(self) -> list[frozenset[str]]:
        """For each parallel gateway that opens more than one user task: the ids of these tasks."""
        groups = []
        for element in self.elements.values():
            if element.type != "parallelGateway":
                continue
            targets = [self.flows[flow].target for flow in element.outgoing]
            tasks = frozenset(
                target
                for target in targets
                if self.elements[target].type == "userTask"
            )
            if len(tasks) > 1:
                groups.append(tasks)
        return groups

    def catches(self, element_id: str, code: str) -> bool:
        """Whether the diagram catches the business error of the step: at its border, by an event subprocess
        beside it, or at a subprocess or a call around it."""
        element = self.elements[element_id]
        return self._caught_by(element, code) or self._caught_around(
            element.process,
            code,
            frozenset(),
        )

    def _caught_around(
        self,
        scope_id: str,
        code: str,
        known: frozenset[str],
    ) -> bool:
        if scope_id in known:
            return False
        known |= {scope_id}
        scope = self._scopes[scope_id]
        beside = {
            element.id
            for element in scope.elements.values()
            if element.event_subprocess
        } - known
        inside = (
            element
            for key in beside
            for element in self._scopes[key].elements.values()
        )
        starts = (
            element for element in inside if element.type == "startEvent"
        )
        if any(_catches(start, code) for start in starts):
            return True
        if scope_id in self.processes:
            around = [
                element
                for element in self.elements.values()
                if element.called == scope_id
            ]
        else:
            around = [self.elements[scope_id]]
        return any(
            self._caught_by(element, code)
            or self._caught_around(element.process, code, known)
            for element in around
        )

    def _caught_by(self, activity: Element, code: str) -> bool:
        return any(
            _catches(element, code)
            for element in self.elements.values()
            if element.attached_to == activity.id
        )

    @cached_property
    def _scopes(self) -> Mapping[str, Scope]:
        return {
            key: scope
            for process in self.processes.values()
            for key, scope in process.scopes.items()
        }

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """Every sequence flow of this process and of those it calls, by id."""
        return {
            flow.id: flow
            for process in self.processes.values()
            for scope in process.scopes.values()
            for flow in scope.flows
        }

    def grounds_of(self, element_id: str) -> tuple[str, ...]:
        """The grounds of the element, as every page names them. One of a called process that says `default`
        alone has the articles of the step that calls it, where all that may call it name the same ones."""
        element = self.elements.get(element_id)
        if element is None:
            return ()
        if set(element.citations) != {_NO_ARTICLE}:
            return element.citations
        grounds = self._callers_grounds(element.process.partition("/")[0])
        if len(grounds) == 1:
            return grounds.pop() or element.citations
        return element.citations

    def _callers_grounds(self, key: str) -> set[tuple[str, ...]]:
        """The articles of each step that may call that process. None stands for a step that computes what it
        calls, and for the process itself, which people start."""
        grounds = set[tuple[str, ...]]()
        if key == self.key:
            grounds.add(())
        for process in self.processes.values():
            for step in process.elements.values():
                if step.called == key:
                    grounds.add(
                        tuple(
                            text
                            for text in step.citations
                            if text != _NO_ARTICLE
                        )
                    )
                elif calls.is_expression(
                    step.called
                ) and key in calls.candidates(process, self.processes):
                    grounds.add(())
        return grounds

    @cached_property
    def called(self) -> tuple[str, ...]:
        return tuple(key for key in self.processes if key != self.key)


def _catches(element: Element, code: str) -> bool:
    """Whether the event, at a border or at a start, waits for that error."""
    caught = (event for event in element.events if event.kind == "error")
    return any(event.reference in (code, None) for event in caught)


def load_definition(
    resources: Mapping[str, bytes],
    process_key: str,
    edition: Edition = CURRENT,
) -> Definition:
    """The definition of `process_key` out of a deployment's resources (name → bytes), by the rules of the
    edition that it was published under.

    The resources must have passed `check`; raises KeyError when the process, one it calls or a decision table
    is not among them.
    """
    read = {
        name: content
        for name, content in resources.items()
        if name.endswith((".bpmn", ".dmn"))
    }
    return _load(tuple(read.items()), process_key, edition)


@kept_by_size(64, WHOLE)
def _load(
    files: tuple[tuple[str, bytes], ...],
    process_key: str,
    edition: Edition,
) -> Definition:
    """One page asks for the same definition several times: to check, to compare and to play it."""
    processes, tables = read_all(dict(files), edition)
    wanted: dict[str, Process] = {}
    pending = [process_key]
    chosen = list[str]()
    while pending:
        key = pending.pop()
        if key in wanted:
            continue
        wanted[key] = processes[key]
        called = [
            element.called
            for element in processes[key].elements.values()
            if element.called
        ]
        pending += [
            value for value in called if not calls.is_expression(value)
        ]
        if any(calls.is_expression(value) for value in called):
            computed = calls.candidates(processes[key], processes)
            chosen += computed
            pending += computed
    decided = {
        tables[element.decision or ""].id
        for process in wanted.values()
        for element in process.elements.values()
        if _is_decided(element)
    }
    drawn = {process.resource for process in wanted.values()}
    needed = tuple(
        (name, content)
        for name, content in files
        if name in drawn
        or (
            name.endswith(".dmn")
            and tables_of(content, edition)[1].keys() & decided
        )
    )
    return _built(
        needed,
        tuple(wanted),
        tuple(chosen),
        edition,
    )


@kept_by_size(128, 4 * LARGE)
def _built(
    files: tuple[tuple[str, bytes], ...],
    keys: tuple[str, ...],
    chosen: tuple[str, ...],
    edition: Edition,
) -> Definition:
    """A deployment changes one diagram mostly: definitions that read none of it stay as they were built.

    `keys`: the process and all that it calls; `chosen`: those of them that an expression names.
    """
    resources = dict(files)
    processes, tables = read_all(resources, edition)
    wanted = {key: processes[key] for key in keys}
    process_key = keys[0]
    decided = {
        element.id: tables[element.decision or ""]
        for process in wanted.values()
        for element in process.elements.values()
        if _is_decided(element)
    }
    parser = GridflowParser(edition)
    for name, content in resources.items():
        if name.endswith(".dmn"):
            parser.add_dmn_xml(tables_of(content, edition)[0], name)
    for name in dict.fromkeys(process.resource for process in wanted.values()):
        drawn = document(name, resources[name])
        parser.add_bpmn_xml(drawn.root, name, drawn.processes)
    specs = {
        process_key: parser.get_spec(process_key),
        **parser.get_subprocess_specs(process_key),
    }
    for key in chosen:
        specs |= {
            key: parser.get_spec(key),
            **parser.get_subprocess_specs(key),
        }
    return Definition(wanted[process_key], wanted, specs, decided, edition)


def _is_decided(element: Element) -> bool:
    """Whether a decision table of the deployment is what the step does."""
    return element.type == "businessRuleTask" and element.topic is None


def read_unchecked(
    resources: Mapping[str, bytes],
    process_key: str,
) -> Definition:
    """As `load_definition` of resources with errors: to be looked at and compared, never to be run.

    What cannot be read is left out. Raises KeyError when the process itself is not among them.
    """
    processes, tables = read_all(resources)
    wanted: dict[str, Process] = {}
    pending = [process_key]
    while pending:
        key = pending.pop()
        if key not in wanted:
            wanted[key] = processes[key]
            called = [
                element.called
                for element in processes[key].elements.values()
                if element.called
            ]
            pending += [value for value in called if value in processes]
    decided = {
        element.id: tables[element.decision]
        for process in wanted.values()
        for element in process.elements.values()
        if element.decision is not None and element.decision in tables
    }
    return Definition(wanted[process_key], wanted, {}, decided)


def processes(resources: Mapping[str, bytes]) -> dict[str, Process]:
    """Process id → every process of the diagrams, those included that others call."""
    return read_all(resources)[0]
