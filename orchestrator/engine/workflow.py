"""A process instance and its subprocesses in memory: SpiffWorkflow's workflows with counted ids, a handed-in
`now` and finished tasks let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from SpiffWorkflow.bpmn.util.subworkflow import (
    BpmnBaseWorkflow,
    BpmnSubWorkflow,
)
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import errors, specs
from orchestrator.engine.context import CommandContext
from orchestrator.engine.script_engine import SCRIPT_ENGINE
from orchestrator.engine.token import (
    UNFINISHED,
    Record,
    RunningScope,
    ScriptEngine,
    Token,
    Waits,
)
from orchestrator.engine.values import OwnVariables, SharedVariables

ROOT = "0"
"""Id of each scope's root: the start, when it has begun."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

_READY = {"state": TaskState.READY}
"""How the library asks for the steps to take; it leaves out those of people itself."""

OfATask = Callable[[Token], object]
"""What the library does before or after a task."""


class _Scope(BpmnBaseWorkflow):
    """Mixed into both workflows.

    The library keeps every finished task: after some hundred rounds its searches end too early and say that a
    running instance is completed.
    """

    spec: specs.ProcessSpec
    tasks: dict[str, Token]
    task_tree: Token
    undoable: list[Record]
    """Completed activities that can be undone, in the order of their completion."""

    def begin(self) -> None:
        """Puts the first token at the start; the library makes a plain Task and predicts all that may
        follow."""
        self.task_tree = Token(
            self,
            self.spec.start,
            state=TaskState.READY,
            id=ROOT,
        )

    def restore_root(self) -> Token:
        """The root of a scope that had begun when its state was kept."""
        self.task_tree = Token(
            self,
            self.spec.start,
            state=TaskState.COMPLETED,
            id=ROOT,
        )
        return self.task_tree

    def update_waiting_tasks(self) -> None:
        """The library asks every waiting task after each completion; here what a token waits for tells it."""

    def get_tasks(
        self,
        first_task: Token | None = None,
        **wanted: object,
    ) -> list[Token]:
        """The tokens that are such. The library looks through its tree for a step to take after we have taken
        all of them; our tokens, which are few, tell whether there is one."""
        if (
            first_task is None
            and wanted == _READY
            and not any(
                token.state == TaskState.READY and not token.task_spec.manual
                for token in self.tasks.values()
            )
        ):
            return []
        tokens: list[Token] = super().get_tasks(first_task, **wanted)
        return tokens

    def _task_completed_notify(self, task: Token) -> None:
        """The task hands its children to the root and is let go."""
        if task.task_spec is self.spec.end:
            self._mark_complete(task)
        super()._task_completed_notify(task)
        root = self.task_tree
        if task is not root:
            for child in task.children:
                child.parent = root
                root._children.append(child.id)
            task.parent._children.remove(task.id)
            del self.tasks[task.id]

    def _mark_complete(self, task: Token) -> None:
        """The library builds a log record whether anybody reads it or not, and copies the last task's
        variables over the scope's."""
        self.completed = True

    def cancel_all(self) -> None:
        """Cancels every token of the scope in the order in which they came; the library follows its tree."""
        self.completed = True
        for task in list(self.tasks.values()):
            if task.has_state(UNFINISHED):
                task.cancel()

    def sweep(self) -> None:
        """Forgets the tokens that have been cancelled."""
        root = self.task_tree
        for task in list(self.tasks.values()):
            if task.has_state(TaskState.FINISHED_MASK) and task is not root:
                if task.parent is not None:
                    task.parent._children.remove(task.id)
                del self.tasks[task.id]


class SubprocessInstance(_Scope, BpmnSubWorkflow):
    """A running subprocess or called process."""

    def __init__(
        self,
        spec: specs.ProcessSpec,
        host: Token,
        top: ProcessInstance,
    ) -> None:
        super().__init__(
            spec,
            parent_task_id=host.id,
            top_workflow=top,
            deserializing=True,
        )
        self.undoable = []
        self.data: SharedVariables = host.internal_data.get(
            specs.OWN,
            host.data,
        )

    def cancel(self, success: bool = False) -> None:
        """Called by the library when its activity is taken away."""
        self.success = success
        self.cancel_all()


