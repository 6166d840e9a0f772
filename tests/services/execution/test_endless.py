"""What a diagram makes grow, or go round without end, ends with a sentence and an incident; everybody else
goes on."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from orchestrator import engine
from orchestrator.engine import budgets
from orchestrator.errors import RuleViolated
from orchestrator.handlers import TOPICS
from orchestrator.services import deployments
from orchestrator.services.clocks import timers
from orchestrator.store.incidents import Incident
from tests.services.world import CITY, MONDAY, TENANT

PASSED = (
    '<bpmn:sequenceFlow id="passed" sourceRef="decided" targetRef="record" />'
)


def _deploy(world, name: str, *changes: tuple[str, str]) -> None:
    resources = {
        path.name: path.read_bytes() for path in sorted(CITY.iterdir())
    }
    diagram = resources[name].decode()
    for old, new in changes:
        assert old in diagram, old
        diagram = diagram.replace(old, new)
    resources[name] = diagram.encode()
    deployments.deploy(resources, TENANT, None, world.now)


def _scripted(*scripts: str) -> tuple[str, str]:
    """Puts scripts between the review and the recording."""
    names = [f"copying{number}" for number in range(len(scripts))]
    tasks = "".join(
        f'<bpmn:scriptTask id="{name}" name="汇总" '
        f'scriptFormat="python"><bpmn:script>{script}</bpmn:script></bpmn:scriptTask>'
        for name, script in zip(names, scripts, strict=True)
    )
    flows = "".join(
        f'<bpmn:sequenceFlow id="{source}_on" sourceRef="{source}" targetRef="{target}" />'
        for source, target in pairwise([*names, "record"])
    )
    return (
        PASSED,
        f'<bpmn:sequenceFlow id="passed" sourceRef="decided" targetRef="{names[0]}" />{tasks}{flows}',
    )


def _incidents(world) -> list[tuple[str, str | None]]:
    return [
        (each.kind, each.element_id)
        for each in world.rows(sa.select(Incident))
    ]


def test_a_matter_whose_data_grow_beyond_what_is_kept_tells_the_official_and_the_administrator(
    world,
) -> None:
    """Two scripts, each of which stays within what one may make."""
    texts = ", ".join(["text"] * 55)
    first = (
        "text = opinion\n" + "text = text + text\n" * 5 + f"one = [{texts}]"
    )
    _deploy(world, "errand.bpmn", _scripted(first, f"two = [{texts}]"))
    errand, other = world.start(), world.start()
    with pytest.raises(
        RuleViolated, match=r"流程数据达到 .* MB，超过上限 4 MB.*已记录异常"
    ):
        world.complete(
            world.task(errand, "review").id,
            "wang",
            decision="pass",
            opinion="情况属实" * 120,
        )
    assert world.elements(errand) == ["review"]
    assert _incidents(world) == [("data-too-large", "review")]
    world.complete(
        world.task(other, "review").id, "wang", decision="pass", opinion="属实"
    )
    assert world.elements(other) == ["confirm"]


@pytest.mark.one_database
def test_an_act_and_the_service_tasks_that_it_sets_off_take_their_work_from_one_budget(
    world, monkeypatch
) -> None:
    """A loop over a service task and a long sum, which each command alone could still afford."""
    _deploy(
        world,
        "errand.bpmn",
        (
            'sourceRef="record" targetRef="confirm"',
            'sourceRef="record" targetRef="again_and_again"',
        ),
        (
            '<bpmn:userTask id="confirm"',
            '<bpmn:exclusiveGateway id="again_and_again" default="over"><bpmn:incoming>f5</bpmn:incoming>'
            "<bpmn:outgoing>over</bpmn:outgoing><bpmn:outgoing>round</bpmn:outgoing></bpmn:exclusiveGateway>"
            '<bpmn:sequenceFlow id="over" sourceRef="again_and_again" targetRef="confirm" />'
            '<bpmn:sequenceFlow id="round" sourceRef="again_and_again" '
            'targetRef="record"><bpmn:conditionExpression'
            ' xsi:type="bpmn:tFormalExpression">${decision == '
            "'pass'}</bpmn:conditionExpression></bpmn:sequenceFlow>"
            '<bpmn:userTask id="confirm"',
        ),
    )
    ran: list[str] = []
    monkeypatch.setitem(
        TOPICS,
        "errand.record",
        lambda context: ran.append(context.element_id) or {},
    )
    monkeypatch.setattr(engine, "ACT", 10 * (budgets.FEE + 3 * budgets.STEP))
    errand = world.start()
    world.review(errand)
    assert _incidents(world) == [("work-budget", "record")]
    assert 5 < len(ran) < 30, (
        "without the budget the hundredth service task ends it"
    )


@pytest.mark.one_database
def test_a_timer_that_comes_back_to_itself_at_once_is_an_incident_and_fires_no_more(
    world,
) -> None:
    _deploy(
        world,
        "looking_up.bpmn",
        (">PT15M<", ">${subject}<"),
        (
            "<bpmn:outgoing>f2</bpmn:outgoing></bpmn:exclusiveGateway>",
            "</bpmn:exclusiveGateway>",
        ),
        (
            'id="choose" name="哪一类？">',
            'id="choose" name="哪一类？" default="f2">',
        ),
        (
            '<bpmn:sequenceFlow id="f2" ',
            '<bpmn:sequenceFlow id="back" sourceRef="choose" targetRef="pause"><bpmn:conditionExpression'
            ' xsi:type="bpmn:tFormalExpression">${subject == '
            "'PT0S'}</bpmn:conditionExpression></bpmn:sequenceFlow>"
            '<bpmn:sequenceFlow id="f2" ',
        ),
        (
            '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${subject == '
            "'好'}</bpmn:conditionExpression>",
            "",
        ),
    )
    errand = world.start("looking_up", subject="PT0S")
    report = timers.sweep(MONDAY + timedelta(minutes=1))
    assert (report.fired, report.failed) == (0, 1)
    assert _incidents(world) == [("timer-standstill", "pause")]
    assert timers.sweep(MONDAY + timedelta(minutes=2)).fired == 0
    assert world.history(errand).count("timer-fired") == 0
