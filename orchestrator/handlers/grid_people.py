"""Who serves a grid when grids change: the people an adjustment names take their roles along."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from orchestrator.domain.territory import body_id
from orchestrator.handlers.context import HandlerContext
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body


@dataclass(frozen=True, slots=True)
class Served:
    """A role that somebody has in a grid."""

    person_id: int
    role: str
    title: str
    employment: str


@dataclass(frozen=True)
class Staffing:
    """The roles people had before the adjustment began: whoever changes grids first must not lose his role on
    the way."""

    context: HandlerContext
    roles: Mapping[str, Sequence[Served]]
    """Username → each role he has in some grid."""
    today: date

    def settle(self, usernames: Collection[str], code: str) -> None:
        """The grid's people are these, each in the role he had; the others leave it today."""
        session = self.context.session
        tenant = self.context.instance.tenant_id
        wanted = {
            (served.person_id, body_id(tenant, served.role, code)): served
            for username in usernames
            for served in self.roles.get(username, ())
        }
        there = {
            (membership.person_id, membership.body_id): membership
            for membership in session.scalars(
                sa.select(Membership).where(
                    Membership.body_id.in_(_bodies(self.context, code)),
                ),
            )
        }
        for key, membership in there.items():
            if key not in wanted and membership.until_on is None:
                membership.until_on = self.today
        for (person_id, body), served in wanted.items():
            known = there.get((person_id, body))
            if known is None:
                known = Membership(
                    person_id=person_id,
                    body_id=body,
                    title=served.title,
                    until_on=self.today,
                )
                session.add(known)
            if known.until_on is not None:
                known.from_on = self.today
                known.until_on = None
                known.employment = served.employment
        session.flush()


def roles_of(
    context: HandlerContext,
    usernames: Collection[str],
    today: date,
) -> Staffing:
    """The staffing of these people as it stands now."""
    rows = context.session.execute(
        sa.select(
            Person.username,
            Person.id,
            Body.role,
            Membership.title,
            Membership.employment,
        )
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Person.username.in_(usernames),
            Body.tenant_id == context.instance.tenant_id,
            Body.role.in_(context.jurisdiction.grid_roles),
            Membership.until_on.is_(None),
        )
        .order_by(Person.id, Body.role, Membership.id),
    ).all()
    result: dict[str, dict[str, Served]] = {}
    for username, person_id, role, title, employment in rows:
        result.setdefault(username, {}).setdefault(
            role,
            Served(person_id, role, title, employment),
        )
    return Staffing(
        context,
        {
            username: tuple(roles.values())
            for username, roles in result.items()
        },
        today,
    )


def release_all(context: HandlerContext, code: str, today: date) -> None:
    """Nobody serves the grid any more."""
    context.session.execute(
        sa.update(Membership)
        .where(
            Membership.body_id.in_(_bodies(context, code)),
            Membership.until_on.is_(None),
        )
        .values(until_on=today),
    )


def _bodies(context: HandlerContext, code: str) -> list[str]:
    return [
        body_id(context.instance.tenant_id, role, code)
        for role in context.jurisdiction.grid_roles
    ]
