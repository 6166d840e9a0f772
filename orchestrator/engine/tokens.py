"""The tokens of a process instance while one command runs: its scopes, the queue of ready tokens, the effects gathered so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine.definition import Definition, ScopeSpec


class ScopeInstance(BpmnSubWorkflow):  # type: ignore[misc]
    """A running subprocess or called process."""

    def __init__(self, spec: ScopeSpec, host: Task, top: Tokens, fresh: bool) -> None:
        self.host = host
        """The token of the subprocess or call activity it runs for."""
        super().__init__(spec, parent_task_id=host.id, top_workflow=top, deserializing=not fresh)

    def _calculate_depth(self) -> int:
        return 0

    def _task_completed_notify(self, task: Task) -> None:
        """Ends are found by counting live tokens, see Scopes.end_if_empty."""


class ReadyQueue:
    """Tokens that can move, the events that interrupt before all others; those that wait for somebody are left out."""

    def __init__(self) -> None:
        self._urgent: deque[Task] = deque()
        self._others: deque[Task] = deque()

    def append(self, task: Task) -> None:
        if not task.task_spec.manual:
            (self._urgent if task.task_spec.urgent else self._others).append(task)

    def next(self) -> Task | None:
        """The next token that still can move; it leaves the queue."""
        while queue := self._urgent or self._others:
            task = queue.popleft()
            if task._state == TaskState.READY and not task.workflow.completed:
                return task
        return None


NO_SCRIPTS = object()
"""Stands where SpiffWorkflow keeps its script engine: every expression goes through `expressions`."""


class Tokens(BpmnWorkflow):  # type: ignore[misc]
    def __init__(self, definition: Definition, now: datetime, environment: c.Environment, fresh: bool) -> None:
        self.definition = definition
        self.now = now
        self.environment = environment
        self.variables: dict[str, Any] = {}
        self.effects: list[c.Effect] = []
        self.ready = ReadyQueue()
        self.ended: c.ProcessInstanceEnded | None = None
        self.last_end: str | None = None
        self.subprocesses: dict[str, ScopeInstance]
        super().__init__(definition.specs[definition.key], script_engine=NO_SCRIPTS, deserializing=not fresh)

    def _task_completed_notify(self, task: Task) -> None:
        """Ends are found by counting live tokens, see Scopes.end_if_empty."""

    def workflows(self) -> list[Any]:
        """The process and every scope that runs inside it, outer before inner."""
        return [self, *self.subprocesses.values()]

    def all_tokens(self) -> Iterator[Task]:
        """Every token of every scope, finished ones of this command included."""
        for workflow in self.workflows():
            yield from list(workflow.tasks.values())

    def find(self, task_id: str) -> Task | None:
        """The token with that id, wherever it is."""
        for workflow in self.workflows():
            task = workflow.tasks.get(task_id)
            if task is not None:
                return task
        return None

    def left(self, task: Task, flow_ids: tuple[str, ...]) -> None:
        """Tells the history that a token left an element and by which flows."""
        spec = task.task_spec
        element = spec.element
        if element is None or spec.told_as is None:
            return
        if element.type == "endEvent":
            self.last_end = element.id
        taken = tuple(flow_id for flow_id in flow_ids if "#" not in flow_id)
        self.effects.append(c.ActivityCompleted(element.id, element.name, spec.told_as, taken, c.EngineTaskId(task.id)))
