"""What was done is undone on a matter: each handler is a task of its own, and the history says what is undone
and why."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.services.access import viewer
from orchestrator.services.instances import case_view
from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.session import transaction
from tests.engine.diagrams import END, START, flow
from tests.engine.drawn import throw
from tests.engine.drawn_undone import COMPENSATE, undone

TASKS = "".join(
    f'<userTask id="{each}" name="{name}" camunda:candidateGroups="office@county"/>'
    for each, name in (("first", "登记"), ("second", "拨付"))
)
UNDO = undone("first")
UNDO += undone("second").replace('name="undo_second"', 'name="追回拨付"')
BODY = (
    START
    + TASKS
    + UNDO
    + throw("t", COMPENSATE)
    + END
    + flow("start", "first", "second", "t", "end")
)


def test_handlers_are_tasks_the_last_done_first_and_the_history_names_what_is_undone(
    world,
):
    world.draw("odd", BODY)
    matter = world.start("odd")
    for each in ("first", "second"):
        world.complete(world.task(matter, each).id, "wang")
    assert world.elements(matter) == ["undo_second"]
    world.complete(world.task(matter, "undo_second").id, "wang")
    assert world.elements(matter) == ["undo_first"]
    world.complete(world.task(matter, "undo_first").id, "wang")
    (entry,) = world.rows(
        sa.select(HistoryEntry).where(HistoryEntry.kind == "compensation")
    )
    assert (entry.element_id, entry.data["activities"]) == (
        "t",
        ["second", "first"],
    )
    with transaction(writing=False) as session:
        story = case_view.look(
            session, viewer(session, world.person("wang")), matter
        ).steps
    line = next(each for each in story if each.kind == "compensation")
    assert (line.title, line.remark) == (
        "撤销已办步骤",
        "按办结的相反顺序撤销“拨付”、“登记”",
    )
    assert history.verify(matter) == []
