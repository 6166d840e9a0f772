"""A day beside an empty text or a day with a time stops a deployment in force as it did; since the seventh
edition it does not."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.engine import Edition, edition_of, expressions
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.expressions import ExpressionError
from tests.engine.diagrams import END, START, Play, flow, gateway, user
from tests.engine.test_decisions import BODY, table

REFUSED = "refused"
FIFTH_OF_MARCH = datetime(2026, 3, 5, tzinfo=UTC)
BESIDE_A_DAY = {
    ('due < clock("today")', ""): False,
    ('due == clock("today")', ""): False,
    ('not (due > clock("today"))', ""): True,
    ('due != clock("today")', ""): True,
    ('due in [clock("today")]', ""): False,
    ('due < clock("today")', "2026-03-01T10:00"): True,
    ('due == clock("today")', "2026-03-01T10:00"): False,
    ('not (due > clock("today"))', "2026-03-01T10:00"): True,
    ('due != clock("today")', "2026-03-01T10:00"): True,
    ('due == min(due, clock("today"))', "2026-03-01T10:00"): True,
}
"""(expression, a variable) → its value since the seventh edition; before, it stopped."""


@pytest.mark.parametrize(("text", "due"), BESIDE_A_DAY)
@pytest.mark.parametrize("edition", Edition)
def test_what_is_no_day_beside_a_day_stopped_before_the_seventh_edition(
    text: str, due: str, edition: Edition
) -> None:
    expected: Any = REFUSED
    if edition >= Edition.SEVENTH:
        expected = BESIDE_A_DAY[text, due]
    seen = {"due": due}
    found: list[Any] = [REFUSED] * 3
    with expressions.by_clock(FIFTH_OF_MARCH, "UTC"):
        with suppress(ExpressionError):
            found[0] = expressions.evaluate(text, seen, edition)
        with suppress(ExpressionError):
            found[1] = expressions.evaluate_cell(text, seen, edition)
        with suppress(ExpressionError):
            found[2] = expressions.execute(f"x = {text}", seen, edition)["x"]
    assert found == [expected] * 3


@pytest.mark.parametrize("edition", [Edition.SIXTH, Edition.SEVENTH])
def test_a_day_beside_a_day_is_compared_in_each_edition(
    edition: Edition,
) -> None:
    with expressions.by_clock(FIFTH_OF_MARCH, "UTC"):
        for text, is_so in (
            ('due < clock("today")', True),
            ('due == clock("today")', False),
            ('due < clock("now")', True),
        ):
            seen = {"due": "2026-03-01"}
            assert expressions.evaluate(text, seen, edition) is is_so


IN_A_RESULT = 'if x < date("2026-03-05") then "a" + word else "no"'


@pytest.mark.parametrize("edition", [Edition.SIXTH, Edition.SEVENTH])
@pytest.mark.parametrize(
    ("value", "since"), [("", "no"), ("2026-03-01T10:00", "aabc")]
)
def test_a_result_of_a_table_compares_days_as_in_its_edition(
    edition: Edition, value: str, since: str
) -> None:
    expected = since
    if edition is Edition.SIXTH:
        expected = REFUSED
    found: Any = REFUSED
    with suppress(ExpressionFailed):
        found = Play(
            BODY,
            variables={"word": "abc", "x": value},
            resources={"r.dmn": table([("-", IN_A_RESULT)])},
            edition=edition,
        ).outcome.variables["out"]
    assert found == expected


OVERDUE = (
    START
    + gateway("exclusive", "g", default="other")
    + user("late", "in_time")
    + END
    + flow("start", "g")
    + flow("g", "late", when="due &lt; feel('date', '2026-03-05')")
    + flow("g", "in_time", id="other")
    + flow("late", "end")
    + flow("in_time", "end")
)


@pytest.mark.parametrize(
    ("due", "since"), [("", "in_time"), ("2026-03-01T10:00", "late")]
)
def test_a_deployment_in_force_stops_where_it_did(
    due: str, since: str
) -> None:
    with pytest.raises(ExpressionFailed):
        Play(OVERDUE, variables={"due": due}, edition=edition_of(6))
    play = Play(OVERDUE, variables={"due": due}, edition=edition_of(7))
    assert [task.element_id for task in play.tasks.values()] == [since]
