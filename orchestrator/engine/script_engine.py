"""The restricted evaluator as the environment of SpiffWorkflow's own PythonScriptEngine, which is used as it
is."""

from __future__ import annotations

from SpiffWorkflow.bpmn.script_engine import (
    BasePythonScriptEngineEnvironment,
    PythonScriptEngine,
)

from orchestrator.engine import expressions
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.values import SharedVariables, Value, Variables


class RestrictedEnvironment(BasePythonScriptEngineEnvironment):
    """Expressions and scripts of designers. The library's own environments run any Python, imports included.

    Every method raises ExpressionRefused or ExpressionError, which are ValueErrors.
    """

    def __init__(self, edition: Edition) -> None:
        super().__init__()
        self.edition = edition

    def evaluate(
        self,
        expression: str,
        context: Variables,
        external_context: object = None,
    ) -> Value:
        """The value of an expression; a variable that does not exist is an error."""
        return expressions.evaluate(expression, context, self.edition)

    def evaluate_cell(self, expression: str, context: Variables) -> Value:
        """As evaluate, of a cell of a table."""
        return expressions.evaluate_cell(expression, context, self.edition)

    def execute(
        self,
        script: str,
        context: SharedVariables,
        external_context: object = None,
    ) -> bool:
        """Sets what the script assigns."""
        context.update(expressions.execute(script, context, self.edition))
        return True

    def evaluate_leniently(
        self,
        expression: str,
        context: Variables,
    ) -> Value:
        """As evaluate; a variable that does not exist is None."""
        return expressions.evaluate_leniently(
            expression,
            context,
            self.edition,
        )

    def fill(
        self,
        template: str,
        context: Variables,
        lenient: bool = True,
    ) -> str | None:
        """The template with its `${…}` parts filled in; a variable that does not exist is None where that is
        `lenient`."""
        return expressions.fill(
            template,
            context,
            self.edition,
            lenient=lenient,
        )

    def is_expression(self, text: str) -> bool:
        """Whether the text is one `${…}` and nothing else, so that its value keeps its type."""
        return expressions.unwrap(text) != text.strip()


ENGINES = {
    edition: PythonScriptEngine(environment=RestrictedEnvironment(edition))
    for edition in Edition
}
"""Each keeps nothing of an instance, so that every instance and every thread shares it."""
SCRIPT_ENGINE = ENGINES[CURRENT]
