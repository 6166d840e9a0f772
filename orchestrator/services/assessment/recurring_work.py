"""定期工作: the clock opens each period's meeting or bulletin for every office that the profile names, with
the figures of the period."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.assessment import day_after, last_period
from orchestrator.domain.figures import CaseCounts
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.series import SeriesRule
from orchestrator.engine import EngineError
from orchestrator.errors import NotFound
from orchestrator.services import bundles
from orchestrator.services.assessment import (
    due_periods,
    each_city,
    expired_dossiers,
    item_reviews,
)
from orchestrator.services.assessment.assessed import bodies_meant
from orchestrator.services.assessment.period_figures import (
    figures_in_words,
    has_cases,
)
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.instances import event_starts, opened_for
from orchestrator.services.instances.opened_for import Opening
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

MOST_REVIEWS = 20
"""Reviews of items that one round opens in a city; the next round goes on."""
log = logging.getLogger("gridflow.clock")


@dataclass(frozen=True, slots=True)
class DueWork:
    """A period's work of a series that is due for one body."""

    rule: SeriesRule
    period: str
    body_id: str


@dataclass(frozen=True, slots=True)
class _Host:
    """The body for which work is due, as a transaction reads it."""

    body: Body
    profile: Jurisdiction
    due: DueWork
    now: datetime

    def opening(self, variables: Mapping[str, Any]) -> Opening:
        """What the clock begins for it; the body and the period are among the variables."""
        period = self.due.period
        return Opening(
            message=self.due.rule.message,
            body=self.body,
            actor=CLOCK,
            variables={
                "host_body": self.body.id,
                "period": period,
                "period_name": due_periods.in_words(period),
                **variables,
            },
            now=self.now,
        )


def settle(now: datetime) -> int:
    """Opens what is due by `now`; returns how many instances began. May run twice."""
    return each_city.settle(_open_due, now)


def open_last(tenant_id: str, now: datetime) -> int:
    """Opens the last period's at once, without waiting for its day; returns how many instances began."""
    return _open_due(tenant_id, now, at_once=True)


def _open_due(tenant_id: str, now: datetime, at_once: bool = False) -> int:
    with transaction(writing=False) as session:
        try:
            profile = bundles.profile_in_force(session, tenant_id)
        except NotFound:
            return 0
        due = _due(session, profile, now, at_once)
    opened = 0
    reviewed = []
    for work in due:
        if work.rule.message == item_reviews.MESSAGE:
            reviewed.append(work)
        else:
            opened += _open(tenant_id, work, now)
    if at_once:
        return opened
    room = MOST_REVIEWS
    for work in reviewed:
        room -= _open_reviews(tenant_id, work, now, room)
    opened += MOST_REVIEWS - room
    return opened + expired_dossiers.open_due(tenant_id, now)


def _due(
    session: Session,
    profile: Jurisdiction,
    now: datetime,
    at_once: bool,
) -> list[DueWork]:
    """What is due by now, or at once without waiting for its day. Dossiers that expire have a way of their
    own."""
    today = profile.day_of(now)
    due = []
    for rule in profile.series:
        if rule.message == expired_dossiers.MESSAGE:
            continue
        if at_once:
            period = last_period(rule.every, today)
        else:
            period = rule.due(today)
            if period and not due_periods.is_counted(session, profile, period):
                continue
        if not period:
            continue
        bodies = bodies_meant(session, profile, rule.hosts)
        due += [
            DueWork(rule, period, body_id)
            for body_id in due_periods.manned(session, bodies)
        ]
    return due


def _open(tenant_id: str, due: DueWork, now: datetime) -> int:
    return int(open_one(tenant_id, due, now) is not None)


def open_one(tenant_id: str, due: DueWork, now: datetime) -> str | None:
    """Opens the period's work for one body; the instance's id, None where it was opened before, there was no
    work or it could not be opened."""
    try:
        with transaction() as session:
            host = _locked(session, tenant_id, due, now)
            if _is_open(session, host) or _is_idle(session, host):
                return None
            figures = figures_in_words(
                session, host.profile, host.body, due.period
            )
            return opened_for.begin(
                session, host.opening({"figures": figures})
            )
    except EngineError:
        log.exception(
            "%s could not be opened for %s", due.rule.key, due.body_id
        )
        return None


