"""Loading a jurisdiction folder: profile, divisions, bodies, grids, demo people, first item list, diagrams. May be repeated."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import chinese_calendar
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction, JurisdictionInvalid, parse_jurisdiction
from orchestrator.domain.territory import body_id
from orchestrator.errors import RuleViolated
from orchestrator.handlers.notices import grid_notice, item_list_notice
from orchestrator.services import deployments, identity, running
from orchestrator.services.ids import new_id
from orchestrator.store.definitions import Deployment, Resource
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, GridArea, GridEvent, ItemListEntry, ItemListVersion, ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from orchestrator.store.timers import CalendarDay

DEMO_PASSWORD = "gridflow"


def load(folder: Path, now: datetime, demo: bool) -> str:
    """Loads or refreshes the folder’s jurisdiction; returns a line that says what was there.

    What exists is kept: people, memberships, grids and item lists are only added. Raises RuleViolated for a wrong profile,
    DeploymentRefused for wrong diagrams or forms.
    """
    try:
        profile = parse_jurisdiction(
            (folder / "jurisdiction.toml").read_text(encoding="utf-8"), f"{folder.name}/jurisdiction.toml"
        )
    except JurisdictionInvalid as invalid:
        raise RuleViolated(invalid.reasons) from invalid
    digest = _digest(folder, demo)
    with transaction() as session:
        if session.get(Resource, digest) is not None:
            return "内容未变 / unchanged"
        _load_calendar(session, now)
        _load_territories(session, profile, folder)
        _load_grids(session, profile, folder, now)
        _load_bodies(session, profile)
        if demo:
            _load_people(session, profile, folder, now)
        _load_items(session, profile, now)
        for code in session.scalars(sa.select(Grid.code).where(Grid.tenant_id == profile.key, Grid.state == "active")).all():
            grid_notice(session, profile, profile.key, code, now, None)
    running.forget_calendar()
    deployed = deployments.deploy(resources(folder), profile.key, None, now)
    with transaction() as session:
        session.add(Resource(sha256=digest, content=b""))
        session.flush()
        count = session.scalar(sa.select(sa.func.count()).select_from(Deployment).where(Deployment.tenant_id == profile.key))
    return f"{profile.name}，发布 {len(deployed.definition_ids)} 个流程版本（累计 {count} 次发布）"


def resources(folder: Path) -> dict[str, bytes]:
    """What a jurisdiction deploys: its diagrams, tables and profile, the shared diagrams, the common forms and its own."""
    found = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in (".bpmn", ".dmn")}
    found["jurisdiction.toml"] = (folder / "jurisdiction.toml").read_bytes()
    for path in sorted((folder.parent / "shared").glob("*.bpmn")):
        found[f"shared/{path.name}"] = path.read_bytes()
    definitions = Path(__file__).parents[2] / "forms" / "definitions"
    for path in [*sorted(definitions.glob("*.form")), *sorted((definitions / folder.name).glob("*.form"))]:
        found[path.name] = path.read_bytes()
    return found


def _digest(folder: Path, demo: bool) -> str:
    sha = hashlib.sha256(f"{folder.name}{demo}".encode())
    for path in sorted(folder.glob("*.csv")):
        sha.update(path.read_bytes())
    for name, content in sorted(resources(folder).items()):
        sha.update(name.encode() + content)
    return sha.hexdigest()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


def _insert_new(session: Session, model: Any, key: str, rows: list[dict[str, Any]], tenant_id: str) -> None:
    known = set(session.scalars(sa.select(getattr(model, key)).where(model.tenant_id == tenant_id)))
    fresh = [row for row in rows if row[key] not in known]
    if fresh:
        session.execute(sa.insert(model), fresh)


def _load_territories(session: Session, profile: Jurisdiction, folder: Path) -> None:
    paths: dict[str, str] = {}
    rows = []
    for row in _rows(folder / "territories.csv"):
        path = f"{paths.get(row['parent'], '')}{row['code']}/"
        paths[row["code"]] = path
        rows.append(
            {
                "tenant_id": profile.key,
                "code": row["code"],
                "name": row["name"],
                "level": row["level"],
                "parent_code": row["parent"] or None,
                "path": path,
                "active": True,
            }
        )
    _insert_new(session, Territory, "code", rows, profile.key)


def _load_grids(session: Session, profile: Jurisdiction, folder: Path, now: datetime) -> None:
    today = now.date()
    parents = dict(
        session.execute(sa.select(Territory.code, Territory.path).where(Territory.tenant_id == profile.key)).tuples().all()
    )
    known = set(session.scalars(sa.select(Grid.code).where(Grid.tenant_id == profile.key)))
    territories, grids, events = [], [], []
    for row in _rows(folder / "grids.csv"):
        if row["code"] in known:
            continue
        path = f"{parents[row['community']]}{row['code']}/"
        territories.append(
            {
                "tenant_id": profile.key,
                "code": row["code"],
                "name": row["name"],
                "level": "grid",
                "parent_code": row["community"],
                "path": path,
                "active": True,
            }
        )
        grids.append(
            {
                "tenant_id": profile.key,
                "code": row["code"],
                "name": row["name"],
                "kind": row["kind"],
                "setting": row["setting"],
                "community_code": row["community"],
                "territory_path": path,
                "households": int(row["households"]),
                "state": "active",
                "valid_from": today,
            }
        )
        events.append(
            {
                "tenant_id": profile.key,
                "grid_code": row["code"],
                "kind": "created",
                "on": today,
                "details": {"from": "初始划分"},
            }
        )
    for model, rows in ((Territory, territories), (Grid, grids), (GridEvent, events)):
        if rows:
            session.execute(sa.insert(model), rows)
    areas = [
        {
            "id": f"{row['id']}",
            "tenant_id": profile.key,
            "community_code": row["community"],
            "name": row["name"],
            "households": int(row["households"]),
            "grid_code": row["grid"],
        }
        for row in _rows(folder / "grid_areas.csv")
    ]
    _insert_new(session, GridArea, "id", areas, profile.key)


def _load_bodies(session: Session, profile: Jurisdiction) -> None:
    places = session.execute(
        sa.select(Territory.code, Territory.name, Territory.level, Territory.path).where(Territory.tenant_id == profile.key)
    ).all()
    rows = [
        {
            "id": body_id(profile.key, role.key, place.code),
            "tenant_id": profile.key,
            "role": role.key,
            "family": role.family,
            "level": place.level,
            "territory_code": place.code,
            "territory_path": place.path,
            "name": role.name_template.format(territory=place.name),
        }
        for role in profile.roles.values()
        for place in places
        if place.level in role.levels
    ]
    _insert_new(session, Body, "id", rows, profile.key)


def _load_people(session: Session, profile: Jurisdiction, folder: Path, now: datetime) -> None:
    hashed = identity.hash_password(DEMO_PASSWORD)
    known = set(session.scalars(sa.select(Person.username)))
    people = [
        {
            "tenant_id": profile.key,
            "username": row["username"],
            "display_name": row["display_name"],
            "phone": row["phone"],
            "password_hash": hashed,
            "is_demo": True,
        }
        for row in _rows(folder / "people.csv")
        if row["username"] not in known
    ]
    if people:
        session.execute(sa.insert(Person), people)
    ids = dict(session.execute(sa.select(Person.username, Person.id).where(Person.tenant_id == profile.key)).tuples().all())
    members = set(session.execute(sa.select(Membership.person_id, Membership.body_id)).tuples())
    rows = []
    for row in _rows(folder / "people.csv"):
        body = body_id(profile.key, row["role"], row["place"])
        if (ids[row["username"]], body) not in members and row["username"] not in known:
            rows.append(
                {
                    "person_id": ids[row["username"]],
                    "body_id": body,
                    "title": row["title"],
                    "from_on": now.date(),
                    "until_on": None,
                }
            )
    if rows:
        session.execute(sa.insert(Membership), rows)


def _load_items(session: Session, profile: Jurisdiction, now: datetime) -> None:
    regulation = profile.regulation
    for territory in profile.seed_lists:
        there = session.scalar(
            sa.select(ItemListVersion.id)
            .where(ItemListVersion.tenant_id == profile.key, ItemListVersion.territory_code == territory)
            .limit(1)
        )
        if there is not None or not profile.seed_items:
            continue
        session.add(
            ItemListVersion(
                id=new_id(now),
                tenant_id=profile.key,
                territory_code=territory,
                number=1,
                effective_on=regulation.in_force_on or now.date(),
                change="seed",
                instance_id=None,
                approved_by=regulation.citation,
                ground=profile.cite(profile.seed_items[0][2]),
                created_at=now,
            )
        )
        for number, (category, name, article) in enumerate(profile.seed_items, 1):
            item = ServiceItem(
                id=new_id(now),
                tenant_id=profile.key,
                territory_code=territory,
                code=f"{territory}-0001-{number:02d}",
                name=name,
                category=category,
                legal_basis=profile.cite(article),
                details={},
            )
            session.add(item)
            session.flush()
            session.add(
                ItemListEntry(item_id=item.id, entered_in=1, tenant_id=profile.key, territory_code=territory, left_in=None)
            )
        session.flush()
        item_list_notice(session, profile.key, territory, now, None)


def _load_calendar(session: Session, now: datetime) -> None:
    """Seeds the calendar with the announced years' holidays and make-up working days."""
    if session.scalar(sa.select(sa.func.count()).select_from(CalendarDay)):
        return
    first = date(now.year - 1, 1, 1)
    rows = [
        {
            "on": day.isoformat(),
            "kind": "holiday",
            "name": _holiday(name),
            "source": "国务院办公厅节假日安排（chinesecalendar）",
        }
        for day, name in chinese_calendar.constants.holidays.items()
        if day >= first
    ]
    rows += [
        {
            "on": day.isoformat(),
            "kind": "workday",
            "name": f"{_holiday(name)}调休上班",
            "source": "国务院办公厅节假日安排（chinesecalendar）",
        }
        for day, name in chinese_calendar.constants.workdays.items()
        if day >= first
    ]
    session.execute(sa.insert(CalendarDay), rows)


def _holiday(name: str) -> str:
    """The Chinese name of a holiday as chinesecalendar calls it in English."""
    return next((each.chinese for each in chinese_calendar.Holiday if each.value == name), name)
