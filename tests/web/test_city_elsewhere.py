"""A city whose folder lies outside the product, with forms of its own and nobody in `people.csv`: designed on
the same pages as any other."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from orchestrator.services.designing import folder_check
from orchestrator.services.jurisdictions.folder import FORMS
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import Body
from tests.web.conftest import made
from tests.web.test_trials import APPLIED
from tests.web.test_workbench import PAGES

KEY = "binhai"
FORM = "binhai_application"
ADMISSION = "item_admission.bpmn"


def _city(parent: Path) -> Path:
    """The template in a folder of its own: the form that begins an admission is the city's."""
    folder = folder_check.new_city(KEY, parent / KEY)
    form = json.loads((FORMS / "item_application.form").read_text("utf-8"))
    own = json.dumps({**form, "id": FORM}, ensure_ascii=False)
    (folder / f"{FORM}.form").write_text(own, "utf-8")
    diagram = folder / ADMISSION
    drawn = diagram.read_text("utf-8")
    diagram.write_text(drawn.replace('"item_application"', f'"{FORM}"'))
    (folder / "people.csv").unlink()
    return folder


@pytest.fixture(scope="module")
def city_elsewhere(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The city alone, with a designer."""
    space = tmp_path_factory.mktemp("elsewhere")
    folder = _city(space / "cities")
    for app in made(space, sqlite_schema, (str(folder),)):
        with app.app_context():
            _add_designer()
            db.session.remove()
        yield app


def _add_designer() -> None:
    with transaction() as session:
        body = session.scalars(
            sa.select(Body.id).where(Body.role == "designer")
        ).one()
        person = Person(
            tenant_id=KEY,
            username="designer",
            display_name="设计员",
            password_hash="x",
        )
        session.add(person)
        session.flush()
        served = Membership(
            person_id=person.id, body_id=body, from_on=date(2024, 1, 1)
        )
        session.add(served)


@pytest.fixture
def application(city_elsewhere: Flask) -> Flask:
    return city_elsewhere


@pytest.fixture
def client(signed_in) -> FlaskClient:
    return signed_in("designer")


def test_every_designing_page_opens(client: FlaskClient) -> None:
    listed = client.get("/design/").text
    keys = set(re.findall(r'action="/design/open/(\w+)"', listed))
    assert len(keys) > 8
    draft = client.post("/design/open/item_exit").location
    for page in (*PAGES, "/diagram", "/export", f"/files/{FORM}.form"):
        assert client.get(draft + page).status_code == 200, page
    for page in ("versions/item_exit", "compare/item_exit", "regulation/"):
        assert client.get(f"/design/{page}").status_code == 200, page


def test_what_nobody_begins_on_a_page_says_so_in_a_trial(
    client: FlaskClient,
) -> None:
    draft = client.post("/design/open-called/publish").location
    assert "没有机构从页面上发起它" in client.get(f"{draft}/try").text


def _steps(page: str) -> str:
    return html.unescape(re.findall(r'name="_steps" value="([^"]*)"', page)[0])


def test_a_trial_draws_the_citys_own_form_and_bodies_without_people_act(
    client: FlaskClient,
) -> None:
    draft = client.post("/design/open/item_admission").location
    page = client.get(f"{draft}/try").text
    starter = re.findall(r'<option value="([^"]+:\d+)">甲区应急', page)[0]
    asked = {"_act": "start", "_by": starter, "_steps": "[]"}
    drawn = client.post(f"{draft}/try", data=asked).text
    assert f" {FORM}" in drawn and 'name="item_name"' in drawn
    filled = {**asked, **APPLIED, "_submit": "1"}
    begun = client.post(f"{draft}/try", data=filled)
    assert begun.status_code == 200
    assert "甲区网格化服务管理中心" in begun.text
    decided = {
        "_act": "complete",
        "_steps": _steps(begun.text),
        "_element": re.findall(r'name="_element" value="(\w+)"', begun.text)[
            0
        ],
        "_by": re.findall(r'<option value="([^"]+)">甲区网格', begun.text)[0],
        "_submit": "1",
        "decision": "approve",
        "opinion": "情况属实",
    }
    ended = client.post(f"{draft}/try", data=decided)
    assert "已准入" in ended.text


def test_a_changed_form_of_the_citys_own_is_checked_and_published(
    client: FlaskClient,
) -> None:
    draft = client.post("/design/open/item_admission").location
    page = client.get(f"{draft}/files/{FORM}.form").text
    text = json.loads(re.findall(r'id="source">(.*?)</script>', page, re.S)[0])
    form = json.loads(text)
    added = {"type": "textfield", "key": "site", "label": "试点地段"}
    form["components"].append(added)
    changed = json.dumps(form, ensure_ascii=False)
    sent = {"name": f"{FORM}.form", "text": changed, "revision": 1}
    told = client.post(f"{draft}/check", json=sent).get_json()
    assert "试点地段" in told["preview"]
    assert client.post(f"{draft}/save", json=sent).status_code == 200
    assert client.post(f"{draft}/publish").status_code == 302
    assert "第 2 版" in client.get("/design/versions/item_admission").text
    again = client.post("/design/open/item_admission").location
    page = client.get(f"{again}/files/{FORM}.form").text
    assert '\\"site\\"' in page


def test_a_folder_that_cannot_be_made_is_told_on_the_command_line(
    city_elsewhere: Flask, tmp_path: Path
) -> None:
    run = city_elsewhere.test_cli_runner().invoke
    folder = tmp_path / "haixi"
    made_there = run(args=["new-city", "haixi", str(folder)])
    assert made_there.exit_code == 0 and str(folder) in made_there.output
    again = run(args=["new-city", "haixi", str(folder)])
    assert again.exit_code == 1 and "已经存在" in again.output
