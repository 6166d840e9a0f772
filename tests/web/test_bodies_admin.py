"""机构: set up, renamed, dissolved into another by administrators; who may do what; acting for one body."""

from __future__ import annotations

import pytest

from tests.web.test_people_admin import add

pytestmark = pytest.mark.usefixtures("county_administrator")
COUNTY = "zhenjiang:justice:321102"


def test_a_body_is_set_up_named_and_dissolved_into_another(
    application, signed_in
) -> None:
    client = signed_in("jk-admin")
    page = client.get("/admin/bodies/new").text
    places = [
        each for each in page.split('value="') if each.startswith("3211020")
    ]
    place = places[0].split('"')[0]
    made = client.post(
        "/admin/bodies/new",
        data={"role": "justice", "place": place, "name": "街道司法所"},
    )
    assert made.status_code == 302, made.text
    address = f"/admin/bodies/zhenjiang:justice:{place}"
    assert (
        "街道司法所" in client.get(address).text
        and "无人在岗" in client.get(address).text
    )
    again = client.post(
        "/admin/bodies/new",
        data={"role": "justice", "place": place, "name": "又一个"},
    )
    assert again.status_code == 422 and 'value="又一个"' in again.text
    assert (
        client.post(f"{address}/rename", data={"name": "新司法所"}).status_code
        == 302
    )
    refused = client.post(f"{address}/rename", data={"name": " "})
    assert refused.status_code == 422
    add(client, "sfs-one", "新司法所")
    plan = {"effective_on": "2099-01-01", "into": ""}
    refused = client.post(f"{address}/dissolve", data=plan)
    assert refused.status_code == 422 and "请选定接续的机构" in refused.text
    assert (
        client.post(
            f"{address}/dissolve", data={**plan, "effective_on": "x"}
        ).status_code
        == 422
    )
    assert (
        client.post(
            f"{address}/dissolve", data={**plan, "into": COUNTY}
        ).status_code
        == 302
    )
    assert "2099-01-01 撤销" in client.get(address).text
    assert client.post(f"{address}/keep").status_code == 302
    assert "取消撤销" in client.get(address).text


def test_no_body_beyond_the_territory_is_shown_or_changed(
    application, signed_in
) -> None:
    client = signed_in("jk-admin")
    for body in (
        "zhenjiang:justice:321100",
        "zhenjiang:justice:321111",
        "nothing",
    ):
        assert client.get(f"/admin/bodies/{body}").status_code == 404
        for act in ("rename", "dissolve", "keep"):
            sent = {
                "name": "改名",
                "effective_on": "2099-01-01",
                "into": COUNTY,
            }
            assert (
                client.post(
                    f"/admin/bodies/{body}/{act}", data=sent
                ).status_code
                == 404
            )
    far = client.post(
        "/admin/bodies/new",
        data={"role": "justice", "place": "321111", "name": "越权"},
    )
    assert far.status_code == 403 and 'value="越权"' in far.text
    assert "润州区司法局" not in client.get("/admin/bodies/?q=司法局").text
    assert "京口区司法局" in client.get("/admin/bodies/?q=司法局").text
    assert client.get(f"/admin/bodies/{COUNTY}").status_code == 200


def test_lists_tell_what_bodies_lack(signed_in) -> None:
    client = signed_in("admin")
    for state in ("", "stuck", "empty", "headless", "dissolved", "nonsense"):
        assert client.get(f"/admin/bodies/?state={state}").status_code == 200
    assert (
        "润州区司法局"
        in client.get("/admin/bodies/?state=empty&q=润州区司法局").text
    )


def test_one_page_says_who_may_do_what(signed_in) -> None:
    page = signed_in("admin").get("/admin/bodies/rights").text
    assert (
        "审核申请" in page and "看不到事项内容" in page and "设计流程" in page
    )


@pytest.mark.parametrize(
    "address", ["/admin/bodies/", "/admin/bodies/new", "/admin/bodies/rights"]
)
def test_pages_of_bodies_are_for_administrators(
    signed_in, address: str
) -> None:
    assert signed_in("jk-wgb").get(address).status_code == 403


def test_who_serves_several_bodies_acts_for_one_or_all(
    application, signed_in
) -> None:
    add(signed_in("admin"), "two-bodies", "京口区司法局", "润州区司法局")
    client = signed_in("two-bodies")
    assert "等 2 个机构" in client.get("/me").text
    assert (
        client.post("/me/acting-for", data={"into": COUNTY}).status_code == 302
    )
    page = client.get("/start").text
    assert (
        "等 2 个机构" not in page
        and "京口区司法局" in page
        and "321111" not in page
    )
    assert (
        client.post(
            "/me/acting-for", data={"into": "zhenjiang:justice:321100"}
        ).status_code
        == 302
    )
    assert "等 2 个机构" in client.get("/").text, (
        "none of his bodies: all of them"
    )
