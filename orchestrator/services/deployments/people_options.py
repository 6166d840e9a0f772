"""Whom and what a form offers by who fills it and for which procedure: those who may staff a grid, those of
one's own body, the dossiers on a list."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from forms import Option
from orchestrator.services.deployments.options_request import OptionsRequest
from orchestrator.store.disposals import DisposalEntry
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


def listed_dossiers(place: OptionsRequest) -> list[Option]:
    """The dossiers on the list of the procedure whose form it is, by number and procedure: who appraises them
    need not be one who may read their titles."""
    ids = (place.variables or {}).get("listed") or ()
    rows = place.session.execute(
        sa.select(
            DisposalEntry.dossier_id, DisposalEntry.number, DisposalEntry.name
        )
        .where(
            DisposalEntry.tenant_id == place.tenant_id,
            DisposalEntry.dossier_id.in_([str(value) for value in ids]),
        )
        .order_by(DisposalEntry.number)
    )
    names = {row.dossier_id: f"{row.number} {row.name}" for row in rows}
    return [Option(key, name) for key, name in names.items()]
