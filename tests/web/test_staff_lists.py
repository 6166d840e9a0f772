"""导入名册: what a list changes is shown first, then done; nothing beyond the administrator's territory."""

from __future__ import annotations

import io
import re

import pytest

from orchestrator.services.people import staff_bodies

pytestmark = pytest.mark.usefixtures("county_administrator")
HEAD = "用户名,姓名,机构,职务,电话,用工方式\n"


def upload(client, text: str, name: str = "名册.csv"):
    sent = {"file": (io.BytesIO(text.encode("gbk")), name)}
    return client.post(
        "/admin/staff-list/preview",
        data=sent,
        content_type="multipart/form-data",
    )


def test_a_list_is_shown_then_taken_over(signed_in) -> None:
    client = signed_in("jk-admin")
    assert client.get("/admin/staff-list/").status_code == 200
    shown = upload(
        client, f"{HEAD}list-one,名册人,京口区司法局,科员,0511-2,专职\n"
    )
    assert (
        shown.status_code == 200
        and "名册人" in shown.text
        and "京口区司法局" in shown.text
        and "名册里没有" in shown.text
    )
    assert (
        "没有符合条件的人员" in client.get("/admin/people/?q=list-one").text
    ), "only shown so far"
    content = re.search(
        r'<textarea name="content" hidden>(.*?)</textarea>',
        shown.text,
        re.DOTALL,
    )[1]
    done = client.post("/admin/staff-list/", data={"content": content})
    assert done.status_code == 200 and "名册已导入" in done.text
    assert "待设密码" in client.get("/admin/people/?q=list-one").text
    again = client.post("/admin/staff-list/", data={"content": content})
    assert again.status_code == 200


def test_a_body_that_is_not_there_is_set_up_once_it_was_looked_at(
    signed_in,
) -> None:
    client = signed_in("jk-admin")
    row = (
        "new-office,甲,正东路街道城市管理中队,urban-management,321102001,队长"
    )
    text = f"用户名,姓名,机构,角色,区划代码,职务\n{row}\n"
    shown = upload(client, text)
    assert "还没有设立的机构" in shown.text
    assert "正东路街道城市管理中队" in shown.text
    assert "正东路街道 321102001" in shown.text
    assert 'name="set_up" value="1" required' in shown.text
    unseen = client.post("/admin/staff-list/", data={"content": text})
    assert unseen.status_code == 422 and "请勾选同时设立" in unseen.text
    listed = "/admin/bodies/?q=城市管理中队"
    assert "没有符合条件" in client.get(listed).text
    sent = {"content": text, "set_up": "1"}
    done = client.post("/admin/staff-list/", data=sent)
    assert "名册已导入" in done.text and "设立的机构" in done.text
    assert "正东路街道城市管理中队" in client.get(listed).text
    person = client.get("/admin/people/?q=new-office").text
    assert "正东路街道城市管理中队" in person


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEAD}too-far,越权,镇江市司法局,,,\n", "请核对名称"),
        (
            "用户名,姓名,角色,区划代码\ntoo-far,越权,justice,321111001\n",
            "不在您管理的地方",
        ),
        (
            "用户名,姓名,角色,区划代码\ntoo-new,新种类,海事,321102\n",
            "机构种类里没有“海事”",
        ),
        (
            "用户名,姓名,角色,区划代码\ntoo-far,越权,justice,321100\n",
            "不在您管理的地方",
        ),
        (f"{HEAD}zj-wgb,改名,京口区司法局,,,\n", "管理的地方以外任职"),
        ("随便\n", "第一行应是表头"),
    ],
)
def test_a_wrong_or_foreign_list_is_told_and_changes_nothing(
    signed_in, text: str, told: str
) -> None:
    client = signed_in("jk-admin")
    shown = upload(client, text)
    assert shown.status_code in (403, 422) and told in shown.text
    sent = client.post("/admin/staff-list/", data={"content": text})
    assert sent.status_code in (400, 403, 422)


def test_no_file_is_told(signed_in) -> None:
    answer = signed_in("jk-admin").post("/admin/staff-list/preview", data={})
    assert answer.status_code == 422 and "请选择名册文件" in answer.text


def test_the_export_holds_who_is_within_reach_alone(signed_in) -> None:
    from orchestrator.services.people import staff_list

    table = staff_list.read(
        signed_in("jk-admin").get("/admin/staff-list/export").data
    )
    assert (
        "jk-sf," in table and "zj-wgb," not in table and "dy-cg," not in table
    )


def test_lists_are_for_administrators(signed_in) -> None:
    client = signed_in("jk-wgb")
    assert client.get("/admin/staff-list/").status_code == 403
    assert client.get("/admin/staff-list/export").status_code == 403
    assert upload(client, HEAD).status_code == 403


def test_bodies_that_are_not_listed_are_not_confirmed(
    signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_bodies, "MOST_NEW", 1)
    rows = (
        "many-1,甲,第一中队,urban-management,321102003,队长\n"
        "many-2,乙,第二中队,urban-management,321102004,队长\n"
    )
    text = f"用户名,姓名,机构,角色,区划代码,职务\n{rows}"
    shown = upload(signed_in("jk-admin"), text).text
    assert "还有 1 个没有列出，请分批导入" in shown
    listed = shown.partition('<div class="gf-counters">')[2]
    listed = listed.partition("</form>")[0]
    assert (
        "<strong>第一中队" in listed
        and "第二中队" not in listed.partition("</textarea>")[2]
    )
    assert 'name="set_up"' not in listed and " disabled>" in listed
