"""定期工作: the clock opens each period's meeting or bulletin for every office that the profile names, with
the figures of the period."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import day_after, last_period
from orchestrator.domain.figures import ALL, BODY, CaseCounts
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import (
    CASE_DEPARTMENT,
    CASE_OFFICE,
)
from orchestrator.domain.series import SeriesRule
from orchestrator.engine import EngineError
from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.assessment import (
    due_periods,
    each_city,
    expired_dossiers,
    item_reviews,
)
from orchestrator.services.assessment.assessed import bodies_meant
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.instances import event_starts, opened_for
from orchestrator.services.instances.opened_for import Opening
from orchestrator.store import figure_pages
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

MOST_LETTERS = 2_900
"""Of the figures in words: the forms that show them take 3000."""
LEFT_OUT = 60
"""Letters kept for the line that says how many were left out."""
MOST_REVIEWS = 20
"""Reviews of items that one round opens in a city; the next round goes on."""
log = logging.getLogger("gridflow.clock")


def settle(now: datetime) -> int:
    """Opens what is due by `now`; returns how many instances began. May run twice."""
    return each_city.settle(_open_due, now)


def open_last(tenant_id: str, now: datetime) -> int:
    """Opens the last period's at once, without waiting for its day; returns how many instances began."""
    return _open_due(tenant_id, now, at_once=True)


def _open_due(tenant_id: str, now: datetime, at_once: bool = False) -> int:
    due = []
    reviewed: list[tuple[SeriesRule, str, str]] = []
    with transaction(writing=False) as session:
        try:
            profile = bundles.profile_in_force(session, tenant_id)
        except NotFound:
            return 0
        zone = ZoneInfo(profile.timezone)
        for rule in profile.series:
            today = now.astimezone(zone).date()
            period = rule.due(today)
            if at_once:
                period = last_period(rule.every, today)
            elif period and not due_periods.is_counted(
                session,
                profile,
                period,
            ):
                continue
            if not period:
                continue
            hosts = due_periods.manned(
                session,
                bodies_meant(session, profile, rule.hosts),
            )
            if rule.message == expired_dossiers.MESSAGE:
                continue
            if rule.message == item_reviews.MESSAGE:
                if not at_once:
                    reviewed += [(rule, period, host) for host in hosts]
                continue
            due += [(rule, period, host) for host in hosts]
    opened = sum(_open(tenant_id, pair, now) for pair in due)
    room = MOST_REVIEWS
    for pair in reviewed:
        room -= _open_reviews(tenant_id, pair, now, room)
    opened += MOST_REVIEWS - room
    if not at_once:
        opened += expired_dossiers.open_due(tenant_id, now)
    return opened


def _open(
    tenant_id: str,
    due: tuple[SeriesRule, str, str],
    now: datetime,
) -> int:
    return int(open_one(tenant_id, due, now) is not None)


def open_one(
    tenant_id: str,
    due: tuple[SeriesRule, str, str],
    now: datetime,
) -> str | None:
    """Opens the period's for one body, of (series, period, body's id); the instance's id, None where it was
    opened before or could not be."""
    rule, period, body_id = due
    try:
        with transaction() as session:
            # One clock at a time opens for this body: the second finds what the first opened.
            body = session.get_one(Body, body_id, with_for_update=True)
            profile = bundles.profile_in_force(session, tenant_id)
            if _is_open(
                session,
                profile,
                rule,
                period,
                body,
                now,
            ):
                return None
            return opened_for.begin(
                session,
                Opening(
                    rule.message,
                    body,
                    CLOCK,
                    _variables(session, profile, period, body),
                    now,
                ),
            )
    except EngineError:
        log.exception("%s could not be opened for %s", rule.key, body_id)
        return None


def _open_reviews(
    tenant_id: str,
    due: tuple[SeriesRule, str, str],
    now: datetime,
    room: int,
) -> int:
    """Opens the reviews that are missing of the items on the host's list that were on it in the period, at
    most `room`; how many. Nothing is written where none is missing."""
    rule, period, body_id = due
    if room <= 0:
        return 0
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, tenant_id)
        body = session.get_one(Body, body_id)
        items = item_reviews.to_review(
            session,
            profile,
            rule,
            body,
            now,
        )
        begun = None
        if items:
            begun = _begun_with(
                session,
                profile,
                rule,
                period,
                body,
                now,
            )
        if begun is None:
            return 0
        ids = {value.get("item_id") for value in _meant(begun, body, period)}
        work = item_reviews.work_of(session, body, period)
    opened = 0
    for item_id in items:
        if item_id in ids:
            continue
        if opened >= room:
            break
        counts = work.get(item_id, CaseCounts())
        try:
            opened += _open_review(tenant_id, due, (item_id, counts), now)
        except EngineError:
            log.exception("the review of %s could not be opened", item_id)
    return opened