class ProcessInstance(_Scope, BpmnWorkflow):
    """Made as the library's: spec, subprocess specs, script engine. Besides: what `now` is and what the
    jurisdiction says.

    With a clock of its own, `context.now` may be moved on between engine steps; due timers then fire.
    Without `deserializing` it has begun and waits for `do_engine_steps`.
    """

    subprocesses: dict[str, SubprocessInstance]

    def __init__(
        self,
        spec: specs.ProcessSpec,
        subprocess_specs: Mapping[str, specs.ProcessSpec] | None = None,
        script_engine: ScriptEngine = SCRIPT_ENGINE,
        *,
        context: CommandContext,
        deserializing: bool = False,
    ) -> None:
        self.context = context
        self.counter = 0
        self._seen: dict[str, OwnVariables] = {}
        """Conditional event that waits → the variables as it saw them last."""
        self.start_id: str | None = None
        """The start event at which it begins; None for the plain one."""
        self.choices: dict[str, str] = {}
        """Element → the flow that an administrator has chosen for the case that no condition is true
        there."""
        self.undoable = []
        self.ready: list[Token] = []
        """Tokens that have become ready since they were looked at last, in that order."""
        super().__init__(
            spec,
            subprocess_specs,
            script_engine,
            deserializing=True,
        )
        if not deserializing:
            self.begin()

    def next_id(self) -> str:
        """A short id, never given twice in this instance; the library's are random."""
        self.counter += 1
        number = self.counter
        text = ""
        while number:
            number, digit = divmod(number, 36)
            text = _DIGITS[digit] + text
        return text

    def create_subprocess(
        self,
        my_task: Token,
        spec_name: str,
    ) -> SubprocessInstance:
        """A subprocess for this token; the library makes a plain one. Raises TooDeep."""
        scope = self.subprocesses[my_task.id] = SubprocessInstance(
            self.subprocess_specs[spec_name],
            my_task,
            self,
        )
        if scope.depth > self.context.environment.max_depth:
            raise errors.TooDeep(scope.depth)
        host = my_task.task_spec
        assert isinstance(host, (specs.SubWorkflowTask, specs.CallActivity))
        scope.completed_event.connect(host._on_subworkflow_completed, my_task)
        return scope

    def scopes(self) -> list[_Scope]:
        """The process and every scope that runs inside it, outer before inner."""
        return [
            self,
            *(
                scope
                for scope in self.subprocesses.values()
                if not scope.completed
            ),
        ]

    def get_active_subprocesses(self) -> list[SubprocessInstance]:
        """Called by the library before and after each round of steps. Raises TooManySubprocesses."""
        subprocesses: list[SubprocessInstance] = (
            super().get_active_subprocesses()
        )
        self.context.visits += len(subprocesses)
        if self.context.visits > self.context.environment.max_visits:
            raise errors.TooManySubprocesses(len(subprocesses))
        return subprocesses

    def find(self, task_id: str) -> Token | None:
        """The token with that id, wherever it is; the library raises when there is none."""
        return next(
            (
                scope.tasks[task_id]
                for scope in self.scopes()
                if task_id in scope.tasks
            ),
            None,
        )

    def live_tokens(self) -> list[Token]:
        """Every token that has arrived somewhere and has not left."""
        return [
            task
            for scope in self.scopes()
            for task in scope.tasks.values()
            if task.is_live()
        ]

    def do_engine_steps(
        self,
        will_complete_task: OfATask | None = None,
        did_complete_task: OfATask | None = None,
    ) -> None:
        """Moves every token that needs nobody until all wait. Raises StepBudgetExceeded, JoinStuck and the
        other EngineErrors.

        The library fires inclusive joins too early or never, and goes on for ever in a loop without a wait.
        """
        will = will_complete_task or self._count_step
        did = did_complete_task or self._step_done
        going = True
        while going:
            self.go_branch_by_branch(will, did)
            super().do_engine_steps(will, did)
            going = not self.completed and (
                self.hear_conditions()
                or self._fire_inclusive_join()
                or self._a_timer_has_fired()
            )
        self.sweep()
        if not self.completed:
            self._refuse_deadlock()

    def go_branch_by_branch(
        self,
        will_complete_task: OfATask,
        did_complete_task: OfATask,
    ) -> None:
        """A branch goes on until it waits or ends before the next begins, in the order of the document, as in
        Camunda 7. The library takes one step of each branch in turn."""
        tokens = [
            task for scope in self.scopes() for task in scope.tasks.values()
        ]
        waiting = [
            task
            for task in reversed(tokens)
            if task.has_state(TaskState.READY) or task.comes_in_turn
        ]
        self.ready.clear()
        while waiting:
            task = waiting.pop()
            if task.comes_in_turn and task.has_state(TaskState.FUTURE):
                task.task_spec._update(task)
            elif task.has_state(TaskState.READY) and not task.task_spec.manual:
                will_complete_task(task)
                task.run()
                did_complete_task(task)
            waiting += reversed(self.ready)
            self.ready.clear()

    def _a_timer_has_fired(self) -> bool:
        return (
            self.context.own_clock
            and self.get_next_task(state=TaskState.READY, manual=False)
            is not None
        )

    def sweep(self) -> None:
        for host_id, scope in list(self.subprocesses.items()):
            if scope.completed:
                del self.subprocesses[host_id]
            else:
                scope.sweep()
        super().sweep()

    def cancel(self, workflow: RunningScope | None = None) -> None:
        """Ends the instance wherever it stands."""
        self.cancel_all()

    def _count_step(self, task: Token) -> None:
        self.context.steps += 1
        limit = self.context.environment.max_steps
        if self.context.steps > limit:
            raise errors.StepBudgetExceeded(task.task_spec.bpmn_id, limit)

    def _step_done(self, _task: Token) -> None:
        self.hear_conditions()

    def waits(self) -> list[tuple[Waits, specs.EventDefinition]]:
        """Everything that is waited for: what a token sees of itself for it, and the event."""
        waiting = list(self.event_manager.tasks.values())
        return [
            value
            for task in waiting
            for value in task.task_spec.event_definition.waits(task)
        ]

    def note_variables(self) -> None:
        """A command begins: what conditional events see now is what changes are told from."""
        asked = (
            task
            for task, _event in self._conditional()
            if task.internal_data.get(specs.ASKED)
        )
        self._seen = {task.id: dict(task.data) for task in asked}

    def hear_conditions(self) -> bool:
        """Lets the conditional events happen whose variables have changed, or that have begun to wait, and
        whose condition is true."""
        heard = False
        for task, event in self._conditional():
            before = self._seen.get(task.id)
            now = dict(task.data)
            again = bool(task.internal_data.get(specs.ASKED))
            self._seen[task.id] = now
            task.internal_data[specs.ASKED] = True
            if not task.has_state(TaskState.WAITING) or (
                again and (before is None or before == now)
            ):
                continue
            if event.is_met(task, before if again else None):
                self.catch(specs.DirectedEvent(task.id))
                self._note_listening_again()
                heard = True
        return heard

    def _note_listening_again(self) -> None:
        """What listens again sees the variables as they are now: the very next step may change one."""
        for task, _event in self._conditional():
            if task.internal_data.get(specs.ASKED):
                self._seen.setdefault(task.id, dict(task.data))

    def _conditional(
        self,
    ) -> list[tuple[Waits, specs.ConditionalEventDefinition]]:
        kind = specs.ConditionalEventDefinition
        conditional: list[tuple[Waits, specs.ConditionalEventDefinition]] = []
        # Asked after every step, and few diagrams have such an event.
        for task in self.event_manager.tasks.values():
            definition = task.task_spec.event_definition
            if definition.among(kind) is None:
                continue
            for part, event in definition.waits(task):
                if isinstance(event, kind):
                    conditional.append((part, event))
        return conditional

    def _fire_inclusive_join(self) -> bool:
        for scope in self.scopes():
            waiting = [
                task.task_spec
                for task in scope.tasks.values()
                if task.has_state(TaskState.WAITING)
            ]
            for spec in dict.fromkeys(
                value
                for value in waiting
                if isinstance(value, specs.InclusiveGateway)
            ):
                arrived = spec.waiting_by_flow(scope)
                if spec.may_fire(scope, arrived):
                    spec.fire(arrived)
                    return True
        return False

    def _refuse_deadlock(self) -> None:
        """Tokens that wait at joins alone wait for ever: say so now, while the last step can still be done
        differently."""
        stuck = None
        for task in self.live_tokens():
            spec = task.task_spec
            if isinstance(
                spec,
                (specs.UserTask, specs.ServiceTask, specs.CatchingEvent),
            ):
                return
            if isinstance(spec, specs.Join):
                stuck = spec.element
        if stuck is not None:
            raise errors.JoinStuck(stuck.id, stuck.name)
