"""A city being fuzzed: what its addresses name, a client for each role, and what was answered by a server
error."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, got_request_exception
from flask.testing import FlaskClient

from app import create_app
from orchestrator.services import (
    designing,
    instances,
    jurisdictions,
    people,
)
from orchestrator.services.grid_work import entries
from orchestrator.services.grid_work.entries import EntryGiven
from orchestrator.services.installation import database
from orchestrator.store.definitions import Deployment
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from tests.databases import settings_for
from tests.fuzz import fuzzing, fuzzing_bodies

PEOPLE = ("jk-cg", "jk-wgb", "zd-wgb", "zd-wgy1", "admin", "designer", "jk-zf")
APPLICATION = {
    "item_name": "安全巡查",
    "category": "治安安全",
    "legal_basis": "消防条例",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}


@contextmanager
def fuzzed_city(
    url: str, folder: Path
) -> Iterator[tuple[Flask, dict[str, list[str]]]]:
    """Zhenjiang in an empty database, without CSRF tokens; and what its addresses name."""
    now = datetime.now(UTC)
    app = create_app(settings_for(url, folder, demo=True))
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    try:
        with app.app_context():
            database.upgrade()
            jurisdictions.load(
                fuzzing.ROOT / "bpmn" / "zhenjiang", now=now, demo=True
            )
            ids = ids_of(now)
            db.session.remove()
        yield app, ids
    finally:
        with app.app_context():
            db.engine.dispose()


def ids_of(now: datetime) -> dict[str, list[str]]:
    """A running application with a file, its task and deadline, an open draft; by the names of the routes'
    arguments."""
    with transaction() as session:
        persons = dict(
            session.execute(sa.select(Person.username, Person.id)).all()
        )
    body = "zhenjiang:urban-management:321102"
    begun = instances.start(
        "zhenjiang", "item_admission", APPLICATION, persons["jk-cg"], body, now
    )
    draft = designing.open_draft(
        "zhenjiang", "item_admission", persons["designer"], now
    )
    with transaction() as session:
        tasks = list(session.scalars(sa.select(UserTask.id)))
        deadlines = list(session.scalars(sa.select(Deadline.id)))
        deployments = list(session.scalars(sa.select(Deployment.id)))
    given = EntryGiven("household", "甲家", "1 栋", "", "", "", "")
    entry = entries.add(
        persons["zd-wgy1"], "3211020010011001", given, now, now.date()
    )
    return {
        "entry_id": [entry],
        "instance_id": [begun.instance_id],
        "task_id": tasks,
        "deadline_id": deadlines,
        "draft_id": [str(draft)],
        "deployment_id": deployments,
        "process_key": [
            "item_admission",
            "case_handling",
            "grid_adjustment",
            "item_exit",
        ],
        "body_id": [
            body,
            "zhenjiang:grid-office:321102",
            "zhenjiang:grid-office:321102001",
        ],
        "action": [
            "claim",
            "unclaim",
            "assign",
            "delegate",
            "resolve",
            "take-over",
            "take-back",
            "release",
            "hand-over",
            "give-back",
            "give-to",
            "redirect",
            "extend",
            "suspend",
            "resume",
            "urge",
            "merge",
            "void",
            "read",
        ],
        "tenant_id": ["zhenjiang"],
        "territory": ["321102", "321100"],
        "code": ["3211020010011001"],
        "person_id": [str(each) for each in persons.values()][:5],
        # Whose account may be changed and closed.
        "bystander": [str(persons["dy-sf"])],
        "name": ["item_application.form", "approval.form"],
        "rule": ["full", "attention"],
        "locale": ["zh", "en"],
        "number": ["1", "2"],
    }


def signed_in(app: Flask, username: str) -> FlaskClient:
    """A client in whose cookie the person has a session."""
    with app.app_context(), transaction() as session:
        wanted = sa.select(Person).where(Person.username == username)
        person = session.scalars(wanted).one()
        token = people.sessions.begin(
            session, person, people.Visitor(), datetime.now(UTC)
        )
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def _clients(app: Flask) -> dict[str, FlaskClient]:
    return {"": app.test_client()} | {
        username: signed_in(app, username) for username in PEOPLE
    }


class Watch:
    """Sends requests and keeps what was answered by a server error, with its cause."""

    def __init__(self, app: Flask) -> None:
        self.clients = _clients(app)
        self.causes: list[str] = []
        self.found: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.of_people: Counter[int] = Counter()
        """Of the pages, where somebody was signed in."""

    def note(self, _app: Flask, exception: BaseException, **_: object) -> None:
        self.causes.append("".join(traceback.format_exception(exception)[-4:]))

    def send(self, who: str, method: str, path: str, **sent: Any) -> str:
        """The answer's text."""
        answer = self.clients[who].open(path, method=method, **sent)
        text = (
            answer.get_data(as_text=True)
            if answer.mimetype == "text/html"
            else ""
        )
        self.statuses[answer.status_code] += 1
        if who and not path.startswith(("/api", "/scim")):
            self.of_people[answer.status_code] += 1
        if answer.status_code >= 500:
            self.found.append(
                f"{who} {method} {path[:200]} {str(sent)[:900]}\n{''.join(self.causes[-1:])}"
            )
        answer.close()
        return text


