"""A decision table tried on its page, and its tests kept: what the script of the page asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask_babel import gettext as _

from orchestrator.errors import InstanceChanged, RuleViolated
from orchestrator.services.deployments import table_tests
from orchestrator.services.designing import table_trials
from web.auth import permission, who
from web.designing.drafting import own_draft, printable, sent
from web.designing.drawn_tables import drawn_tests
from web.errors import sentence

blueprint = Blueprint("table_trials", __name__, url_prefix="/design")


@blueprint.post("/<draft_id>/tables/try")
@permission("design")
def try_out(draft_id: str) -> Any:
    """Which rows of the table, as it stands in its editor, match what was typed, and what comes of them."""
    own_draft(draft_id)
    given = sent()
    try:
        found = table_trials.tried(
            given["text"], _text("decision"), _typed(), datetime.now(UTC)
        )
    except RuleViolated as refused:
        return jsonify(told=sentence(refused)), 422
    decided = found.decided
    if decided.failure:
        text = decided.failure
    else:
        text = _(
            "命中%(rows)s，结果：%(result)s",
            rows=table_tests.rows_in_words(decided.rows),
            result=table_tests.values_in_words(decided.result),
        )
    if found.now is not None:
        now = table_tests.time_in_words(found.now)
        text = _("按当前时间 %(now)s 试算：%(text)s", now=now, text=text)
    return jsonify(rows=decided.rows, told=text, failed=bool(decided.failure))


@blueprint.post("/<draft_id>/tables/keep")
@permission("design")
def keep(draft_id: str) -> Any:
    """Keeps what comes of the inputs as a test of the table."""
    own_draft(draft_id)
    given = sent()
    try:
        kept = table_trials.keep_test(
            draft_id,
            (given["name"], given["text"]),
            (_text("title").strip(), _text("decision"), _typed()),
            who().person_id,
            datetime.now(UTC),
        )
    except (RuleViolated, InstanceChanged) as refused:
        return jsonify(told=sentence(refused)), refused.status
    return _kept(kept)


@blueprint.post("/<draft_id>/tables/drop")
@permission("design")
def drop(draft_id: str) -> Any:
    own_draft(draft_id)
    given = sent()
    try:
        kept = table_trials.drop_test(
            draft_id,
            (given["name"], given["text"]),
            _text("title"),
            who().person_id,
            datetime.now(UTC),
        )
    except (RuleViolated, InstanceChanged) as refused:
        return jsonify(told=sentence(refused)), refused.status
    return _kept(kept)


def _kept(kept: table_trials.Kept) -> Any:
    return jsonify(
        before=kept.before,
        revision=kept.revision,
        tests=drawn_tests(kept.results),
    )


def _text(name: str) -> str:
    given = request.get_json(silent=True)
    if isinstance(given, dict):
        return printable(str(given.get(name) or ""))[:200]
    return ""


def _typed() -> dict[str, str]:
    """Variable → what was typed for it."""
    given = request.get_json(silent=True)
    typed = given.get("given") if isinstance(given, dict) else None
    if not isinstance(typed, dict):
        return {}
    return {
        printable(str(key)): printable(str(value))
        for key, value in typed.items()
    }
