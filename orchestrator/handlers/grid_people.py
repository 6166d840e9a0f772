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

GRID_ROLES = ("grid-leader", "grid-member")


@dataclass(frozen=True)
class Staffing:
    """The roles people had before the adjustment began: whoever changes grids first must not lose his role on
    the way."""

    context: HandlerContext
    roles: Mapping[str, Sequence[tuple[int, str, str]]]
    """Username → (person, role, title) of each role he has in some grid."""
    today: date

    def settle(self, usernames: Collection[str], code: str) -> None:
        """The grid's people are these, each in the role he had; the others leave it today."""
        session, tenant = self.context.session, self.context.instance.tenant_id
        wanted = {
            (person_id, body_id(tenant, role, code)): title
            for username in usernames
            for person_id, role, title in self.roles.get(username, ())
        }
        there = {
            (each.person_id, each.body_id): each
            for each in session.scalars(
                sa.select(Membership).where(Membership.body_id.in_(_bodies(tenant, code)))
            )
        }
        for key, membership in there.items():
            if key not in wanted and membership.until_on is None:
                membership.until_on = self.today
        for (person_id, body), title in wanted.items():
            known = there.get((person_id, body))
            if known is None:
                session.add(
                    Membership(
                        person_id=person_id, body_id=body, title=title, from_on=self.today, until_on=None
                    )
                )
            elif known.until_on is not None:
                known.from_on, known.until_on = self.today, None
        session.flush()


def roles_of(context: HandlerContext, usernames: Collection[str], today: date) -> Staffing:
    """The staffing of these people as it stands now."""
    rows = context.session.execute(
        sa.select(Person.username, Person.id, Body.role, Membership.title)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Person.username.in_(usernames),
            Body.tenant_id == context.instance.tenant_id,
            Body.role.in_(GRID_ROLES),
            Membership.until_on.is_(None),
        )
        .order_by(Person.id, Body.role, Membership.id)
    ).all()
    found: dict[str, dict[str, tuple[int, str, str]]] = {}
    for username, person_id, role, title in rows:
        found.setdefault(username, {}).setdefault(role, (person_id, role, title))
    return Staffing(context, {username: tuple(roles.values()) for username, roles in found.items()}, today)


def release_all(context: HandlerContext, code: str, today: date) -> None:
    """Nobody serves the grid any more."""
    context.session.execute(
        sa.update(Membership)
        .where(
            Membership.body_id.in_(_bodies(context.instance.tenant_id, code)), Membership.until_on.is_(None)
        )
        .values(until_on=today)
    )


def _bodies(tenant: str, code: str) -> list[str]:
    return [body_id(tenant, role, code) for role in GRID_ROLES]
