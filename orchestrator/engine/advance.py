"""advance(definition, state, command, now) → Outcome: the engine as a pure function."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from datetime import datetime

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import (
    budgets,
    errors,
    expressions,
    nameless,
    returning,
    specs,
    standstill,
    state,
)
from orchestrator.engine import commands as c
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.model import Element, Event
from orchestrator.engine.specs.event_definitions import (
    DirectedEvent,
    ErrorEventDefinition,
    EventDefinition,
    MessageEventDefinition,
    SignalEventDefinition,
    raise_code,
)
from orchestrator.engine.specs.event_definitions.timers import Timer
from orchestrator.engine.token import Token
from orchestrator.engine.values import Variables
from orchestrator.engine.workflow import ProcessInstance
from orchestrator.sentences import say

_DEFAULT = c.Environment()
log = logging.getLogger("gridflow.engine")
_UNFORESEEN = (
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)
"""What a fault of ours or of the library would raise; a database that is away is none of these and is tried
again."""


def advance(
    definition: Definition,
    content: bytes | None,
    command: c.Command,
    now: datetime,
    environment: c.Environment = _DEFAULT,
) -> c.Outcome:
    """What the command does to the instance: the new state and its effects in the order they happened.

    `content` is the state of the last outcome, None for StartProcessInstance. The same arguments always give
    the same outcome; nothing outside is read or changed. Raises EngineError, after which the old state still
    holds.
    """
    context = CommandContext(now, environment)
    if isinstance(command, c.StartProcessInstance):
        instance = start(definition, command, context)
    else:
        if content is None:
            raise errors.UnknownTask("—")
        instance = state.load(definition, content, context)
    carry_out(definition, instance, command)
    return c.Outcome(
        state=state.dump(instance),
        effects=tuple(context.effects),
        variables=instance.data,
        title=title(definition, instance),
        ended=instance.completed,
    )


def start(
    definition: Definition,
    command: c.StartProcessInstance,
    context: CommandContext,
) -> ProcessInstance:
    """A new instance with its first variables; nothing has moved yet."""
    instance = ProcessInstance(
        definition.specs[definition.key],
        definition.specs,
        definition.script_engine,
        context=context,
    )
    instance.start_id = command.start_id
    instance.data.update(command.variables)
    return instance


def carry_out(
    definition: Definition,
    instance: ProcessInstance,
    command: c.Command,
) -> None:
    """Does what the command says and moves every token until all wait. Raises EngineError."""
    budgets.begin()
    try:
        context = instance.context
        with expressions.shared_work(), _clock_of(context):
            fired = _fired(instance, command)
            instance.note_variables()
            _apply(instance, command)
            instance.hear_conditions()
            instance.do_engine_steps()
            _refuse_standstill(definition, context, fired)
    except SpiffWorkflowException as failure:
        raise _translated(failure) from failure
    except _UNFORESEEN as failure:
        log.exception("an unforeseen failure in the engine")
        raise errors.EngineError(
            None,
            say(
                "流程引擎无法继续（{name}：{failure}），请联系维护人员",
                name=type(failure).__name__,
                failure=failure,
            ),
        ) from failure
    finally:
        budgets.charge(budgets.FEE + budgets.STEP * instance.context.steps)
    if instance.completed:
        context = instance.context
        context.tell(
            c.ProcessInstanceEnded(
                context.last_end,
                context.how,
                context.error_code,
            ),
        )


def start_condition_holds(
    definition: Definition,
    start_id: str,
    variables: Variables,
    now: datetime,
    environment: c.Environment = _DEFAULT,
) -> bool:
    """Whether a conditional start event is true on these variables at that time; what has no value fulfils no
    condition. Raises EngineError."""
    context = CommandContext(now, environment)
    instance = start(
        definition,
        c.StartProcessInstance(variables, start_id),
        context,
    )
    events = definition.process.elements[start_id].events
    conditions = [
        specs.ConditionalEventDefinition(event)
        for event in events
        if event.kind == "conditional"
    ]
    with _clock_of(context):
        return any(
            condition.is_met(instance.task_tree, None)
            for condition in conditions
        )


def external_task(
    definition: Definition,
    content: bytes,
    task_id: str,
    now: datetime,
    environment: c.Environment = _DEFAULT,
) -> tuple[str, Variables]:
    """Element id and variables of a service task that waits for its handler, so that it can be tried again
    now. Raises UnknownTask."""
    context = CommandContext(now, environment)
    instance = state.load(definition, content, context)
    task, spec = _service_task(instance, task_id)
    with _clock_of(context):
        return spec.element.id, spec.given_to_handler(task)


def _clock_of(context: CommandContext) -> AbstractContextManager[None]:
    """`today()` and `now()` are the command's inside the block."""
    return expressions.by_clock(context.now, context.environment.timezone)


