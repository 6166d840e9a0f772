"""To which departments the office that has a case may hand it: those at the levels that [assigning] of the
profile names, and a sentence for all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.responsibilities import DepartmentReach
from orchestrator.errors import FormInvalid
from orchestrator.sentences import say
from orchestrator.store.territories import Body

DEPARTMENTS = "departments"
"""The source of choices that this bounds."""


def of(
    profile: Jurisdiction, variables: Mapping[str, Any] | None
) -> DepartmentReach | None:
    """What the profile says for the level that has the case; None where nothing bounds it."""
    level = str((variables or {}).get("handling_level") or "")
    return profile.assigning.get(level)


def chosen(form: forms.Form, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Key of each field of departments → the ids that were chosen in it."""
    return {
        field.key: _ids(data.get(field.key))
        for field in form.inputs()
        if field.options_source == DEPARTMENTS
    }


def levels(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Id of each of these bodies → its level."""
    wanted = sorted({*ids})
    if not wanted:
        return {}
    rows = session.execute(
        sa.select(Body.id, Body.level).where(Body.id.in_(wanted))
    )
    return {row.id: row.level for row in rows}


def refuse_others(
    profile: Jurisdiction,
    variables: Mapping[str, Any],
    choices: Mapping[str, list[str]],
    known: Mapping[str, str],
) -> None:
    """Raises FormInvalid at the fields in which a department of another level was chosen; `known` has the
    level of each."""
    reach = of(profile, variables)
    if reach is None:
        return
    allowed = {*reach.levels}
    sentence = say(
        "{office}机构只能交给{levels}部门办理（{ground}），请改选；需要上级部门办理的，请报上级协调",
        office=profile.levels.name(str(variables["handling_level"])),
        levels="、".join(profile.levels.name(level) for level in reach.levels),
        ground=in_words(reach.citation),
    )
    errors = {
        key: [sentence]
        for key, ids in choices.items()
        if {known[value] for value in ids if value in known} - allowed
    }
    if errors:
        raise FormInvalid(errors)


def _ids(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, str)]
    return []
