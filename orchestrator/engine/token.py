"""A token: SpiffWorkflow's task with a counted id, shared variables and no second life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine.context import CommandContext
from orchestrator.engine.model import Element
from orchestrator.engine.values import (
    OwnVariables,
    SharedVariables,
    Value,
    Variables,
)

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
"""The token has arrived and has not left."""
UNFINISHED = TaskState.NOT_FINISHED_MASK
"""Also one on its way, whose sender has not completed yet."""
Record = list[Any]
"""A completed activity that can be undone: [element id, its own variables or None, records of what it holds
or None], without the last Nones."""
LOCAL = "local"
"""In a token's internal data: the narrower set of variables that is seen from it downwards."""


class Token(Task):
    """What SpiffWorkflow 3.2.0 does otherwise, each told at the method that mends it.

    Its ids are random and its children are always plain Tasks, so that the same command would never give the
    same state twice.
    """

    id: str
    task_spec: TaskSpecLike
    workflow: RunningScope
    internal_data: dict[str, Any]
    data: SharedVariables
    children: list[Token]
    parent: Token

    def __init__(
        self,
        workflow: RunningScope,
        task_spec: TaskSpecLike,
        parent: Token | None = None,
        state: int = TaskState.MAYBE,
        id: str | None = None,
    ) -> None:
        super().__init__(
            workflow,
            task_spec,
            parent,
            state,
            id or workflow.top_workflow.next_id(),
        )
        self.data = workflow.data
        self.has_left = False
        self.comes_in_turn = False
        """Whether it begins to wait when the branches before it have gone on."""

    @property
    def own(self) -> OwnVariables:
        """The token's narrower set of variables, kept with its internal data."""
        result: OwnVariables = self.internal_data.setdefault(LOCAL, {})
        return result

    def is_live(self) -> bool:
        return bool(self._state & LIVE)

    def _add_child(
        self,
        task_spec: TaskSpecLike,
        state: int = TaskState.MAYBE,
    ) -> Token:
        """The library writes `Task(…)` here, whatever the parent's class is."""
        return Token(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        """The library builds a log record with each change, a quarter of a command's time, whether anybody
        reads it or not."""
        self._state = value
        if value == TaskState.READY:
            self.workflow.top_workflow.ready.append(self)

    def _inherit_data(self) -> None:
        """The library deep-merges a copy of the parent's variables at each step; two branches that write one
        list lose entries."""

    def run(self) -> bool | None:
        """The library's loop runs a snapshot of ready tasks: one that an earlier one took away would still
        run."""
        return super().run() if self._state == TaskState.READY else None

    def complete(self) -> None:
        """The library completes a task that its own event has cancelled, so that a branch closed by its error
        goes on."""
        if self._state != TaskState.CANCELLED:
            super().complete()

    def cancel(self) -> None:
        """The library drops the children of a cancelled task without cancelling what runs and waits inside
        them."""
        if self._state & LIVE:
            self.task_spec.taken_away(self)
        for child in self.children:
            if not child.has_state(TaskState.FINISHED_MASK):
                child.cancel()
        super().cancel()


class Waits(Protocol):
    """A token, or what one of several triggers sees of it."""

    @property
    def id(self) -> str: ...
    @property
    def internal_data(self) -> MutableMapping[str, Any]: ...
    @property
    def data(self) -> SharedVariables: ...
    @property
    def workflow(self) -> RunningScope: ...
    @property
    def task_spec(self) -> TaskSpecLike: ...
    def has_state(self, state: int) -> bool: ...


class TaskSpecLike(Protocol):
    """A task spec of `engine.specs`, as far as its tokens know it."""

    name: str
    bpmn_id: str | None
    manual: bool
    passive: bool
    keeps_variables: bool
    element: Element | None
    told_as: str | None
    compensated_by: str | None
    counts_instances: bool
    is_scope: bool

    @property
    def collected_item(self) -> str | None: ...
    @property
    def event_definition(self) -> EventDefinitionLike: ...
    def counts(self, my_task: Token) -> Mapping[str, int]: ...
    def compensated(self, my_task: Token) -> None: ...
    def climbs_out(self, my_task: Token) -> None: ...
    def begins(self, name: str) -> bool: ...
    def taken_away(self, my_task: Token) -> None: ...
    def _update(self, my_task: Token) -> None: ...


class EventDefinitionLike(Protocol):
    """An event definition of `engine.specs`, as far as a search for what waits knows it."""

    def waits(
        self,
        my_task: Token,
    ) -> Iterable[tuple[Waits, EventDefinitionLike]]: ...


class EvaluatingEnvironment(Protocol):
    """`script_engine.RestrictedEnvironment`."""

    def evaluate(self, expression: str, context: Variables) -> Value: ...
    def evaluate_cell(
        self,
        expression: str,
        context: Variables,
    ) -> Value: ...
    def evaluate_leniently(
        self,
        expression: str,
        context: Variables,
    ) -> Value: ...
    def fill(
        self,
        template: str,
        context: Variables,
        lenient: bool = True,
    ) -> str | None: ...
    def is_expression(self, text: str) -> bool: ...


class ScriptEngine(Protocol):
    @property
    def environment(self) -> EvaluatingEnvironment: ...


class SpecLike(Protocol):
    """`specs.ProcessSpec`."""

    name: str
    compensated_by: str | None
    stops_at_missing: bool

    @property
    def task_specs(self) -> Mapping[str, TaskSpecLike]: ...
    def activity_completed(self, my_task: Token) -> None: ...
    def reachable_flows(self, start: str, without: str) -> frozenset[str]: ...


class RunningScope(Protocol):
    """A process instance, or a subprocess or called process inside it; `workflow.ProcessInstance` and
    `workflow.SubprocessInstance`."""

    tasks: dict[str, Token]
    task_tree: Token
    data: SharedVariables
    completed: bool
    undoable: list[Record]

    @property
    def spec(self) -> SpecLike: ...
    @property
    def script_engine(self) -> ScriptEngine: ...
    @property
    def top_workflow(self) -> RunningInstance: ...
    @property
    def parent_task_id(self) -> str | None: ...
    @property
    def parent_workflow(self) -> RunningScope | None: ...
    def begin(self) -> None: ...
    def restore_root(self) -> Token: ...
    def cancel_all(self) -> None: ...


class EventManagerLike(Protocol):
    """SpiffWorkflow's EventManager."""

    tasks: dict[str, Token]

    def add_task(self, my_task: Token) -> None: ...


class RunningInstance(RunningScope, Protocol):
    context: CommandContext
    subprocess_specs: Mapping[str, SpecLike]
    choices: dict[str, str]
    start_id: str | None

    @property
    def subprocesses(self) -> Mapping[str, RunningScope]: ...

    ready: list[Token]

    @property
    def event_manager(self) -> EventManagerLike: ...
    def next_id(self) -> str: ...
    def find(self, task_id: str) -> Token | None: ...
    def scopes(self) -> Sequence[RunningScope]: ...
    def catch(self, event: object) -> None: ...
    def get_task_from_id(self, task_id: str) -> Token: ...
    def create_subprocess(
        self,
        my_task: Token,
        spec_name: str,
    ) -> RunningScope: ...
