"""Work for somebody outside: user tasks and external tasks that open, scripts and decision tables that run on the way."""

from __future__ import annotations

from SpiffWorkflow.task import Task

from orchestrator.engine import commands as c
from orchestrator.engine import errors, expressions
from orchestrator.engine.model import Element
from orchestrator.engine.throwing import Throwing


class Openings(Throwing):
    def user_task_opened(self, task: Task) -> None:
        self.take_inputs(task)
        self.effects.append(self.described(task))

    def described(self, task: Task) -> c.UserTaskOpened:
        """What the diagram says of this user task, as its token sees the variables now."""
        element: Element = task.task_spec.element
        seen = self.context(task)
        priority = self.fill(task, element.priority, seen)
        return c.UserTaskOpened(
            c.EngineTaskId(task.id),
            element.id,
            self.fill(task, element.name, seen) or element.name,
            form_key=self.fill(task, element.form_key, seen),
            assignee=self.fill(task, element.assignee, seen) or None,
            candidate_users=_listed(self.fill(task, element.candidate_users, seen)),
            candidate_groups=_listed(self.fill(task, element.candidate_groups, seen)),
            due=self.fill(task, element.due, seen) or None,
            follow_up=self.fill(task, element.follow_up, seen) or None,
            priority=int(priority) if priority and priority.lstrip("-").isdecimal() else 50,
            lane=element.lane,
            variables=self.local(task),
        )

    def external_task_wanted(self, task: Task) -> None:
        element: Element = task.task_spec.element
        variables = {**self.context(task), **self.parameters(task, element.inputs)}
        self.effects.append(
            c.ExternalTaskWanted(c.EngineTaskId(task.id), element.id, element.name, element.topic or "", variables)
        )

    def external_task_answered(self, task: Task, answer: dict[str, object]) -> None:
        """A handler's answer becomes variables; where the diagram maps outputs, only those."""
        element: Element = task.task_spec.element
        if element.outputs:
            seen = {**self.context(task), **self.parameters(task, element.inputs), **answer}
            answer = self.parameters(task, element.outputs, seen)
        self.assign(task, answer)

    def run_script(self, task: Task) -> None:
        element: Element = task.task_spec.element
        self.take_inputs(task)
        try:
            self.assign(task, expressions.execute(element.script or "", self.context(task)))
        except ValueError as failure:
            raise errors.ExpressionFailed(element.id, str(failure)) from None
        self.give_outputs(task)

    def decide(self, task: Task) -> None:
        """Runs the decision table; its outputs become variables, or one variable when the task names a result variable."""
        element: Element = task.task_spec.element
        self.take_inputs(task)
        try:
            result = task.task_spec.table.decide(self.context(task))
        except ValueError as failure:
            raise errors.ExpressionFailed(element.id, f"决策表「{element.decision}」无法得出结果：{failure}") from None
        if element.result_variable:
            single = element.decision_result in ("singleEntry", "collectEntries") and len(result) == 1
            result = {element.result_variable: next(iter(result.values())) if single else result}
        self.assign(task, result)
        self.give_outputs(task)


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
