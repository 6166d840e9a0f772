"""notice.publish: the public pages follow what took effect, with exactly the fields the jurisdiction
publishes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.shapes import joined
from orchestrator.handlers.context import HandlerContext
from orchestrator.store.item_lists import stays_of, versions_of
from orchestrator.store.members import MemberFile
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, GridArea
from orchestrator.store.territories import Body, Territory


def publish(context: HandlerContext) -> Mapping[str, Any]:
    """Refreshes the item list's notice, or the notices of the grids that an adjustment made or took areas
    from."""
    if context.variables.get("item_list_number"):
        territory = str(
            context.variables.get("item_list_territory")
            or context.instance.territory_code
        )
        item_list_notice(
            context.session,
            context.jurisdiction,
            territory,
            context.now,
            context.instance.id,
        )
    for code in [
        *(context.variables.get("new_grids") or ()),
        *(context.variables.get("changed_grids") or ()),
    ]:
        grid_notice(
            context.session,
            context.jurisdiction,
            context.instance.tenant_id,
            code,
            context.now,
            context.instance.id,
        )
    return {}


def item_list_notice(
    session: Session,
    jurisdiction: Jurisdiction,
    territory_code: str,
    now: Any,
    instance_id: str | None,
) -> None:
    """Writes the notice of a territory's item list with the days of every decision: a page shows what is in
    force on its own day."""
    tenant_id = jurisdiction.key
    today = now.astimezone(ZoneInfo(jurisdiction.timezone)).date()
    listed = [
        stay
        for stay in stays_of(session, tenant_id, [territory_code])
        if stay.stay.open(today)
    ]
    place = session.scalar(
        sa.select(Territory.name).where(
            Territory.tenant_id == tenant_id, Territory.code == territory_code
        )
    )
    body = {
        "timezone": jurisdiction.timezone,
        "versions": [
            {
                "number": version.number,
                "effective_on": version.effective_on.isoformat(),
                "approved_by": version.approved_by,
            }
            for version in versions_of(session, tenant_id, territory_code)
        ],
        "items": [
            {
                "name": entry.item.name,
                "category": entry.item.category,
                "legal_basis": entry.item.legal_basis,
                "from": entry.stay.since.isoformat(),
                "until": _text(entry.stay.until),
                "last_day": _text(entry.stay.last_day),
            }
            for entry in listed
        ],
    }
    _put(
        session,
        tenant_id,
        "item-list",
        territory_code,
        f"{place}{jurisdiction.list_name}",
        body,
        now,
        instance_id,
    )


def _text(day: date | None) -> str | None:
    if day:
        return day.isoformat()
    return None


def grid_notice(
    session: Session,
    jurisdiction: Jurisdiction,
    tenant_id: str,
    code: str,
    now: Any,
    instance_id: str | None,
) -> None:
    """Writes a grid's notice with the profile's fields and nothing else."""
    grid = session.get_one(Grid, (tenant_id, code))
    areas = session.execute(
        sa.select(GridArea.name, GridArea.boundary)
        .where(GridArea.tenant_id == tenant_id, GridArea.grid_code == code)
        .order_by(GridArea.id)
    ).all()
    in_post: list[sa.ColumnElement[bool]] = [Person.active.is_(True)]
    if jurisdiction.members.training.pre_post:
        in_post.append(Person.in_training_since.is_(None))
    people = session.execute(
        sa.select(Person.display_name, Person.phone, Body.role, Person.photo)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == tenant_id,
            Body.territory_code == code,
            Membership.until_on.is_(None),
            *in_post,
        )
        .order_by(Body.role, Person.id)
    ).all()
    with_phone = "phone" in jurisdiction.notice_fields
    with_photo = "photo" in jurisdiction.notice_fields
    members = [
        {
            "name": name,
            "role": jurisdiction.roles[role].name,
            **({"phone": phone} if with_phone else {}),
            **(
                {
                    "photo": f"data:image/jpeg;base64,{b64encode(photo).decode()}"
                }
                if with_photo and photo
                else {}
            ),
        }
        for name, phone, role, photo in people
    ]
    fields: dict[str, Any] = {
        "name": grid.name,
        "area": [area.name for area in areas],
        "members": members,
    }
    phones = jurisdiction.supervision_phones
    nearest = next(
        (
            phones[place]
            for place in reversed(grid.territory_path.strip("/").split("/"))
            if place in phones
        ),
        "",
    )
    fields |= (
        {"duties": list(jurisdiction.notice_duties)}
        if jurisdiction.notice_duties
        else {}
    )
    fields |= {"supervision_phone": nearest} if nearest else {}
    body = {
        key: value
        for key, value in fields.items()
        if key in jurisdiction.notice_fields
    }
    if "area" in body and areas and all(area.boundary for area in areas):
        body["shape"] = joined(area.boundary for area in areas)
    if jurisdiction.notice_labels:
        body |= {
            "labels": dict(jurisdiction.notice_labels),
            "labels_language": jurisdiction.languages[1],
        }
    _put(session, tenant_id, "grid", code, grid.name, body, now, instance_id)
    badge_notices(
        session,
        jurisdiction,
        tenant_id,
        ever_served(session, tenant_id, code),
        now,
    )


def ever_served(session: Session, tenant_id: str, code: str) -> list[int]:
    """People who serve the grid, or did."""
    query = (
        sa.select(Membership.person_id)
        .join(Body, Body.id == Membership.body_id)
        .where(Body.tenant_id == tenant_id, Body.territory_code == code)
    )
    return list(session.scalars(query.distinct()))


def badge_notices(
    session: Session,
    jurisdiction: Jurisdiction,
    tenant_id: str,
    person_ids: Sequence[int],
    now: Any,
    valid: bool = True,
) -> None:
    """Writes what the public page of these people's badges says: whose it is, and which posts he has now;
    nothing of him any more where it is not `valid`."""
    badges = session.execute(
        sa.select(Person, MemberFile.badge_no)
        .join(MemberFile, MemberFile.person_id == Person.id)
        .where(Person.id.in_(person_ids), MemberFile.badge_no.is_not(None))
    ).all()
    for person, number in badges:
        if not valid:
            _put(
                session,
                tenant_id,
                "badge",
                str(number),
                "",
                {"posts": []},
                now,
                None,
            )
            continue
        rows = session.execute(
            sa.select(Grid.name, Body.role, Membership.employment)
            .join(
                Body,
                (Body.tenant_id == Grid.tenant_id)
                & (Body.territory_code == Grid.code),
            )
            .join(Membership, Membership.body_id == Body.id)
            .where(
                Membership.person_id == person.id,
                Membership.until_on.is_(None),
                Grid.state == "active",
            )
            .order_by(Grid.code, Body.role)
        )
        posts = [
            {
                "grid": grid,
                "role": jurisdiction.roles[role].name,
                "employment": employment,
            }
            for grid, role, employment in rows
            if role in jurisdiction.roles
        ]
        body: dict[str, Any] = {"posts": posts if person.active else []}
        if "photo" in jurisdiction.notice_fields and person.photo:
            body["photo"] = (
                f"data:image/jpeg;base64,{b64encode(person.photo).decode()}"
            )
        _put(
            session,
            tenant_id,
            "badge",
            str(number),
            person.display_name,
            body,
            now,
            None,
        )


def _put(
    session: Session,
    tenant_id: str,
    kind: str,
    subject: str,
    title: str,
    body: dict[str, Any],
    now: Any,
    instance_id: str | None,
) -> None:
    notice = session.scalar(
        sa.select(PublicNotice).where(
            PublicNotice.tenant_id == tenant_id,
            PublicNotice.kind == kind,
            PublicNotice.subject_code == subject,
        )
    )
    if notice is None:
        notice = PublicNotice(
            tenant_id=tenant_id, kind=kind, subject_code=subject
        )
        session.add(notice)
    notice.title = title
    notice.body = body
    notice.published_at = now
    notice.instance_id = instance_id
    session.flush()
