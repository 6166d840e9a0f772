"""What a task is about where a step is done once for each of several: the row of a table, such as a
resolution of a meeting, or a body, such as a department that was called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

import forms
from orchestrator.domain.jurisdiction.functions import CASE_DEPARTMENT
from orchestrator.engine import expressions
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.records.sights import CAREFUL, InstanceSight
from orchestrator.store.territories import find_body
from orchestrator.store.user_tasks import UserTask

LABELS: Mapping[str, str] = {
    "department": say("部门"),
    "body": say("机构"),
    "own_grid": say("网格"),
}
"""What `own_names` names, in words."""


def own_names(
    session: Session, bundle: Bundle, variables: Mapping[str, Any]
) -> dict[str, str]:
    """Of which department, body or grid a task is: a key of LABELS → its name. Empty where its step is not
    done once for each of several.

    `variables`: the task's own.
    """
    elements = bundle.definition.elements.values()
    several = [element.multi for element in elements if element.multi]
    items = {multi.item for multi in several if multi.item}
    names: dict[str, str] = {}
    for key in sorted(items & variables.keys()):
        item = variables[key]
        if isinstance(item, str):
            names |= _body(session, bundle, item)
        elif isinstance(item, Mapping):
            names |= _receiver(item)
    return names


def labelled(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """(label, name) of each, in the order of LABELS."""
    return [
        (label, names[key]) for key, label in LABELS.items() if key in names
    ]


def in_a_line(
    session: Session, bundle: Bundle, variables: Mapping[str, Any]
) -> str:
    """The names of `own_names`, one after the other; empty for none."""
    return "、".join(own_names(session, bundle, variables).values())


def _body(session: Session, bundle: Bundle, body_id: str) -> Mapping[str, str]:
    profile = bundle.jurisdiction
    body = find_body(session, profile.key, body_id)
    if body is None:
        return {}
    if body.role in profile.roles_of(CASE_DEPARTMENT):
        return {"department": body.name}
    return {"body": body.name}


def _receiver(item: Mapping[str, Any]) -> Mapping[str, str]:
    """Of one of those to whom work was given: an office, or a grid with the bodies that do it."""
    name = item.get("name")
    if not isinstance(name, str):
        return {}
    if "body" in item:
        return {"body": name}
    if "bodies" in item:
        return {"own_grid": name}
    return {}


def row_facts(
    bundle: Bundle, task: UserTask, sight: InstanceSight = CAREFUL
) -> list[tuple[str, str]]:
    """(label, value) of what was filled in of the row, as whoever reads it sees it; choices from the
    registers are left out. Nothing where the task is about no row."""
    for element in bundle.definition.elements.values():
        multi = element.multi
        if multi is None or not multi.collection or not multi.item:
            continue
        row = task.variables.get(multi.item)
        if isinstance(row, Mapping):
            table = expressions.unwrap(multi.collection).strip()
            return _told(bundle, table, row, sight)
    return []


def _told(
    bundle: Bundle,
    table: str,
    row: Mapping[str, Any],
    sight: InstanceSight,
) -> list[tuple[str, str]]:
    for form in bundle.forms.values():
        for item in form.inputs():
            if item.type != "dynamiclist" or item.key != table:
                continue
            fields = tuple(
                component
                for component in item.components
                if not component.options_source
            )
            shown = sight.of_forms.within(item)
            return forms.summarise(
                replace(form, fields=fields), row, {}, sight=shown
            )
    return []