def _open_review(
    tenant_id: str,
    due: tuple[SeriesRule, str, str],
    work: tuple[str, CaseCounts],
    now: datetime,
) -> int:
    rule, period, body_id = due
    item_id, counts = work
    with transaction() as session:
        # One clock at a time, as in `open_one`.
        body = session.get_one(Body, body_id, with_for_update=True)
        profile = bundles.profile_in_force(session, tenant_id)
        if _is_open(
            session,
            profile,
            rule,
            period,
            body,
            now,
            item_id,
        ):
            return 0
        variables = {
            "host_body": body.id,
            "period": period,
            "period_name": due_periods.in_words(period),
            **item_reviews.facts_of(session, item_id, counts),
        }
        opening = Opening(
            rule.message,
            body,
            CLOCK,
            variables,
            now,
        )
        return int(opened_for.begin(session, opening) is not None)


def _is_open(
    session: Session,
    profile: Jurisdiction,
    rule: SeriesRule,
    period: str,
    body: Body,
    now: datetime,
    item_id: str | None = None,
) -> bool:
    """Whether this period's was opened for the body, and for the item where one is named, running or ended;
    True too where no procedure begins by the message."""
    begun = _begun_with(
        session,
        profile,
        rule,
        period,
        body,
        now,
    )
    if begun is None:
        return True
    return any(
        value.get("item_id") == item_id
        for value in _meant(begun, body, period)
    )


def _begun_with(
    session: Session,
    profile: Jurisdiction,
    rule: SeriesRule,
    period: str,
    body: Body,
    now: datetime,
) -> Sequence[Mapping[str, Any]] | None:
    """What the instances of the body's place began with since the period ended; None where no procedure
    begins by the message."""
    heard = event_starts.listening(
        session,
        body.tenant_id,
        "message",
        rule.message,
        now,
    )
    if not heard:
        return None
    process = heard[0][0].split(":")[1]
    since = datetime.combine(
        day_after(period),
        time(),
        ZoneInfo(profile.timezone),
    )
    # An ended instance has no variables any more: what it began with stands in the history.
    return session.scalars(
        sa.select(HistoryEntry.data)
        .join(ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id)
        .where(
            ProcessInstance.tenant_id == body.tenant_id,
            ProcessInstance.process_key == process,
            ProcessInstance.territory_code == body.territory_code,
            ProcessInstance.started_at >= since,
            HistoryEntry.seq == 1,
        ),
    ).all()


def _meant(
    begun: Sequence[Mapping[str, Any]],
    body: Body,
    period: str,
) -> list[Mapping[str, Any]]:
    """The instances that began for the body and the period."""
    submitted = [value.get("submitted") or {} for value in begun]
    return [
        given
        for given in submitted
        if given.get("host_body") == body.id and given.get("period") == period
    ]


def _variables(
    session: Session,
    profile: Jurisdiction,
    period: str,
    body: Body,
) -> dict[str, str]:
    return {
        "host_body": body.id,
        "period": period,
        "period_name": due_periods.in_words(period),
        "figures": figures_in_words(session, profile, body, period),
    }


def figures_in_words(
    session: Session,
    profile: Jurisdiction,
    body: Body,
    period: str,
) -> str:
    """The figures of the body's place in the period, a line for the whole and one for each department and
    lower office that had something to do."""
    months = periods.months_of(period)
    of = (session, body.tenant_id, body.territory_path)
    whole = figure_pages.counts_by(*of, ALL, months).get("", CaseCounts())
    counts = figure_pages.counts_by(*of, BODY, months)
    known = figure_pages.bodies_of(session, list(counts))
    wanted = {
        *profile.roles_of(CASE_DEPARTMENT),
        *profile.roles_of(CASE_OFFICE),
    }
    figures = [
        (known[key].name, key)
        for key in counts
        if key in known and known[key].role in wanted and key != body.id
    ]
    lines = [_line(say("全部"), whole)]
    lines += [_line(name, counts[key]) for name, key in sorted(figures)]
    return shortened(lines)


def shortened(lines: Sequence[str], most: int = MOST_LETTERS) -> str:
    """As many of the lines as go into so many letters; the last one then says how many are left out."""
    whole = "\n".join(lines)
    if len(whole) <= most:
        return whole
    kept: list[str] = []
    room = most - LEFT_OUT
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    kept.append(say("另有 {many} 个机构没有列出，见“态势”", many=left))
    return "\n".join(kept)


def _line(name: str, counts: CaseCounts) -> str:
    rate = counts.rate("on_time")
    if rate is None:
        sentence = "—"
    else:
        sentence = f"{rate:g}%"
    return say(
        "{name}：登记、交办 {registered} 件，办结 {closed} 件，按期办结率 {rate}，返工 {reworked} 件",
        name=name,
        registered=counts.registered,
        closed=counts.closed,
        rate=sentence,
        reworked=counts.reworked,
    )
