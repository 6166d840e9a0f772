"""The record of an ended process instance as an archive keeps it: complete, personal data as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.hash_chain import canonical
from orchestrator.errors import Destroyed, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.instances import ballots, case_view, history_parts
from orchestrator.services.instances.case_view import CaseView
from orchestrator.services.instances.entry_remarks import Names
from orchestrator.services.instances.outcomes import outcomes
from orchestrator.services.instances.timeline import Moves, timeline_of
from orchestrator.services.records import history
from orchestrator.services.records.sights import EVERYTHING
from orchestrator.store.base import table
from orchestrator.store.besides import besides
from orchestrator.store.disclosures import Disclosure
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.looks import Look
from orchestrator.store.people import Person
from orchestrator.store.registers import GridCase
from orchestrator.store.territories import Body


@dataclass(frozen=True, slots=True)
class LookRecord:
    """That a person read the record or opened its personal data."""

    who: str
    at: datetime
    reason: str
    """Why he opened personal data; empty for reading alone."""


def together(session: Session, instance_id: str) -> list[ProcessInstance]:
    """The instance and those about it, such as its extensions and supervisions; the earliest first.

    Raises NotFound, and RuleViolated while one of them is running.
    """
    instance = session.get(ProcessInstance, instance_id)
    if instance is None:
        raise NotFound(instance_id)
    if instance.destroyed_at is not None:
        raise Destroyed(instance.business_key)
    whole = with_those_about(session, instance)
    running = [row.business_key for row in whole if row.state == "active"]
    if running:
        raise RuleViolated(
            [
                say(
                    "{numbers} 还没有办结，办结后才能归档",
                    numbers="、".join(running[:5]),
                )
            ]
        )
    return whole


def with_those_about(
    session: Session, instance: ProcessInstance
) -> list[ProcessInstance]:
    """The same, also while one of them is running."""
    about = sa.select(ProcessInstance).where(
        ProcessInstance.about_id == instance.id
    )
    ordered = about.order_by(ProcessInstance.started_at, ProcessInstance.id)
    return [instance, *session.scalars(ordered)]


def record_digest(
    instances: Sequence[ProcessInstance], kept_as: str = ""
) -> str:
    """SHA-256 over the heads of the histories, and the name of the class that they are kept as: another one
    as soon as anything was written, or the class has changed."""
    heads = [[row.id, row.history_hash.hex()] for row in instances]
    if kept_as:
        heads.append(["retention", kept_as])
    return hashlib.sha256(canonical(heads).encode()).hexdigest()


def looks_until(looks: Sequence[LookRecord]) -> str:
    """The instant of the last look that is told, as ISO text; empty where nobody looked."""
    if not looks:
        return ""
    return looks[-1].at.isoformat(timespec="seconds")


def upto(instance: ProcessInstance, session: Session) -> datetime:
    """The instant of the record's last entry."""
    at = session.scalar(
        sa.select(sa.func.max(HistoryEntry.at)).where(
            HistoryEntry.instance_id == instance.id
        )
    )
    return at or instance.started_at


def part(
    session: Session,
    instance: ProcessInstance,
    number: int,
    now: datetime,
) -> CaseView:
    """One part of the record, with everything in it disclosed. `now`: the instant as of which it is told."""
    bundle = bundles.bundle_of(session, instance.definition_id)
    shown = history_parts.numbered(instance.history_seq, number)
    page = history_parts.page_of(session, instance.id, shown)
    whole = None
    if shown.whole:
        whole = page.entries
    moves = Moves.of(session, bundle, instance.id, whole)
    attachments = case_view.attachments_of(session, instance.id)
    names = Names(
        case_view.people_of(session, page, instance.started_by),
        case_view.bodies_of(session, page),
        {file.id: file.filename for file in attachments},
        sight=EVERYTHING,
    )
    related = _related(session, instance)
    ended = outcomes(session, [instance, *related], now)
    case = besides(session, instance.id).case
    state = instance.state
    if case is not None and case.state in ("merged", "void"):
        state = case.state
    return CaseView(
        instance=instance,
        process_name=bundle.definition.name,
        regulation=bundle.jurisdiction.regulation.title,
        steps=timeline_of(session, moves, instance, page, names),
        part=shown,
        open_tasks=(),
        current=(),
        visited=(),
        extension_unit=None,
        outline=(),
        attachments=attachments,
        started_by=names.people.get(instance.started_by or 0, say("系统")),
        case=case,
        related=related,
        came_to=ended,
        state=state,
        outcome=ended.get(instance.id, ""),
        ballots=ballots.of(session, bundle, instance.id),
        disclosed=True,
    )


