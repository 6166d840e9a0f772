"""No request of any shape is answered by a server error: every route, form and query string, on both
databases.

About half a minute for each database: it proves the whole kind, which no list of known inputs does.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, got_request_exception
from flask.testing import FlaskClient

from app import create_app
from orchestrator.services import designing, instances, jurisdictions
from orchestrator.services.grid_work import entries
from orchestrator.services.grid_work.entries import EntryGiven
from orchestrator.services.installation import database
from orchestrator.store.definitions import Deployment
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from tests.databases import settings_for
from tests.web import fuzzing, fuzzing_bodies
from tests.web.test_registers import APPLICATION

COUNT = int(os.environ.get("GRIDFLOW_TEST_FUZZ_REQUESTS", "900"))
SEED = int(os.environ.get("GRIDFLOW_TEST_FUZZ_SEED", "20261127"))
PEOPLE = ("jk-cg", "jk-wgb", "zd-wgb", "zd-wgy1", "admin", "designer", "jk-zf")


def _ids(now: datetime) -> dict[str, list[str]]:
    """A running application with a file, its task and deadline, an open draft; by the names of the routes'
    arguments."""
    with transaction() as session:
        people = dict(
            session.execute(sa.select(Person.username, Person.id)).all()
        )
    body = "zhenjiang:urban-management:321102"
    begun = instances.start(
        "zhenjiang", "item_admission", APPLICATION, people["jk-cg"], body, now
    )
    draft = designing.open_draft(
        "zhenjiang", "item_admission", people["designer"], now
    )
    with transaction() as session:
        tasks = list(session.scalars(sa.select(UserTask.id)))
        deadlines = list(session.scalars(sa.select(Deadline.id)))
        deployments = list(session.scalars(sa.select(Deployment.id)))
    given = EntryGiven("household", "甲家", "1 栋", "", "", "", "")
    entry = entries.add(
        people["zd-wgy1"], "3211020010011001", given, now, now.date()
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
        "person_id": [str(each) for each in people.values()][:5],
        "name": ["item_application.form", "approval.form"],
        "rule": ["full", "attention"],
        "locale": ["zh", "en"],
        "number": ["1", "2"],
    }


def _clients(app: Flask) -> dict[str, FlaskClient]:
    clients = {"": app.test_client()}
    with app.app_context(), transaction() as session:
        rows = session.execute(
            sa.select(Person.username, Person.id, Person.session_epoch).where(
                Person.username.in_(PEOPLE)
            )
        ).all()
    for username, person_id, epoch in rows:
        clients[username] = app.test_client()
        with clients[username].session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = f"{person_id}.{epoch}", True
    return clients


class Watch:
    """Sends requests and keeps what was answered by a server error, with its cause."""

    def __init__(self, app: Flask) -> None:
        self.clients = _clients(app)
        self.causes: list[str] = []
        self.found: list[str] = []

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
        if answer.status_code >= 500:
            self.found.append(
                f"{who} {method} {path[:200]} {str(sent)[:900]}\n{''.join(self.causes[-1:])}"
            )
        answer.close()
        return text


def _failures(
    app: Flask, ids: Mapping[str, Sequence[str]], seed: int, count: int
) -> list[str]:
    """What was sent and the last lines of the cause, for each answer of 500 or above."""
    watch = Watch(app)
    with got_request_exception.connected_to(watch.note, app):
        _any_request(app, watch, ids, seed, count // 2)
        _raw_bodies(app, watch, ids, seed, count // 3)
        _interface(app, watch, ids, seed, max(1, count // 600))
        _own_forms(watch, ids, seed, max(1, count // 90))
    return watch.found


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


def test_no_request_is_answered_by_a_server_error(
    empty_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    app = create_app(settings_for(empty_url, tmp_path, demo=True))
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    try:
        with app.app_context():
            database.upgrade()
            jurisdictions.load(
                fuzzing.ROOT / "bpmn" / "zhenjiang", now=now, demo=True
            )
            ids = _ids(now)
            db.session.remove()
        assert not _failures(app, ids, SEED, COUNT)
    finally:
        with app.app_context():
            db.engine.dispose()
