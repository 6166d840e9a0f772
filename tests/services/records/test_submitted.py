"""When a form that is sent again under the same key is the same form."""

from __future__ import annotations

import pytest

from orchestrator.services.records.submitted import digest
from orchestrator.store.session import transaction


@pytest.mark.parametrize(
    ("again", "same"),
    [
        ("一、巡查\r\n二、登记", True),
        ("  一、巡查 \n二、登记\n", True),
        ("一、巡查二、登记", False),
        ("一、巡查\n\n二、登记", False),
        ("二、登记\n一、巡查", False),
    ],
)
def test_where_a_line_ends_is_part_of_what_was_written(
    world, again: str, same: bool
) -> None:
    with transaction(writing=False) as session:
        first = digest(session, {"text": "一、巡查\n二、登记", "left": ""})
        second = digest(session, {"text": again})
    assert (first == second) is same
