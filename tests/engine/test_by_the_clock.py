"""Whatever the engine reads of a diagram is read by the command's clock, in the zone of the office."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.engine import commands as c
from orchestrator.engine import (
    external_task,
    load_definition,
    migrate,
    start_condition_holds,
)
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    timer,
    user,
)
from tests.engine.drawn_elsewhere import condition

LATE = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
"""The second of March in China, the first in Greenwich."""
GREENWICH = c.Environment("UTC")
TODAY = 'clock("today")'
DAY = f'feel("string", {TODAY})'


def test_a_conditional_start_is_read_by_the_clock() -> None:
    event = condition(f'{TODAY} &gt; "2026-03-01"')
    definition = load_definition(
        {
            "p.bpmn": document(
                f'<startEvent id="risen">{event}</startEvent>'
                + END
                + user("a")
                + flow("risen", "a", "end")
            )
        },
        "p",
    )
    assert [
        start_condition_holds(definition, "risen", {}, LATE, environment)
        for environment in (c.Environment(), GREENWICH)
    ] == [True, False]


def test_a_service_task_is_tried_again_with_the_day_of_that_try() -> None:
    mapping = (
        "<extensionElements><camunda:inputOutput><camunda:inputParameter "
        f'name="day">${{{TODAY}}}</camunda:inputParameter>'
        "</camunda:inputOutput></extensionElements>"
    )
    play = Play(
        START
        + END
        + f'<serviceTask id="s" camunda:type="external" camunda:topic="a.b">{mapping}</serviceTask>'
        + flow("start", "s", "end")
    )
    (wanted,) = [e for e in play.all if isinstance(e, c.ExternalTaskWanted)]
    assert wanted.variables == {"day": "2026-03-02"}
    again = external_task(
        play.definition,
        play.outcome.state,
        wanted.task_id,
        NOW + timedelta(days=2),
        play.environment,
    )
    assert again == ("s", {"day": "2026-03-04"})


def test_a_title_may_name_the_day() -> None:
    title = (
        "<extensionElements><camunda:properties><camunda:property "
        f"name=\"title\" value='日报 ${{{DAY}}}'/>"
        "</camunda:properties></extensionElements>"
    )
    body = title + START + END + user("a") + flow("start", "a", "end")
    play = Play(body)
    assert play.outcome.title == "日报 2026-03-02"
    found = migrate(
        play.definition,
        play.definition,
        play.outcome.state,
        NOW + timedelta(days=1),
        play.environment,
        {},
    )
    assert (found.obstacles, found.title) == ((), "日报 2026-03-03")


def test_a_version_whose_timer_reads_the_day_takes_a_matter_over() -> None:
    play = Play(START + END + user("a", "b") + flow("start", "a", "b", "end"))
    written = (
        f'${{feel("date and time", {TODAY} + feel("duration", "P3D"), '
        '"08:00")}'
    ).replace('"', "&quot;")
    new = load_definition(
        {
            "p.bpmn": document(
                START
                + END
                + user("a", "b")
                + boundary("late", "a", timer(written, "timeDate"))
                + flow("late", "b")
                + flow("start", "a", "b", "end")
            )
        },
        "p",
    )
    found = migrate(
        play.definition, new, play.outcome.state, NOW, play.environment, {}
    )
    assert found.obstacles == ()
    assert [each.timer.due_at for each in found.armed] == [
        datetime(2026, 3, 5, 0, 0, tzinfo=UTC)
    ]
