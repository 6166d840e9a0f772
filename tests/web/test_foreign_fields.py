"""Whoever fills a form of his own with what belongs to another city, field by field, reaches nothing there:
no row of that city changes, and no row of his own comes to point at it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from orchestrator.services import designing, instances
from orchestrator.services.records import attachments
from orchestrator.store.base import Base
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from tests.web.test_registers import APPLICATION

HOME, ELSEWHERE = "zhenjiang", "dongying"
EVERY_ID = os.environ.get("GRIDFLOW_TEST_CRAWL") == "whole"
"""Each id in each field, which takes minutes; else one after the other."""
LOOKED = {"look", "sign_in_event", "sign_in_session", "idempotency_key"}
TYPED = {
    "text",
    "reason",
    "details",
    "variables",
    "data",
    "name",
    "display_name",
}
"""Columns that hold what people write, whatever it says."""


@pytest.fixture(scope="module")
def application(two_cities: Flask) -> Flask:
    return two_cities


@pytest.fixture(scope="module")
def foreign(application: Flask) -> Mapping[str, str]:
    """Ids of a running application of the other city, by what they are of."""
    with application.app_context():
        with transaction() as session:
            person, body = session.execute(
                sa.select(Person, Body)
                .join(Membership, Membership.person_id == Person.id)
                .join(Body, Body.id == Membership.body_id)
                .where(Body.tenant_id == ELSEWHERE, Body.level == "county")
                .where(Body.family == "department")
                .order_by(Body.id)
                .limit(1)
            ).one()
            ids = {
                "person": str(person.id),
                "user name": person.username,
                "candidate": f"user:{person.username}",
                "body": body.id,
                "place": body.territory_code,
                "body key": body.id.partition(":")[2],
                "city": ELSEWHERE,
            }
        return ids | _matter(person.id, body.id)


def _matter(person: int, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    file = attachments.keep(
        b"%PDF-1.4\n",
        "a.pdf",
        "attachments",
        attachments.Claim(ELSEWHERE, person),
        now,
    )
    begun = instances.start(
        ELSEWHERE,
        "item_admission",
        {**APPLICATION, "category": "风险排查"},
        person,
        body,
        now,
    )
    mine = begun.instance_id
    with transaction() as session:
        task = session.scalars(
            sa.select(UserTask.id).where(UserTask.instance_id == mine)
        ).first()
        deadline = session.scalars(
            sa.select(Deadline.id).where(Deadline.instance_id == mine)
        ).first()
    found = {"file": file, "matter": mine, "task": task, "deadline": deadline}
    return {kind: value for kind, value in found.items() if value}


@pytest.fixture(scope="module")
def pages(application: Flask) -> list[tuple[str, str]]:
    """Pages with forms, and who opens them."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            people = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        body = f"{HOME}:urban-management:321102"
        matter = instances.start(
            HOME, "item_admission", APPLICATION, people["jk-cg"], body, now
        ).instance_id
        draft = designing.open_draft(
            HOME, "item_admission", people["designer"], now
        )
        with transaction() as session:
            task = session.scalars(
                sa.select(UserTask.id).where(UserTask.instance_id == matter)
            ).one()
    person = people["dt-sf"] if "dt-sf" in people else people["dy-sf"]
    return [
        ("jk-cg", f"/start/item_admission/{body}"),
        ("jk-wgb", f"/start/item_exit/{HOME}:grid-office:321102"),
        ("zd-wgb", f"/start/grid_adjustment/{HOME}:grid-office:321102001"),
        (
            "zd-wgy1",
            f"/start/case_handling/{HOME}:grid-member:3211020010011001",
        ),
        ("jk-wgb", f"/task/{task}"),
        ("jk-wgb", f"/instance/{matter}"),
        ("jk-cg", f"/dossier/{matter}"),
        ("jk-cg", "/absences"),
        ("jk-cg", "/me"),
        ("jk-cg", "/"),
        ("zd-wgy1", "/grids/3211020010011001"),
        ("admin", f"/admin/tasks/{task}"),
        ("admin", "/admin/people/new"),
        ("admin", f"/admin/people/{person}"),
        ("admin", "/admin/bodies/new"),
        ("admin", f"/admin/bodies/{HOME}:justice:321111"),
        ("admin", "/admin/groups/"),
        ("admin", "/admin/staff-list/"),
        ("admin", "/admin/"),
        ("admin", "/admin/calendar/"),
        ("designer", f"/design/{draft}/try"),
        ("designer", f"/design/{draft}/publish"),
    ]


def _rows(app: Flask) -> dict[str, Counter[tuple[Any, ...]]]:
    found: dict[str, Counter[tuple[Any, ...]]] = {}
    with app.app_context(), transaction(writing=False) as session:
        for table in Base.metadata.sorted_tables:
            if table.name in LOOKED:
                continue
            found[table.name] = Counter(
                tuple((name, repr(value)) for name, value in row.items())
                for row in session.execute(sa.select(table)).mappings()
            )
    return found


def _sent(
    page: str, path: str, ids: list[str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(address, field, what is sent) for each field of each form of the page."""
    number = 0
    for form in html.fromstring(page).forms:
        action = form.action or path
        if (form.method or "").upper() != "POST" or "sign-out" in action:
            continue
        filled = {
            name: str(getattr(form.inputs[name], "value", "") or "核实无误")
            for name in form.fields
            if name
        }
        for name in filled:
            if name == "csrf_token":
                continue
            number += 1
            for value in ids if EVERY_ID else [ids[number % len(ids)]]:
                yield action, name, {**filled, name: value}


@pytest.mark.timeout(1800)
def test_no_field_of_any_form_reaches_another_city(
    application: Flask, signed_in, foreign, pages
) -> None:
    before, asked, failed = _rows(application), Counter(), []
    ids = list(foreign.values())
    for who, path in pages:
        client: FlaskClient = signed_in(who)
        page = client.get(path)
        assert page.status_code == 200, path
        for action, name, sent in list(_sent(page.text, path, ids)):
            answer = client.post(action, data=sent)
            asked[answer.status_code] += 1
            if answer.status_code >= 500:
                failed.append((who, action, name, sent[name]))
    print(asked)
    assert not failed
    after = _rows(application)
    new = {table: after[table] - before[table] for table in after}
    gone = {table: before[table] - after[table] for table in after}
    marks = {repr(value) for value in ids}
    theirs = ("tenant_id", repr(ELSEWHERE))
    assert not [row for rows in gone.values() for row in rows if theirs in row]
    assert not [row for rows in new.values() for row in rows if theirs in row]
    pointing = [
        (table, column, value)
        for table, rows in new.items()
        for row in rows
        for column, value in row
        if value in marks and column not in TYPED
    ]
    assert not pointing, pointing
    assert asked.total() > 100
