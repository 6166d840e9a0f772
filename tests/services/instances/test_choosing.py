"""An ad-hoc subprocess on a matter: the step is a task with a form that offers what may be done, and it can
be chosen again."""

from __future__ import annotations

import pytest

from orchestrator.errors import FormInvalid
from orchestrator.services import access
from orchestrator.services.instances import case_view
from orchestrator.store.session import transaction
from tests.engine.diagrams import END, START, flow
from tests.engine.drawn_ad_hoc import ONE, ad_hoc

STEPS = "".join(
    f'<userTask id="{each}" name="{name}" camunda:candidateGroups="office@county"/>'
    for each, name in (("visit", "走访"), ("mediate", "调解"))
)


def body(inner: str) -> str:
    return START + END + inner + flow("start", "s", "end")


def test_what_is_done_next_is_chosen_in_a_form_as_often_as_needed(world):
    world.draw("odd", body(ad_hoc(STEPS)))
    matter = world.start("odd")
    task = world.task(matter, "s")
    assert task.form_key == "s_next"
    world.complete(task.id, "wang", s_next=["visit", "mediate"])
    assert sorted(world.elements(matter)) == ["mediate", "s", "visit"]
    world.complete(world.task(matter, "visit").id, "wang")
    world.complete(world.task(matter, "s").id, "wang", s_next=["visit"])
    world.complete(world.task(matter, "s").id, "wang", s_next=[])
    assert sorted(world.elements(matter)) == ["mediate", "visit"]
    for each in ("mediate", "visit"):
        world.complete(world.task(matter, each).id, "wang")
    assert world.instance(matter).state == "completed"


def test_one_at_a_time_is_a_single_choice(world):
    world.draw("odd", body(ad_hoc(STEPS, ONE)))
    matter = world.start("odd")
    world.complete(world.task(matter, "s").id, "wang", s_next="mediate")
    assert world.elements(matter) == ["mediate"]
    world.complete(world.task(matter, "mediate").id, "wang")
    world.complete(world.task(matter, "s").id, "wang", s_next="done")
    assert world.instance(matter).state == "completed"


def test_where_a_condition_ends_it_something_must_be_chosen(world):
    world.draw("odd", body(ad_hoc(STEPS, when="defined('enough')")))
    matter = world.start("odd")
    with pytest.raises(FormInvalid):
        world.complete(world.task(matter, "s").id, "wang", s_next=[])
    assert world.elements(matter) == ["s"]


def test_the_choice_its_steps_and_what_somebody_triggers_stand_in_the_outline(
    world,
):
    named = ad_hoc(STEPS).replace('name="s"', 'name="说明情况"')
    waits = '<receiveTask id="r" name="等候回执"/>'
    world.draw(
        "odd", START + END + named + waits + flow("start", "s", "r", "end")
    )
    matter = world.start("odd")
    world.complete(world.task(matter, "s").id, "wang", s_next=["visit"])
    with transaction(writing=False) as session:
        viewer = access.viewer(session, world.person("zhao"))
        outline = case_view.look(session, viewer, matter).outline
    told = [(name, state) for state, name, _lane in outline]
    assert told == [
        ("说明情况", "current"),
        ("走访", "current"),
        ("调解", "ahead"),
        ("等候回执", "ahead"),
    ]


def test_a_step_for_several_that_was_for_nobody_is_not_told_as_done(world):
    nobody = (
        '<scriptTask id="set"><script>helpers = []</script></scriptTask>'
        '<userTask id="help" name="协助办理" camunda:candidateGroups="office@county">'
        '<multiInstanceLoopCharacteristics camunda:collection="helpers" camunda:elementVariable="helper"/>'
        "</userTask>"
        '<userTask id="answer" name="答复" camunda:candidateGroups="office@county"/>'
    )
    path = flow("start", "set", "help", "answer", "end")
    world.draw("odd", START + END + nobody + path)
    matter = world.start("odd")
    with transaction(writing=False) as session:
        viewer = access.viewer(session, world.person("zhao"))
        outline = case_view.look(session, viewer, matter).outline
    told = [(name, state) for state, name, _lane in outline]
    assert told == [("协助办理", "unasked"), ("答复", "current")]


def test_a_step_that_was_drawn_last_stands_in_the_outline_where_it_is_done(
    world,
):
    office = 'camunda:candidateGroups="office@county"'
    steps = "".join(
        f'<userTask id="{each}" name="{name}" {office}/>'
        for each, name in (("b", "审批"), ("c", "归档"), ("a", "审查"))
    )
    world.draw(
        "odd", START + END + steps + flow("start", "a", "b", "c", "end")
    )
    matter = world.start("odd")
    with transaction(writing=False) as session:
        viewer = access.viewer(session, world.person("zhao"))
        outline = case_view.look(session, viewer, matter).outline
    assert [name for _state, name, _lane in outline] == [
        "审查",
        "审批",
        "归档",
    ]
