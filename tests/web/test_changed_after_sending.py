"""Who goes back to a form that was submitted, changes it and submits it again is told that the change was not
taken: it was answered as if it had been."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask

from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from tests.web.test_registers import APPLICATION
from tests.web.test_submissions import REVIEW, START, state, task_of


def numbers(application: Flask, name: str) -> list[str]:
    """Of the applications for the item of that name."""
    with application.app_context(), transaction(writing=False) as session:
        return [
            row.business_key
            for row in session.query(ProcessInstance)
            if row.variables.get("item_name") == name
        ]


def sent(name: str, key: str, **more: Any) -> dict[str, Any]:
    return {**APPLICATION, "item_name": name, "_key": key, **more}


def test_a_start_that_was_changed_is_told_with_the_first_number_and_can_be_sent_as_another(
    application, signed_in
) -> None:
    client = signed_in("jk-sf")
    first = client.post(START, data=sent("返回前的事项", "back-key"))
    assert first.status_code == 302
    (number,) = numbers(application, "返回前的事项")
    answer = client.post(START, data=sent("返回后改写的事项", "back-key"))
    assert answer.status_code == 409
    assert f"这张表单刚才已提交，编号 {number}" in answer.text
    assert "返回后改写的事项" in answer.text
    assert numbers(application, "返回后改写的事项") == []
    keys = re.findall(r'name="_key" value="([^"]+)"', answer.text)
    assert "back-key" not in keys
    again = client.post(START, data=sent("返回后改写的事项", keys[-1]))
    assert again.status_code == 302
    assert len(numbers(application, "返回后改写的事项")) == 1


@pytest.mark.parametrize(
    "served",
    [
        {"served": "辖区居民\n和商户"},
        {"served": " 辖区居民\r\n和商户 ", "leaves_on": ""},
    ],
)
def test_a_start_that_only_came_twice_is_one(
    application, signed_in, served: dict[str, str]
) -> None:
    """White space and empty fields that a browser or a page of ours writes otherwise are no change."""
    name = f"来了两次{len(served)}"
    key = f"twice-{len(served)}"
    client = signed_in("jk-sf")
    before = {"served": "辖区居民\r\n和商户"}
    first = client.post(START, data=sent(name, key, **before))
    again = client.post(START, data=sent(name, key, **served))
    assert again.status_code == 302
    assert again.headers["Location"] == first.headers["Location"]
    assert len(numbers(application, name)) == 1


def test_a_file_that_is_uploaded_again_is_the_same_and_another_is_a_change(
    application, signed_in
) -> None:
    client = signed_in("jk-sf")

    def post(content: bytes) -> Any:
        file = (io.BytesIO(b"%PDF-1.4\n" + content), "请示.pdf")
        return client.post(
            START,
            data=sent(
                "带附件的事项", "file-key", **{"file:attachments": file}
            ),
            content_type="multipart/form-data",
        )

    first, again = post(b"one"), post(b"one")
    assert (first.status_code, again.status_code) == (302, 302)
    assert again.headers["Location"] == first.headers["Location"]
    other = post(b"two")
    assert other.status_code == 409
    assert "这张表单刚才已提交" in other.text


def test_a_decision_that_was_changed_after_sending_is_told_who_completed_the_task(
    application, signed_in
) -> None:
    task = task_of(application)
    client = signed_in("jk-wgb")
    once = {**REVIEW, "_key": "decided"}
    address = f"/task/{task}/complete"
    assert client.post(address, data=once).status_code == 302
    assert client.post(address, data=once).status_code == 302
    changed = {**once, "opinion": "再想了想，改为不同意"}
    answer = client.post(address, data=changed)
    assert answer.status_code == 409
    assert "您的提交没有生效" in answer.text
    assert "再想了想，改为不同意" in answer.text
    assert state(application, task) == "completed"
