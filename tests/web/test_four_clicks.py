"""From the sign-in page to a decision in four clicks; what is typed is no click."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tests.web.test_inbox import fall_due
from tests.web.test_unsent import task_of


class Clicks:
    """A person who clicks on what his page shows: a link, a button, an answer."""

    def __init__(self, client, page: str) -> None:
        self.client, self.page, self.count = client, page, 0

    def link(self, pattern: str) -> None:
        self.count += 1
        address = re.search(rf'href="({pattern})"', self.page)
        assert address, f"no link to {pattern} on the page"
        self.page = self.client.get(
            address[1].replace("&amp;", "&"), follow_redirects=True
        ).text

    def answer(self, name: str, value: str) -> dict[str, str]:
        self.count += 1
        assert re.search(rf'name="{name}" value="{value}"', self.page)
        return {name: value}

    def send(self, address: str, data: dict[str, str]) -> None:
        self.count += 1
        assert (
            f'action="{address}"' in self.page
            or "data-fill-username" in self.page
        )
        self.page = self.client.post(
            address, data=data, follow_redirects=True
        ).text


def test_a_decision_takes_four_clicks_from_the_sign_in_page(
    application,
) -> None:
    task = task_of(application)
    fall_due(application, task, datetime.now(UTC) - timedelta(days=300))
    client = application.test_client()
    person = Clicks(client, client.get("/sign-in").text)
    assert 'data-fill-username="jk-wgb"' in person.page, (
        "an account is taken with one click"
    )
    person.send("/sign-in", {"username": "jk-wgb", "password": "gridflow"})
    person.page = (
        client.get("/home").text if "/home" not in person.page else person.page
    )
    person.link(rf"/task/{re.escape(task)}[^\"]*")
    chosen = person.answer("decision", "reject")
    person.send(
        f"/task/{task}/complete", {**chosen, "opinion": "现行事项已覆盖"}
    )
    assert "已提交" in person.page
    assert person.count == 4
