"""Bodies as rows: every role of a profile at every place of its levels, under the names that the profile
gives them."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction, Role
from orchestrator.domain.territory import body_id
from orchestrator.handlers.notices import item_list_notice
from orchestrator.services import bundles
from orchestrator.services.jurisdictions.loaded_places import insert_rows
from orchestrator.services.people.full_names import name_at
from orchestrator.store.definitions import Deployment, published_ahead
from orchestrator.store.item_lists import versions_of
from orchestrator.store.notices import PublicNotice
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory

log = logging.getLogger("gridflow.clock")


def write_bodies(session: Session, profile: Jurisdiction) -> None:
    """Adds the bodies that are missing, grids made by adjustments included; those that stand follow the
    profile in everything but a name that people gave them."""
    _add(session, profile, _follow(session, profile))


def bodies_in_force(session: Session, tenant_id: str, now: datetime) -> None:
    """The bodies follow the profile in force; those of a profile that is published ahead are there before it
    takes effect, so that people can be appointed. The widest place and its list bear the name that the
    profile gives the city, and every published list the name that it gives lists."""
    profile = bundles.profile_in_force(session, tenant_id, now)
    _name_city(session, profile, now)
    _name_lists(session, profile)
    write_bodies(session, profile)
    ahead = bundles.profile_in_force(session, tenant_id)
    there = session.scalars(
        sa.select(Body.id).where(Body.tenant_id == tenant_id),
    )
    _add(session, ahead, set(there))


def keep_published_name(
    session: Session,
    loaded: Jurisdiction,
    now: datetime,
) -> None:
    """What an office named its city on a page stays when its folder is loaded again."""
    published = bundles.profile_in_force(session, loaded.key, now)
    if published.name != loaded.name:
        bodies_in_force(session, loaded.key, now)


def _name_city(session: Session, profile: Jurisdiction, now: datetime) -> None:
    place = session.get(Territory, (profile.key, profile.city_code))
    if place is None or place.name == profile.name:
        return
    place.name = profile.name
    session.flush()
    if versions_of(session, profile.key, place.code):
        item_list_notice(
            session,
            profile,
            place.code,
            now,
            None,
        )


def _name_lists(session: Session, profile: Jurisdiction) -> None:
    rows = session.execute(
        sa.select(PublicNotice, Territory.name)
        .join(
            Territory,
            (Territory.tenant_id == PublicNotice.tenant_id)
            & (Territory.code == PublicNotice.subject_code),
        )
        .where(
            PublicNotice.tenant_id == profile.key,
            PublicNotice.kind == "item-list",
        ),
    )
    for notice, place in rows:
        notice.title = f"{place}{profile.list_name}"


def take_effect(now: datetime) -> None:
    """Lets the bodies follow the profiles that were published ahead and are in force by now. May run
    twice."""
    with transaction(writing=False) as session:
        due = [deployment.id for deployment in published_ahead(session, now)]
    for deployment_id in due:
        try:
            _take_effect(deployment_id, now)
        except Exception:
            # The other cities do not wait for this one.
            log.exception(
                "deployment %s did not take effect; trying again",
                deployment_id,
            )


def _take_effect(deployment_id: str, now: datetime) -> None:
    with transaction() as session:
        row = session.get_one(Deployment, deployment_id, with_for_update=True)
        bodies_in_force(session, row.tenant_id, now)
        row.report = {**row.report, "in_effect": True}


def _add(session: Session, profile: Jurisdiction, there: set[str]) -> None:
    fresh = [
        _row(profile, role, place)
        for place in _places(session, profile)
        for role in profile.roles.values()
        if place.level in role.levels
        and body_id(profile.key, role.key, place.code) not in there
    ]
    insert_rows(session, Body, fresh)


def _places(session: Session, profile: Jurisdiction) -> list[Any]:
    columns = (Territory.code, Territory.name, Territory.level, Territory.path)
    return list(
        session.execute(
            sa.select(*columns).where(Territory.tenant_id == profile.key),
        ),
    )


def _follow(session: Session, profile: Jurisdiction) -> set[str]:
    """Makes the bodies that stand what the profile says; returns the ids of all."""
    names = {place.code: place.name for place in _places(session, profile)}
    columns = (
        *(Body.id, Body.role, Body.territory_code, Body.named_here),
        *(Body.name, Body.family, Body.oversees, Body.platform),
    )
    rows = session.execute(
        sa.select(*columns).where(Body.tenant_id == profile.key),
    ).all()
    for row in rows:
        role = profile.roles.get(row.role)
        place = names.get(row.territory_code)
        if role is None or place is None:
            continue
        name = row.name
        if not row.named_here:
            name = name_at(role, place, profile.name)
        wanted = {
            "name": name,
            "family": role.family,
            "oversees": role.oversees,
            "platform": profile.platform(role.key),
        }
        if wanted != {key: getattr(row, key) for key in wanted}:
            session.execute(
                sa.update(Body).where(Body.id == row.id).values(**wanted),
            )
    return {row.id for row in rows}


def _row(profile: Jurisdiction, role: Role, place: Any) -> dict[str, Any]:
    return {
        "id": body_id(profile.key, role.key, place.code),
        "tenant_id": profile.key,
        "role": role.key,
        "family": role.family,
        "level": place.level,
        "territory_code": place.code,
        "territory_path": place.path,
        "name": name_at(role, place.name, profile.name),
        "oversees": role.oversees,
        "platform": profile.platform(role.key),
    }
