"""The addresses of a list's rows are those that Flask gives."""

from __future__ import annotations

import pytest
from flask import url_for

from web.row_addresses import addresses_of


@pytest.mark.parametrize("text", ["19cac0f268.12", "网格 1", "a?b#c%d", "x/y"])
def test_the_address_of_a_row_is_the_one_that_flask_gives(
    application, text: str
) -> None:
    more = {"q": "楼道 & 堆物", "due": "today"}
    with application.test_request_context():
        address = addresses_of("inbox.task", "task_id", **more)(text)
        claim = addresses_of("inbox.act", "task_id", action="claim")(text)
        assert address == url_for("inbox.task", task_id=text, **more)
        assert claim == url_for("inbox.act", task_id=text, action="claim")