def _is_idle(session: Session, host: _Host) -> bool:
    """Whether the period's work is not opened for want of cases. Asked of those alone for whom it is not
    open: the counts of a week read each case of the place."""
    due = host.due
    return due.rule.only_with_work and not has_cases(
        session, host.profile, host.body, due.period
    )


def _locked(
    session: Session,
    tenant_id: str,
    due: DueWork,
    now: datetime,
) -> _Host:
    """One clock at a time opens for the body: the second finds what the first opened."""
    body = session.get_one(Body, due.body_id, with_for_update=True)
    profile = bundles.profile_in_force(session, tenant_id)
    return _Host(body, profile, due, now)


def _open_reviews(
    tenant_id: str,
    due: DueWork,
    now: datetime,
    room: int,
) -> int:
    """Opens the reviews that are missing of the items on the host's list that were on it in the period, at
    most `room`; how many. Nothing is written where none is missing."""
    if room <= 0:
        return 0
    opened = 0
    for item_id, counts in _missing_reviews(tenant_id, due, now):
        if opened >= room:
            break
        try:
            opened += _open_review(tenant_id, due, (item_id, counts), now)
        except EngineError:
            log.exception("the review of %s could not be opened", item_id)
    return opened


def _missing_reviews(
    tenant_id: str, due: DueWork, now: datetime
) -> list[tuple[str, CaseCounts]]:
    """Id of each item whose review was not opened yet, with what was done in the period; none where no
    procedure begins by the message."""
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, tenant_id)
        body = session.get_one(Body, due.body_id)
        items = item_reviews.to_review(session, profile, due.rule, body, now)
        if not items:
            return []
        host = _Host(body, profile, due, now)
        begun = _begun_with(session, host)
        if begun is None or _is_idle(session, host):
            return []
        reviewed = {given.get("item_id") for given in begun}
        work = item_reviews.work_of(session, body, due.period)
    return [
        (item_id, work.get(item_id, CaseCounts()))
        for item_id in items
        if item_id not in reviewed
    ]


def _open_review(
    tenant_id: str,
    due: DueWork,
    work: tuple[str, CaseCounts],
    now: datetime,
) -> int:
    item_id, counts = work
    with transaction() as session:
        host = _locked(session, tenant_id, due, now)
        if _is_open(session, host, item_id):
            return 0
        facts = item_reviews.facts_of(session, item_id, counts)
        begun = opened_for.begin(session, host.opening(facts))
        return int(begun is not None)


def _is_open(
    session: Session,
    host: _Host,
    item_id: str | None = None,
) -> bool:
    """Whether this period's was opened for the body, and for the item where one is named, running or ended;
    True too where no procedure begins by the message."""
    begun = _begun_with(session, host)
    if begun is None:
        return True
    return any(given.get("item_id") == item_id for given in begun)


def _begun_with(
    session: Session, host: _Host
) -> list[Mapping[str, Any]] | None:
    """What the instances for the body and the period began with; None where no procedure begins by the
    message."""
    body = host.body
    heard = event_starts.listening(
        session,
        body.tenant_id,
        "message",
        host.due.rule.message,
        host.now,
    )
    if not heard:
        return None
    process = heard[0][0].split(":")[1]
    period = host.due.period
    since = datetime.combine(
        day_after(period),
        time(),
        ZoneInfo(host.profile.timezone),
    )
    # An ended instance has no variables any more: what it began with stands in the history.
    entries = session.scalars(
        sa.select(HistoryEntry.data)
        .join(ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id)
        .where(
            ProcessInstance.tenant_id == body.tenant_id,
            ProcessInstance.process_key == process,
            ProcessInstance.territory_code == body.territory_code,
            ProcessInstance.started_at >= since,
            HistoryEntry.seq == 1,
        ),
    )
    submitted = [data.get("submitted") or {} for data in entries]
    return [
        given
        for given in submitted
        if given.get("host_body") == body.id and given.get("period") == period
    ]
