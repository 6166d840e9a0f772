"""How long a named deadline or a limit in words is, as a fresh ledger: the same for rows and for a play on paper."""

from __future__ import annotations

from datetime import datetime

from orchestrator.domain.deadlines import Ledger
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import timers


def fresh(profile: Jurisdiction, name: str, start: datetime, citation: str = "default") -> Ledger:
    """The ledger of a deadline of the profile, or of a limit in words (`3工作日`) on the ground that its step names. Raises KeyError."""
    rule = profile.deadlines.get(name)
    if rule is not None:
        return Ledger(name, start, rule.amount, rule.unit, rule.citation)
    words = timers.limit(name)
    if words is None:
        raise KeyError(name)
    return Ledger(words.name, start, words.amount, words.unit, citation)
