"""Nobody reaches what is another place's: every route of the application, as every role of the neighbouring
county and of another city, with the ids and names of one county's matters, people and files.

Some fifteen seconds: it proves the whole kind, which no list of routes does.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app import create_app
from orchestrator.domain.assessment import COUNTED
from orchestrator.services import designing, instances, jurisdictions, people
from orchestrator.services.instances import remarks
from orchestrator.services.records import attachments, stored_files
from orchestrator.store.absences import Absence
from orchestrator.store.accounts import Passkey
from orchestrator.store.archives import MADE, ArchivePackage
from orchestrator.store.assessments import (
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.base import Base
from orchestrator.store.data_grants import DataGrant
from orchestrator.store.definitions import Deployment
from orchestrator.store.disposals import DisposalEntry
from orchestrator.store.grid_entries import EntryDisclosure, GridEntry
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.grid_work import CommunityMeeting, Patrol
from orchestrator.store.groups import GroupMapping
from orchestrator.store.incidents import Incident
from orchestrator.store.look_reviews import QUESTIONED, LookReview
from orchestrator.store.member_issues import MemberIssue
from orchestrator.store.notifications import Notification
from orchestrator.store.pay import PayLine, PaySheet
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import (
    Grid,
    GridEvent,
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.resident_reports import ResidentReport
from orchestrator.store.saved_views import SavedView
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import OPERATES, Body, Territory
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from tests.databases import forget, release, settings_for
from tests.web import crawling
from tests.web.test_registers import APPLICATION

ROOT = Path(__file__).parents[2]
HOME, ELSEWHERE, COUNTY, NEIGHBOUR = (
    "zhenjiang",
    "dongying",
    "321102",
    "321111",
)
SECRET = "京口内情"
"""Stands in everything that is the county's own."""
WORD = "巡河护堤"
"""By which its matter is searched; pages repeat what was searched."""
NOW = datetime.now(UTC)
QUERIES = {
    "q": WORD,
    "search": WORD,
    "place": COUNTY,
    "territory": COUNTY,
    "township": "321102001",
    "body": f"{HOME}:justice:{COUNTY}",
    "process": "item_admission",
    "city": HOME,
}
"""Query argument → something of the county; others are given the id of its matter."""
ACTIONS = [
    "claim",
    "release",
    "take-over",
    "redirect",
    "assign",
    "give-to",
    "suspend",
    "urge",
    "void",
    "merge",
]
SENT = {
    **dict.fromkeys(("username", "to", "userId", "assignee", "approver", "signer", "who"), "jk-sf"),
    **dict.fromkeys(("into", "body", "body_id", "place"), f"{HOME}:justice:{COUNTY}"),
    "reason": "无关的人", "text": "无关的人", "name": "无关的人", "decision": "approve", "opinion": "同意",
    "variables": {}, "tasks": ["x"],
}  # fmt: skip
"""What is sent to every form: fields of many of them, with names of the county."""
ENDING = {"auth.sign_out"}
NOT_COMPARED = {"sign_in_event", "sign_in_session", "look", "idempotency_key"}
WHOLE = os.environ.get("GRIDFLOW_TEST_CRAWL") == "whole"
"""Each role asks for everything, some 20,000 requests; else for its share."""
EVERYTHING = ("other city", "other county", "other township")
"""Those who serve bodies of all roles there."""


@dataclass(frozen=True)
class Crawl:
    """Two cities, what is the county's own, and who looks for it."""

    app: Flask
    ids: Mapping[str, Sequence[str]]
    """Argument of a route → ids of the county's things."""
    strangers: Mapping[str, FlaskClient]
    """Role, or place → somebody of that role, or of all roles there."""
    own: Mapping[str, FlaskClient]
    """Of the county, and those who administer and design for its whole city."""
    foreign: frozenset[int]
    """Ids of the strangers."""


