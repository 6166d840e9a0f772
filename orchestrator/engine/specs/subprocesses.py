"""Embedded subprocesses and call activities."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults

from orchestrator.engine import calls, variables
from orchestrator.engine.errors import UnknownCall
from orchestrator.engine.specs import compensation
from orchestrator.engine.specs.node import DiagramNode
from orchestrator.engine.token import UNFINISHED, RunningScope, Token

CALLED = "called"
"""In the internal data of a call by expression: the process that was called."""
OWN = "own"
"""In a call activity's internal data: the called process's whole set of variables, where mappings give it
one."""


class _Scope(DiagramNode):
    """Mixed into both, before the library's class.

    The library deep-copies all variables in and out, so that what a parallel branch sets meanwhile is lost,
    and looks for a start called `Start`.
    """

    spec: str
    """Name of the process spec that runs inside."""

    def start_workflow(self, my_task: Token) -> None:
        """Begins the subprocess; it runs in the next engine step."""
        reopened = compensation.LEFT in my_task.internal_data
        if not reopened:
            variables.take_inputs(my_task)
        self.enter(my_task)
        scope = my_task.workflow.top_workflow.create_subprocess(
            my_task,
            self.runs(my_task),
        )
        if reopened:
            compensation.reopen(my_task, scope)
            return
        scope.begin()
        scope.task_tree.run()

    def runs(self, my_task: Token) -> str:
        """Name of the process spec that runs inside this token's activity."""
        return self.spec

    def _on_subworkflow_completed(
        self,
        subworkflow: RunningScope,
        my_task: Token,
    ) -> None:
        """The library revives an activity that was taken away by what was completed last inside it."""
        if my_task.has_state(UNFINISHED):
            super()._on_subworkflow_completed(subworkflow, my_task)  # type: ignore[misc]

    def update_data(self, my_task: Token, subworkflow: RunningScope) -> None:
        """Called by the library when the subprocess has completed."""
        if (
            compensation.UNDOES in my_task.internal_data
            and self.element is not None
            and not self.element.for_compensation
        ):
            return
        self.return_from(my_task)
        self.keep(my_task, subworkflow)
        variables.give_outputs(my_task)

    def enter(self, my_task: Token) -> None:
        """The subprocess is about to begin."""

    def climbs_out(self, my_task: Token) -> None:
        """An error or escalation leaves the subprocess."""

    def return_from(self, my_task: Token) -> None:
        """The subprocess has completed."""

    def keep(self, my_task: Token, subworkflow: RunningScope) -> None:
        """What was completed inside can be undone as long as this scope runs."""


class SubWorkflowTask(_Scope, defaults.SubWorkflowTask):
    """Its variables are those around it."""

    is_scope = True

    def keep(self, my_task: Token, subworkflow: RunningScope) -> None:
        if subworkflow.undoable or subworkflow.spec.compensated_by:
            my_task.internal_data[compensation.COMPLETED] = (
                subworkflow.undoable
            )


class CallActivity(_Scope, defaults.CallActivity):
    """A called process with mappings has a set of variables of its own; the library knows no camunda:in and
    camunda:out, and calls by name alone."""

    def runs(self, my_task: Token) -> str:
        """The key of the called process. An expression is evaluated once, when the call is reached; what
        changes its variables later changes nothing here. Raises UnknownCall."""
        element = self.element
        if element is None or not calls.is_expression(element.called):
            return self.spec
        if CALLED not in my_task.internal_data:
            wanted = (variables.fill(my_task, element.called) or "").strip()
            self._refuse_unknown(my_task, wanted)
            my_task.internal_data[CALLED] = wanted
        return str(my_task.internal_data[CALLED])

    def _refuse_unknown(self, my_task: Token, wanted: str) -> None:
        assert self.element is not None
        workflow: RunningScope | None = my_task.workflow
        top = my_task.workflow.top_workflow
        if wanted not in top.subprocess_specs or "/" in wanted:
            raise UnknownCall(self.element.id, self.element.name, wanted)
        while workflow is not None:
            if workflow.spec.name.partition("/")[0] == wanted:
                raise UnknownCall(
                    self.element.id,
                    self.element.name,
                    wanted,
                    again=True,
                )
            workflow = workflow.parent_workflow

    def enter(self, my_task: Token) -> None:
        """With what is mapped into it, or with everything when only its results are mapped."""
        element = self.element
        if element is None or not (
            element.call_inputs or element.call_outputs or element.called_apart
        ):
            return
        seen = my_task.data
        all_of_them = not element.call_inputs and not element.called_apart
        if all_of_them:
            own = dict(seen)
        else:
            own = variables.mapped(my_task, element.call_inputs, seen)
        my_task.internal_data[OWN] = own

    def climbs_out(self, my_task: Token) -> None:
        """An error or escalation leaves the called process, which may go on: as in Camunda 7, what is mapped
        out of it is set before anybody catches it."""
        own = my_task.internal_data.get(OWN)
        self.return_from(my_task)
        if own is not None:
            my_task.internal_data[OWN] = own

    def return_from(self, my_task: Token) -> None:
        """What is mapped out of it is set where the call stands."""
        inside = my_task.internal_data.pop(OWN, None)
        if self.element is not None and self.element.call_outputs:
            if inside is None:
                seen = my_task.data
            else:
                seen = inside
            my_task.data.update(
                variables.mapped(my_task, self.element.call_outputs, seen),
            )
