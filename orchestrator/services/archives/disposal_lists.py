"""到期档案: the dossiers whose term is over, listed for the office that keeps the archive of their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.retention import RetentionRules, is_over
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.archives import retention
from orchestrator.services.archives.retention import Term
from orchestrator.store import disposals
from orchestrator.store.disposals import DisposalEntry
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import GridCase
from orchestrator.store.territories import Body, inside

MOST = 100
"""Dossiers on one list."""
MOST_READ = 1_000
"""Ended instances that are read at once."""
MOST_ROUNDS = 3
"""So often they are read on for one list."""
MOST_CHARACTERS = 2_900
"""Of the lines that the procedure is given."""


@dataclass(frozen=True, slots=True)
class OverDossier:
    """A dossier whose term is over."""

    instance: ProcessInstance
    term: Term
    name: str
    """Of its procedure."""


def to_list(
    session: Session,
    profile: Jurisdiction,
    body: Body,
    others: Sequence[str],
    now: datetime,
) -> list[OverDossier]:
    """What is to be listed for the body, the earliest first: dossiers of its place and of those below, except
    of places that others (paths) list themselves; nothing that is running, listed, kept for longer or
    destroyed."""
    rules = profile.retention
    if not rules.classes:
        return []
    zone = ZoneInfo(profile.timezone)
    today = now.astimezone(zone).date()
    year_began = datetime.combine(date(today.year, 1, 1), time(), zone)
    below = [
        path
        for path in others
        if path.startswith(body.territory_path) and path != body.territory_path
    ]
    kept = [
        priority
        for known in rules.classes
        if known.years is None
        for priority in known.priorities
    ]
    query = (
        sa.select(ProcessInstance)
        .where(
            ProcessInstance.tenant_id == body.tenant_id,
            ProcessInstance.about_id.is_(None),
            ProcessInstance.destroyed_at.is_(None),
            ProcessInstance.state.in_(("completed", "cancelled")),
            inside(ProcessInstance.territory_path, (body.territory_path,)),
            *(
                ~inside(ProcessInstance.territory_path, (path,))
                for path in below
            ),
            sa.or_(*_ended_long_ago(rules, year_began)),
            ~disposals.is_occupied(today, year_began),
            ProcessInstance.id.not_in(sa.select(DisposalEntry.instance_id)),
            ~_has_priority(kept),
        )
        .order_by(ProcessInstance.ended_at, ProcessInstance.id)
        .limit(MOST_READ)
    )
    over: list[OverDossier] = []
    rows = session.scalars(query).all()
    for _round in range(MOST_ROUNDS):
        over += _over_among(session, rows, now, today)
        if len(over) >= MOST or len(rows) < MOST_READ:
            break
        rows = session.scalars(query.where(_after(rows[-1]))).all()
    return over[:MOST]


def _has_priority(priorities: Sequence[str]) -> sa.ColumnElement[bool]:
    """The condition that a ProcessInstance is a case of one of these priorities."""
    cases = sa.select(GridCase.instance_id).where(
        GridCase.instance_id == ProcessInstance.id,
        GridCase.priority.in_(priorities),
    )
    return cases.exists()


def _after(row: ProcessInstance) -> sa.ColumnElement[bool]:
    return sa.or_(
        ProcessInstance.ended_at > row.ended_at,
        sa.and_(
            ProcessInstance.ended_at == row.ended_at,
            ProcessInstance.id > row.id,
        ),
    )


def _over_among(
    session: Session,
    rows: Sequence[ProcessInstance],
    now: datetime,
    today: date,
) -> list[OverDossier]:
    over: list[OverDossier] = []
    for row in rows:
        term = retention.term_of(session, row, now)
        if term is None or not is_over(term.until, today):
            continue
        bundle = bundles.bundle_of(session, row.definition_id)
        over.append(OverDossier(row, term, bundle.definition.name))
        if len(over) == MOST:
            break
    return over


def _ended_long_ago(
    rules: RetentionRules,
    year_began: datetime,
) -> list[sa.ColumnElement[bool]]:
    """For each class with a term: its procedures, ended before the year in which the term begins to be
    over."""
    named = [key for known in rules.classes for key in known.processes]
    conditions: list[sa.ColumnElement[bool]] = [sa.false()]
    for known in rules.classes:
        if known.years is None:
            continue
        of_class: sa.ColumnElement[bool] = ProcessInstance.process_key.in_(
            known.processes
        )
        if known.key == rules.other:
            of_class |= ProcessInstance.process_key.not_in(named)
        before = year_began.replace(year=year_began.year - known.years)
        conditions.append(of_class & (ProcessInstance.ended_at < before))
    return conditions


def facts_of(over: Sequence[OverDossier]) -> dict[str, object]:
    """The variables of the procedure that decides on them."""
    lines = [
        say(
            "{number} {name}，{term}",
            number=row.instance.business_key,
            name=row.name,
            term=row.term.in_words(),
        )
        for row in over
    ]
    return {
        "listed_count": len(over),
        "listed": [row.instance.id for row in over],
        "listed_lines": _as_many_as_fit(lines),
    }


def _as_many_as_fit(lines: Sequence[str]) -> str:
    """The lines one below the other; where not all fit, the first of them and how many there are."""
    text = "\n".join(lines)
    if len(text) <= MOST_CHARACTERS:
        return text
    last = say("等 {many} 件，见到期档案清单", many=len(lines))
    room = MOST_CHARACTERS - len(last) - 1
    whole, _newline, _cut = text[: room + 1].rpartition("\n")
    return f"{whole}\n{last}"


def keep_list(
    session: Session,
    instance_id: str,
    over: Sequence[OverDossier],
) -> None:
    """Notes what the procedure's list holds."""
    session.add_all(
        DisposalEntry(
            instance_id=instance_id,
            dossier_id=row.instance.id,
            tenant_id=row.instance.tenant_id,
            number=row.instance.business_key,
            process_key=row.instance.process_key,
            name=row.name[:120],
            kept_as=row.term.kept_as.name,
            until=row.term.until,
            state=disposals.LISTED,
        )
        for row in over
    )
