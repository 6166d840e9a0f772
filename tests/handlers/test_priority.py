"""The priority of a case is that of its tasks."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("priority", "number"), [("normal", 50), ("urgent", 75), ("major", 100)]
)
def test_a_cases_priority_is_its_tasks(
    office, priority: str, number: int
) -> None:
    matter = office.report(office.seed_item(), priority=priority)
    assert {task.priority for task in office.open_tasks(matter)} == {number}
