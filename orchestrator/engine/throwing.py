"""Throwing: what end events and throw events do, and who catches an error or escalation."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import catching
from orchestrator.engine import commands as c
from orchestrator.engine.model import Element
from orchestrator.engine.scopes import Scopes


class Throwing(Scopes):
    def throw(self, task: Task) -> None:
        """A throw event, send task or end event acts."""
        element: Element = task.task_spec.element
        event = element.event
        if event is None:
            return
        name = self.fill(task, event.reference)
        match event.kind:
            case "message":
                key = self.correlation(task, event.correlation)
                self.effects.append(c.MessageThrown(element.id, name or "", key, self._payload(task, element)))
            case "signal":
                self.effects.append(c.SignalThrown(element.id, name or "", self._payload(task, element)))
            case "escalation":
                if not self.throw_code(task.workflow, None, "escalation", name):
                    self.effects.append(c.EscalationThrown(element.id, name))
            case "error":
                if not self.throw_code(task.workflow, None, "error", name):
                    self.end_all("error", name)
            case "terminate":
                self.terminate(task)

    def throw_code(self, workflow: Any, activity: Task | None, kind: str, code: str | None, message: str = "") -> bool:
        """Gives an error or escalation to the nearest element that catches it; False when there is none.

        The search begins at the border of `activity`, then the event subprocesses of `workflow`, and climbs (BPMN 2.0.2, 10.5.6).
        """
        while True:
            catchers = [
                task
                for task in workflow.tasks.values()
                if task._state == TaskState.WAITING and isinstance(task.task_spec, catching.CatchNode)
            ]
            if activity is not None:
                hosts = (activity.id, activity.internal_data.get("instance_of"))
                if self._caught([t for t in catchers if t.internal_data.get("host") in hosts], kind, code, message):
                    return True
            if self._caught([t for t in catchers if isinstance(t.task_spec, catching.TriggerNode)], kind, code, message):
                return True
            if workflow is self:
                return False
            activity = workflow.host
            workflow = activity.workflow

    def _caught(self, catchers: list[Task], kind: str, code: str | None, message: str) -> bool:
        for wanted in (code, None):
            for task in catchers:
                event = task.task_spec.element.event
                if event is not None and event.kind == kind and event.reference == wanted:
                    told = {event.code_variable: code, event.message_variable: message}
                    self.fire(task, {name: value for name, value in told.items() if name})
                    return True
        return False

    def _payload(self, task: Task, element: Element) -> dict[str, Any]:
        # Only what the diagram maps: everything would overwrite the receiver's own territory, initiator and findings.
        mapped = element.event.payload if element.event else ()
        return {**self.parameters(task, element.inputs), **self.mapped(task, mapped, self.context(task))}
