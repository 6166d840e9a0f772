"""The articles of the regulation while nobody amends it: their text, what cites each, and the way from a
ground to its article."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from orchestrator.domain.jurisdiction import in_words
from orchestrator.errors import NotFound
from orchestrator.services.designing import regulation
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import drafts as queries
from orchestrator.store.definitions import process_names
from web.auth import permission, who

blueprint = Blueprint(
    "articles", __name__, url_prefix="/design/regulation/article"
)


@blueprint.get("/")
@permission("design")
def overview() -> Any:
    """Every article with what cites it; of a draft of the regulation its own list."""
    session = reading()
    if queries.regulation_draft(session, who().tenant_id) is not None:
        return redirect(url_for("regulation.section", name="articles"))
    before, now = regulation.as_it_stands(session, who().tenant_id)
    return render_template(
        "designer/articles.html",
        articles=[
            regulation.one(number, before, now)
            for number in now.profile.articles
        ],
        in_words=in_words,
    )


@blueprint.get("/<path:citation>")
@permission("design")
def cited(citation: str) -> Any:
    """The article that the ground of an element means, as the draft of the regulation has it, or as it is in
    force."""
    session = reading()
    draft = queries.regulation_draft(session, who().tenant_id)
    if draft is not None:
        known = regulation.profile_of_draft(draft).articles
        number = _number(citation, known)
        return redirect(
            url_for("regulation.entry", name="articles", key=number)
        )
    before, now = regulation.as_it_stands(session, who().tenant_id)
    number = _number(citation, now.profile.articles)
    return render_template(
        "designer/regulation_article.html",
        article=now.profile.articles[number],
        words=in_words(number),
        text=now.profile.own_text(number),
        cited=regulation.one(number, before, now),
        open_drafts=queries.open_drafts(session, who().tenant_id),
        names=process_names(session, who().tenant_id),
    )


def _number(ground: str, known: Collection[str]) -> str:
    """Raises NotFound."""
    if number := regulation.number_named(ground, known):
        return number
    raise NotFound(ground)