def _apply(instance: ProcessInstance, command: c.Command) -> None:
    match command:
        case c.CompleteUserTask(task_id, variables):
            _complete(instance, task_id, variables)
        case c.CompleteExternalTask(task_id, variables):
            task, spec = _service_task(instance, task_id)
            spec.answered(task, variables)
            task.complete()
        case c.ThrowBpmnError(task_id, code, message):
            _throw(instance, task_id, code, message)
        case c.PutBack(task_id, element_id, alone):
            returning.put_back(instance, task_id, element_id, alone)
        case c.FireTimer(timer_id):
            instance.catch(DirectedEvent(_waiting(instance, timer_id, Timer)))
        case c.DeliverMessage(_name, subscription_id, variables):
            _deliver(instance, subscription_id, variables)
        case c.DeliverSignal(name, variables):
            if not instance.live_tokens():
                raise errors.UnknownTask(name)
            instance.catch(
                BpmnEvent(
                    SignalEventDefinition(Event("signal", name)),
                    dict(variables),
                ),
            )
        case c.ChooseFlow(element_id, flow_id):
            if flow_id not in conditional_flows(instance, element_id):
                raise errors.UnknownTask(flow_id)
            instance.choices[element_id] = flow_id
        case c.StartProcessInstance():
            pass


def _deliver(
    instance: ProcessInstance,
    subscription_id: str,
    variables: Variables,
) -> None:
    task = instance.find(subscription_id)
    if (
        task is not None
        and isinstance(task.task_spec, specs.UserTask)
        and task.has_state(TaskState.WAITING)
    ):
        task.data.update(variables)
        task.task_spec.triggered(task)
        return
    awaited = _waiting(instance, subscription_id, MessageEventDefinition)
    instance.catch(DirectedEvent(awaited, variables))


def _complete(
    instance: ProcessInstance,
    task_id: str,
    variables: Variables,
) -> None:
    task = instance.find(task_id)
    if (
        task is None
        or not isinstance(task.task_spec, specs.UserTask)
        or not task.is_live()
    ):
        raise errors.UnknownTask(task_id)
    task.data.update(variables)
    task.run()


def _throw(
    instance: ProcessInstance,
    task_id: str,
    code: str,
    message: str,
) -> None:
    task, spec = _service_task(instance, task_id)
    if raise_code(ErrorEventDefinition, task.workflow, task, code, message):
        return
    element = spec.element
    raise errors.EngineError(
        element.id,
        say(
            "“{name}”报告了业务错误“{code}”，图中没有捕获它的边界事件",
            name=element.name,
            code=code,
        ),
    )


def conditional_flows(instance: ProcessInstance, element_id: str) -> list[str]:
    """Ids of the flows among which the element chooses by conditions."""
    process = instance.subprocess_specs.values()
    choosing = [
        spec
        for value in process
        for spec in value.task_specs.values()
        if isinstance(spec, (specs.ExclusiveGateway, specs.InclusiveGateway))
    ]
    element = next(
        (
            spec.element
            for spec in choosing
            if spec.element is not None and spec.element.id == element_id
        ),
        None,
    )
    if element is not None:
        return list(element.outgoing)
    return []


def _fired(instance: ProcessInstance, command: c.Command) -> Element | None:
    """The element of the timer that the command fires."""
    if not isinstance(command, c.FireTimer):
        return None
    result = (
        task
        for task, _definition in instance.waits()
        if task.id == command.timer_id
    )
    return next((task.task_spec.element for task in result), None)


def _refuse_standstill(
    definition: Definition,
    context: CommandContext,
    fired: Element | None,
) -> None:
    """Raises TimerStandsStill when a timer's firing has led, all by itself, to a timer that leads back to it
    and is due at once."""
    soon = context.now + standstill.SHORTEST_WAIT
    set_now = {
        effect.element_id
        for effect in context.effects
        if isinstance(effect, c.TimerSet) and effect.due_at < soon
    }
    if fired is None or not set_now:
        return
    processes = definition.processes.values()
    if any(
        value == fired.id or standstill.leads_back(processes, value, fired.id)
        for value in set_now
    ):
        raise errors.TimerStandsStill(fired.id, nameless.label(fired))


def _service_task(
    instance: ProcessInstance,
    task_id: str,
) -> tuple[Token, specs.ServiceTask]:
    task = returning.waiting_service_task(instance, task_id)
    assert isinstance(task.task_spec, specs.ServiceTask)
    return task, task.task_spec


def _waiting(
    instance: ProcessInstance,
    task_id: str,
    kind: type[EventDefinition],
) -> str:
    result = any(
        task.id == task_id and isinstance(event, kind)
        for task, event in instance.waits()
    )
    if not result:
        raise errors.UnknownTask(task_id)
    return task_id


def _translated(failure: SpiffWorkflowException) -> errors.EngineError:
    """The library wraps what the evaluator raises."""
    cause = failure.__context__
    if isinstance(failure, WorkflowTaskException) and isinstance(
        cause,
        ValueError,
    ):
        return errors.ExpressionFailed(failure.task_spec.bpmn_id, str(cause))
    return errors.EngineError(
        None,
        say("流程引擎无法继续：{failure}", failure=failure),
    )


def title(definition: Definition, instance: ProcessInstance) -> str | None:
    """The process's `title` extension property, filled in; its name where a variable is missing, None where
    it has none."""
    template = definition.title_template
    if template is None:
        return None
    try:
        with _clock_of(instance.context):
            return expressions.fill(
                template, instance.data, definition.edition
            )
    except ValueError:
        return definition.name
