"""人员机构: an administrator finds, adds, changes, moves and retires people in his territory, and nobody
elsewhere."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction

CITY_ADMIN, COUNTY_ADMIN = "admin", "jk-admin"


@pytest.fixture(autouse=True)
def _county_administrator(county_administrator: str) -> None:
    """There is one of a single county."""


def id_of(application, username: str) -> int:
    with application.app_context(), transaction(writing=False) as session:
        return session.scalars(
            sa.select(Person.id).where(Person.username == username)
        ).one()


def filled(name: str, *bodies: str, **more: str) -> dict[str, object]:
    return {
        "display_name": name,
        "phone": "0511-1",
        "body": list(bodies),
        "duty": ["科员"] * len(bodies),
        "employment": ["full_time"] * len(bodies),
        "body_key": [""] * len(bodies),
        **more,
    }


def add(client, username: str, *bodies: str) -> str:
    """Path of the new person's link."""
    made = client.post(
        "/admin/people/new", data=filled("新来的", *bodies, username=username)
    )
    assert made.status_code == 200, made.text
    return re.search(r"/set-password/[\w-]+", made.text)[0]


def test_a_new_person_opens_his_link_sets_a_password_and_is_signed_in(
    application, signed_in
) -> None:
    link = add(signed_in(COUNTY_ADMIN), "new-one", "京口区司法局")
    visitor = application.test_client()
    assert "您的用户名是 new-one" in visitor.get(link).text
    refused = visitor.post(
        link, data={"new": "123456789012", "again": "123456789012"}
    )
    assert refused.status_code == 422 and "太常见" in refused.text
    entered = visitor.post(
        link, data={"new": "correct horse", "again": "correct horse"}
    )
    assert entered.status_code == 302
    assert "密码已设置" in visitor.get("/").text
    again = visitor.get(link)
    assert again.status_code == 404 and "链接已失效" in again.text
    assert (
        visitor.post(
            link, data={"new": "correct horse", "again": "correct horse"}
        ).status_code
        == 404
    )


def test_the_list_shows_what_lies_within_reach_and_is_searched_and_filtered(
    application, signed_in
) -> None:
    city, county = signed_in(CITY_ADMIN), signed_in(COUNTY_ADMIN)
    assert "zj-wgb" in city.get("/admin/people/?q=zj-wgb").text
    assert "没有符合条件的人员" in county.get("/admin/people/?q=zj-wgb").text
    assert "jk-sf" in county.get("/admin/people/?q=京口区司法局").text
    assert (
        "没有符合条件的人员"
        in county.get("/admin/people/?q=jk-sf&state=retired").text
    )
    assert (
        "没有符合条件的人员"
        in city.get("/admin/people/?q=jk-sf&place=321111").text
    )
    page = county.get("/admin/people/?place=321100").text
    assert "镇江市公安局润州分局" not in page, (
        "a place beyond his territory is as good as none"
    )
    page = county.get("/admin/people/?q=jk-sf&place=321111").text
    assert "没有符合条件的人员" not in page


def test_nothing_is_done_to_people_beyond_the_territory(
    application, signed_in
) -> None:
    client, other = signed_in(COUNTY_ADMIN), id_of(application, "zj-wgb")
    assert client.get(f"/admin/people/{other}").status_code == 404
    for act in (
        "",
        "/retire",
        "/restore",
        "/link",
        "/end-sessions",
        "/unlock",
    ):
        sent = filled("别人", "京口区司法局")
        assert (
            client.post(f"/admin/people/{other}{act}", data=sent).status_code
            == 404
        ), act
    refused = client.post(
        "/admin/people/new",
        data=filled("越权", "镇江市司法局", username="too-far"),
    )
    assert refused.status_code == 403
    assert (
        "不在您管理的地方" in refused.text
        and 'value="too-far"' in refused.text
    )


def test_a_county_administrator_runs_nothing_of_the_whole_city(
    signed_in,
) -> None:
    client = signed_in(COUNTY_ADMIN)
    assert [
        client.get(address).status_code
        for address in ("/admin/", "/admin/calendar/")
    ] == [403, 403]
    assert client.get("/admin/people/").status_code == 200


def test_what_was_typed_stays_when_it_is_refused(signed_in) -> None:
    client = signed_in(CITY_ADMIN)
    sent = filled("没机构的人", "不存在的机构", username="no-body")
    refused = client.post("/admin/people/new", data=sent)
    assert (
        refused.status_code == 422
        and "没有叫“不存在的机构”的机构" in refused.text
    )
    for typed in ("没机构的人", "不存在的机构", "no-body", "科员"):
        assert f'value="{typed}"' in refused.text


