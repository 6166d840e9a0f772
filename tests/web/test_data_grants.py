"""Grants for a term: who the profile names lets others open graded fields or an instance until a set day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, NotFound
from orchestrator.services import access
from orchestrator.services.instances import remarks
from orchestrator.services.people import data_grants
from orchestrator.services.people.data_grants import GrantGiven
from orchestrator.services.records import disclosures, sights
from orchestrator.services.records.ids import new_id
from orchestrator.store.data_grants import DataGrant
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.test_personal_data import MASKED, PHONE, reported, words

OFFICE = "zhenjiang:grid-office:321102"


@pytest.fixture(scope="module")
def case(application) -> str:
    return reported(application)


@pytest.fixture(autouse=True)
def nothing_granted(application) -> None:
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(DataGrant))


def asked(**other: object) -> dict[str, object]:
    """What the page of an office sends."""
    day = date.today() + timedelta(days=3)
    return {
        "body": OFFICE,
        "to": "jk-zf",
        "field": "reporter.reporter_phone",
        "until": day.isoformat(),
        "reason": "协助核查",
        **other,
    }


def number_of(application, instance_id: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(ProcessInstance, instance_id).business_key


def test_named_fields_are_opened_with_a_reason_until_they_are_taken_back(
    application, signed_in, case, county_administrator
) -> None:
    office, guest = signed_in("jk-wgb"), signed_in("jk-zf")
    page, disclose = f"/instance/{case}", f"/instance/{case}/disclose"
    assert "谁能看、向谁申请" in words(guest.get(page))
    assert office.post("/data-grants/", data=asked()).status_code == 302
    office.post("/data-grants/", data=asked())
    assert office.get("/data-grants/").text.count("/revoke") == 1, "once"
    told = words(guest.get(page))
    assert MASKED in told and "王**" not in told, "the telephone alone"
    guest.post(disclose, data={"reason": "核查"})
    told = words(guest.get(page))
    assert PHONE in told and "王建军" not in told
    # He, his administrator and the office read of it.
    assert "协助核查" in words(guest.get("/data-grants/"))
    told = signed_in(county_administrator).get("/data-grants/").text
    assert asked()["until"] in told, "the last day"
    assert "协助核查" in told and "反映人电话" in told
    listed = office.get("/data-grants/").text
    revoke = re.search(r'action="(/data-grants/\w+/revoke)"', listed)
    assert revoke
    assert guest.post(revoke[1], data={"reason": "x"}).status_code == 404
    assert office.post(revoke[1], data={"reason": ""}).status_code == 422
    again = signed_in(county_administrator)
    assert again.post(revoke[1], data={"reason": "核完"}).status_code == 302
    told = words(guest.get(page))
    assert PHONE not in told and MASKED not in told
    assert office.post(revoke[1], data={"reason": "再收"}).status_code == 422
    assert "核完" in words(office.get("/data-grants/"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"to": "nobody"}, "没有用户名或者机构名称是“nobody”"),
        ({"to": "jk-wgb"}, "不能授权给自己"),
        ({"to": "京口区网格化服务管理中心"}, "不能授权给自己的机构"),
        ({"field": ""}, "请选中要授权的字段"),
        ({"number": "事-1"}, "两样只能选一样"),
        ({"field": "", "number": "事-1"}, "没有编号是“事-1”的事项"),
        ({"field": "reporter.location"}, "分级的字段已经改变"),
        ({"until": "2020-01-01"}, "到期日应在"),
        ({"until": "2199-01-01"}, "到期日应在"),
        ({"reason": " "}, "请写明授权的理由"),
    ],
)
def test_what_cannot_be_granted_is_told_and_what_was_typed_stays(
    application, signed_in, wrong, told
) -> None:
    sent = asked(**wrong)
    answer = signed_in("jk-wgb").post("/data-grants/", data=sent)
    page = words(answer)
    assert (answer.status_code, told in page) == (422, True)
    assert f'value="{sent["until"]}"' in page
    with application.app_context(), transaction(writing=False) as session:
        assert session.scalars(sa.select(DataGrant.id)).all() == []


def test_who_the_profile_does_not_name_grants_nothing(signed_in) -> None:
    for username in ("zd-wgb", "jk-zf"):
        client = signed_in(username)
        assert client.post("/data-grants/", data=asked()).status_code == 403
        assert 'id="grant"' not in client.get("/data-grants/").text


def test_a_grant_is_over_the_day_after_with_nothing_to_run(
    application, case
) -> None:
    """A bureau that neither oversees the place nor was asked sees the instance, and may open its graded
    fields, up to the end of the day in the city."""
    now = datetime.now(UTC)
    number = number_of(application, case)
    until = date.today() + timedelta(days=3)
    given = GrantGiven(OFFICE, "zj-yj", {}, number, until, "会商")
    with application.app_context():
        with transaction(writing=False) as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        data_grants.grant(ids["jk-wgb"], given, now)

        def sees(at: datetime) -> bool:
            with transaction(writing=False) as session:
                who = access.viewer(session, ids["zj-yj"], at)
                assert who
                try:
                    instance = access.visible_instance(session, who, case)
                except NotFound:
                    return False
                sight = sights.sight(session, who, instance, at)
                assert "reporter_phone" in sight.opened
                return True

        with transaction(writing=False) as session:
            ends = session.scalars(sa.select(DataGrant.ends_at)).one()
        city = ends.astimezone(ZoneInfo("Asia/Shanghai"))
        assert city.date() == until + timedelta(days=1)
        assert city.time() == time()
        assert [
            sees(at) for at in (now, ends - timedelta(seconds=1), ends, ends)
        ] == [True, True, False, False]


def test_a_grant_of_an_office_holds_in_its_own_territory_alone(
    application, case
) -> None:
    """The other county's office grants the same fields; the case lies elsewhere."""
    now = datetime.now(UTC)
    other = "zhenjiang:grid-office:321181"
    fields = {"reporter": ["reporter_phone"]}
    until = date.today() + timedelta(days=1)
    with application.app_context():
        with transaction(writing=False) as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        for by, body, opens in (
            ("dy-wgb", other, False),
            ("jk-wgb", OFFICE, True),
        ):
            given = GrantGiven(body, "jk-zf", fields, "", until, "核查")
            data_grants.grant(ids[by], given, now)
            with transaction(writing=False) as session:
                who = access.viewer(session, ids["jk-zf"], now)
                instance = session.get_one(ProcessInstance, case)
                assert who
                sight = sights.sight(session, who, instance, now)
                assert ("reporter_phone" in sight.opened) is opens


