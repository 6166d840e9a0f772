"""限期授权: who the city's rules name for it grants others the sight of graded fields, or of an instance,
until a named day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Destroyed, Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.access import Viewer
from orchestrator.services.records import sights
from orchestrator.services.records.ids import new_id
from orchestrator.store import data_grants as store
from orchestrator.store.data_grants import DataGrant
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

_CONTENT = (
    "tenant_id",
    "addressee",
    "grade",
    "fields",
    "instance_id",
    "territory_path",
    "ends_at",
    "reason",
    "granted_by",
)
"""Columns in which two grants are one that was noted twice."""


@dataclass(frozen=True, slots=True)
class GrantGiven:
    """What somebody wants to grant."""

    body_id: str
    """The body in whose name, and within whose territory."""
    to: str
    """A user name, or the name of a body."""
    fields: Mapping[str, Sequence[str]]
    """Key of a grade → keys of its fields."""
    number: str
    """The number of an instance; empty where fields are granted."""
    until: date | None
    """The last day."""
    reason: str


def grantors(session: Session, who: Viewer) -> list[Body]:
    """Those of the viewer's bodies that may grant, the widest first."""
    profile = bundles.rules_of_sight(session, who.tenant_id)
    if profile is None:
        return []
    allowed = [
        body
        for body in who.bodies
        if sights.may_read(
            profile, profile.data.grantors, [body], body.territory_path
        )
    ]
    return sorted(allowed, key=lambda body: (body.territory_path, body.id))


def grant(by: int, given: GrantGiven, now: datetime) -> str:
    """Notes the grant; returns to whom, in words. Raises Forbidden where the body may not grant, and
    RuleViolated."""
    with transaction() as session:
        viewer = _viewer(session, by, now)
        body = next(
            (
                body
                for body in grantors(session, viewer)
                if body.id == given.body_id
            ),
            None,
        )
        profile = bundles.rules_of_sight(session, viewer.tenant_id)
        if body is None or profile is None:
            raise Forbidden(say("辖区配置没有写明您的机构可以授权"))
        addressee, name = _addressee(session, viewer, given.to)
        ends_at = _end(profile, given.until, now)
        if not given.reason:
            raise RuleViolated([say("请写明授权的理由")])
        common = {
            "tenant_id": viewer.tenant_id,
            "addressee": addressee,
            "addressee_name": name,
            "territory_path": body.territory_path,
            "ends_at": ends_at,
            "reason": given.reason,
            "granted_by": by,
            "granted_at": now,
        }
        known = store.in_force(session, [addressee], now)
        for part in _parts(
            session,
            viewer,
            profile,
            body,
            given,
        ):
            # A second press of the button finds what the first one noted.
            if not any(_is_same(row, {**common, **part}) for row in known):
                session.add(DataGrant(id=new_id(now), **common, **part))
        return name


def revoke(by: int, grant_id: str, why: str, now: datetime) -> None:
    """Ends a grant at once, and others of the same content. Raises NotFound for one that is not his to end,
    RuleViolated for one that is over or without a reason."""
    with transaction() as session:
        viewer = _viewer(session, by, now)
        row = session.get(DataGrant, grant_id, with_for_update=True)
        if row is None or not _may_revoke(session, viewer, row):
            raise NotFound(grant_id)
        if row.revoked_at is not None or row.ends_at <= now:
            raise RuleViolated([say("这项授权已经到期或者收回")])
        if not why:
            raise RuleViolated([say("请写明收回的理由")])
        # Two presses at the same instant may have noted it twice.
        for noted in store.in_force(session, [row.addressee], now):
            if noted is row or _is_same(noted, _content(row)):
                noted.revoked_by = by
                noted.revoked_at = now
                noted.revoked_why = why


def _content(row: DataGrant) -> dict[str, object]:
    return {name: getattr(row, name) for name in _CONTENT}


def _is_same(row: DataGrant, wanted: Mapping[str, object]) -> bool:
    return all(getattr(row, name) == wanted[name] for name in _CONTENT)