def watched(
    app: Flask, ids: Mapping[str, Sequence[str]], seed: int, count: int
) -> Watch:
    """Sends some `count` requests; what was sent and the last lines of the cause, for each answer of 500 or
    above, are in the watch."""
    watch = Watch(app)
    with got_request_exception.connected_to(watch.note, app):
        _any_request(app, watch, ids, seed, count // 2)
        _raw_bodies(app, watch, ids, seed, count // 3)
        _interface(app, watch, ids, seed, max(1, count // 600))
        _own_forms(watch, ids, seed, max(1, count // 90))
    return watch


def _any_request(
    app: Flask,
    watch: Watch,
    ids: Mapping[str, Sequence[str]],
    seed: int,
    count: int,
) -> None:
    for number, sent in enumerate(fuzzing.requests(app, ids, seed, count)):
        who = (
            (*PEOPLE, "")[number % 8]
            if number % 3
            else ("designer" if "/design" in sent.path else "admin")
        )
        if sent.path == "/sign-out" or sent.path.startswith("/me/"):
            who = ""
        watch.send(
            who,
            sent.method,
            sent.path,
            query_string=list(sent.query),
            headers=sent.headers,
            **sent.body,
        )


def _raw_bodies(
    app: Flask,
    watch: Watch,
    ids: Mapping[str, Sequence[str]],
    seed: int,
    count: int,
) -> None:
    for number, sent in enumerate(
        fuzzing_bodies.raw_posts(app, ids, seed, count)
    ):
        if sent.path == "/sign-out" or sent.path.startswith("/me/"):
            continue
        who = (
            "designer"
            if "/design" in sent.path
            else PEOPLE[number % len(PEOPLE)]
        )
        watch.send(
            who,
            "POST",
            sent.path,
            data=sent.data,
            content_type=sent.content_type,
        )


def _interface(
    app: Flask,
    watch: Watch,
    ids: Mapping[str, Sequence[str]],
    seed: int,
    each: int,
) -> None:
    """As every role, and as nobody."""
    for number, who in enumerate((*PEOPLE, "")):
        for method, path, sent in fuzzing_bodies.interface_calls(
            app, ids, seed + number, each
        ):
            watch.send(who, method, path, **sent)


def _own_forms(
    watch: Watch, ids: Mapping[str, Sequence[str]], seed: int, each: int
) -> None:
    """The forms of pages, filled in but for a few fields; each page is opened anew, since what was sent may
    have changed it."""
    draft, matter = ids["draft_id"][0], ids["instance_id"][0]
    pages = [
        ("jk-cg", "/start/item_admission/zhenjiang:urban-management:321102"),
        ("jk-wgb", "/start/item_exit/zhenjiang:grid-office:321102"),
        ("zd-wgb", "/start/grid_adjustment/zhenjiang:grid-office:321102001"),
        (
            "zd-wgy1",
            "/start/case_handling/zhenjiang:grid-member:3211020010011001",
        ),
        *(("jk-wgb", f"/task/{task}") for task in ids["task_id"]),
        ("jk-wgb", f"/instance/{matter}"),
        ("jk-cg", f"/dossier/{matter}"),
        ("jk-cg", "/me"),
        ("jk-cg", "/dossier-check"),
        ("admin", "/admin/"),
        *(("admin", f"/admin/tasks/{task}") for task in ids["task_id"]),
        ("admin", "/admin/calendar/"),
        ("admin", "/admin/people/new"),
        ("admin", f"/admin/people/{ids['bystander'][0]}"),
        ("admin", "/admin/bodies/new"),
        ("admin", "/admin/bodies/zhenjiang:justice:321111"),
        ("admin", "/admin/body-kinds/new"),
        ("admin", "/admin/staff-list/"),
        ("admin", "/admin/groups/"),
        ("jk-cg", "/absences"),
        ("jk-cg", "/me/second-factor"),
        ("designer", f"/design/{draft}/try"),
        ("designer", f"/design/{draft}/scenarios"),
        ("designer", f"/design/{draft}/publish"),
        ("designer", f"/design/{draft}/files"),
        ("designer", f"/design/{draft}/import"),
        ("designer", "/design/versions/item_admission"),
        ("", "/sign-in"),
    ]
    for number, (who, path) in enumerate(pages):
        page = watch.send(who, "GET", path)
        for action, fields in (
            fuzzing.submissions(page, seed + number, each) if page else ()
        ):
            watch.send(who, "POST", action or path, data=fields)
