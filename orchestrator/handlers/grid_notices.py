"""What the public pages say of grids and of the badges of those who serve them, with exactly the fields the
jurisdiction publishes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.shapes import joined
from orchestrator.handlers import notice_rows
from orchestrator.handlers.notice_rows import NoticeSubject, NoticeText
from orchestrator.store.members import MemberFile
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, GridArea
from orchestrator.store.second_names import second_names
from orchestrator.store.territories import Body

AT_ONCE = 500
"""Grids of one statement; a portrait of each member may be read with it."""


def grid_notices(
    session: Session,
    jurisdiction: Jurisdiction,
    tenant_id: str,
    codes: Sequence[str],
    now: Any,
    instance_id: str | None,
) -> None:
    """The notices of several grids, AT_ONCE in as few statements as one. Raises NoResultFound for a grid that
    is not there."""
    for start in range(0, len(codes), AT_ONCE):
        some = codes[start : start + AT_ONCE]
        _notices(
            session,
            jurisdiction,
            tenant_id,
            some,
            now,
            instance_id,
        )
        served = ever_served(session, tenant_id, some)
        badge_notices(session, jurisdiction, tenant_id, served, now)


def _notices(
    session: Session,
    jurisdiction: Jurisdiction,
    tenant_id: str,
    codes: Sequence[str],
    now: Any,
    instance_id: str | None,
) -> None:
    areas = _areas_of(session, tenant_id, codes)
    members = _members_of(session, jurisdiction, tenant_id, codes)
    notices = notice_rows.notices_of(session, tenant_id, "grid", codes)
    grids = session.scalars(
        sa.select(Grid).where(
            Grid.tenant_id == tenant_id,
            Grid.code.in_(codes),
        ),
    )
    by_code = {grid.code: grid for grid in grids}
    beside = _second_names(
        session,
        jurisdiction,
        tenant_id,
        by_code,
        areas,
        members,
    )
    for code in codes:
        grid = by_code.get(code)
        if grid is None:
            raise NoResultFound(code)
        body = _body(
            jurisdiction,
            grid,
            areas.get(code, []),
            members.get(code, []),
        )
        if beside:
            body["names"] = _names_in(body, grid.name, beside)
        notice = notices.get(code)
        if notice is None:
            notice = notice_rows.begun(session, tenant_id, "grid", code)
        text = NoticeText(grid.name, body)
        notice_rows.write(notice, text, now, instance_id)
    session.flush()


def _second_names(
    session: Session,
    jurisdiction: Jurisdiction,
    tenant_id: str,
    grids: Mapping[str, Grid],
    areas: Mapping[str, Sequence[Any]],
    members: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Mapping[str, str]:
    """Names of these grids, their areas and people → the same in the city's second language."""
    if len(jurisdiction.languages) < 2:
        return {}
    texts = {grid.name for grid in grids.values()}
    texts |= {area.name for listed in areas.values() for area in listed}
    texts |= {
        member["name"] for listed in members.values() for member in listed
    }
    return second_names(session, tenant_id, texts)


def _names_in(
    body: Mapping[str, Any], title: str, beside: Mapping[str, str]
) -> dict[str, str]:
    """Of those names the ones that this notice shows."""
    shown = [title, *body.get("area", ())]
    shown += [member["name"] for member in body.get("members", ())]
    return {text: beside[text] for text in shown if text in beside}


def _areas_of(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
) -> dict[str, list[Any]]:
    areas: dict[str, list[Any]] = {}
    for area in session.execute(
        sa.select(GridArea.grid_code, GridArea.name, GridArea.boundary)
        .where(GridArea.tenant_id == tenant_id, GridArea.grid_code.in_(codes))
        .order_by(GridArea.id),
    ):
        areas.setdefault(area.grid_code, []).append(area)
    return areas


def _members_of(
    session: Session,
    jurisdiction: Jurisdiction,
    tenant_id: str,
    codes: Sequence[str],
) -> dict[str, list[dict[str, Any]]]:
    """Grid → those who serve it now, as its notice shows them."""
    in_post: list[sa.ColumnElement[bool]] = [Person.active.is_(True)]
    if jurisdiction.members.training.pre_post:
        in_post.append(Person.in_training_since.is_(None))
    people = session.execute(
        sa.select(
            Body.territory_code,
            Person.display_name,
            Person.phone,
            Body.role,
            Person.photo,
        )
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == tenant_id,
            Body.territory_code.in_(codes),
            Membership.until_on.is_(None),
            *in_post,
        )
        .order_by(Body.role, Person.id),
    ).all()
    with_phone = "phone" in jurisdiction.notice_fields
    with_photo = "photo" in jurisdiction.notice_fields
    members: dict[str, list[dict[str, Any]]] = {}
    for code, name, phone, role, photo in people:
        member = {"name": name, "role": jurisdiction.roles[role].name}
        if with_phone:
            member["phone"] = phone
        if with_photo and photo:
            member["photo"] = (
                f"data:image/jpeg;base64,{b64encode(photo).decode()}"
            )
        members.setdefault(code, []).append(member)
    return members


def _body(
    jurisdiction: Jurisdiction,
    grid: Grid,
    areas: Sequence[Any],
    members: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": grid.name,
        "area": [area.name for area in areas],
        "members": list(members),
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
    return body


def ever_served(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
) -> list[int]:
    """People who serve one of the grids, or did."""
    query = (
        sa.select(Membership.person_id)
        .join(Body, Body.id == Membership.body_id)
        .where(Body.tenant_id == tenant_id, Body.territory_code.in_(codes))
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
        .where(Person.id.in_(person_ids), MemberFile.badge_no.is_not(None)),
    ).all()
    for person, number in badges:
        if valid:
            text = _badge_text(session, jurisdiction, person)
        else:
            text = NoticeText("", {"posts": []})
        subject = NoticeSubject(tenant_id, "badge", str(number))
        notice_rows.put(session, subject, text, now, None)


def _badge_text(
    session: Session, jurisdiction: Jurisdiction, person: Person
) -> NoticeText:
    """What the page of a badge says of the person who carries it."""
    posts = []
    if person.active:
        posts = _posts(session, jurisdiction, person.id)
    body: dict[str, Any] = {"posts": posts}
    if "photo" in jurisdiction.notice_fields and person.photo:
        encoded = b64encode(person.photo).decode()
        body["photo"] = f"data:image/jpeg;base64,{encoded}"
    return NoticeText(person.display_name, body)


def _posts(
    session: Session, jurisdiction: Jurisdiction, person_id: int
) -> list[dict[str, str]]:
    """The person's posts in active grids, by grid."""
    rows = session.execute(
        sa.select(Grid.name, Body.role, Membership.employment)
        .join(
            Body,
            (Body.tenant_id == Grid.tenant_id)
            & (Body.territory_code == Grid.code),
        )
        .join(Membership, Membership.body_id == Body.id)
        .where(
            Membership.person_id == person_id,
            Membership.until_on.is_(None),
            Grid.state == "active",
        )
        .order_by(Grid.code, Body.role),
    )
    return [
        {
            "grid": grid,
            "role": jurisdiction.roles[role].name,
            "employment": employment,
        }
        for grid, role, employment in rows
        if role in jurisdiction.roles
    ]
