"""Embedded subprocesses and call activities."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults

from orchestrator.engine import variables
from orchestrator.engine.specs.node import DiagramNode
from orchestrator.engine.token import RunningScope, Token

OWN = "own"
"""In a call activity's internal data: the called process's whole set of variables, where mappings give it one."""


class _Scope(DiagramNode):
    """Mixed into both, before the library's class.

    The library deep-copies all variables in and out, so that what a parallel branch sets meanwhile is lost, and looks for a start called `Start`.
    """

    spec: str
    """Name of the process spec that runs inside."""

    def start_workflow(self, my_task: Token) -> None:
        """Begins the subprocess; it runs in the next engine step."""
        variables.take_inputs(my_task)
        self.enter(my_task)
        scope = my_task.workflow.top_workflow.create_subprocess(my_task, self.spec)
        scope.begin()
        scope.task_tree.run()

    def update_data(self, my_task: Token, subworkflow: RunningScope) -> None:
        """Called by the library when the subprocess has completed."""
        self.return_from(my_task)
        variables.give_outputs(my_task)

    def enter(self, my_task: Token) -> None:
        """The subprocess is about to begin."""

    def return_from(self, my_task: Token) -> None:
        """The subprocess has completed."""


class SubWorkflowTask(_Scope, defaults.SubWorkflowTask):
    """Its variables are those around it."""


class CallActivity(_Scope, defaults.CallActivity):
    """A called process with mappings has a set of variables of its own; the library knows no camunda:in and camunda:out."""

    def enter(self, my_task: Token) -> None:
        """With what is mapped into it, or with everything when only its results are mapped."""
        element = self.element
        if element is not None and (element.call_inputs or element.call_outputs):
            seen = my_task.data
            own = variables.mapped(my_task, element.call_inputs, seen) if element.call_inputs else dict(seen)
            my_task.internal_data[OWN] = own

    def return_from(self, my_task: Token) -> None:
        """What is mapped out of it is set where the call stands."""
        inside = my_task.internal_data.pop(OWN, None)
        if self.element is not None and self.element.call_outputs:
            seen = my_task.data if inside is None else inside
            my_task.data.update(variables.mapped(my_task, self.element.call_outputs, seen))
