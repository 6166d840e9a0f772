"""What the city's matrix of responsibilities proposes for a form: department, class and priority, all of
which may be changed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.responsibilities import (
    Responsibility,
    responsible,
)
from orchestrator.domain.territory import body_id
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import department_reach
from orchestrator.store.registers import ServiceItem
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True, slots=True)
class MatrixProposal:
    values: Mapping[str, Any]
    """Field key → what it begins with; empty where nothing is proposed."""
    ground: str = ""
    """The article that the row of the matrix names, in words."""


def proposed(
    session: Session,
    bundle: Bundle,
    row: UserTask,
    form: forms.Form,
    variables: Mapping[str, Any],
) -> MatrixProposal:
    """What the form's fields with the property `proposed` begin with, by the item of the instance and the
    level that handles it."""
    asked = {
        field.proposed: field.key for field in form.inputs() if field.proposed
    }
    profile = bundle.jurisdiction
    item = None
    if asked and profile.responsibilities:
        item = session.get(ServiceItem, str(variables.get("item_id") or ""))
    if item is None:
        return MatrixProposal({})
    level = str(variables.get("handling_level") or "")
    responsibility = responsible(
        profile.responsibilities, item.name, item.category, level
    )
    if responsibility is None:
        return MatrixProposal({})
    reach = department_reach.of(profile, variables)
    known = _values(
        session,
        bundle,
        row.territory_path,
        responsibility,
        reach.levels if reach else None,
    )
    values = {
        key: known[name] for name, key in asked.items() if known.get(name)
    }
    return MatrixProposal(
        values, profile.cite(responsibility.citation) if values else ""
    )


def _values(
    session: Session,
    bundle: Bundle,
    path: str,
    responsibility: Responsibility,
    levels: tuple[str, ...] | None,
) -> dict[str, Any]:
    roles = (responsibility.lead, *responsibility.assisting)
    bodies = _nearest(session, bundle, path, roles, levels)
    return {
        "lead": bodies.get(responsibility.lead),
        "assisting": [
            bodies[role] for role in responsibility.assisting if role in bodies
        ],
        "class": responsibility.case_class,
        "priority": responsibility.priority,
    }


def _nearest(
    session: Session,
    bundle: Bundle,
    path: str,
    roles: tuple[str, ...],
    levels: tuple[str, ...] | None,
) -> dict[str, str]:
    """Role → id of its body at the place or at the nearest wider one, for those that have one at such a level
    (None: at any)."""
    codes = path.strip("/").split("/")
    tenant = bundle.jurisdiction.key
    wanted = [body_id(tenant, role, code) for role in roles for code in codes]
    query = sa.select(Body.id).where(
        Body.id.in_(wanted), Body.dissolved_at.is_(None)
    )
    if levels is not None:
        query = query.where(Body.level.in_(levels))
    there = set(session.scalars(query))
    result: dict[str, str] = {}
    for role in roles:
        for code in reversed(codes):
            body = body_id(tenant, role, code)
            if body in there:
                result.setdefault(role, body)
    return result
