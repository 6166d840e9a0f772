"""Procedures that the platform itself begins for a body, by the message that their start event waits for: an
appeal against a result, the monthly meeting, a bulletin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from forms import Form
from orchestrator.engine import commands as c
from orchestrator.services import bundles, instances
from orchestrator.services.execution import persistence
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.instances import creation, event_starts
from orchestrator.services.records.ids import new_id
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.territories import Body, Territory
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True, slots=True)
class Opening:
    """What is begun, for whom, with which variables."""

    message: str
    """Name of the message of the start event."""
    body: Body
    """In whose name it runs, and at whose place."""
    actor: Actor
    """The person who set it off, or the clock."""
    variables: Mapping[str, Any]
    now: datetime
    about: ProcessInstance | None = None
    """The instance that it is about: it takes its place, and is as restricted."""


def is_drawn(
    session: Session,
    tenant_id: str,
    message: str,
    now: datetime,
) -> bool:
    """Whether a procedure in force begins by that message."""
    return bool(
        event_starts.listening(session, tenant_id, "message", message, now)
    )


def brought(
    session: Session,
    bundle: bundles.Bundle,
    task: UserTask,
    form: Form,
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """The texts that the event which began the instance brought, by field of the form; nothing of a procedure
    that people begin. A form that comes back after it was completed shows all that stands now, of the
    instance's `variables`, but its files."""
    if bundle.definition.plain_start is not None:
        return {}
    first = session.scalar(
        sa.select(HistoryEntry.data).where(
            HistoryEntry.instance_id == task.instance_id,
            HistoryEntry.seq == 1,
        )
    )
    given = (first or {}).get("submitted") or {}
    texts = {
        key: given[key]
        for key in form.field_keys
        if isinstance(given.get(key), str)
    }
    if texts and _comes_back(session, bundle, task):
        return {
            item.key: variables[item.key]
            for item in form.inputs()
            if item.key in variables and item.type != "filepicker"
        }
    return texts


def _comes_back(
    session: Session, bundle: bundles.Bundle, task: UserTask
) -> bool:
    element = bundle.definition.elements.get(task.element_id)
    if element is None or element.multi is not None:
        return False
    before = sa.select(UserTask.id).where(
        UserTask.instance_id == task.instance_id,
        UserTask.element_id == task.element_id,
        UserTask.state == "completed",
    )
    return session.scalar(before.limit(1)) is not None


def begin(session: Session, opening: Opening) -> str | None:
    """Starts the procedure in force that begins by the message; its id, None where the city has none. Raises
    EngineError."""
    body = opening.body
    results = event_starts.listening(
        session,
        body.tenant_id,
        "message",
        opening.message,
        opening.now,
    )
    if not results:
        return None
    definition_id, start_id = results[0]
    bundle = bundles.bundle_of(session, definition_id)
    about = opening.about
    code = body.territory_code
    known: dict[str, Any] = {}
    if about is not None:
        code = about.territory_code
        known = instances.about_variables(
            about.business_key, about.title, about.variables
        )
    place = session.get_one(Territory, (body.tenant_id, code))
    instance = creation.open_instance(
        session,
        creation.NewInstance(
            body.tenant_id,
            definition_id,
            bundle,
            opening.actor,
            place,
            opening.now,
            new_id(opening.now),
            about_id=about.id if about else None,
            restricted=about.restricted if about else False,
        ),
    )
    instance.remember(
        "started",
        start_id,
        name=opening.message,
        form=bundle.definition.elements[start_id].form_key,
        submitted=dict(opening.variables),
    )
    around = instances.circumstances(
        instances.Initiator(opening.actor, body.name, body.role),
        place.name,
        place.path,
        opening.now,
        bundle,
    )
    around["initiator_body"] = body.id
    persistence.carry_out(
        instance,
        c.StartProcessInstance(
            {**opening.variables, **around, **known}, start_id
        ),
    )
    return instance.id
