"""People whom a form offers: those who may staff a grid, those of one's own body."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from forms import Option
from orchestrator.services.deployments.options_request import OptionsRequest
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body

MOST_COLLEAGUES = 500


def grid_people(place: OptionsRequest) -> list[Option]:
    """People of the place who may staff a grid, each with where he serves."""
    rows = place.session.execute(
        sa.select(Person.username, Person.display_name, Body.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == place.tenant_id,
            Body.role.in_(place.bundle.jurisdiction.grid_roles),
            Body.territory_path.startswith(place.path),
            Membership.until_on.is_(None),
        )
        .order_by(Body.territory_code, Person.username)
    ).all()
    return [
        Option(username, f"{name}（{body}）") for username, name, body in rows
    ]


def colleagues(place: OptionsRequest) -> list[Option]:
    """People at work in the bodies that the person serves; who shares his name with another has his user name
    beside it."""
    serves = sa.select(Membership.body_id).where(
        Membership.person_id == place.person_id, Membership.until_on.is_(None)
    )
    if place.body_id:
        bodies = [place.body_id]
    else:
        bodies = list(place.session.scalars(serves))
    rows = place.session.execute(
        sa.select(Person.username, Person.display_name)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.body_id.in_(bodies),
            Membership.until_on.is_(None),
            Person.active,
        )
        .distinct()
        .order_by(Person.display_name, Person.username)
        .limit(MOST_COLLEAGUES)
    ).all()
    bearers = Counter(name for _username, name in rows)
    return [
        Option(
            username,
            name if bearers[name] == 1 else f"{name}（{username}）",
        )
        for username, name in rows
    ]
