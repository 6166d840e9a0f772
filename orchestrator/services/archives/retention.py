"""How long the dossier of an ended process instance is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.retention import RetentionClass, longest
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import GridCase


@dataclass(frozen=True, slots=True)
class Term:
    """How long a dossier is kept."""

    kept_as: RetentionClass
    until: date | None
    """Its last day; None: for ever."""

    def in_words(self) -> str:
        """`10年（至 2036-12-31）`; the name alone for ever."""
        if self.until is None:
            return self.kept_as.name
        return say(
            "{name}（至 {until}）", name=self.kept_as.name, until=self.until
        )


def term_of(
    session: Session, instance: ProcessInstance, now: datetime
) -> Term | None:
    """The term of the dossier that the instance belongs to; None while it runs, and where the profile has no
    classes.

    The profile that it ran on and the one in force at `now` both count, and the longer class holds: no later
    profile shortens a term. What is about another instance is kept with that one.
    """
    while instance.about_id is not None:
        instance = session.get_one(ProcessInstance, instance.about_id)
    if instance.ended_at is None:
        return None
    whole = dossier_of(session, instance)
    ends = [row.ended_at for row in whole]
    last = max((end for end in ends if end is not None), default=None)
    if last is None or None in ends:
        return None
    priority = session.scalar(
        sa.select(GridCase.priority).where(GridCase.instance_id == instance.id)
    )
    in_force = bundles.profile_in_force(session, instance.tenant_id, now)
    known = _class_of(
        (
            bundles.bundle_of(session, instance.definition_id).jurisdiction,
            in_force,
        ),
        instance.process_key,
        priority or "",
    )
    if known is None:
        return None
    ended_on = last.astimezone(ZoneInfo(in_force.timezone)).date()
    return Term(known, known.until(ended_on))


def _class_of(
    profiles: tuple[Jurisdiction, ...], process: str, priority: str
) -> RetentionClass | None:
    classes = [
        profile.retention.class_of(process, priority) for profile in profiles
    ]
    return longest(known for known in classes if known is not None)


def dossier_of(
    session: Session, instance: ProcessInstance
) -> list[ProcessInstance]:
    """The instance and all that are about it or about one of these, the first one first."""
    whole = [instance]
    for row in whole:
        # What is about a later one is added to the list while it is read.
        about = sa.select(ProcessInstance).where(
            ProcessInstance.about_id == row.id
        )
        whole += session.scalars(about.order_by(ProcessInstance.id))
    return whole
