"""A deputy and whom he stands in for are told of it: when it was entered, when it begins, when it was ended
early."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.notifications import writing
from orchestrator.services.notifications.writing import Occasion
from orchestrator.store.absences import Absence, absences_changed
from orchestrator.store.notifications import known_sources
from orchestrator.store.session import transaction

KIND = "deputy"
NOTICED_FOR = timedelta(days=2)
"""What lies longer ago is not told any more: its notice may have been removed since."""


def sweep(now: datetime) -> int:
    """Notifies both of what became of an absence; returns how many were. May run at any time and twice."""
    occasions: dict[str, list[Occasion]] = {}
    with transaction(writing=False) as session:
        for row in absences_changed(session, now - NOTICED_FOR, now):
            tenant_id = row.Absence.tenant_id
            profile = bundles.profile_in_force(session, tenant_id, now)
            told = _occasions(row, ZoneInfo(profile.timezone), now)
            occasions.setdefault(tenant_id, []).extend(told)
        sources = {one.source for group in occasions.values() for one in group}
        known = known_sources(session, sources) if sources else set()
    number = 0
    for tenant_id, each in occasions.items():
        untold = [
            one
            for one in each
            if not {(to, one.source) for to in one.people} <= known
        ]
        if untold:
            with transaction() as session:
                number += writing.write(session, tenant_id, None, untold, now)
    return number


def _occasions(row: Any, zone: ZoneInfo, now: datetime) -> Iterator[Occasion]:
    """What the two are to be told by now. Nobody is told what he did himself just then."""
    absence: Absence = row.Absence
    name, deputy = row.name, row.deputy
    first = f"{absence.from_at.astimezone(zone):%Y-%m-%d}"
    until = (absence.until_at - timedelta(seconds=1)).astimezone(zone)
    last = f"{until:%Y-%m-%d}"
    if absence.ended_at is not None:
        what, at, by = "ended", absence.ended_at, absence.ended_by
        sentences = _ended(absence, name, deputy)
    elif absence.from_at > now:
        what, at, by = "entered", absence.entered_at, absence.entered_by
        sentences = (
            say(
                "{name}请假，{first} 至 {last} 由您代理",
                name=name,
                first=first,
                last=last,
            ),
            say(
                "您的请假已登记，{first} 至 {last} 由{deputy}代理",
                deputy=deputy,
                first=first,
                last=last,
            ),
        )
    elif absence.until_at > now:
        what, at = "begun", absence.from_at
        at_once = at <= absence.entered_at
        by = absence.entered_by if at_once else None
        sentences = (
            say(
                "{name}开始请假，到 {last} 为止由您代理", name=name, last=last
            ),
            say(
                "您的请假开始，到 {last} 为止由{deputy}代理",
                deputy=deputy,
                last=last,
            ),
        )
    else:
        return
    if at <= now - NOTICED_FOR:
        return
    source = f"absence.{absence.id}.{what}"
    people = (absence.deputy_id, absence.person_id)
    for person_id, sentence in zip(people, sentences, strict=True):
        if person_id != by:
            yield Occasion(KIND, source, [person_id], at, step=sentence)


def _ended(absence: Absence, name: str, deputy: str) -> tuple[str, str]:
    """What the deputy and the person are told of an absence that was ended early."""
    if absence.from_at == absence.ended_at:
        # It was taken back before it began.
        return (
            say("{name}的请假已取消，不由您代理", name=name),
            say("您的请假已取消，不由{deputy}代理", deputy=deputy),
        )
    return (
        say("{name}的请假已提前结束，不再由您代理", name=name),
        say("您的请假已提前结束，不再由{deputy}代理", deputy=deputy),
    )