@pytest.fixture(scope="module")
def crawl(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crawl]:
    folder = tmp_path_factory.mktemp("crawl")
    file = folder / "crawl.sqlite"
    file.write_bytes(sqlite_schema.read_bytes())
    app = create_app(settings_for(f"sqlite:///{file}", folder))
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context():
        forget()
        for city in (HOME, ELSEWHERE):
            jurisdictions.load(ROOT / "bpmn" / city, now=NOW, demo=True)
        ids = _county_data()
        foreign, tokens = _strangers()
        own = _own()
        release()
    strangers = {who: _client(app, token) for who, token in tokens.items()}
    yield Crawl(
        app,
        ids,
        strangers,
        {who: _client(app, token) for who, token in own.items()},
        foreign,
    )
    with app.app_context():
        db.engine.dispose()


def _client(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def _county_data() -> dict[str, list[str]]:
    """A matter of the county with a file, comment, incident and absence, its people with secret numbers, a
    draft of the city; ids by the names of the routes' arguments."""
    with transaction() as session:
        county = {
            person.username: person
            for person in session.scalars(
                sa.select(Person).where(Person.username.like("jk-%"))
            )
        }
        for person in county.values():
            person.phone, person.display_name = (
                f"{SECRET}电话",
                f"{SECRET}{person.username}",
            )
        for member in session.scalars(
            sa.select(Membership).where(Membership.body_id.like(f"%:{COUNTY}"))
        ):
            member.title = f"{SECRET}职务"
        by, deputy = county["jk-sf"].id, county["jk-cg"].id
        designer = session.scalars(
            sa.select(Person.id).where(Person.username == "designer")
        ).one()
    file = attachments.keep(
        b"%PDF-1.4\n" + SECRET.encode(),
        f"{SECRET}.pdf",
        "attachments",
        attachments.Claim(HOME, by),
        NOW,
    )
    given = {
        **APPLICATION,
        "item_name": f"{WORD}（{SECRET}）",
        "attachments": [file],
    }
    matter = instances.start(
        HOME, "item_admission", given, by, f"{HOME}:justice:{COUNTY}", NOW
    ).instance_id
    remarks.comment(matter, f"{SECRET}评论", by, NOW)
    remarks.send_copies(
        matter, county["jk-cg"].username, f"{SECRET}附言", by, NOW
    )
    draft = designing.open_draft(HOME, "item_admission", designer, NOW)
    with transaction() as session:
        session.add_all(_incident_and_absence(matter, by, deputy))
        session.add_all(_grid_work(by))
        session.add_all(_sign_in(by))
        session.add_all(_beside_members(by))
        session.add(_closed_period())
        session.add(_archive_package(matter, by))
        session.add(_disposal(matter))
        session.add(_grant(matter))
        session.flush()
        session.add(_result(by))
        session.add_all(_doubted_look(by))
    return {
        "instance_id": [matter],
        "draft_id": [str(draft)],
        "attachment_id": [file],
        **_ids(matter, by),
    }


def _incident_and_absence(matter: str, by: int, deputy: int) -> list[Base]:
    incident = Incident(
        id="crawl", tenant_id=HOME, instance_id=matter, kind="no-body", message=SECRET, state="open",
        created_at=NOW,
    )  # fmt: skip
    absence = Absence(
        id="crawl", tenant_id=HOME, person_id=by, deputy_id=deputy, from_at=NOW, until_at=NOW + timedelta(9),
        entered_by=by, entered_at=NOW,
    )  # fmt: skip
    view = SavedView(
        id="crawl", person_id=by, name=SECRET[:20], query="q=1", saved_at=NOW
    )
    report = ResidentReport(
        id="crawl", number="CRAW-LCRA-WLER", tenant_id=HOME, grid_code="3211020010011001",
        territory_path="321100/321102/321102001/321102001001/3211020010011001/", key="crawl",
        content=f"{SECRET}反映", place=SECRET, point="", phone="13900000000", sender="x", state="received",
        received_at=NOW, answer="",
    )  # fmt: skip
    return [incident, absence, view, report]


def _archive_package(matter: str, by: int) -> ArchivePackage:
    content = SECRET.encode()
    digest = hashlib.sha256(content).hexdigest()
    stored_files.write(digest, content)
    return ArchivePackage(
        id="crawl", tenant_id=HOME, instance_id=matter, asked_by=by, asked_at=NOW, state=MADE, ended_at=NOW,
        sha256=digest, size=len(content), history_seq=1,
    )  # fmt: skip


def _grant(matter: str) -> DataGrant:
    return DataGrant(
        id="crawl",
        tenant_id=HOME,
        addressee="user:jk-zf",
        addressee_name="梁海涛",
        grade="",
        fields=[],
        instance_id=matter,
        territory_path="321100/321102/",
        ends_at=NOW + timedelta(days=9),
        reason="核查",
        granted_by=1,
        granted_at=NOW,
    )


def _disposal(matter: str) -> DisposalEntry:
    return DisposalEntry(
        instance_id=matter, dossier_id=matter, tenant_id=HOME, number=SECRET[:40], process_key="x",
        name=SECRET, kept_as="", until=NOW.date(), state="destroyed", destroyed_at=NOW,
    )  # fmt: skip


def _closed_period() -> AssessmentPeriod:
    return AssessmentPeriod(
        id="crawl", tenant_id=HOME, rule="departments", period="2020-01", name=SECRET, of="departments",
        body_id=f"{HOME}:grid-office:{COUNTY}", territory_path=f"321100/{COUNTY}/", closed_at=NOW,
        appeal_until=NOW, formula={"indicators": []},
    )  # fmt: skip


def _result(by: int) -> AssessmentResult:
    return AssessmentResult(
        id="crawl", period_id="crawl", key=str(by), name=SECRET, score=60.0,
        figures=dict.fromkeys(COUNTED, 0),
    )  # fmt: skip


def _sign_in(by: int) -> list[Base]:
    """A passkey and a group of the directory."""
    key = Passkey(
        id=7, person_id=by, credential="crawl", public_key=b"x", sign_count=0, name=SECRET, made_at=NOW
    )  # fmt: skip
    group = GroupMapping(
        id=7, tenant_id=HOME, group_name=SECRET, body_id=f"{HOME}:justice:{COUNTY}", title=SECRET
    )  # fmt: skip
    return [key, group]


def _grid_work(by: int) -> list[Base]:
    """What the register of a grid and its daily work hold."""
    path = f"321100/{COUNTY}/321102001/321102001001/"
    grid = "3211020010011001"
    where = {"tenant_id": HOME, "territory_path": f"{path}{grid}/"}
    entry = GridEntry(
        **where, id="crawl", grid_code=grid, kind="person", name=SECRET, phone=SECRET, verified_on=NOW.date(),
        version=1, changed_at=NOW, changed_by=by,
    )  # fmt: skip
    patrol = Patrol(
        **where, id="crawl", grid_code=grid, person_id=by, key="crawl", began_at=NOW, note=SECRET,
        ended_at=NOW, points=[], check_ins=[], recorded_at=NOW,
    )  # fmt: skip
    meeting = CommunityMeeting(
        id="crawl", tenant_id=HOME, territory_path=path, community_code="321102001001", held_on=NOW.date(),
        chaired_by=SECRET, attended=SECRET, discussed=SECRET, recorded_by=by, recorded_at=NOW,
        resolutions=[{"what": SECRET, "who": "", "due_on": None, "done_on": None}],
    )  # fmt: skip
    return [entry, patrol, meeting]


def _beside_members(by: int) -> list[Base]:
    """A team of the grid, what was issued to a member, and a pay sheet with his line."""
    path = f"321100/{COUNTY}/321102001/"
    grid = "3211020010011001"
    group = GridGroup(
        id="crawl", tenant_id=HOME, territory_path=f"{path}321102001001/{grid}/",
        grid_code=grid, kind="party", name=SECRET, head=SECRET, phone=SECRET, remark=SECRET,
        changed_at=NOW, changed_by=by,
    )  # fmt: skip
    issue = MemberIssue(
        id="crawl", tenant_id=HOME, person_id=by, kind="equipment", name=SECRET, number=SECRET,
        from_on=NOW.date(), changed_at=NOW, changed_by=by,
    )  # fmt: skip
    sheet = PaySheet(
        id="crawl", tenant_id=HOME, body_id=f"{HOME}:grid-office:321102001", territory_path=path,
        period="2026-01", drafted_by=by, drafted_at=NOW, returned=SECRET,
        rules={
            "citation": "45.1", "assessment": "", "grades": {}, "base": {}, "procedure": "",
            "allowances": [], "drafted_by": [], "approved_by": [],
        },
    )  # fmt: skip
    return [group, issue, sheet]


def _doubted_look(by: int) -> list[Base]:
    """That somebody opened the entry, and was doubted; the line of a pay sheet."""
    opened = EntryDisclosure(
        id="crawl", entry_id="crawl", person_id=by, at=NOW, reason=SECRET
    )
    doubted = LookReview(
        look_id=opened.id,
        verdict=QUESTIONED,
        note=SECRET,
        reviewed_by=by,
        reviewed_at=NOW,
    )
    line = PayLine(
        id="crawl", sheet_id="crawl", tenant_id=HOME, period="2026-01", person_id=by, name=SECRET,
        post=SECRET, remark=SECRET,
    )  # fmt: skip
    return [opened, doubted, line]


def _ids(matter: str, by: int) -> dict[str, list[str]]:
    with transaction() as session:

        def every(column: Any, *where: Any) -> list[str]:
            return [
                str(each)
                for each in session.scalars(
                    sa.select(column).where(*where).limit(2)
                )
            ]

        tasks = every(UserTask.id, UserTask.instance_id == matter)
        return {
            "task_id": tasks,
            "kind": ["sign"],
            "about": tasks,
            "subscription_id": tasks,
            "deadline_id": every(Deadline.id, Deadline.instance_id == matter),
            "person_id": [str(by)],
            "signer_id": [str(by)],
            "notification_id": every(Notification.id) or ["1"],
            "deployment_id": every(
                Deployment.id, Deployment.tenant_id == HOME
            ),
            "item_id": every(ServiceItem.id, ServiceItem.tenant_id == HOME),
            "body_id": [f"{HOME}:justice:{COUNTY}"],
            "process_key": ["item_admission"],
            "incident_id": ["crawl"],
            "proposal_id": ["crawl"],
            "absence_id": ["crawl"],
            "scenario": ["0"],
            "step": ["0"],
            "period_id": ["crawl"],
            "result_id": ["crawl"],
            "view_id": ["crawl"],
            "passkey_id": ["7"],
            "mapping_id": ["7"],
            "app": ["wecom"],
            "entry_id": ["crawl"],
            "look_id": ["crawl"],
            "grant_id": ["crawl"],
            "patrol_id": ["crawl"],
            "meeting_id": ["crawl"],
            "group_id": ["crawl"],
            "sheet_id": ["crawl"],
            "line_id": ["crawl"],
            "rule": ["full"],
            "citation": ["13"],
            "key": ["13"],
            "package_id": ["crawl"],
            "report_id": ["crawl"],
            "position": ["0"],
            "course_id": ["crawl"],
            "session_id": ["crawl"],
            "attempt_id": ["crawl"],
            "code": ["3211020010011001"],
            "tenant_id": [HOME],
            "territory": [COUNTY],
            "name": ["item_application.form"],
            "reference": ["item_admission"],
            "action": ACTIONS,
            "channel": ["email"],
            "locale": ["zh"],
            "number": ["1"],
            "filename": ["x"],
            "run_id": ["x"],
            "token": ["x"],
        }


def _strangers() -> tuple[frozenset[int], dict[str, str]]:
    """Ids of the strangers, and who they are → the token of a session.

    One for each role, of the neighbouring county or, where it has no such body, of the other city; and for
    the city, the county and another township one who serves a body of each role at each level, and so may
    whatever any of its roles may.
    """
    tokens, ids = {}, set()
    with transaction() as session:
        _administrator_next_door(session)
        bodies = session.scalars(
            sa.select(Body).order_by(
                sa.func.length(Body.territory_path), Body.id
            )
        ).all()
        near = [
            body for body in bodies if f"/{NEIGHBOUR}/" in body.territory_path
        ]
        far = [body for body in bodies if body.tenant_id == ELSEWHERE]
        here = [
            body for body in bodies if "/321102005/" in body.territory_path
        ]
        served = {
            place: list(
                {
                    (body.role, body.level): body for body in reversed(there)
                }.values()
            )
            for place, there in zip(EVERYTHING, (far, near, here), strict=True)
        }
        served |= {
            body.role: [body] for body in [*reversed(far), *reversed(near)]
        }
        for number, (who, serves) in enumerate(served.items()):
            person = Person(
                tenant_id=serves[0].tenant_id,
                username=f"far-{number}",
                display_name="远",
                password_hash="x",
            )
            session.add(person)
            session.flush()
            session.add_all(
                Membership(
                    person_id=person.id,
                    body_id=body.id,
                    from_on=date(2024, 1, 1),
                )
                for body in serves
            )
            ids.add(person.id)
            tokens[who] = people.sessions.begin(
                session, person, people.Visitor("127.0.0.1"), NOW
            )
    return frozenset(ids), tokens


def _own() -> dict[str, str]:
    with transaction() as session:
        found = session.scalars(
            sa.select(Person).where(
                Person.username.in_(("jk-sf", "admin", "designer"))
            )
        )
        session.execute(sa.update(Person).values(is_demo=False))
        visitor = people.Visitor("127.0.0.1")
        return {
            person.username: people.sessions.begin(
                session, person, visitor, NOW
            )
            for person in found
        }


def _administrator_next_door(session: Any) -> None:
    county = session.get_one(Territory, (HOME, NEIGHBOUR))
    session.add(
        Body(
            id=f"{HOME}:administrator:{NEIGHBOUR}", tenant_id=HOME, role="administrator", level="county",
            family="administrator", territory_code=county.code, territory_path=county.path, platform=OPERATES,
            name="邻区平台管理组",
        )
    )  # fmt: skip
    session.flush()


def test_no_page_leads_a_stranger_to_what_he_would_not_find(
    crawl: Crawl,
) -> None:
    """Everybody of the county reads its list, and each his own grids; some of their decisions were made in
    instances that he does not see."""
    instance = crawl.ids["instance_id"][0]
    with crawl.app.app_context():
        pages = _records_that_name(instance)
    linked, named = [], set()
    for who, client in (*crawl.strangers.items(), *crawl.own.items()):
        sees = client.get(f"/dossier/{instance}").status_code == 200
        for page in pages:
            answer = client.get(page)
            leads = f'{instance}"' in answer.text
            if answer.status_code == 200:
                named.add(page)
            if leads and not sees:
                linked.append((who, page))
            assert not sees or leads or answer.status_code == 404, page
    assert not linked
    assert named == set(pages)


def _records_that_name(instance: str) -> list[str]:
    """Pages whose records were decided in the instance: the county's list, an item of it, a grid of
    another township."""
    with transaction() as session:
        entry = session.scalars(
            sa.select(ItemListEntry).where(
                ItemListEntry.territory_code == COUNTY
            )
        ).first()
        assert entry
        session.add(
            ItemListVersion(
                id="crawl-version", tenant_id=HOME, territory_code=COUNTY, number=99,
                effective_on=NOW.date() + timedelta(days=9), change="exit", instance_id=instance,
                created_at=NOW,
            )
        )  # fmt: skip
        entry.left_in = 99
        grid = session.scalars(
            sa.select(Grid.code).where(
                Grid.territory_path.contains("/321102005/")
            )
        ).first()
        session.add(
            GridEvent(
                tenant_id=HOME, grid_code=grid, kind="rename", on=NOW.date(), instance_id=instance
            )
        )  # fmt: skip
        item = entry.item_id
    return [
        f"/items?territory={COUNTY}",
        f"/items/{item}",
        f"/grids/{grid}",
    ]


@pytest.mark.timeout(7200)
def test_no_page_export_or_search_shows_a_stranger_anything(
    crawl: Crawl,
) -> None:
    shown, asked = [], 0
    for number, (rule, address, query) in enumerate(_asks(crawl)):
        for place, (who, client) in enumerate(crawl.strangers.items()):
            # Rights only ever add: who serves bodies of all roles asks for everything, each role for a sixth.
            if not WHOLE and (
                who not in EVERYTHING[: 2 if query else 3]
                and (query or (number + place) % 6)
            ):
                continue
            answer = client.get(address, query_string=query)
            asked += 1
            if answer.status_code >= 500 or SECRET in crawling.unpacked(
                answer.data
            ):
                shown.append(
                    (who, rule.endpoint, address, query, answer.status_code)
                )
    print(f"{asked} requests of {len(crawl.strangers)} strangers")
    assert not shown
    assert asked > 600 and len(crawl.strangers) > 20, (
        asked,
        len(crawl.strangers),
    )


def test_the_county_and_its_administrator_and_designer_see_what_strangers_do_not(
    crawl: Crawl,
) -> None:
    seen = set()
    for rule, address, query in _asks(crawl):
        for client in crawl.own.values() if not query else ():
            if SECRET in crawling.unpacked(client.get(address).data):
                seen.add(rule.endpoint)
    assert len(seen) > 15, sorted(seen)


def _asks(crawl: Crawl) -> Iterator[tuple[Rule, str, dict[str, str]]]:
    """(route, address, query) of everything that is opened."""
    for rule in crawling.routes(crawl.app, "GET"):
        found = crawling.addresses(rule, crawl.ids)
        yield from ((rule, address, {}) for address in found)
        other = crawl.ids["instance_id"][0]
        yield from (
            (rule, found[0], query)
            for query in crawling.queries(crawl.app, rule, QUERIES, other)
        )


def test_no_stranger_changes_or_removes_a_row(crawl: Crawl) -> None:
    before, wrong, asked = _rows(crawl), [], 0
    for rule in crawling.routes(crawl.app, "POST"):
        if rule.endpoint in ENDING:
            continue
        for who in EVERYTHING:
            for address in crawling.addresses(rule, crawl.ids):
                sent = (
                    {"json": SENT}
                    if rule.rule.startswith("/api")
                    else {"data": SENT}
                )
                answer = crawl.strangers[who].post(address, **sent)
                asked += 1
                if answer.status_code >= 500 or SECRET in crawling.unpacked(
                    answer.data
                ):
                    wrong.append((who, address, answer.status_code))
    assert not wrong
    after = _rows(crawl)
    assert not before - after, "rows that were changed or removed"
    matter = crawl.ids["instance_id"][0]
    assert not [row for row in after - before if matter in row[1]], (
        "rows that were added to the matter"
    )
    assert asked > 200


def _rows(crawl: Crawl) -> set[tuple[str, str]]:
    """(table, row) of all that is not the strangers' own."""
    found = set()
    with crawl.app.app_context(), transaction(writing=False) as session:
        for table in Base.metadata.sorted_tables:
            if table.name in NOT_COMPARED:
                continue
            for row in session.execute(sa.select(table)).mappings():
                person = row.get(
                    "person_id", row["id"] if table.name == "person" else None
                )
                if (
                    row.get("tenant_id") != ELSEWHERE
                    and person not in crawl.foreign
                ):
                    found.add((table.name, repr(dict(row))))
    return found