@pytest.fixture
def restricted(application, case) -> Iterator[str]:
    """The case is granted to the county's government, and known to those who handle it alone; another one is
    about it."""
    other = reported(application)
    number = number_of(application, case)
    until = date.today() + timedelta(days=3)
    given = GrantGiven(OFFICE, "jk-zf", {}, number, until, "会商")
    with application.app_context():
        with transaction(writing=False) as session:
            query = sa.select(Person.id).where(Person.username == "jk-wgb")
            by = session.scalars(query).one()
        data_grants.grant(by, given, datetime.now(UTC))

    def restrict(restricted: bool, about: str | None) -> None:
        with application.app_context(), transaction() as session:
            for instance_id in (case, other):
                row = session.get_one(ProcessInstance, instance_id)
                row.restricted = restricted
            session.get_one(ProcessInstance, other).about_id = about

    restrict(True, case)
    yield other
    restrict(False, None)


def test_a_grant_of_a_restricted_instance_opens_it_to_read_and_nothing_beyond(
    application, signed_in, case, restricted
) -> None:
    """The county's government oversees the place: with a copy to itself, or by urging, it would keep what
    was granted for a term. What is about the instance was not granted."""
    now = datetime.now(UTC)
    guest = signed_in("jk-zf")
    with application.app_context():
        with transaction(writing=False) as session:
            query = sa.select(Person.id).where(Person.username == "jk-zf")
            by = session.scalars(query).one()
        with pytest.raises(Forbidden):
            remarks.send_copies(case, "jk-zf", "", by, now)
    page = guest.get(f"/instance/{case}")
    assert page.status_code == 200
    for beyond in ('/copy"', 'id="coordination"', f"about={case}", restricted):
        assert beyond not in page.text, beyond
    assert guest.get(f"/instance/{restricted}").status_code == 404
    # Who handles them sees both and may send copies.
    page = signed_in("jk-cg").get(f"/instance/{case}").text
    assert '/copy"' in page and restricted in page


def test_what_is_granted_is_opened_by_a_reason_that_is_later_than_the_grant(
    application, case
) -> None:
    now = datetime.now(UTC)
    a_minute = timedelta(minutes=1)
    number = number_of(application, case)
    until = date.today() + timedelta(days=3)
    given = GrantGiven(OFFICE, "jk-zf", {}, number, until, "会商")
    with application.app_context():
        with transaction(writing=False) as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
            who = access.viewer(session, ids["jk-zf"], now)
        assert who

        def reads(at: datetime) -> tuple[bool, bool, bool]:
            with transaction(writing=False) as session:
                instance = session.get_one(ProcessInstance, case)
                seen = sights.sight(session, who, instance, at)
            phone = SimpleNamespace(
                key="reporter_phone", personal=True, graded=True
            )
            return (
                seen.disclosed,
                seen.shows("reporter_phone"),
                not seen.of_forms.masks(phone),
            )

        disclosures.disclose(case, who, "早先", "", now)
        data_grants.grant(ids["jk-wgb"], given, now + a_minute)
        assert reads(now + 2 * a_minute) == (True, False, False)
        disclosures.disclose(case, who, "会商", "", now + 3 * a_minute)
        assert reads(now + 4 * a_minute) == (True, True, True)
        # A second grant of the same takes nothing away.
        again = replace(given, reason="再会商")
        data_grants.grant(ids["jk-wgb"], again, now + 5 * a_minute)
        assert reads(now + 6 * a_minute) == (True, True, True)


def test_who_takes_back_a_grant_that_was_noted_twice_ends_both(
    application, case
) -> None:
    now = datetime.now(UTC)
    number = number_of(application, case)
    until = date.today() + timedelta(days=3)
    with application.app_context():
        with transaction(writing=False) as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-wgb")
            ).one()
        for reason in ("会商", "核查"):
            given = GrantGiven(OFFICE, "jk-zf", {}, number, until, reason)
            data_grants.grant(by, given, now)
        with transaction() as session:
            query = sa.select(DataGrant).where(DataGrant.reason == "会商")
            first = session.scalars(query).one()
            columns = DataGrant.__table__.columns.keys()
            content = {name: getattr(first, name) for name in columns}
            session.add(DataGrant(**{**content, "id": new_id(now)}))
            grant_id = first.id
        data_grants.revoke(by, grant_id, "核完", now)
        with transaction(writing=False) as session:
            rows = session.scalars(sa.select(DataGrant)).all()
    over = sorted((row.reason, row.revoked_why) for row in rows)
    assert over == [("会商", "核完"), ("会商", "核完"), ("核查", "")]
