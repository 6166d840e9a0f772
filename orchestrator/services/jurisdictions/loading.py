"""A folder's values to rows: what is new is added, names follow the files, what people have changed since
stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.territory import body_id
from orchestrator.errors import RuleViolated
from orchestrator.handlers.grid_notices import grid_notices
from orchestrator.handlers.notices import item_list_notice
from orchestrator.sentences import joined, say
from orchestrator.services import deployments
from orchestrator.services.instances import reopened_incidents
from orchestrator.services.jurisdictions.folder import Folder, read
from orchestrator.services.jurisdictions.holidays import add_announced_years
from orchestrator.services.jurisdictions.loaded_places import (
    begins_on,
    insert_rows,
    load_grids,
    load_places,
)
from orchestrator.services.jurisdictions.profile_bodies import (
    keep_published_name,
    write_bodies,
)
from orchestrator.services.people import passwords
from orchestrator.services.records.ids import new_id
from orchestrator.services.registers.registered_lists import (
    note_what_is_asked_for,
)
from orchestrator.store import definitions, statistics
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import (
    Grid,
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import transaction

DEMO_PASSWORD = "gridflow"


def load(folder: Path, now: datetime, demo: bool) -> str:
    """Loads or refreshes the folder's jurisdiction in one transaction; returns a line that says what was new.

    Names of places and bodies follow the files; people (only with `demo`), memberships, grids and item lists
    are only added. Raises RuleViolated with every wrong line of profile and tables, DeploymentRefused for
    wrong diagrams or forms.
    """
    given = read(folder)
    plan = _merged(given)
    if demo:
        hashed = passwords.hash_password(DEMO_PASSWORD)
    else:
        hashed = ""
    with transaction() as session:
        add_announced_years(
            session,
            given.profile.key,
            begins_on(given, now).year,
            now,
        )
        load_places(session, given)
        added = load_grids(session, given, now)
        write_bodies(session, given.profile)
        added |= _people(session, given, hashed, now) if demo else set()
        _items(session, given, now)
        _notices(session, given, added, now)
        made, kept = _deploy(session, given, plan, now)
        keep_published_name(session, given.profile, now)
        note_what_is_asked_for(session, given.profile.key)
        reopened_incidents.note_again(session, given.profile.key, now)
    with transaction() as session:
        statistics.renew(session)
    sentence = say(
        "{name}，{count} 个区划、{grids} 个网格，新发布 {made} 个流程版本",
        name=given.profile.name,
        count=len(given.places),
        grids=len(given.grids),
        made=made,
    )
    if not kept:
        return sentence
    left = say(
        "在页面上发布过新版，文件夹里的改动没有采用：{listed}",
        listed="、".join(kept),
    )
    return joined("；", [sentence, left])


@dataclass(frozen=True)
class _Plan:
    """What is to be deployed, as the database stood when it was checked."""

    checked: deployments.Inspected
    digests: Mapping[str, str]
    """Of the folder's own files."""
    newest: str | None
    """Id of the deployment that it was put together with."""
    both: Sequence[str] = ()
    """Files that the folder and a designer changed, which stay as published."""


def _merged(given: Folder) -> _Plan:
    """The folder's files, leaving alone what designers published since it was last loaded. Raises
    DeploymentRefused."""
    digests = deployments.digests_of(given.resources)
    checked = deployments.inspect(given.resources)
    with transaction(writing=False) as session:
        newest = definitions.newest_deployment(session, given.profile.key)
        last = definitions.newest_deployment(
            session,
            given.profile.key,
            from_folder=True,
        )
        if last:
            loaded = _as_loaded(session, last)
        else:
            loaded = {}
        if newest:
            there = definitions.files(session, newest.id)
        else:
            there = {}
    if newest is None or last is None:
        return _Plan(checked, digests, newest.id if newest else None)
    published = {
        name
        for name, digest in deployments.digests_of(there).items()
        if digest != loaded.get(name)
    }
    changed = {
        name for name, digest in digests.items() if digest != loaded.get(name)
    }
    both = sorted(
        name
        for name in published & changed
        if there[name] != given.resources[name]
    )
    if published:
        checked = deployments.inspect(
            {**given.resources, **{name: there[name] for name in published}},
        )
    return _Plan(checked, digests, newest.id, both)


def _deploy(
    session: Session,
    given: Folder,
    plan: _Plan,
    now: datetime,
) -> tuple[int, Sequence[str]]:
    """Deploys what was planned; how many versions came of it, and the files that stay as published."""
    newest = definitions.newest_deployment(session, given.profile.key)
    if (newest.id if newest else None) != plan.newest:
        raise RuleViolated(
            [say("装入期间有人在页面上发布了新版，请再装入一次")],
        )
    release = deployments.Publication(now, folder=plan.digests)
    made = deployments.freeze(
        session,
        plan.checked,
        given.profile.key,
        None,
        now,
        release,
    )
    return len(made.definition_ids), plan.both


