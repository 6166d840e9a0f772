"""What was submitted for those who sign after, as one of them reads it before he agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy.orm import Session

import forms
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.deployments import form_options
from orchestrator.services.records import attachments, sights
from orchestrator.services.user_tasks import enclosures, held_submissions
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True, slots=True)
class Submitted:
    facts: list[tuple[str, str]]
    """(label, value) of what was filled in."""
    files: frozenset[str]
    """Ids of the files that go with it, and of the signature."""
    by: str
    """Name of who submitted it."""
    at: datetime


def look(
    session: Session,
    who: Viewer,
    task: UserTask,
    instance: ProcessInstance,
    now: datetime,
) -> Submitted | None:
    """What waits for those who sign after, masked for the reader as the history will be; None where nothing
    waits."""
    row = held_submissions.waiting(session, task.id)
    if row is None:
        return None
    data = dict(row.data)
    kept = data.pop(enclosures.KEPT, {})
    lists = [answer for answer in data.values() if isinstance(answer, list)]
    given = {text for text in chain(*lists) if isinstance(text, str)}
    names = attachments.names(sorted(given), row.person_id, task.instance_id)
    beside = [*kept.get("files", ()), kept.get("signature", "")]
    frozen = bundles.bundle_of(session, task.definition_id)
    bundle = bundles.readable(session, frozen)
    form = bundle.forms.get(task.form_key or "")
    facts: list[tuple[str, str]] = []
    if form is not None:
        setting = form_options.Setting(
            task.territory_path,
            row.person_id,
            row.held_at,
            variables={**instance.variables, **task.variables},
        )
        options = form_options.for_form(session, bundle, form, setting)
        seen = sights.sight(session, who, instance, now)
        facts = forms.summarise(form, data, options, names, seen.of_forms)
    return Submitted(
        facts,
        frozenset([*names, *filter(None, beside)]),
        session.get_one(Person, row.person_id).display_name,
        row.held_at,
    )
