"""Deciding by a table."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.dmn.engine import DMNEngine as library

from orchestrator.engine.decisions import DecisionTable
from orchestrator.engine.token import Token


class DMNEngine(library.DMNEngine):
    """The library knows the hit policies UNIQUE, of which it takes the first rule that matches, and COLLECT, and cells in Python."""

    decision_table: DecisionTable

    def result(self, task: Token) -> dict[str, Any]:
        """Output name → value. Raises DecisionFailed and ValueError."""
        return self.decision_table.decide(task.data)
