"""会签 on a matter: who answered what stands on its page while people answer, and with the result and how it
was counted afterwards."""

from __future__ import annotations

from orchestrator.services.access import viewer
from orchestrator.services.instances import case_view
from orchestrator.store.session import transaction
from tests.engine.diagrams import END, START, flow

RATIO = "".join(
    f'<camunda:property name="{name}" value="{value}"/>'
    for name, value in {
        "countersign": "ratio",
        "countersignRatio": "50",
        "countersignAgree": "pass",
        "countersignRefuse": "back",
    }.items()
)
SIGN = (
    '<userTask id="sign" name="班子会签" camunda:formKey="review" '
    'camunda:candidateGroups="office@county"><extensionElements>'
    f"<camunda:properties>{RATIO}</camunda:properties></extensionElements><multiInstanceLoopCharacteristics><loopCardinality>4</loopCardinality>"
    "</multiInstanceLoopCharacteristics></userTask>"
)
BODY = START + SIGN + END + flow("start", "sign", "end")


def look(world, matter: str) -> case_view.CaseView:
    with transaction(writing=False) as session:
        return case_view.look(
            session, viewer(session, world.person("wang")), matter
        )


def sign(world, matter: str, by: str, decision: str) -> None:
    task = world.tasks(matter)[0]
    world.complete(task.id, by, decision=decision, opinion="意见如上")


def test_votes_are_shown_as_they_come_and_the_result_says_how_it_was_counted(
    world,
):
    world.draw("odd", BODY)
    matter = world.start("odd")
    assert look(world, matter).ballots == []
    sign(world, matter, "wang", "back")
    (ballot,) = look(world, matter).ballots
    assert (ballot.name, ballot.way, ballot.result) == (
        "班子会签",
        "按比例通过（50%）",
        "",
    )
    assert [
        (vote.who, vote.body, vote.answer, vote.means) for vote in ballot.votes
    ] == [("王主任", "试验县网格中心", "退回", "refuse")]
    sign(world, matter, "li", "pass")
    sign(world, matter, "wang", "pass")
    assert world.instance(matter).state == "completed"
    shown = look(world, matter)
    (ballot,) = shown.ballots
    assert [vote.answer for vote in ballot.votes] == ["退回", "通过", "通过"]
    assert ballot.passed
    assert (
        ballot.result
        == "按比例通过（50%）：共 4 人，同意 2，不同意 1，结果已定、未再表决 1，通过"
    )
    line = next(step for step in shown.steps if step.kind == "countersigned")
    assert (line.title, line.remark) == ("会签结果：班子会签", ballot.result)
