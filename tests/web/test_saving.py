"""Forms save themselves: the next visit shows what was typed, on another device too, until it is
submitted."""

from __future__ import annotations

import re

from tests.web.test_delegation import form_field, ids
from tests.web.test_unsent import task_of

START = "/start/item_admission/zhenjiang:urban-management:321100"


def key_of(page: str) -> str:
    found = re.search(r'name="_key" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_start_form_is_there_on_another_device_until_it_is_cleared(
    signed_in,
) -> None:
    first, second = signed_in("zj-cg"), signed_in("zj-cg")
    page = first.get(START).text
    assert "自动保存的内容" not in page
    typed = {
        "_key": key_of(page),
        "item_name": "河堤巡查甲",
        "why_grids": "点多面广\n第二行",
    }
    saved = first.post(f"{START}/saved", data=typed)
    assert saved.status_code == 200 and saved.json["said"].startswith(
        "已自动保存"
    )
    there = second.get(START).text
    assert (
        'value="河堤巡查甲"' in there
        and "点多面广\n第二行" in there
        and "自动保存的内容" in there
    )
    assert key_of(there) == typed["_key"]
    assert "草稿" in second.get("/start").text
    assert (
        "河堤巡查甲"
        not in signed_in("jk-cg")
        .get("/start/item_admission/zhenjiang:urban-management:321102")
        .text
    )
    assert (
        second.post(f"{START}/saved", data={"_drop": "1"}).status_code == 302
    )
    assert (
        "河堤巡查甲" not in first.get(START).text
        and "草稿" not in first.get("/start").text
    )


def test_a_task_shows_its_draft_in_the_inbox_and_on_its_page(
    application, signed_in
) -> None:
    task = task_of(application)
    reviewer, field = signed_in("jk-wgb"), form_field(application, task)
    typed = {
        "_key": key_of(reviewer.get(f"/task/{task}").text),
        field: "还要核对一处",
    }
    assert reviewer.post(f"/task/{task}/saved", data=typed).status_code == 200
    assert "还要核对一处" in reviewer.get(f"/task/{task}").text
    inbox = reviewer.get("/?sort=-arrived").text
    assert (
        "草稿" in inbox[inbox.index(f'data-task="{task}"') :].split("</tr>")[0]
    )
    colleague = signed_in("jk-wgb2").get(f"/task/{task}").text
    assert "还要核对一处" not in colleague
    assert signed_in("jk-cg").post(
        f"/task/{task}/saved", data=typed
    ).status_code in (
        403,
        404,
    )


def test_what_a_delegate_gives_back_later_stands_over_the_owners_draft(
    application, signed_in
) -> None:
    task = task_of(application)
    owner, delegate = signed_in("jk-wgb"), signed_in("jk-wgb2")
    (to,), field = ids(application, "jk-wgb2"), form_field(application, task)
    page = owner.get(f"/task/{task}").text
    owner.post(
        f"/task/{task}/saved", data={"_key": key_of(page), field: "先写的"}
    )
    owner.post(f"/task/{task}/delegate", data={"to": to, "reason": "请看"})
    late = owner.post(
        f"/task/{task}/saved",
        data={"_key": key_of(page), field: "委派之后写的"},
    )
    assert late.status_code == 409 and "没有自动保存" in late.text
    page = delegate.get(f"/task/{task}").text
    assert "先写的" not in page
    assert (
        delegate.post(
            f"/task/{task}/saved",
            data={"_key": key_of(page), "reason": "拟同意"},
        ).status_code
        == 200
    )
    assert "拟同意" in delegate.get(f"/task/{task}").text
    sent = {field: "代为核实", "reason": "拟同意", "_saved": "1"}
    assert delegate.post(f"/task/{task}/resolve", data=sent).status_code == 302
    back = owner.get(f"/task/{task}").text
    assert "代为核实" in back and "先写的" not in back


def test_too_much_text_is_told_and_a_used_key_is_no_draft(
    application, signed_in
) -> None:
    client = signed_in("zj-cg")
    page = client.get(START).text
    much = {"_key": key_of(page), "item_name": "长" * 400_001}
    told = client.post(
        f"{START}/saved", data=much, headers={"Accept": "application/json"}
    )
    assert told.status_code == 422 and "没有自动保存" in told.text
    nowhere = client.post(
        "/start/item_admission/zhenjiang:nobody:321100/saved",
        data={"_key": "k"},
    )
    assert nowhere.status_code in (403, 404)


def test_texts_beside_the_form_are_there_on_another_device_until_they_are_sent(
    application, signed_in
) -> None:
    task = task_of(application)
    matter = task.partition(".")[0]
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    other = signed_in("dy-cg")
    assert signer.post(f"/begun/sign/{task}", data={}).status_code == 404
    asked = {"signers": "dy-cg", "turn": "before", "way": "all"}
    holder.post(f"/signing/{task}/add", data=asked)
    opinion = {"answer": "disagree", "opinion": "面积有出入\n请核对"}
    typed = {
        f"/begun/sign/{task}": (f"/task/{task}", opinion),
        f"/begun/comment/{matter}": (
            f"/instance/{matter}",
            {"comment": "会上再议"},
        ),
    }
    for address, (page, given) in typed.items():
        kept = {"_key": f"k{address[-20:]}", **given}
        said = signer.post(address, data=kept)
        assert said.status_code == 200, address
        assert said.json["said"].startswith("已自动保存")
        there = other.get(page).text
        assert "自动保存的内容，还没有提交" in there and kept["_key"] in there
        assert all(
            value in there for value in given.values() if value != "gone"
        )
    page = other.get(f"/task/{task}").text
    assert 'value="disagree" checked' in page and "会上再议" in page
    sent = {**opinion, "_saved": "1", "_key": "k1"}
    assert signer.post(f"/signing/{task}/sign", data=sent).status_code == 302
    said = {"comment": "会上再议", "_saved": "1", "_key": "k2"}
    signer.post(f"/instance/{matter}/comment", data=said)
    assert "自动保存的内容" not in other.get(f"/instance/{matter}").text
    late = signer.post(f"/begun/sign/{task}", data={"_key": "k3", **opinion})
    assert late.status_code in (404, 409), "nobody asks him any more"
    assert signer.post(f"/begun/other/{task}", data={}).status_code == 404