def _as_loaded(
    session: Session,
    last: definitions.Deployment,
) -> Mapping[str, str]:
    """Name → digest of the folder's files as they were when it was loaded last.

    Deployments made before this was recorded held what the folder held, and nothing else.
    """
    recorded: Mapping[str, str] | None = last.report.get("folder")
    if recorded is None:
        return deployments.digests_of(definitions.files(session, last.id))
    return recorded


def _people(
    session: Session,
    given: Folder,
    hashed: str,
    now: datetime,
) -> set[str]:
    """Adds people who were never there, with their bodies; returns the codes of the places they serve."""
    tenant_id = given.profile.key
    known = dict(
        session.execute(sa.select(Person.username, Person.tenant_id)).all(),
    )
    taken = sorted(
        {
            row.username
            for row in given.people
            if known.get(row.username, tenant_id) != tenant_id
        },
    )
    if taken:
        raise RuleViolated(
            [
                say(
                    "用户名“{name}”已属于另一个城市，请在 people.csv 中换一个",
                    name=name,
                )
                for name in taken
            ],
        )
    fresh = {
        row.username: row for row in given.people if row.username not in known
    }
    insert_rows(
        session,
        Person,
        [
            {
                "tenant_id": tenant_id,
                "username": row.username,
                "display_name": row.display_name,
                "phone": row.phone,
                "password_hash": hashed,
                "is_demo": True,
            }
            for row in fresh.values()
        ],
    )
    ids = dict(
        session.execute(
            sa.select(Person.username, Person.id).where(
                Person.tenant_id == tenant_id,
            ),
        ).all(),
    )
    rows = {
        (row.username, row.role, row.place): row
        for row in given.people
        if row.username in fresh
    }
    insert_rows(
        session,
        Membership,
        [
            {
                "person_id": ids[row.username],
                "body_id": body_id(tenant_id, row.role, row.place),
                "title": row.title,
                "employment": row.employment,
                "from_on": begins_on(given, now),
                "until_on": None,
            }
            for row in rows.values()
        ],
    )
    return {row.place for row in rows.values()}


def _items(session: Session, given: Folder, now: datetime) -> None:
    """Version 1 of the lists that begin with the regulation's items; a list that has a version is left
    alone."""
    profile = given.profile
    there = set(
        session.scalars(
            sa.select(ItemListVersion.territory_code).where(
                ItemListVersion.tenant_id == profile.key,
            ),
        ),
    )
    for territory in profile.seed_lists if profile.seed_items else ():
        if territory in there:
            continue
        session.add(
            ItemListVersion(
                id=new_id(now),
                tenant_id=profile.key,
                territory_code=territory,
                number=1,
                effective_on=profile.regulation.in_force_on
                or begins_on(given, now),
                change="seed",
                instance_id=None,
                approved_by=profile.regulation.citation,
                ground=profile.cite(profile.seed_items[0][2]),
                created_at=now,
            ),
        )
        items = [
            {
                "id": new_id(now),
                "tenant_id": profile.key,
                "territory_code": territory,
                "code": f"{territory}-0001-{number:02d}",
                "name": name,
                "category": category,
                "legal_basis": profile.cite(article),
                "details": {},
            }
            for number, (category, name, article) in enumerate(
                profile.seed_items,
                1,
            )
        ]
        insert_rows(session, ServiceItem, items)
        entered = {
            "entered_in": 1,
            "tenant_id": profile.key,
            "territory_code": territory,
            "left_in": None,
        }
        insert_rows(
            session,
            ItemListEntry,
            [{**entered, "item_id": item["id"]} for item in items],
        )
        session.flush()
        item_list_notice(session, profile, territory, now, None)


def _notices(
    session: Session,
    given: Folder,
    changed: Iterable[str],
    now: datetime,
) -> None:
    """Notices of active grids that are new or have new people: the rest keep the instant of their last
    change."""
    tenant_id = given.profile.key
    active = set(
        session.scalars(
            sa.select(Grid.code).where(
                Grid.tenant_id == tenant_id,
                Grid.state == "active",
            ),
        ),
    )
    notices = set(
        session.scalars(
            sa.select(PublicNotice.subject_code).where(
                PublicNotice.tenant_id == tenant_id,
                PublicNotice.kind == "grid",
            ),
        ),
    )
    codes = sorted(active & ((active - notices) | set(changed)))
    grid_notices(
        session,
        given.profile,
        tenant_id,
        codes,
        now,
        None,
    )
