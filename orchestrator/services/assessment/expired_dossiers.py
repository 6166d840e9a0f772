"""到期档案: once a year the clock opens the procedure that decides on the dossiers whose term is over."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain.assessment import day_after
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.series import ARCHIVE_DISPOSAL, SeriesRule
from orchestrator.services import bundles
from orchestrator.services.archives import disposal_lists
from orchestrator.services.archives.disposal_lists import OverDossier
from orchestrator.services.assessment import due_periods
from orchestrator.services.assessment.assessed import bodies_meant
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.instances import opened_for
from orchestrator.services.instances.opened_for import Opening
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

MESSAGE = ARCHIVE_DISPOSAL
"""A series with this message is opened for a list of dossiers, as often as there are more of them."""
WINDOW = timedelta(days=31)
"""So long after its day lists are opened."""
log = logging.getLogger("gridflow.clock")


def open_due(tenant_id: str, now: datetime) -> int:
    """Opens a list for each office whose dossiers are over and on none; returns how many. The next round
    goes on with what did not go on a list. May run twice."""
    due: list[tuple[SeriesRule, str, str]] = []
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, tenant_id)
        today = now.astimezone(ZoneInfo(profile.timezone)).date()
        for rule in profile.series:
            period = rule.due(today)
            if (
                rule.message == MESSAGE
                and period
                and is_time(rule, period, today)
            ):
                due += [
                    (rule, period, host.id)
                    for host in _hosts(session, profile, rule)
                ]
    return sum(_open(opening, now) for opening in due)


def is_time(rule: SeriesRule, period: str, today: date) -> bool:
    """Whether lists of the period are opened on that day."""
    opens = day_after(period) + timedelta(days=rule.day - 1)
    return opens <= today < opens + WINDOW


def _hosts(
    session: Session,
    profile: Jurisdiction,
    rule: SeriesRule,
) -> Sequence[Body]:
    """The bodies that somebody serves."""
    bodies = bodies_meant(session, profile, rule.hosts)
    served = set(due_periods.manned(session, bodies))
    return [body for body in bodies if body.id in served]


def _over(
    session: Session,
    rule: SeriesRule,
    body: Body,
    now: datetime,
) -> list[OverDossier]:
    """What is to be listed for the host."""
    profile = bundles.profile_in_force(session, body.tenant_id)
    hosts = _hosts(session, profile, rule)
    paths = [host.territory_path for host in hosts]
    return disposal_lists.to_list(
        session,
        profile,
        body,
        paths,
        now,
    )


def _open(
    due: tuple[SeriesRule, str, str],
    now: datetime,
) -> int:
    rule, period, body_id = due
    try:
        # In most rounds nothing is over: then nothing is locked.
        with transaction(writing=False) as session:
            body = session.get_one(Body, body_id)
            if not _over(session, rule, body, now):
                return 0
        with transaction() as session:
            # One clock at a time opens for this body: the second finds what the first opened.
            body = session.get_one(Body, body_id, with_for_update=True)
            over = _over(session, rule, body, now)
            if not over:
                return 0
            variables = {
                "host_body": body.id,
                "period": period,
                "period_name": due_periods.in_words(period),
                **disposal_lists.facts_of(over),
            }
            opening = Opening(
                rule.message,
                body,
                CLOCK,
                variables,
                now,
            )
            begun = opened_for.begin(session, opening)
            if begun is None:
                return 0
            disposal_lists.keep_list(session, begun, over)
            return 1
    except Exception:
        # Whatever is wrong with one list, the other hosts and the rest of the round are not kept waiting.
        log.exception("%s could not be opened for %s", rule.key, body_id)
        return 0