def looks(session: Session, instance: ProcessInstance) -> list[LookRecord]:
    """Who looked at the record and who opened its personal data, the earliest first."""
    subjects = [
        f"{kind}:{instance.id}" for kind in ("matter", "dossier", "archive")
    ]
    read = sa.select(Person.display_name, Look.at).join(
        Person,
        Person.id == Look.person_id,
    )
    opened = sa.select(
        Person.display_name,
        Disclosure.at,
        Disclosure.reason,
    ).join(Person, Person.id == Disclosure.person_id)
    rows = [
        LookRecord(row.display_name, row.at, "")
        for row in session.execute(read.where(Look.subject.in_(subjects)))
    ]
    rows += [
        LookRecord(row.display_name, row.at, row.reason)
        for row in session.execute(
            opened.where(Disclosure.instance_id == instance.id)
        )
    ]
    return sorted(rows, key=lambda row: (row.at, row.who, row.reason))


def entries(
    session: Session,
    instance: ProcessInstance,
) -> tuple[list[list[Any]], list[bytes]]:
    """The entries of the history as they are hashed, and their hashes. Raises RuleViolated where they do not
    hold."""
    broken = history.broken_link(
        session,
        instance.id,
        instance.history_seq,
        instance.history_hash,
    )
    if broken is not None:
        raise RuleViolated(
            [
                say(
                    "{number} 的记录校验异常，不能归档：{reason}",
                    number=instance.business_key,
                    reason=str(broken),
                )
            ]
        )
    rows: Sequence[Any] = session.execute(
        sa.select(table(HistoryEntry))
        .where(HistoryEntry.instance_id == instance.id)
        .order_by(HistoryEntry.seq)
    ).all()
    listed = []
    for row in rows:
        written = (
            row.at,
            row.kind,
            row.element_id,
            row.actor_id,
            row.actor_body_id,
            row.data,
        )
        listed.append(history.hashed(instance.id, row.seq, written))
    return listed, [row.hash for row in rows]


def _related(
    session: Session,
    instance: ProcessInstance,
) -> list[ProcessInstance]:
    merged = sa.select(GridCase.instance_id).where(
        GridCase.merged_into == instance.id
    )
    query = sa.select(ProcessInstance).where(
        sa.or_(
            ProcessInstance.about_id == instance.id,
            ProcessInstance.id.in_(merged),
        ),
        # A history without its contents holds by another one, which no package has.
        ProcessInstance.destroyed_at.is_(None),
    )
    return list(
        session.scalars(
            query.order_by(ProcessInstance.started_at, ProcessInstance.id),
        )
    )


def actors(
    session: Session,
    instances: Sequence[ProcessInstance],
) -> tuple[dict[int, str], dict[str, str]]:
    """Names of the people and of the bodies that acted in the histories."""
    ids = [instance.id for instance in instances]
    acted = HistoryEntry.instance_id.in_(ids)
    people = sa.select(Person.id, Person.display_name).where(
        Person.id.in_(sa.select(HistoryEntry.actor_id).where(acted))
    )
    bodies = sa.select(Body.id, Body.name).where(
        Body.id.in_(sa.select(HistoryEntry.actor_body_id).where(acted))
    )
    return (
        dict(session.execute(people).all()),
        dict(session.execute(bodies).all()),
    )
