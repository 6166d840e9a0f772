"""A draft held against finished instances: the table of what would have been different."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from orchestrator.errors import RuleViolated
from orchestrator.services.designing import backtests
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances.seen_titles import seen_among
from web.auth import permission, who
from web.designing.drafting import own_draft, plays

blueprint = Blueprint("backtests", __name__, url_prefix="/design")

CHOICES = (20, 50, backtests.MOST)
"""How many finished instances may be asked for."""


@blueprint.get("/<draft_id>/backtest")
@permission("design")
@plays
def table(draft_id: str) -> Any:
    session = reading()
    draft = own_draft(draft_id)
    last = min(
        max(request.args.get("last", CHOICES[0], type=int), 1),
        backtests.MOST,
    )
    backtesteds: list[backtests.Backtested] = []
    reasons: tuple[str, ...] = ()
    try:
        backtesteds = backtests.backtest(session, draft, last)
    except RuleViolated as refused:
        reasons = refused.reasons
    counts = {
        kind: sum(backtested.verdict == kind for backtested in backtesteds)
        for kind in ("different", "unknown", "same")
    }
    page = render_template(
        "designer/backtest.html",
        draft=draft,
        found=backtesteds,
        seen_instances=seen_among(
            session, who(), [entry.instance_id for entry in backtesteds]
        ),
        last=last,
        choices=CHOICES,
        counts=counts,
        reasons=reasons,
    )
    return page, 422 if reasons else 200
