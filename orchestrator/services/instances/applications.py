"""What somebody applied for: what a task that goes back to him begins from, what he changed in it since, and
what a new application begins from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.engine import expressions
from orchestrator.errors import Destroyed, NotFound
from orchestrator.services.access import visible_instance
from orchestrator.services.bundles import Bundle, bundle_of, readable
from orchestrator.services.records import sights
from orchestrator.services.records.sights import (
    EVERYTHING,
    InstanceReader,
    InstanceSight,
)
from orchestrator.store.instances import HistoryEntry

AGAIN = "applied-again"
"""Kind of the entry that names the instance from which somebody applied again."""
INITIATOR = "initiator_body"
"""Variable of the body that began the instance (`instances.circumstances`)."""


def applied_for(
    bundle: Bundle,
    element_id: str,
    form: forms.Form,
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """The answers of the start form that this form asks for too, at a task that is offered to whoever began
    the instance; nothing at any other. Decisions and opinions of others begin empty."""
    element = bundle.definition.elements.get(element_id)
    start = bundle.forms.get(bundle.definition.start_form_key or "")
    if (
        element is None
        or start is None
        or INITIATOR not in _names(element.candidate_groups or "")
    ):
        return {}
    return {
        key: variables[key]
        for key in form.field_keys & start.field_keys & variables.keys()
    }


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A field of an application that was changed after it had been returned."""

    label: str
    before: str
    """Empty where nothing had been filled in."""
    after: str


def last_applied_for(
    session: Session, bundle: Bundle, instance_id: str
) -> dict[str, Any]:
    """What the instance was applied for at last, by field of the start form, without files: they belong to
    their own instance."""
    start = bundle.forms.get(bundle.definition.start_form_key or "")
    result: dict[str, Any] = {}
    for entry in _applications(bundle, _entries(session, bundle, instance_id)):
        result |= entry.data.get("submitted", {})
    if start:
        files = {
            field.key for field in start.inputs() if field.type == "filepicker"
        }
    else:
        files = set()
    return {
        key: value
        for key, value in result.items()
        if start and key in start.field_keys - files
    }


def differences(
    session: Session,
    bundle: Bundle,
    instance_id: str,
    entries: Iterable[HistoryEntry] | None,
    reader: InstanceReader,
) -> Sequence[AnswerChange]:
    """What the applicant changed the last time he handed it in again, else what is not as in the instance
    from which he applied again, each told as the reader sees that instance; nothing where he did not.
    `entries`: the whole history, where it is known."""
    sight = reader.sight
    shown = readable(session, bundle)
    start = shown.forms.get(shown.definition.start_form_key or "")
    if start is None:
        return ()
    written = list(
        _entries(session, bundle, instance_id) if entries is None else entries
    )
    handed_in = _applications(bundle, written)
    if len(handed_in) > 1:
        former: _Former | None = _Former(start, handed_in[:-1], sight)
    else:
        former = _earlier(session, written, reader)
    if former is None:
        return ()
    before = _told(former.form, former.entries, EVERYTHING)
    after = _told(start, handed_in, EVERYTHING)
    changed = [
        label
        for label in dict.fromkeys([*after, *before])
        if before.get(label, "") != after.get(label, "")
    ]
    before = _told(former.form, former.entries, former.sight)
    after = _told(start, handed_in, sight)
    return [
        AnswerChange(label, before.get(label, ""), after.get(label, ""))
        for label in changed
    ]


@dataclass(frozen=True, slots=True)
class _Former:
    """What was applied for before, with the form by which it is read."""

    form: forms.Form
    entries: Sequence[HistoryEntry]
    sight: InstanceSight


def _earlier(
    session: Session,
    entries: Sequence[HistoryEntry],
    reader: InstanceReader,
) -> _Former | None:
    """The form and the applications of the instance that this one was applied again from, where the viewer
    may see it."""
    named = next(
        (entry.data["of"] for entry in entries if entry.kind == AGAIN), None
    )
    if named is None:
        return None
    try:
        instance = visible_instance(session, reader.viewer, named)
    except (Destroyed, NotFound):
        return None
    bundle = readable(session, bundle_of(session, instance.definition_id))
    start = bundle.forms.get(bundle.definition.start_form_key or "")
    handed_in = _applications(bundle, _entries(session, bundle, instance.id))
    if start is None or not handed_in:
        return None
    sight = reader.sight
    if sights.graded_fields(session, instance):
        seen = sights.sight(session, reader.viewer, instance, reader.now)
        sight = replace(seen, disclosed=sight.disclosed)
    return _Former(start, handed_in, sight)


def _told(
    form: forms.Form, entries: Sequence[HistoryEntry], sight: InstanceSight
) -> dict[str, str]:
    """Label → value as a person reads it, as these applications leave it one after the other."""
    values: dict[str, Any] = {}
    recorded: dict[str, dict[str, str]] = {}
    for entry in entries:
        values |= {
            key: value
            for key, value in entry.data.get("submitted", {}).items()
            if key in form.field_keys
        }
        for source, labels in entry.data.get("chosen", {}).items():
            recorded[source] = {**recorded.get(source, {}), **labels}
    return dict(
        forms.summarise(
            form,
            values,
            forms.with_recorded({}, recorded),
            sight=sight.of_forms,
        )
    )


def _applications(
    bundle: Bundle, entries: Iterable[HistoryEntry]
) -> list[HistoryEntry]:
    correcting = _correcting(bundle)
    return [
        entry
        for entry in entries
        if entry.kind == "started"
        or (
            entry.kind == "user-task-completed"
            and entry.element_id in correcting
        )
    ]


def _correcting(bundle: Bundle) -> set[str]:
    """Ids of the tasks that are offered to whoever began the instance and ask for fields of the start
    form."""
    start = bundle.forms.get(bundle.definition.start_form_key or "")
    results = set()
    for element in bundle.definition.elements.values():
        form = bundle.forms.get(element.form_key or "")
        asks = (
            start is not None
            and form is not None
            and bool(form.field_keys & start.field_keys)
        )
        if (
            asks
            and element.candidate_groups
            and INITIATOR in element.candidate_groups
        ):
            results.add(element.id)
    return results


def _entries(
    session: Session, bundle: Bundle, instance_id: str
) -> Sequence[HistoryEntry]:
    """Those by which the instance was applied for, handed in again or begun from an earlier one: few, however
    long the history is."""
    handed_in = HistoryEntry.element_id.in_(_correcting(bundle))
    query = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == instance_id,
        sa.or_(
            HistoryEntry.kind.in_(("started", AGAIN)),
            sa.and_(HistoryEntry.kind == "user-task-completed", handed_in),
        ),
    )
    return session.scalars(query.order_by(HistoryEntry.seq)).all()


def _names(template: str) -> set[str]:
    """The variables that the expressions of a text read."""
    names: set[str] = set()
    for text in expressions.template_expressions(template):
        try:
            names |= set(expressions.names_read(text))
        except expressions.ExpressionRefused:
            continue
    return names
