"""Pages that are read from a copy of the database: which, for whom, and what a copy that fails does to
them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services.installation import database
from orchestrator.services.installation.standby import Standby
from orchestrator.store.session import engine_options, prepare_engine
from web import standby_reading

KEY = "gridflow.standby"


class Copy(Standby):
    """It is near as long as it is trusted."""

    asked = 0

    def _look(self) -> None:
        self.good = True


def copy_at(url: str) -> tuple[Copy, Counter[str]]:
    """A copy there, and how many connections were taken from its pool."""
    engine = sa.create_engine(url, **engine_options(url))
    prepare_engine(engine)
    taken: Counter[str] = Counter()

    @sa.event.listens_for(engine, "checkout")
    def _taken(*_given: Any) -> None:
        taken["all"] += 1

    return Copy(engine, 5), taken


@pytest.fixture
def copied(application: Flask) -> Iterator[Counter[str]]:
    """The application reads from a copy; how often it did."""
    with application.app_context():
        copy, taken = copy_at(database.settings().database_url)
    application.extensions[KEY] = copy
    yield taken
    del application.extensions[KEY]
    copy.engine.dispose()


def test_the_pages_are_there_and_change_nothing(application: Flask) -> None:
    rules = {
        rule.endpoint
        for rule in application.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not {"POST", "PUT", "DELETE"} & (rule.methods or set())
    }
    assert rules >= standby_reading.PAGES


def test_strangers_and_lists_are_served_from_the_copy(
    application: Flask, copied: Counter[str], signed_in
) -> None:
    client = signed_in("jk-wgb")
    for page in ("/public/", "/cases", "/items"):
        before = copied["all"]
        assert client.get(page).status_code == 200
        assert copied["all"] > before, page
    before = copied["all"]
    assert client.get("/").status_code == 200
    assert application.test_client().get("/sign-in").status_code == 200
    assert copied["all"] == before, "tasks are read where they are written"


def test_who_has_just_sent_something_sees_what_became_of_it(
    application: Flask,
    copied: Counter[str],
    signed_in,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = signed_in("jk-wgb")
    assert client.post("/nothing-here").status_code == 404
    assert client.get("/cases").status_code == 200
    assert not copied
    now = standby_reading.time.time()
    monkeypatch.setattr(standby_reading.time, "time", lambda: now + 11)
    assert client.get("/cases").status_code == 200
    assert copied


def test_a_copy_that_fails_in_the_middle_costs_nobody_a_page(
    application: Flask, copied: Counter[str], signed_in, tmp_path: Path
) -> None:
    gone, _taken = copy_at(f"sqlite:///{tmp_path / 'no' / 'file'}")
    application.extensions[KEY] = gone
    page = signed_in("jk-wgb").get("/cases")
    assert page.status_code == 200 and "网格流程" in page.get_data(True)
    assert not gone.good and gone.next_look > gone.clock()


def test_the_state_of_the_copy_is_on_the_administrators_page(
    application: Flask, copied: Counter[str], signed_in
) -> None:
    client = signed_in("admin")
    assert "列表和统计由它读取" in client.get("/admin/state/").get_data(True)
    application.extensions[KEY].distrust()
    page = client.get("/admin/state/").get_data(True)
    assert "连不上或落后超过 5 秒" in page
