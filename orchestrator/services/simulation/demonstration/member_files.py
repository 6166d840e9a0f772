"""Files and badges of the demonstration's grid members: most are whole, some lack a proof."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.handlers.grid_notices import badge_notices
from orchestrator.sentences import say
from orchestrator.store.members import MemberFile
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

LACKS_A_PROOF = 5
"""Of so many people one has a file without proofs."""


def fill(profile: Jurisdiction, now: datetime) -> None:
    """A file for everybody who serves a grid; ages, schooling and numbers of badges follow from the person's
    id."""
    today = now.astimezone(ZoneInfo(profile.timezone)).date()
    educations = list(profile.members.educations)[1:] or [""]
    with transaction() as session:
        people = session.scalars(
            sa.select(Person.id)
            .join(Membership, Membership.person_id == Person.id)
            .join(Body, Body.id == Membership.body_id)
            .where(
                Person.tenant_id == profile.key,
                Person.is_demo,
                Membership.until_on.is_(None),
                Body.role.in_(profile.grid_roles),
            )
            .distinct()
            .order_by(Person.id),
        ).all()
        for number, person_id in enumerate(people):
            whole = number % LACKS_A_PROOF != LACKS_A_PROOF - 1
            session.add(
                MemberFile(
                    person_id=person_id,
                    tenant_id=profile.key,
                    born_on=_born_on(number, today),
                    schooling=educations[number % len(educations)],
                    seen=_proofs(profile, today) if whole else {},
                    badge_no=f"{today.year}{person_id:010d}"
                    if whole
                    else None,
                    changed_at=now,
                    changed_by=person_id,
                ),
            )
        session.flush()
        badge_notices(session, profile, profile.key, list(people), now)


def _born_on(number: int, today: date) -> date:
    return today - timedelta(
        days=365 * (24 + number * 7 % 30) + number * 11 % 300,
    )


def _proofs(profile: Jurisdiction, today: date) -> dict[str, dict[str, str]]:
    """Of the conditions that nothing but a proof meets."""
    shown = {
        "proof": say("已核对证件原件"),
        "by": profile.name,
        "on": today.isoformat(),
    }
    return {
        condition.key: shown
        for condition in profile.members.conditions
        if condition.at_least_age is None and condition.at_most_age is None
    }
