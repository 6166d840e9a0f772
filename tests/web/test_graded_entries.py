"""Entries of a grid's register by grade: who is not named reads, changes and takes over nothing of a field;
who is named opens it with a reason, or reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import (
    access,
    bundles,
    deployments,
    jurisdictions,
)
from orchestrator.services.records.entry_sights import EntrySights
from orchestrator.store.data_grants import DataGrant
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.conftest import ROOT
from tests.web.test_grid_work import GRID, _entry

HIDDEN = "不在您的知悉范围内"
PHONE = "13800005678"
MASKED = "138****5678"
NUMBER = "321102199001011234"
GRADE = """
[data.grades.resident]
name = "居民的证件和备注"
registers = ["person"]
fields = ["phone", "identity", "remark"]
seen_by = ["village-committee@community"]
opened_by = ["grid-office@township", "grid-member@grid"]
citation = "default"

[secrecy]
"""
REMARK = "独居，需要常去"


@pytest.fixture(scope="module", autouse=True)
def graded(application) -> Iterator[None]:
    """The township's office and the members open the fields, the community's committee reads them, others do
    neither."""
    city = dict(jurisdictions.resources(ROOT / "bpmn" / "zhenjiang"))
    before = city["jurisdiction.toml"]
    graded = before.decode().replace("[secrecy]\n", GRADE, 1).encode()
    for profile in (graded, before):
        city["jurisdiction.toml"] = profile
        with application.app_context():
            deployments.deploy(city, "zhenjiang", None, datetime.now(UTC))
            bundles.forget()
        if profile is graded:
            yield


@pytest.fixture(autouse=True)
def nothing_granted(application) -> None:
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(DataGrant))


def _standing(application, entry_id: str) -> GridEntry:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(GridEntry, entry_id)


def _person(signed_in, name: str) -> str:
    return _entry(
        signed_in("zd-wgy1"), name, kind="person", phone=PHONE,
        identity=NUMBER, remark=REMARK,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("username", "at_first", "with_a_reason"),
    [
        ("zd-jw", PHONE, PHONE),
        ("zd-wgb", MASKED, PHONE),
        ("zd-wgy1", MASKED, PHONE),
        ("zd-dw", HIDDEN, HIDDEN),
        ("jk-wgb", HIDDEN, HIDDEN),
        ("zd-wgz1", HIDDEN, HIDDEN),
    ],
)
def test_who_is_named_reads_a_field_or_opens_it_and_nobody_else(
    signed_in, username, at_first, with_a_reason
) -> None:
    entry = f"/grid-register/entries/{_person(signed_in, f'分级人{username}')}"
    client = signed_in(username)
    ways = {PHONE, MASKED, HIDDEN}
    for told in (at_first, with_a_reason):
        page = client.get(entry).text
        assert {way for way in ways if way in page} == {told}
        assert (NUMBER in page) is (REMARK in page) is (told == PHONE)
        # Only a reason that opens something is asked for.
        assert (f"{entry}/disclose" in page) is (told == MASKED)
        listed = client.get("/grid-register/?kind=person").text
        assert (PHONE in listed) is (at_first == PHONE)
        assert (MASKED in listed) is (at_first == MASKED)
        opened = client.post(f"{entry}/disclose", data={"reason": "核对"})
        assert (opened.status_code == 404) is (told == HIDDEN)


def test_what_somebody_does_not_read_he_does_not_change(
    application, signed_in
) -> None:
    entry_id = _person(signed_in, "不改人")
    entry = f"/grid-register/entries/{entry_id}"
    committee = signed_in("zd-dw")
    given = {"kind": "person", "name": "不改人", "address": "2 栋 201"}
    answer = committee.post(entry, data={**given, "version": "1"})
    assert answer.status_code == 302
    for wrong, told in (
        ({"phone": ""}, "电话不在您的知悉范围内，不能修改"),
        ({"remark": "别的"}, "备注不在您的知悉范围内，不能修改"),
        # A right guess is told as a wrong one.
        ({"phone": PHONE}, "电话不在您的知悉范围内，不能修改"),
        # A thing has no graded field: all of the person would be shown.
        ({"kind": "thing"}, "您不能修改类别"),
    ):
        answer = committee.post(entry, data={**given, "version": "2", **wrong})
        assert answer.status_code == 422
        assert told in answer.text
    # Nor may who could open it make it a thing, and so open it to everybody.
    member = signed_in("zd-wgy1")
    given["kind"] = "thing"
    answer = member.post(entry, data={**given, "version": "2"})
    assert "您不能修改类别" in answer.text
    stands = _standing(application, entry_id)
    assert (stands.address, stands.phone) == ("2 栋 201", PHONE)
    assert (stands.remark, stands.version) == (REMARK, 2)


def test_an_empty_field_that_might_be_opened_is_filled_in_and_a_hidden_one_is_not(
    application, signed_in
) -> None:
    entry_id = _entry(
        signed_in("zd-wgy1"), "补填人", kind="person", phone=PHONE
    )
    entry = f"/grid-register/entries/{entry_id}"
    given = {"kind": "person", "name": "补填人", "address": "1 栋 101"}
    office = signed_in("zd-wgb")
    page = office.get(entry).text
    assert 'name="identity"' in page
    assert 'name="phone"' not in page
    # Only what stands there is opened first.
    assert "要修改电话，请先写明事由" in page
    committee = signed_in("zd-dw")
    page = committee.get(entry).text
    assert 'name="identity"' not in page
    assert "请先写明事由" not in page
    filled = {**given, "version": "1", "identity": NUMBER}
    assert committee.post(entry, data=filled).status_code == 422
    assert office.post(entry, data=filled).status_code == 302
    stands = _standing(application, entry_id)
    assert (stands.identity, stands.phone) == (NUMBER, PHONE)
    # What stands now is no longer empty.
    again = {**filled, "version": "2", "identity": "1"}
    assert office.post(entry, data=again).status_code == 422


def test_a_file_takes_over_nothing_into_fields_that_its_sender_does_not_read(
    application, signed_in
) -> None:
    entry_id = _person(signed_in, "导入人")
    line = {"kind": "人", "name": "导入人", "address": "1 栋 101"}
    content = json.dumps([{**line, "phone": "1", "remark": "别的"}])
    page = f"/grid-register/grids/{GRID}/import"
    readers = (("zd-dw", PHONE), ("zd-wgb", PHONE), ("zd-jw", "1"))
    for username, phone in readers:
        signed_in(username).post(page, data={"content": content})
        assert _standing(application, entry_id).phone == phone


def test_a_grant_for_a_term_opens_a_graded_field_of_entries(
    application, signed_in
) -> None:
    entry_id = _person(signed_in, "授权人")
    entry = f"/grid-register/entries/{entry_id}"
    client = signed_in("zd-dw")
    client.post(f"{entry}/disclose", data={"reason": "看看"})
    office = signed_in("jk-wgb")
    assert "居民的证件和备注" in office.get("/data-grants/").text
    office.post(
        "/data-grants/",
        data={
            "body": "zhenjiang:grid-office:321102",
            "to": "zd-dw",
            "field": "resident.phone",
            "until": (date.today() + timedelta(days=3)).isoformat(),
            "reason": "入户核查",
        },
    )
    page = client.get(entry).text
    assert PHONE not in page, "the reason was older than the grant"
    assert MASKED in page and HIDDEN in page, "the phone alone is granted"
    client.post(f"{entry}/disclose", data={"reason": "核查"})
    page = client.get(entry).text
    assert PHONE in page and NUMBER not in page and REMARK not in page
    with application.app_context(), transaction(writing=False) as session:
        (grant,) = session.scalars(sa.select(DataGrant)).all()
        reader = sa.select(Person.id).where(Person.username == "zd-dw")
        now = datetime.now(UTC)
        who = access.viewer(session, session.scalars(reader).one(), now)
        place = session.get_one(GridEntry, entry_id)
        sights = EntrySights(session, who, now)
        at = grant.granted_at
        moment = timedelta(microseconds=1)
        seen = [
            sights.of(place, opened).shows("phone")
            for opened in (at - moment, at, at + moment)
        ]
    assert seen == [False, False, True], "a reason given with the grant"


def test_the_rules_tell_which_entries_are_graded(signed_in) -> None:
    page = signed_in("zd-wgy1").get("/rules/").text
    assert "网格台账：人" in page
    assert "电话、证件号码、备注" in page
