"""Which instances a list shows to somebody: the rule of access.may_see, so that a list of few among very many
is found by indexes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.services import access
from orchestrator.services.access import Viewer
from orchestrator.store.added_signers import asked_to_sign
from orchestrator.store.instances import Copy, HistoryEntry, ProcessInstance
from orchestrator.store.once import once
from orchestrator.store.user_tasks import UserTaskCandidate

MOST_OWN = 1_000
"""Rows of one kind by which somebody sees instances, up to which these instances are named one by one."""


def may_list(session: Session, who: Viewer) -> sa.ColumnElement[bool]:
    """The condition of access.may_see, for a list over many instances.

    Each instance of a list would otherwise be asked whether he acted in it: of somebody who sees few, of all
    instances there are.
    """
    return once(session, ("may-list", who), lambda: _condition(session, who))


def seen_among(
    session: Session, who: Viewer, ids: Iterable[str | None]
) -> frozenset[str]:
    """Which of these instances the viewer may open, so that no link of a page leads to what is told as not
    found: the rule of access.visible_instance."""
    asked = sorted({key for key in ids if key})
    if not asked:
        return frozenset()
    known = _with_what_they_are_about(asked)
    may_open = sa.or_(
        access.may_see(who),
        ProcessInstance.id.in_(asked_to_sign(who.addresses, who.standing_in)),
    )
    query = sa.select(
        known.c.asked,
        ProcessInstance.id,
        may_open.label("opens"),
    )
    there = ProcessInstance.id == known.c.instance_id
    rows = session.execute(query.join(ProcessInstance, there)).all()
    seen = {row.asked for row in rows if row.opens}
    closed = [row for row in rows if row.asked not in seen]
    stood_in = access.stood_in_for(session, who, {row.id for row in closed})
    seen.update(row.asked for row in closed if row.id in stood_in)
    return frozenset(seen)


def _with_what_they_are_about(asked: list[str]) -> sa.CTE:
    """Each of the instances with itself, with what it is about, with what that one is about, and so on."""
    columns = (
        ProcessInstance.id.label("asked"),
        ProcessInstance.id.label("instance_id"),
        ProcessInstance.about_id,
    )
    known = (
        sa.select(*columns)
        .where(ProcessInstance.id.in_(asked))
        .cte("known", recursive=True)
    )
    about = aliased(ProcessInstance)
    return known.union(
        sa.select(known.c.asked, about.id, about.about_id).join(
            about, about.id == known.c.about_id
        )
    )


def own_instances(session: Session, who: Viewer) -> set[str] | None:
    """Ids of the instances that he sees without overseeing their place; None where there are too many to name
    them."""
    return once(session, ("own-instances", who), lambda: _own(session, who))


def _condition(session: Session, who: Viewer) -> sa.ColumnElement[bool]:
    own = own_instances(session, who)
    if own is None:
        return access.may_see(who)
    conditions = [access.oversees(who)]
    if own:
        conditions.append(ProcessInstance.id.in_(sorted(own)))
    return sa.and_(
        ProcessInstance.tenant_id == who.tenant_id, sa.or_(*conditions)
    )


def _own(session: Session, who: Viewer) -> set[str] | None:
    running = access.running_the_platform(who)
    rows = session.execute(
        _all_ways(who.person_id, tuple(who.addresses), running)
    ).all()
    counted = Counter(row.kind for row in rows)
    if max(counted.values(), default=0) > MOST_OWN:
        return None
    return {row.instance_id for row in rows}


@lru_cache(maxsize=300)
def _all_ways(
    person_id: int, addresses: tuple[str, ...], running: tuple[str, ...]
) -> sa.CompoundSelect[int, str]:
    """The statement of one person, made once for all his pages."""
    ways = _ways_to_see(person_id, addresses, running)
    return sa.union_all(
        *(_limited(number, query) for number, query in enumerate(ways))
    )


def _limited(number: int, query: sa.Select[str]) -> sa.Select[int, str]:
    limited = query.limit(MOST_OWN + 1).subquery()
    return sa.select(
        sa.literal_column(str(number), sa.Integer()).label("kind"),
        limited.c[0].label("instance_id"),
    )


def _ways_to_see(
    person_id: int, addresses: Sequence[str], running: Sequence[str]
) -> list[sa.Select[str]]:
    instances = sa.select(ProcessInstance.id)
    asked = UserTaskCandidate.candidate.in_(addresses)
    acted = access.acts_that_open(person_id, running)
    copied = Copy.body_id.in_(addresses)
    return [
        instances.where(ProcessInstance.started_by == person_id),
        instances.where(ProcessInstance.started_by_body.in_(addresses[:-1])),
        sa.select(UserTaskCandidate.instance_id).where(asked).distinct(),
        sa.select(HistoryEntry.instance_id).where(*acted).distinct(),
        sa.select(Copy.instance_id).where(copied),
    ]
