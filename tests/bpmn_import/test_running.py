"""What was imported is a diagram of ours: it passes the checks as far as the report said, and it runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert, fit
from orchestrator.engine import commands as c
from orchestrator.engine import load_definition
from tests.bpmn_import.test_imports import FILES, converted
from tests.engine.diagrams import NOW, Play

ROOT = Path(__file__).parents[2]
OWN = sorted((ROOT / "bpmn").glob("*/*.bpmn"))
CALLED = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="tests">
<process id="{0}" isExecutable="true">
<startEvent id="{0}_start"/><endEvent id="{0}_end"/>
<sequenceFlow id="{0}_flow" sourceRef="{0}_start" targetRef="{0}_end"/></process></definitions>"""
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" namespace="tests">
<decision id="{0}"><decisionTable id="{0}_t"><output id="{0}_o" name="grade"/></decisionTable></decision>
</definitions>"""
AS_IT_IS = [
    "activiti_repair_order.bpmn",
    "camunda_purchase_request.bpmn",
    "operaton_travel_expense.bpmn",
]


def errors(
    diagram: str, more: dict[str, bytes] | None = None
) -> list[tuple[str | None, str]]:
    found = check({"imported.bpmn": diagram.encode(), **(more or {})})
    return [
        (each.element_id, each.message)
        for each in found
        if each.severity == "error"
    ]


class Imported(Play):
    """An instance of an imported diagram in the pure engine."""

    def __init__(self, name: str, key: str, **variables: object) -> None:
        self.definition = load_definition(
            {name: converted(name).diagram.encode()}, key
        )
        self.environment, self.all = c.Environment(), []
        self.now = NOW
        self.do(c.StartProcessInstance(variables))


@pytest.mark.parametrize("name", AS_IT_IS)
def test_diagrams_that_name_bodies_as_we_do_pass_as_they_are(
    name: str,
) -> None:
    assert errors(converted(name).diagram) == []


@pytest.mark.parametrize(
    "name",
    [name for name in FILES if converted(name).count("unsupported") == 0],
)
def test_where_nothing_is_unsupported_choosing_the_bodies_is_enough(
    name: str,
) -> None:
    diagram = re.sub(
        r'camunda:candidateGroups="(?![\w-]+@)[^"]*"',
        'camunda:candidateGroups="grid-office@county"',
        converted(name).diagram,
    )
    called = {
        f"{key}.bpmn": CALLED.format(key).encode()
        for key in re.findall(r'calledElement="(\w+)"', diagram)
    }
    tables = {
        f"{key}.dmn": TABLE.format(key).encode()
        for key in re.findall(r'decisionRef="(\w+)"', diagram)
    }
    assert errors(diagram, called | tables) == []


def test_a_leave_request_of_camunda_8_runs_to_its_end_along_its_conditions() -> (
    None
):
    run = Imported("zeebe_leave_request.bpmn", "leave-request", manager="wang")
    (task,) = run.tasks.values()
    assert (task.element_id, task.assignee, task.due, task.form_key) == (
        "Activity_manager",
        "wang",
        "P3D",
        "leave-approval",
    )
    assert [each.element_id for each in run.timers] == ["Event_reminder"]
    run.complete("Activity_manager", approved=True, days=6)
    assert run.open == ["Activity_director"]
    assert next(iter(run.tasks.values())).candidate_groups == (
        "directors",
        "hr",
    )
    assert run.complete("Activity_director").ended
    short = Imported(
        "zeebe_leave_request.bpmn", "leave-request", manager="wang"
    )
    assert short.complete("Activity_manager", approved=True, days=5).ended


def test_a_request_of_spiffworkflow_computes_after_the_form_and_waits_where_somebody_confirms() -> (
    None
):
    run = Imported("spiffworkflow_equipment_request.bpmn", "Process_equipment")
    assert next(iter(run.tasks.values())).form_key == "equipment-request"
    run.complete("Activity_request", price=300, amount=3, category="laptop")
    assert run.open == ["Activity_handover"]
    assert run.complete("Activity_handover").ended
    dear = Imported(
        "spiffworkflow_equipment_request.bpmn", "Process_equipment"
    )
    assert dear.complete(
        "Activity_request", price=300, amount=4, category="laptop"
    ).ended


def test_whoever_starts_is_known_under_the_name_that_the_other_tool_gave() -> (
    None
):
    run = Imported(
        "camunda_contract_review.bpmn",
        "contract_review",
        initiator="li",
        contract_name="甲",
    )
    assert [
        (each.element_id, each.assignee) for each in run.tasks.values()
    ] == [("complete_file", "li")]


def test_the_initiator_of_flowables_modeler_gets_the_task_back() -> None:
    run = Imported(
        "flowable_leave_approval.bpmn",
        "leaveApproval",
        initiator="li",
        overdue=True,
    )
    run.complete("managerTask", approved=True, days=6)
    assert [
        (each.element_id, each.assignee) for each in run.tasks.values()
    ] == [("amendTask", "li")]


def test_a_countersigning_of_flowable_ends_with_the_first_refusal() -> None:
    called = {"payment.bpmn": CALLED.format("payment").encode()}
    name = "flowable_purchase_countersign.bpmn"
    run = Imported.__new__(Imported)
    run.definition = load_definition(
        {name: converted(name).diagram.encode(), **called},
        "purchaseCountersign",
    )
    run.environment, run.all, run.now = c.Environment(), [], NOW
    run.do(c.StartProcessInstance({"approvers": ["a", "b", "c"]}))
    assert sorted(each.assignee for each in run.tasks.values()) == [
        "a",
        "b",
        "c",
    ]
    run.complete("countersign", rejected=True)
    assert run.open == []
    assert [
        each.topic
        for each in run.all
        if isinstance(each, c.ExternalTaskWanted)
    ] == ["register-purchase"]
    assert run.answer(voucher="7").ended


@pytest.mark.parametrize(
    "path", OWN, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_our_own_diagrams_come_through_as_they_are(path: Path) -> None:
    found = convert(path.read_bytes())
    needs = [
        line
        for line in found.lines
        if line.verdict in ("unsupported", "mapped")
    ]
    assert found.dialect == "Camunda 7"
    assert needs == []


def test_a_diagram_fitted_to_a_procedure_has_its_key_everywhere_and_what_only_the_procedure_knows() -> (
    None
):
    present = (
        ROOT / "bpmn" / "zhenjiang" / "item_admission.bpmn"
    ).read_bytes()
    fitted = fit(
        converted("camunda_contract_review.bpmn"), "item_admission", present
    )
    assert (
        'processRef="item_admission"' in fitted.diagram
        and '"contract_review"' not in fitted.diagram
    )
    told = {
        (line.attribute, line.verdict)
        for line in fitted.lines
        if line.element_id == "item_admission"
    }
    assert {
        ("id", "mapped"),
        ("candidateStarterGroups", "mapped"),
        ("property businessKeyPrefix", "mapped"),
    } <= told
    assert "合同：${contract_name}" in fitted.diagram, (
        "a title of its own stays"
    )
    assert load_definition(
        {"x.bpmn": fitted.diagram.encode()}, "item_admission"
    ).starter_groups
    again = fit(convert(fitted.diagram.encode()), "item_admission", present)
    assert again.diagram == fitted.diagram
