"""委派: what the delegate prepared for the task's owner, and how a task last changed hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.errors import FormInvalid
from orchestrator.services import bundles
from orchestrator.services.deployments import form_options
from orchestrator.services.records import attachments, purposes
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.user_tasks import UserTask

_KINDS = (
    "assigned",
    "delegated",
    "resolved",
    "taken-over",
    "taken-back",
    "handed-over",
    "administrator-assigned",
)
LONGEST_OPINION = 2000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How a task came to who holds it now."""

    kind: str
    """`assigned`, `delegated` or `resolved`."""
    by: str
    """Name of who handed it on."""
    at: datetime
    reason: str
    """The opinion of the delegate, once he has given it."""
    to: str = ""
    """Name of who got it; empty for a resolved one."""
    submitted: Mapping[str, Any] = field(default_factory=dict)
    """What the delegate filled into the task's form."""


def last_handover(session: Session, row: UserTask) -> Handover | None:
    """The last time that somebody handed the task to another; None when nobody did, and while nobody holds
    it."""
    if row.state == "open" and row.assignee_id is None:
        return None
    entries = session.execute(
        sa.select(
            HistoryEntry.kind,
            HistoryEntry.at,
            HistoryEntry.data,
            Person.display_name,
        )
        .join(Person, Person.id == HistoryEntry.actor_id)
        .where(
            HistoryEntry.instance_id == row.instance_id,
            HistoryEntry.element_id == row.element_id,
            HistoryEntry.kind.in_(_KINDS),
        )
        .order_by(HistoryEntry.seq.desc()),
    )
    number = row.id.rpartition(".")[2]
    for entry in entries:
        if entry.data.get("task") == number:
            outcome = entry.data
            return Handover(
                entry.kind,
                entry.display_name,
                entry.at,
                outcome.get("reason", ""),
                outcome.get("to", ""),
                outcome.get("submitted", {}),
            )
    return None


def prepared(
    session: Session,
    row: Any,
    data: Mapping[str, Any],
    by: int,
    now: datetime,
) -> dict[str, Any]:
    """What the delegate filled in, as typed: he may leave fields empty, but what he fills in must be right.
    Raises FormInvalid.

    `row` is the locked task. Files become the instance's, so that the owner can read them.
    """
    bundle = bundles.bundle_of(session, row.definition_id)
    form = bundle.forms.get(row.form_key or "")
    if form is None:
        return {}
    filled = {
        key: value
        for key, value in data.items()
        if key in form.field_keys and value not in ("", None, [], False)
    }
    setting = form_options.Setting(row.territory_path, by, now)
    try:
        forms.validate(
            form,
            filled,
            form_options.for_form(session, bundle, form, setting),
        )
    except forms.Invalid as invalid:
        wrong = {
            name: sentences
            for name, sentences in invalid.errors.items()
            if _filled(filled, name)
        }
        if wrong:
            raise FormInvalid(wrong) from invalid
    attachments.require(
        session,
        form,
        filled,
        attachments.Claim(
            row.tenant_id,
            by,
            purposes.of_task(row.task_id),
            row.id,
        ),
    )
    attachments.adopt(session, form, filled, row.id, row.task_id)
    return filled


def _filled(data: Mapping[str, Any], name: str) -> bool:
    """Whether something was typed at the field, which may stand in a row (`after.0.name`)."""
    result: Any = data
    for part in name.split("."):
        if (
            isinstance(result, list)
            and part.isdigit()
            and int(part) < len(result)
        ):
            result = result[int(part)]
        elif isinstance(result, Mapping):
            result = result.get(part)
        else:
            return True
    return result not in ("", None, [], False)
