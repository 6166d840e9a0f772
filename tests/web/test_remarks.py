"""Comments and copies on the page of a matter."""

from __future__ import annotations

from tests.web.test_unsent import task_of


def test_a_comment_and_a_copy_are_sent_from_the_page_and_the_receiver_reads(
    application, signed_in
) -> None:
    task = task_of(application)
    matter = task.partition(".")[0]
    official, receiver = signed_in("jk-wgb"), signed_in("dy-cg")
    assert f"/instance/{matter}/comment" in official.get(f"/task/{task}").text
    refused = official.post(
        f"/instance/{matter}/comment", data={"comment": "@dy-cg 请看附件"}
    )
    assert (
        refused.status_code == 422
        and "看不到这件事项" in refused.text
        and "请看附件" in refused.text
    )
    assert receiver.get(f"/instance/{matter}").status_code == 404
    sent = official.post(
        f"/instance/{matter}/copy",
        data={"receivers": "dy-cg", "reason": "请掌握"},
        follow_redirects=True,
    )
    assert "已抄送给" in sent.text and "抄送给" in sent.text
    told = official.post(
        f"/instance/{matter}/comment",
        data={"comment": "@dy-cg 请看附件"},
        follow_redirects=True,
    )
    assert "已通知" in told.text
    assert f"/instance/{matter}" in receiver.get("/copies").text
    page = receiver.get(f"/instance/{matter}").text
    assert (
        "请看附件" in page
        and f"/instance/{matter}/copy" not in page
        and f"/task/{task}/complete" not in page
    )
    assert receiver.post(f"/instance/{matter}/oversee/read").status_code == 302
    assert "请阅知" not in receiver.get(f"/instance/{matter}").text