def _viewer(session: Session, by: int, now: datetime) -> Viewer:
    viewer = access.viewer(session, by, now)
    if viewer is None:
        raise Forbidden(say("账号已停用"))
    return viewer


def _may_revoke(session: Session, who: Viewer, row: DataGrant) -> bool:
    if row.tenant_id != who.tenant_id:
        return False
    paths = [body.territory_path for body in grantors(session, who)]
    if any(row.territory_path.startswith(path) for path in paths):
        return True
    administered = who.administered_paths
    return bool(administered) and store.administers(
        session, who.tenant_id, administered, row.id
    )


def _addressee(session: Session, who: Viewer, to: str) -> tuple[str, str]:
    """(address, name) of the person or body. Raises RuleViolated for nobody, several, or himself."""
    person = session.scalar(
        sa.select(Person).where(
            Person.tenant_id == who.tenant_id,
            Person.username == to,
            Person.active,
        )
    )
    if person is not None:
        if person.id == who.person_id:
            raise RuleViolated([say("不能授权给自己")])
        return f"user:{person.username}", person.display_name
    bodies = session.scalars(
        sa.select(Body)
        .where(
            Body.tenant_id == who.tenant_id,
            Body.name == to,
            Body.dissolved_at.is_(None),
            Body.platform == "",
        )
        .limit(2)
    ).all()
    if len(bodies) != 1:
        raise RuleViolated(
            [
                say(
                    "没有用户名或者机构名称是“{to}”的，或者不止一个；请填用户名或者机构全称",
                    to=to,
                )
            ]
        )
    if bodies[0].id in who.body_ids:
        raise RuleViolated([say("不能授权给自己的机构")])
    return bodies[0].id, bodies[0].name


def _end(profile: Jurisdiction, until: date | None, now: datetime) -> datetime:
    """The instant at which the day is over in the city."""
    zone = ZoneInfo(profile.timezone)
    today = now.astimezone(zone).date()
    last = today + timedelta(days=profile.data.longest_grant)
    if until is None or not today <= until <= last:
        raise RuleViolated(
            [say("到期日应在 {today} 到 {last} 之间", today=today, last=last)]
        )
    return datetime.combine(until + timedelta(days=1), time(), zone)


def _parts(
    session: Session,
    who: Viewer,
    profile: Jurisdiction,
    body: Body,
    given: GrantGiven,
) -> list[dict[str, object]]:
    """What each row of the grant holds: an instance, or the fields of one grade."""
    chosen = {key: fields for key, fields in given.fields.items() if fields}
    if bool(chosen) == bool(given.number):
        raise RuleViolated(
            [say("请选中要授权的字段，或者写一件事项的编号，两样只能选一样")]
        )
    if given.number:
        instance_id = _instance(session, who, body, given.number)
        return [{"grade": "", "fields": [], "instance_id": instance_id}]
    parts: list[dict[str, object]] = []
    for key, fields in chosen.items():
        grade = profile.data.named(key)
        if grade is None or not set(fields) <= set(grade.fields):
            raise RuleViolated([say("分级的字段已经改变，请刷新页面后再授权")])
        parts.append(
            {"grade": key, "fields": sorted(set(fields)), "instance_id": None}
        )
    return parts


def _instance(session: Session, who: Viewer, body: Body, number: str) -> str:
    """Id of the instance with that number, which he sees and which lies in the body's territory."""
    found = session.scalars(
        sa.select(ProcessInstance.id)
        .where(
            ProcessInstance.tenant_id == who.tenant_id,
            ProcessInstance.business_key == number,
        )
        .limit(2)
    ).all()
    try:
        if len(found) == 1:
            instance = access.visible_instance(session, who, found[0])
            if instance.territory_path.startswith(body.territory_path):
                return instance.id
    except (Destroyed, NotFound):
        pass
    raise RuleViolated(
        [
            say(
                "没有编号是“{number}”的事项，或者它不在您机构的区划内",
                number=number,
            )
        ]
    )