def test_a_person_moves_and_is_retired_and_let_in_again(
    application, signed_in
) -> None:
    client = signed_in(CITY_ADMIN)
    add(client, "mover", "京口区司法局")
    address = f"/admin/people/{id_of(application, 'mover')}"
    state = re.search(r'name="state" value="(\w+)"', client.get(address).text)[
        1
    ]
    moved = client.post(
        address, data=filled("新来的", "润州区司法局", state=state)
    )
    assert moved.status_code == 302
    page = client.get(address).text
    assert (
        'value="润州区司法局"' in page
        and "justice:321102（科员） → justice:321111（科员）" in page
    )
    stale = client.post(
        address, data=filled("改名", "润州区司法局", state=state)
    )
    assert stale.status_code == 409 and 'value="改名"' in stale.text
    last = {"last_on": (date.today() + timedelta(days=9)).isoformat()}
    assert client.post(f"{address}/plan-leaving", data=last).status_code == 302
    assert "/cancel-leaving" in client.get(address).text
    assert client.post(f"{address}/cancel-leaving").status_code == 302
    assert "/cancel-leaving" not in client.get(address).text
    assert client.post(f"{address}/retire").status_code == 302
    assert "恢复账号" in client.get(address).text
    back = client.post(
        f"{address}/restore", data=filled("新来的", "润州区司法局")
    )
    assert back.status_code == 200 and "/set-password/" in back.text
    assert client.post(f"{address}/unlock").status_code == 302
    assert client.post(f"{address}/end-sessions").status_code == 302


def test_links_of_everybody_without_a_password_come_as_a_table(
    application, signed_in
) -> None:
    client = signed_in(COUNTY_ADMIN)
    old = add(client, "waiting", "京口区司法局")
    answer = client.post("/admin/people/links")
    assert answer.status_code == 200 and answer.data[:2] == b"PK"
    assert application.test_client().get(old).status_code == 404, (
        "the newer link replaced it"
    )


@pytest.mark.parametrize("username", ["jk-wgb", "designer", "zd-wgy1"])
def test_who_administers_nobody_opens_no_page(
    application, signed_in, username: str
) -> None:
    client = signed_in(username)
    for address in (
        "/admin/people/",
        "/admin/people/new",
        f"/admin/people/{id_of(application, 'jk-sf')}",
    ):
        assert client.get(address).status_code == 403
    assert "人员机构" not in client.get("/").text


def test_sessions_end_with_the_account(application, signed_in) -> None:
    client = signed_in(CITY_ADMIN)
    link, visitor = (
        add(client, "leaver", "京口区司法局"),
        application.test_client(),
    )
    visitor.post(link, data={"new": "correct horse", "again": "correct horse"})
    assert visitor.get("/me").status_code == 200
    client.post(f"/admin/people/{id_of(application, 'leaver')}/retire")
    assert visitor.get("/me").status_code == 302


def test_an_administrator_whose_reach_ended_meanwhile_changes_nothing(
    application, signed_in
) -> None:
    """His page is still open."""
    client, person = signed_in(COUNTY_ADMIN), id_of(application, "jk-ny")
    assert client.get(f"/admin/people/{person}").status_code == 200
    mine = (
        Membership.person_id == id_of(application, COUNTY_ADMIN),
        Membership.body_id == "zhenjiang:administrator:321102",
    )
    served = sa.update(Membership).where(*mine)
    with application.app_context(), transaction() as session:
        session.execute(served.values(until_on=date(2026, 1, 1)))
    try:
        for act in ("", "/retire", "/link", "/second-factor", "/end-sessions"):
            sent = filled("改了名", "京口区司法局")
            answer = client.post(f"/admin/people/{person}{act}", data=sent)
            assert answer.status_code == 403, act
        head = "用户名,姓名,机构\n"
        listed = {"content": f"{head}late,迟到的,京口区司法局\n"}
        assert (
            client.post("/admin/staff-list/", data=listed).status_code == 403
        )
    finally:
        with application.app_context(), transaction() as session:
            session.execute(served.values(until_on=None))
    shown = client.get(f"/admin/people/{person}").text
    assert "改了名" not in shown and "在岗" in shown
    assert "没有符合条件的人员" in client.get("/admin/people/?q=late").text
