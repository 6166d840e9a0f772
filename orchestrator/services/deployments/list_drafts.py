"""What the values of a drafted list must keep to by themselves, without the register."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.list_compilation import draft_objection, drafted
from orchestrator.errors import FormInvalid
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle

COLUMNS = ("name", "category", "legal_basis", "commitment")
LONGEST = (60, 60, 200, 200)
"""Letters of each, as the form has them."""
LEAST_CELLS = 3
MOST_FAULTS = 20
"""So many lines are told at once."""


def draft(
    bundle: Bundle,
    values: Mapping[str, Any],
    today: date,
) -> dict[str, Any]:
    """Each item once, each category within the city's catalogue; a draft that is taken back is not looked
    at."""
    if values.get("submission") == "withdraw":
        return {}
    categories = bundle.jurisdiction.item_categories
    pasted, faults = pasted_rows(values.get("pasted_items"), categories)
    if faults:
        raise FormInvalid({"pasted_items": faults})
    rows = [*drafted(values), *pasted]
    objection = draft_objection(rows)
    if objection is not None:
        raise FormInvalid({objection.field: [objection.sentence]})
    outside = [
        sentence
        for category in dict.fromkeys(row.get("category") for row in rows)
        if (sentence := out_of_catalogue(bundle.jurisdiction, category))
    ]
    if outside:
        raise FormInvalid({"listed_items": outside})
    return {
        "listed_items": rows,
        "pasted_items": "",
        "effective_on": values.get("effective_on"),
        "consulted_bodies": list(values.get("consulted_bodies") or ()),
    }


def pasted_rows(
    text: Any,
    categories: Collection[str],
) -> tuple[list[dict[str, str]], list[str]]:
    """Rows that were copied from a table, with tabs between name, category, legal basis and, where it has
    one, what is provided; and what is wrong with which line. A line of column names is left out."""
    rows: list[dict[str, str]] = []
    faults: list[str] = []
    for number, line in enumerate(str(text or "").splitlines(), 1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells) or cells[0] == say("事项名称"):
            continue
        fault = _line_fault(cells, categories)
        if fault:
            faults.append(
                say("第 {number} 行：{fault}", number=number, fault=fault)
            )
            continue
        rows.append(dict(zip(COLUMNS, cells, strict=False)))
    return rows, faults[:MOST_FAULTS]


def _line_fault(cells: Sequence[str], categories: Collection[str]) -> str:
    """What is wrong with a line of a table; empty for nothing."""
    if not LEAST_CELLS <= len(cells) <= len(COLUMNS) or not all(
        cells[:LEAST_CELLS]
    ):
        return say(
            "应依次为事项名称、事项类别、法律政策依据，可以再有保障，各占一格",
        )
    if cells[1] not in categories:
        return say(
            "没有“{category}”这一类别，可选：{categories}",
            category=cells[1],
            categories=joined("、", categories),
        )
    for cell, longest in zip(cells, LONGEST, strict=False):
        if len(cell) > longest:
            return say(
                "“{begin}…”超过 {longest} 个字",
                begin=cell[:10],
                longest=longest,
            )
    return ""


def decision(
    bundle: Bundle,
    values: Mapping[str, Any],
    today: date,
) -> dict[str, Any]:
    """What was left out in an earlier round no longer counts."""
    refused = list(values.get("refused_items") or ())
    return {"refused_items": refused, "also_refused_items": []}


def second_decision(
    bundle: Bundle,
    values: Mapping[str, Any],
    today: date,
) -> dict[str, Any]:
    """As `decision`, of who decides after another: what that one left out stays out."""
    return {"also_refused_items": list(values.get("also_refused_items") or ())}


def out_of_catalogue(profile: Jurisdiction, category: Any) -> str:
    """Why the category may not be chosen; empty where it may, or where the regulation has no catalogue."""
    catalogue = profile.catalogue
    if (
        catalogue is None
        or category is None
        or category in catalogue.categories
    ):
        return ""
    return say(
        "“{category}”不在全市网格事项准入分类目录内（{ground}），请改选目录内的"
        "类别，或者先调整目录",
        category=category,
        ground=in_words(catalogue.citation),
    )
