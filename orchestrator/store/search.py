"""Chinese search over titles and numbers: two-character words (bigrams) as rows, which both databases index alike.

Trigram indexes fail on two-character words, the most frequent length of Chinese words; see docs/decisions/0002-search.md.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base

MAX_GRAMS = 80


class SearchGram(Base):
    """One bigram of an instance's title or number."""

    __tablename__ = "search_gram"

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    gram: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    instance_id: Mapped[str] = mapped_column(sa.ForeignKey("process_instance.id"), primary_key=True)


def grams(text: str) -> list[str]:
    """The distinct bigrams of the text's words, lower case, at most MAX_GRAMS; a single character stands alone."""
    found: dict[str, None] = {}
    for word in re.findall(r"\w+", text.lower()):
        if len(word) == 1:
            found[word] = None
        for start in range(len(word) - 1):
            found[word[start : start + 2]] = None
    return list(found)[:MAX_GRAMS]


def index(session: Session, instance_id: str, tenant_id: str, text: str) -> None:
    """Makes the instance findable by the text."""
    rows = [{"tenant_id": tenant_id, "gram": gram, "instance_id": instance_id} for gram in grams(text)]
    if rows:
        session.execute(sa.insert(SearchGram), rows)


def matching(tenant_id: str, query: str) -> sa.Select[str] | None:
    """A subquery of the ids of instances that hold every bigram of the query; None when the query has none."""
    wanted = grams(query)
    if not wanted:
        return None
    return (
        sa.select(SearchGram.instance_id)
        .where(SearchGram.tenant_id == tenant_id, SearchGram.gram.in_(wanted))
        .group_by(SearchGram.instance_id)
        .having(sa.func.count() == len(wanted))
    )
