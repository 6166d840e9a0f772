"""What a token sees and where what it sets goes: the instance's variables, and the narrower sets inside it.

Variables are one set for the whole instance, as in Camunda. Narrower sets are: the item of a multi-instance and camunda:inputParameter values,
seen only below their activity, and the variables of a called process with camunda:in or camunda:out, which sees nothing else. A value goes to
the innermost set that already has that name, else to the outermost that is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.task import Task

from orchestrator.engine import errors, expressions
from orchestrator.engine.model import ALL_VARIABLES, Element
from orchestrator.engine.tokens import Tokens

LOCAL = "local"
"""In a token's own data: the set that is seen from it downwards."""
OWN = "own"
"""In a call activity's own data: the called process's whole set."""


class Variables(Tokens):
    def context(self, task: Task) -> dict[str, Any]:
        """The variables as this token sees them; not to be changed."""
        sets = self._sets(task)
        if len(sets) == 1:
            return sets[0]
        merged: dict[str, Any] = {}
        for each in reversed(sets):
            merged.update(each)
        return merged

    def local(self, task: Task) -> dict[str, Any]:
        """Only what this token sees beyond the instance's variables, or differently."""
        seen = self.context(task)
        if seen is self.variables:
            return {}
        return {name: v for name, v in seen.items() if name not in self.variables or self.variables[name] != v}

    def assign(self, task: Task, values: Mapping[str, Any], outside: bool = False) -> None:
        """Sets variables from where this token stands; `outside` passes over the token's own narrower set."""
        sets = self._sets(task)
        if outside and task.internal_data.get(LOCAL):
            del sets[0]
        *inner, outermost = sets
        for name, value in values.items():
            next((each for each in inner if name in each), outermost)[name] = value

    def _sets(self, task: Task) -> list[dict[str, Any]]:
        found = []
        while True:
            local = task.internal_data.get(LOCAL)
            if local:
                found.append(local)
            workflow = task.workflow
            if workflow is self:
                found.append(self.variables)
                return found
            task = workflow.host
            own = task.internal_data.get(OWN)
            if own is not None:
                found.append(own)
                return found

    # --------------------------------------------------------------------------------------------------- expressions

    def evaluate(self, task: Task, text: str, seen: Mapping[str, Any] | None = None) -> Any:
        """The value of an expression; a variable that does not exist is an error. Raises ExpressionFailed."""
        try:
            return expressions.evaluate(text, self.context(task) if seen is None else seen)
        except ValueError as failure:
            raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None

    def is_true(self, task: Task, condition: str) -> bool:
        return bool(self.evaluate(task, condition))

    def fill(self, task: Task, template: str | None, seen: Mapping[str, Any] | None = None) -> str | None:
        """The template with its `${…}` parts filled in. Raises ExpressionFailed."""
        if template is None:
            return None
        try:
            return expressions.fill(template, self.context(task) if seen is None else seen)
        except ValueError as failure:
            raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None

    def correlation(self, task: Task, text: str | None) -> str | None:
        """A correlation key, evaluated to text."""
        value = self.evaluate(task, text) if text else None
        return None if value is None else expressions.as_text(value)

    # ------------------------------------------------------------------------------------------------------ mappings

    def parameters(
        self, task: Task, parameters: Iterable[tuple[str, str]], seen: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """camunda:inputParameter and outputParameter: a lone `${…}` keeps its value's type, other text is a template."""
        return {name: self._parameter(task, text, seen) for name, text in parameters}

    def _parameter(self, task: Task, text: str, seen: Mapping[str, Any] | None) -> Any:
        if expressions.unwrap(text) == text.strip():
            return self.fill(task, text, seen)
        try:
            return expressions.evaluate_leniently(text, self.context(task) if seen is None else seen)
        except ValueError as failure:
            raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None

    def take_inputs(self, task: Task) -> None:
        """An activity begins: its input parameters are seen from it downwards."""
        inputs = self.parameters(task, task.task_spec.element.inputs)
        if inputs:
            task.internal_data[LOCAL] = {**task.internal_data.get(LOCAL, {}), **inputs}

    def give_outputs(self, task: Task) -> None:
        """An activity is done: its output parameters are set outside it."""
        outputs = self.parameters(task, task.task_spec.element.outputs)
        if outputs:
            self.assign(task, outputs, outside=True)

    def enter_call(self, task: Task) -> None:
        """A called process with mappings begins with what is mapped into it, or with everything when only its results are mapped."""
        element: Element = task.task_spec.element
        if element.call_inputs or element.call_outputs:
            seen = self.context(task)
            task.internal_data[OWN] = self.mapped(task, element.call_inputs, seen) if element.call_inputs else dict(seen)

    def leave_call(self, task: Task) -> None:
        """A called process is done: what is mapped out of it is set where the call stands."""
        element: Element = task.task_spec.element
        inside = task.internal_data.pop(OWN, None)
        if element.call_outputs:
            self.assign(task, self.mapped(task, element.call_outputs, self.context(task) if inside is None else inside))

    def mapped(self, task: Task, mappings: Iterable[tuple[str, str, bool]], seen: Mapping[str, Any]) -> dict[str, Any]:
        """camunda:in and camunda:out over the variables `seen`; a source that does not exist is None."""
        values: dict[str, Any] = {}
        for target, source, is_expression in mappings:
            if target == ALL_VARIABLES:
                values.update(seen)
            else:
                values[target] = self.evaluate(task, source, seen) if is_expression else seen.get(source)
        return values
