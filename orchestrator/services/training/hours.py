"""Hours of the year, and who lacks what of the training that the profile asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.training import is_short
from orchestrator.services.access import Viewer
from orchestrator.store import training as store


@dataclass(frozen=True, slots=True)
class Trained:
    """How somebody stands."""

    minutes: int
    """Of this year."""
    short: bool
    """Whether he is to be told that hours are missing."""
    ready: bool
    """Whether he passed the pre-post training, or the profile asks for none."""


def of_people(
    session: Session,
    profile: Jurisdiction,
    people: Sequence[int],
    today: date,
) -> dict[int, Trained]:
    """Person → how he stands."""
    rules = profile.members.training
    zone = ZoneInfo(profile.timezone)
    since = datetime(today.year, 1, 1, tzinfo=zone)
    until = datetime(today.year + 1, 1, 1, tzinfo=zone)
    minutes = store.minutes_of(session, people, since, until)
    ready = set(people)
    if rules.pre_post:
        ready = store.ready_for_post(session, people)
    traineds = {}
    for person in people:
        had = minutes.get(person, 0)
        traineds[person] = Trained(
            had, is_short(rules, had, today), person in ready
        )
    return traineds


def lacks(
    session: Session,
    profile: Jurisdiction,
    who: Viewer,
    today: date,
) -> bool:
    """Whether the viewer serves a grid and is to be told that he lacks hours of this year."""
    # Before that month nobody is told anything: no query is sent.
    if not is_short(profile.members.training, 0, today):
        return False
    if not any(body.role in profile.grid_roles for body in who.bodies):
        return False
    traineds = of_people(session, profile, [who.person_id], today)
    return traineds[who.person_id].short
