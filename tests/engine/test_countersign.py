"""会签 in the five usual ways: when it is done, what came of it, what a gateway reads, and what would
contradict it."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine.countersign import read
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    user,
)

STOPS = (
    '<extensionElements><camunda:properties><camunda:property name="missingVariables" value="stop"/>'
    "</camunda:properties></extensionElements>"
)
PEOPLE = ["甲", "乙", "丙", "丁", "戊"]


def task(
    way: str,
    more: str = "",
    sequential: bool | None = None,
    loop: str = "",
    id: str = "sign",
) -> str:
    turns = way == "in-turn" if sequential is None else sequential
    properties = {
        "countersign": way,
        **dict(each.split("=") for each in more.split()),
    }
    held = "".join(
        f'<camunda:property name="{name}" value="{value}"/>'
        for name, value in properties.items()
    )
    several = (
        f'<multiInstanceLoopCharacteristics isSequential="{str(turns).lower()}" camunda:collection="people" '
        f'camunda:elementVariable="person">{loop}</multiInstanceLoopCharacteristics>'
    )
    return (
        f'<userTask id="{id}" name="{id}" camunda:assignee="${{person}}">'
        f"<extensionElements><camunda:properties>{held}</camunda:properties>"
        f"</extensionElements>{several}</userTask>"
    )


def body(way: str, more: str = "") -> str:
    return (
        START
        + task(way, more)
        + gateway("exclusive", "g", default="g_no")
        + user("yes", "no")
        + END
        + flow("start", "sign", "g")
        + flow("g", "yes", when="countersign_passed")
        + flow("g", "no", "end")
        + flow("yes", "end")
    )


def told(play: Play) -> c.Countersigned:
    return next(each for each in play.all if isinstance(each, c.Countersigned))


A, R, N = "approve", "reject", "abstain"
ROUNDS = [
    ("all", [A, A, A, A, A], "yes", (5, 0, 5)),
    ("all", [A, R, A, A, A], "no", (4, 1, 5)),
    ("all", [A, A, A, A, N], "no", (4, 0, 5)),
    ("any", [R, A], "yes", (1, 1, 2)),
    ("any", [R, R, N, R, R], "no", (0, 4, 5)),
    ("in-turn", [A, A, A, A, A], "yes", (5, 0, 5)),
    ("in-turn", [A, R], "no", (1, 1, 2)),
    ("ratio", [A, A, A], "yes", (3, 0, 3)),
    ("ratio", [A, R, R, R], "no", (1, 3, 4)),
    ("ratio", [A, N, R, A, A], "yes", (3, 1, 5)),
    ("veto", [A, N, A, A, N], "yes", (3, 0, 5)),
    ("veto", [A, R], "no", (1, 1, 2)),
]


@pytest.mark.parametrize(("way", "votes", "after", "counts"), ROUNDS)
def test_it_is_done_as_soon_as_the_outcome_is_certain(
    way, votes, after, counts
) -> None:
    play = Play(body(way, "countersignRatio=60"), variables={"people": PEOPLE})
    for number, vote in enumerate(votes):
        assert play.open == (
            ["sign"] if way == "in-turn" else ["sign"] * (5 - number)
        )
        play.complete("sign", decision=vote)
    assert play.open == [after]
    found = told(play)
    assert (
        found.agreed,
        found.refused,
        found.given,
        found.total,
        found.passed,
    ) == (
        *counts,
        5,
        after == "yes",
    )
    assert play.outcome.variables["votes"] == votes


def test_the_answers_stand_in_the_order_of_the_people_and_nobody_sees_another_ones() -> (
    None
):
    play = Play(body("all"), variables={"people": ["甲", "乙"]})
    second = next(
        each for each in play.tasks.values() if each.assignee == "乙"
    )
    play.do(c.CompleteUserTask(second.task_id, {"decision": R}))
    assert "decision" not in play.outcome.variables
    play.complete("sign", decision=A)
    assert play.outcome.variables["votes"] == [A, R]


@pytest.mark.parametrize("way", ["all", "any", "in-turn", "ratio", "veto"])
def test_with_nobody_to_ask_it_is_over_at_once_and_has_not_passed(
    way: str,
) -> None:
    """Camunda and Flowable leave an activity over an empty collection at once: no vote, and so no consent."""
    play = Play(body(way, "countersignRatio=60"), variables={"people": []})
    assert play.open == ["no"]
    counted = told(play)
    assert (
        counted.agreed,
        counted.refused,
        counted.given,
        counted.total,
        counted.passed,
    ) == (0, 0, 0, 0, False)
    assert play.outcome.variables["votes"] == []


def test_a_border_whose_condition_is_true_already_comes_before_an_empty_one() -> (
    None
):
    """As in Camunda 7, which asks the conditions at a border before it begins the activity."""
    condition = (
        "<conditionalEventDefinition><condition>urgent</condition>"
        "</conditionalEventDefinition>"
    )
    bordered = (
        body("all")
        + boundary("hurry", "sign", condition)
        + user("short")
        + flow("hurry", "short", "end")
    )
    for urgent, after in ((True, "short"), (False, "no")):
        play = Play(bordered, variables={"people": [], "urgent": urgent})
        assert play.open == [after]


def test_a_second_round_counts_anew() -> None:
    again = (
        START
        + task("veto")
        + gateway("exclusive", "in")
        + gateway("exclusive", "g", default="g_in")
        + END
    )
    again += flow("start", "in", "sign", "g", "in") + flow(
        "g", "end", when="countersign_passed"
    )
    play = Play(again, variables={"people": ["甲", "乙"]})
    play.complete("sign", decision=A).complete("sign", decision=R)
    assert play.open == ["sign", "sign"]
    assert play.complete("sign", decision=A).complete("sign", decision=A).ended
    assert [
        each.passed for each in play.all if isinstance(each, c.Countersigned)
    ] == [
        False,
        True,
    ]


def test_field_choices_and_variables_have_the_names_that_the_task_gives_them() -> (
    None
):
    more = (
        "countersignVote=opinion countersignAgree=yes countersignRefuse=no countersignVotes=opinions "
        "countersignResult=agreed"
    )
    play = Play(
        body("any", more).replace("countersign_passed", "agreed"),
        variables={"people": ["甲", "乙"]},
    )
    play.complete("sign", opinion="yes")
    assert play.open == ["yes"]
    assert (
        play.outcome.variables["opinions"],
        play.outcome.variables["agreed"],
    ) == (
        ["yes"],
        True,
    )


WRONG = {
    "an unknown way": (task("majority"), "不认识"),
    "in turn, drawn side by side": (task("in-turn", sequential=False), "依次"),
    "side by side, drawn in turn": (task("all", sequential=True), "并行"),
    "a condition besides": (
        task("any", loop="<completionCondition>votes</completionCondition>"),
        "完成条件",
    ),
    "no share": (task("ratio"), "比例"),
    "a share over all": (task("ratio", "countersignRatio=101"), "比例"),
    "a share in words": (task("ratio", "countersignRatio=六成"), "比例"),
    "more than all": (task("ratio", "countersignRatio=3/2"), "比例"),
    "a share of none": (task("ratio", "countersignRatio=2/0"), "比例"),
    "one choice for both": (
        task("all", "countersignRefuse=approve"),
        "同一个选项",
    ),
    "a field that the form has not": (
        task("all")
        .replace("<userTask", '<userTask camunda:formKey="review"')
        .replace(
            "<camunda:properties>",
            '<camunda:properties><camunda:property name="countersignVote" value="ghost"/>',
        ),
        "ghost",
    ),
    "nobody but one": (
        user("sign").replace(
            "/>",
            '><extensionElements><camunda:properties><camunda:property name="countersign" '
            'value="all"/></camunda:properties></extensionElements></userTask>',
        ),
        "多实例",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_contradicts_the_way_is_refused(name: str) -> None:
    element, words = WRONG[name]
    content = document(START + END + element + flow("start", "sign", "end"))
    found = [
        f
        for f in check({"p.bpmn": content}, {"review": ["decision"]})
        if f.rule == "countersign"
    ]
    assert [f.element_id for f in found] == ["sign"] and words in found[
        0
    ].message


@pytest.mark.parametrize("way", ["all", "any", "in-turn", "ratio", "veto"])
def test_the_five_ways_are_deployed(way: str) -> None:
    content = document(body(way, "countersignRatio=60%"))
    assert [
        f for f in check({"p.bpmn": content}) if f.severity == "error"
    ] == []


def test_the_counts_are_seen_inside_each_instance_as_they_are_now() -> None:
    several = '<multiInstanceLoopCharacteristics camunda:collection="people"/>'
    inner = (
        '<startEvent id="i"/>'
        + user("x")
        + gateway("exclusive", "g", default="g_late")
        + user("early", "late")
        + flow("i", "x", "g")
        + flow(
            "g",
            "early",
            when="nrOfCompletedInstances == 0 and nrOfInstances == 2",
        )
        + flow("g", "late")
    )
    play = Play(
        START
        + END
        + f'<subProcess id="sub">{several}{inner}</subProcess>'
        + flow("start", "sub", "end"),
        variables={"people": ["甲", "乙"]},
    )
    play.complete("x")
    assert play.open == ["early", "x"]
    play.complete("early").complete("x")
    assert play.open == ["late"] and play.complete("late").ended


@pytest.mark.parametrize("process", ["", STOPS])
def test_how_many_there_are_is_known_when_the_first_is_opened(
    process: str,
) -> None:
    several = '<multiInstanceLoopCharacteristics camunda:collection="people"/>'
    named = (
        f'<userTask id="a" name="第${{loopCounter + 1}}份，共${{nrOfInstances}}份" '
        f'camunda:assignee="x">{several}</userTask>'
    )
    play = Play(
        process + START + END + named + flow("start", "a", "end"),
        variables={"people": ["甲", "乙"]},
    )
    assert [each.name for each in play.tasks.values()] == [
        "第1份，共2份",
        "第2份，共2份",
    ]
    assert all(
        "nrOfInstances" not in each.variables for each in play.tasks.values()
    )


def test_two_thirds_of_three_are_two() -> None:
    preset = read(
        {"countersign": "ratio", "countersignRatio": "2/3"},
    )
    assert preset is not None and preset.called == "按比例通过（2/3）"
    assert preset.passed(["approve", "approve"], 3)
    assert not preset.passed(["approve"], 3)
    assert preset.certain(["reject", "reject"], 3)
    assert not preset.certain(["approve", "reject"], 3)
    # 66 % of fifty would be 33; two thirds are 34.
    assert not preset.passed(["approve"] * 33, 50)
    assert preset.passed(["approve"] * 34, 50)
