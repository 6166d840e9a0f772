"""The articles of a regulation as the editors offer them."""

from __future__ import annotations

from orchestrator.domain.jurisdiction import Jurisdiction, in_words


def articles(profile: Jurisdiction) -> list[dict[str, str]]:
    """[{value, label}]: what is written as the ground of a step or a field, beginning with the regulation's
    silence."""
    return [{"value": "默认", "label": "默认（法规没有规定）"}] + [
        {
            "value": in_words(article.number)
            if article.number.isdigit()
            else article.number,
            "label": f"{in_words(article.number)} {article.heading}",
        }
        for article in profile.articles.values()
    ]


def cited_ground(citation: str) -> str:
    """The citation in words as a ground is written; empty where the regulation is silent."""
    return "" if citation in ("", "default") else in_words(citation)
