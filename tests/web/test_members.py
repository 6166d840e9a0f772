"""网格队伍: vacancies, files that only those above keep, badges whose public page follows every change."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services.people import accounts
from orchestrator.services.people.accounts import Details
from orchestrator.store.people import Person
from orchestrator.store.session import transaction


@pytest.fixture(scope="module")
def member(application) -> int:
    with application.app_context(), transaction() as session:
        return session.scalars(
            sa.select(Person.id).where(Person.username == "zd-wgy1")
        ).one()


def test_the_register_shows_posts_and_people_of_ones_own_place(
    signed_in, member
) -> None:
    page = signed_in("zd-wgb").get("/members/").text
    assert f"/members/{member}" in page and "有空缺的网格" in page
    assert (
        f"/members/{member}" not in signed_in("dy-wgb").get("/members/").text
    )


def test_a_file_is_kept_by_those_above_and_read_by_nobody_else(
    signed_in, member
) -> None:
    given = {
        "born_on": "1990-05-01",
        "schooling": "college",
        "seen-not_principal": "任职文件",
    }
    office = signed_in("zd-wgb")
    assert office.post(f"/members/{member}", data=given).status_code == 302
    page = office.get(f"/members/{member}").text
    assert "网格队伍</a> · 专职网格员" in page
    assert 'value="1990-05-01"' in page and re.search(
        r'value="college" selected', page
    )
    for stranger in ("dy-wgb", "jk-cg"):
        assert signed_in(stranger).get(f"/members/{member}").status_code == 404
        assert (
            signed_in(stranger)
            .post(f"/members/{member}", data=given)
            .status_code
            == 404
        )
        assert (
            signed_in(stranger)
            .post(f"/members/{member}/badge", data={})
            .status_code
            == 404
        )
        assert (
            signed_in(stranger).get(f"/members/{member}/card").status_code
            == 404
        )
    own = signed_in("zd-wgy1")
    assert own.get(f"/members/{member}").status_code == 200
    assert own.post(f"/members/{member}", data=given).status_code == 403


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"born_on": "1990-13-01"}, "出生日期应写成"),
        ({"born_on": "2025-01-01"}, "请核对证件"),
        ({"schooling": "nothing"}, "请从列表里选学历"),
    ],
)
def test_a_wrong_file_is_refused_and_what_was_typed_stays(
    signed_in, member, given, told
) -> None:
    answer = signed_in("zd-wgb").post(f"/members/{member}", data=given)
    assert answer.status_code == 422 and told in answer.text
    assert given.get("born_on", "") in answer.text


def test_the_second_of_two_who_change_a_file_is_told_and_loses_nothing(
    signed_in, member
) -> None:
    office = signed_in("zd-wgb")
    page = office.get(f"/members/{member}").text
    as_of = re.search(r'name="as_of" value="([^"]+)"', page)[1]
    given = {"as_of": as_of, "schooling": "college"}
    first = office.post(
        f"/members/{member}", data={**given, "born_on": "1991-01-01"}
    )
    second = signed_in("jk-wgb").post(
        f"/members/{member}", data={**given, "born_on": "1992-02-02"}
    )
    assert first.status_code == 302
    assert second.status_code == 422
    assert "已被别人改过" in second.text
    assert 'value="1992-02-02"' in second.text
    assert 'value="1991-01-01"' in office.get(f"/members/{member}").text


def test_a_badge_is_valid_until_its_person_leaves_or_gets_another(
    application, signed_in
) -> None:
    now, office = datetime.now(UTC), signed_in("zd-wgb")
    with application.app_context(), transaction() as session:
        details = Details(
            name="证件甲",
            phone="",
            bodies={"grid-member:3211020010011001": "网格员"},
        )
        new = accounts.NewAccount("zhenjiang", "badge-one", "")
        person = accounts.insert(session, new, details, now, None).id
    numbers = []
    for _round in range(2):
        assert (
            office.post(f"/members/{person}/badge", data={}).status_code == 302
        )
        numbers += re.findall(
            r"/zhenjiang/badges/(\d+)", office.get(f"/members/{person}").text
        )
    anybody = application.test_client()
    first, second = (
        anybody.get(f"/public/zhenjiang/badges/{number}").text
        for number in numbers
    )
    assert "工作证无效" in first and "证件甲" not in first
    assert "工作证有效" in second and "证件甲" in second
    card = office.get(f"/members/{person}/card").text
    assert card.count("data:image/svg+xml") == 2 and "民情联系卡" in card
    with application.app_context(), transaction() as session:
        accounts.close(session, session.get_one(Person, person), now, None)
    assert (
        "工作证无效"
        in anybody.get(f"/public/zhenjiang/badges/{numbers[1]}").text
    )
    assert anybody.get("/public/zhenjiang/badges/1").status_code == 200
