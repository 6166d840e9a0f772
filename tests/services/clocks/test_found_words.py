"""A matter that moved to another version is looked through with the forms by which it was filled in."""

from __future__ import annotations

import json
import logging
import signal

import pytest
import sqlalchemy as sa

from orchestrator import jobs
from orchestrator.services import bundles, deployments
from orchestrator.services.clocks import found_words
from orchestrator.services.instances import migration
from orchestrator.store import search
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.search import SearchEntry, fold, grams
from orchestrator.store.session import transaction
from tests.services.world import CITY, TENANT, World

SUBJECT = {
    "type": "textfield",
    "key": "subject",
    "label": "事由",
    "validate": {"required": True},
}
PLACE = {"type": "textfield", "key": "place", "label": "地点"}
CONTACT = {"type": "textfield", "key": "contact", "label": "联系人"}
FIRST = [
    SUBJECT,
    CONTACT,
    {"type": "textfield", "key": "places", "label": "地点"},
    {"type": "checkbox", "key": "papers", "label": "有材料"},
]
SECOND = [
    SUBJECT,
    {
        "type": "dynamiclist",
        "path": "places",
        "key": "places",
        "label": "地点",
        "components": [PLACE],
    },
    {"type": "filepicker", "key": "papers", "label": "材料", "multiple": True},
]
PERSONAL = {**CONTACT, "properties": {"personal": "true"}}


def deployed(world: World, request: list, *review: dict) -> str:
    """The city with that form of request, and more fields in that of review; the errand's version."""
    files = {path.name: path.read_bytes() for path in sorted(CITY.iterdir())}
    files["request.form"] = json.dumps(
        {"id": "request", "type": "default", "components": request}
    ).encode()
    decided = json.loads(files["review.form"])
    decided["components"] += review
    files["review.form"] = json.dumps(decided).encode()
    deployments.deploy(files, TENANT, None, world.now)
    (newest,) = world.rows(
        sa.select(ProcessDefinition.id)
        .where(ProcessDefinition.key == "errand")
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    )
    return newest


def found_by(text: str) -> list[str]:
    query = search.matching(TENANT, text)
    assert query is not None
    with transaction(writing=False) as session:
        return list(session.scalars(query))


def moved(world: World) -> str:
    """A matter that moved to a version in which its fields are of other kinds, and one of them is gone."""
    deployed(world, FIRST)
    matter = world.start(
        subject="路灯不亮",
        contact="欧阳建国",
        places="东吴路",
        papers=True,
    )
    version = deployed(world, SECOND, PERSONAL)
    (told,) = migration.move(
        [matter], version, world.person("wang"), world.now
    )
    assert told.refused == ()
    return matter


def test_a_field_that_the_newer_form_has_no_more_is_found_no_more(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    matter = moved(world)
    assert matter in found_by("欧阳建国")
    with caplog.at_level(logging.ERROR, "gridflow.clock"):
        assert [found_words.go_on(world.now) for _round in range(2)] == [
            1,
            0,
        ]
    assert not caplog.records
    assert matter not in found_by("欧阳建国")
    assert matter in found_by("东吴路")


def test_what_a_writer_adds_who_does_not_know_the_deployment_yet_is_looked_through_too(
    world: World,
) -> None:
    """All instances twice, the second time when every writer knows it."""
    first = moved(world)
    assert found_words.go_on(world.now) == 1
    with transaction() as session:
        for row in session.scalars(sa.select(SearchEntry)):
            if row.instance_id == first:
                row.content = fold("欧阳建国")
                row.grams = grams(row.content)
    assert found_words.go_on(world.now) == 0
    assert first in found_by("欧阳建国")
    later = world.now + bundles.FRESH
    assert [found_words.go_on(later) for _round in range(2)] == [1, 0]
    assert first not in found_by("欧阳建国")


def test_a_matter_that_cannot_be_read_back_stops_neither_the_others_nor_the_clock(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = moved(world)
    lines = found_words.search_words.lines

    def damaged(bundle, data):
        if data["submitted"].get("subject") == "路灯不亮":
            raise TypeError("of another kind")
        return lines(bundle, data)

    monkeypatch.setattr(found_words.search_words, "lines", damaged)
    assert found_words.go_on(world.now) == 0
    assert broken in caplog.text
    assert found_words.go_on(world.now) == 0
    monkeypatch.setattr(found_words, "personal_marks", lambda *_: 1 / 0)
    for chore in jobs.CHORES:
        if "search's words" in chore.failed:
            jobs.do(chore, world.now)
    assert "the search's words could not be renewed" in caplog.text


def test_the_clock_goes_on_after_a_round_that_failed(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds = []

    def tick() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise TypeError("what nobody foresaw")
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(jobs, "tick", tick)
    monkeypatch.setattr(jobs, "_do_until", lambda *_: None)
    monkeypatch.setattr(jobs.random, "uniform", lambda *_: 0)
    former = {
        each: signal.getsignal(each)
        for each in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        jobs.run_clock()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    assert rounds == [0, 1]
    assert "a round could not be finished" in caplog.text
