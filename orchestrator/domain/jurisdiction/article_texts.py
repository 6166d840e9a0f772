"""The article's own text, as the city entered it: which wording holds on a day, and the paragraph that a
citation names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestrator.domain.jurisdiction.citations import ITEM
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of an article as it stood until it was amended."""

    text: str
    until: date | None = None
    """The first day on which it no longer held; None for the wording in force."""
    amended_by: str = ""
    """The decision or document that amended it."""


def read_wordings(table: Table) -> tuple[Wording, ...]:
    """An article's text in force and those before it, each until the day of its amendment."""
    if "text" in table:
        wordings = [Wording(table.text("text"))]
    else:
        wordings = []
    for row in table.rows("former", required=False):
        until = row.day("until")
        if until is None:
            row.refuse(
                say(
                    "“articles”的旧条文要写“until”：修改后的条文从哪一天起施行",
                ),
            )
        wordings.append(
            Wording(
                row.text("text"),
                until,
                row.text("amended_by") if "amended_by" in row else "",
            ),
        )
        row.done()
    return tuple(wordings)


def wording_on(wordings: Sequence[Wording], day: date) -> Wording | None:
    """The wording that holds on that day; None where the city entered none. `wordings`: the one in force and
    earlier ones, in any order."""
    earlier = sorted(
        (
            wording
            for wording in wordings
            if wording.until is not None and day < wording.until
        ),
        key=lambda wording: wording.until or date.max,
    )
    current = [wording for wording in wordings if wording.until is None]
    return next(iter([*earlier, *current]), None)


def paragraphs(text: str) -> list[str]:
    """The paragraphs (款) of an article; numbered items belong to the paragraph that they follow."""
    results: list[str] = []
    for line in (line.strip() for line in text.strip().splitlines()):
        if not line:
            continue
        if results and ITEM.match(line):
            results[-1] += f"\n{line}"
        else:
            results.append(line)
    return results


def cited_text(text: str, citation: str) -> str:
    """What the citation names of the article's text: `13.2` → its second paragraph, `13` → all of it. All of
    it too where it has no such paragraph."""
    number = citation.partition(".")[2]
    parts = paragraphs(text)
    if number.isdecimal() and 0 < int(number) <= len(parts):
        return parts[int(number) - 1]
    return "\n".join(parts)
