"""Tasks: work for a person, work for code outside, scripts and decision tables that run on the way."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.camunda.specs import business_rule_task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.dmn_engine import DEFAULT_FORM
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.model import Element
from orchestrator.engine.specs.node import DiagramNode
from orchestrator.engine.token import Token
from orchestrator.engine.values import Variables
from orchestrator.sentences import say


class _Drawn(DiagramNode):
    """Mixed into the activities: they always stand in a diagram."""

    element: Element


class UserTask(_Drawn, defaults.UserTask):
    """The library knows nothing of Camunda's assignment, dates and forms.

    A token that is WAITING here came to a receive task before such a task was offered to its candidates: it
    goes on when its subscription is triggered.
    """

    def _on_ready_hook(self, my_task: Token) -> None:
        super()._on_ready_hook(my_task)
        variables.take_inputs(my_task)
        my_task.workflow.top_workflow.context.tell(
            opened(my_task, self.element),
        )

    def _run_hook(self, my_task: Token) -> bool:
        self._closed(my_task, c.UserTaskClosing.COMPLETED)
        super()._run_hook(my_task)
        variables.give_outputs(my_task)
        return True

    def taken_away(self, my_task: Token) -> None:
        if my_task.has_state(TaskState.READY):
            self._closed(my_task, c.UserTaskClosing.CANCELLED)
        elif my_task.has_state(TaskState.WAITING):
            self._heard(my_task)

    def triggered(self, my_task: Token) -> None:
        """A token that waits goes on; nobody was offered a task."""
        self._heard(my_task)
        my_task._set_state(TaskState.READY)
        super()._run_hook(my_task)
        variables.give_outputs(my_task)
        my_task.complete()

    def _heard(self, my_task: Token) -> None:
        my_task.workflow.top_workflow.context.tell(
            c.SubscriptionClosed(c.EngineTaskId(my_task.id), self.element.id),
        )

    def _closed(self, my_task: Token, how: c.UserTaskClosing) -> None:
        my_task.workflow.top_workflow.context.tell(
            c.UserTaskClosed(c.EngineTaskId(my_task.id), self.element.id, how),
        )


def opened(task: Token, element: Element) -> c.UserTaskOpened:
    """What the diagram says of this user task, as its token sees the variables now."""
    priority = variables.fill(task, element.priority)
    return c.UserTaskOpened(
        c.EngineTaskId(task.id),
        element.id,
        variables.fill(task, element.name) or element.name,
        form_key=f"{element.id}_next"
        if element.ad_hoc is not None
        else variables.fill(task, element.form_key),
        assignee=variables.fill(task, element.assignee) or None,
        candidate_users=_listed(variables.fill(task, element.candidate_users)),
        candidate_groups=_listed(
            variables.fill(task, element.candidate_groups),
        ),
        due=variables.fill(task, element.due) or None,
        follow_up=variables.fill(task, element.follow_up) or None,
        priority=int(priority)
        if priority and priority.lstrip("-").isdecimal()
        else 50,
        lane=element.lane,
        variables=variables.local(task),
    )


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            part.strip() for part in (text or "").split(",") if part.strip()
        ),
    )


class PassingTask(_Drawn, defaults.NoneTask):
    """A plain task, a manual task, a service task without a topic: nobody is asked. The library waits for
    somebody at a plain task."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.manual = False

    def _run_hook(self, my_task: Token) -> bool | None:
        variables.take_inputs(my_task)
        variables.give_outputs(my_task)
        done: bool | None = super()._run_hook(my_task)
        return done


class ServiceTask(_Drawn, defaults.ServiceTask):
    """Asks the handler of its topic and stays STARTED, the library's state for work outside, until the answer
    completes it."""

    def _execute(self, task: Token) -> None:
        element = self.element
        task.workflow.top_workflow.context.tell(
            c.ExternalTaskWanted(
                c.EngineTaskId(task.id),
                element.id,
                element.name,
                element.topic or "",
                self.given_to_handler(task),
            ),
        )

    def given_to_handler(self, task: Token) -> Variables:
        """The variables, overlaid with the input parameters."""
        return {**task.data, **variables.parameters(task, self.element.inputs)}

    def answered(self, task: Token, answer: Variables) -> None:
        """A handler's answer becomes variables; where the diagram maps outputs, only those. A later output
        reads what an earlier one gives, as in Camunda 7."""
        if not self.element.outputs:
            task.data.update(answer)
            return
        seen = {**self.given_to_handler(task), **answer}
        results: Variables = {}
        for pair in self.element.outputs:
            given = variables.parameters(task, [pair], {**seen, **results})
            results = {**results, **given}
        task.data.update(results)

    def taken_away(self, my_task: Token) -> None:
        if my_task.has_state(TaskState.STARTED):
            my_task.workflow.top_workflow.context.tell(
                c.ExternalTaskCancelled(
                    c.EngineTaskId(my_task.id),
                    self.element.id,
                ),
            )


class ScriptTask(_Drawn, defaults.ScriptTask):
    """The library knows no input and output parameters."""

    def _run_hook(self, task: Token) -> bool:
        variables.take_inputs(task)
        super()._run_hook(task)
        variables.give_outputs(task)
        return True


class BusinessRuleTask(_Drawn, business_rule_task.BusinessRuleTask):
    """The library knows neither Camunda's result variable nor parameters, and merges a table's lists into
    older ones entry by entry."""

    def _run_hook(self, my_task: Token) -> bool:
        variables.take_inputs(my_task)
        element = self.element
        try:
            if element.result_variable:
                form = element.decision_result or DEFAULT_FORM
                result = {
                    element.result_variable: self.dmnEngine.mapped(
                        my_task,
                        form,
                    ),
                }
            else:
                result = self.dmnEngine.result(my_task)
        except ValueError as failure:
            raise ExpressionFailed(
                element.id,
                say(
                    "决策表“{decision}”无法得出结果：{failure}",
                    decision=element.decision,
                    failure=failure,
                ),
            ) from None
        my_task.data.update(result)
        variables.give_outputs(my_task)
        return True
