"""The pages over a database with Zhenjiang and its demo people; a client signs in as anyone without a
password."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from orchestrator.services import jurisdictions, people
from orchestrator.services.installation import database
from orchestrator.settings import read_settings
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import OPERATES, Body, Territory
from tests.shared import copy, shared

ROOT = Path(__file__).parents[2]
TENANT = "zhenjiang"


@pytest.fixture(scope="module")
def application(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    yield from copied(tmp_path_factory, sqlite_schema, (TENANT,))


@pytest.fixture(scope="module")
def two_cities(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The same with Dongying beside Zhenjiang, for modules that make it their `application`."""
    cities = (TENANT, "dongying")
    yield from copied(tmp_path_factory, sqlite_schema, cities)


def copied(
    factory: pytest.TempPathFactory, schema: Path, cities: Sequence[str]
) -> Iterator[Flask]:
    """The cities are loaded once a run; every process works on a copy."""

    def make(folder: Path) -> None:
        for _loaded in made(folder, schema, cities):
            pass

    name = "-".join(("web", *cities))
    folder = factory.mktemp(name)
    copy(shared(factory.getbasetemp(), name, make), folder)
    app = _on(folder)
    yield app
    _close(app)


def made(folder: Path, schema: Path, cities: Sequence[str]) -> Iterator[Flask]:
    """The pages over these cities, freshly loaded into that folder."""
    shutil.copy(schema, folder / "gridflow.sqlite")
    app = _on(folder)
    with app.app_context():
        database.upgrade()
        for city in cities:
            jurisdictions.load(
                ROOT / "bpmn" / city, now=datetime.now(UTC), demo=True
            )
        db.session.remove()
    yield app
    _close(app)


def _on(folder: Path) -> Flask:
    app = create_app(
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(folder),
                "GRIDFLOW_SECRET_KEY": "tests" * 8,
                "GRIDFLOW_DEMO": "1",
            }
        )
    )
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def signed_in(application: Flask) -> Callable[[str], FlaskClient]:
    """A client with that person's session."""

    def enter(username: str) -> FlaskClient:
        with application.app_context(), transaction() as session:
            person = session.scalars(
                sa.select(Person).where(Person.username == username)
            ).one()
            token = people.sessions.begin(
                session, person, people.Visitor("127.0.0.1"), datetime.now(UTC)
            )
        client = application.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    return enter


@pytest.fixture(scope="module")
def county_administrator(application: Flask) -> str:
    """An administrator of one county, whose body another administrator set up."""
    with application.app_context(), transaction() as session:
        county = session.get_one(Territory, ("zhenjiang", "321102"))
        body = Body(
            id="zhenjiang:administrator:321102",
            tenant_id="zhenjiang",
            role="administrator",
            family="administrator",
            level="county",
            territory_code=county.code,
            territory_path=county.path,
            name="京口区平台运行管理组",
            platform=OPERATES,
        )
        person = Person(
            tenant_id="zhenjiang",
            username="jk-admin",
            display_name="京口管理员",
            password_hash="x",
        )
        session.add_all([body, person])
        session.flush()
        session.add(
            Membership(
                person_id=person.id, body_id=body.id, from_on=date(2024, 1, 1)
            )
        )
    return "jk-admin"


_NAMES = itertools.count(1)


def _another_name() -> None:
    """The item of the shared application gets a name of its own: two applications for one name are
    refused."""
    from tests.web.test_registers import APPLICATION

    APPLICATION["item_name"] = f"安全巡查{next(_NAMES)}"


@pytest.fixture(autouse=True, scope="module")
def _a_name_for_each_module() -> None:
    _another_name()


@pytest.fixture(autouse=True)
def _a_name_for_each_test(_a_name_for_each_module: None) -> None:
    _another_name()
