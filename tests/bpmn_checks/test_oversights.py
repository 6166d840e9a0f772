"""What runs as drawn and was probably not meant: each kind is drawn into a city's own admission."""

from __future__ import annotations

import re

import pytest

from orchestrator.services import deployments
from tests.bpmn_checks.test_bad import CITY, HERE, PLACE, _city

OWN = (CITY / PLACE).read_text()
REVIEW = (
    '<bpmn:userTask id="legal" name="法制审核" camunda:formKey="application_review" '
    'camunda:candidateGroups="justice@county"><bpmn:documentation>依据：默认</bpmn:documentation></bpmn:userTask>'
    '<bpmn:sequenceFlow id="legal_on" sourceRef="legal" targetRef="approver_chosen" />'
)


def notes(text: str) -> list[tuple[str, str | None, str]]:
    """(rule, element, sentence) of what is said of the diagram besides errors."""
    found = deployments.findings({**_city(), PLACE: text.encode()})
    assert [each for each in found if each.severity == "error"] == []
    return [
        (each.rule, each.element_id, each.message)
        for each in found
        if each.rule
        in (
            "answer-beside",
            "answer-unread",
            "timer-beside-limit",
            "lane-of-another",
        )
    ]


def changed(*pairs: tuple[str, str]) -> str:
    text = OWN
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_nothing_is_said_of_what_the_city_draws() -> None:
    assert notes(OWN) == []


def test_an_answer_that_no_gateway_behind_its_step_reads() -> None:
    text = changed(
        (
            'sourceRef="review_result" targetRef="approver_chosen"',
            'sourceRef="review_result" targetRef="legal"',
        ),
        (
            '<bpmn:exclusiveGateway id="approver_chosen"',
            REVIEW + '<bpmn:exclusiveGateway id="approver_chosen"',
        ),
    )
    told = [each for each in notes(text) if each[0] == "answer-unread"]
    assert told and {each[1] for each in told} == {"legal"}
    assert "没有网关读取" in told[0][2]


def test_an_answer_that_a_gateway_reads_is_none_of_them() -> None:
    """The same step before the gateway: whoever answers last decides."""
    text = changed(
        (
            'sourceRef="review_application" targetRef="review_result"',
            'sourceRef="review_application" targetRef="legal"',
        ),
        (
            '<bpmn:exclusiveGateway id="approver_chosen"',
            REVIEW.replace(
                'targetRef="approver_chosen"', 'targetRef="review_result"'
            )
            + '<bpmn:exclusiveGateway id="approver_chosen"',
        ),
    )
    assert "legal" not in {each[1] for each in notes(text)}


@pytest.mark.parametrize("limit", ["3工作日", "P3D"])
def test_a_limit_that_was_changed_without_its_timer(limit: str) -> None:
    text = changed(
        (
            'camunda:dueDate="deadline:review_application"',
            f'camunda:dueDate="{limit}"',
        )
    )
    told = notes(text)
    assert [(rule, element) for rule, element, _said in told] == [
        ("timer-beside-limit", "review_overdue")
    ]


def test_a_step_in_the_lane_of_another() -> None:
    text = changed(
        (
            'id="organize_implementation" name="组织实施" camunda:formKey="implementation" '
            'camunda:candidateGroups="grid-office@same"',
            'id="organize_implementation" name="组织实施" camunda:formKey="implementation" '
            'camunda:candidateGroups="government@same"',
        )
    )
    told = [each for each in notes(text) if each[0] == "lane-of-another"]
    assert "organize_implementation" in {each[1] for each in told}
    assert "网格化机构" in told[0][2]


def test_a_lane_is_of_those_after_whom_it_is_named() -> None:
    """Of two steps in a lane the one is told whose body the lane is not named after."""
    lane = 'lane id="item_admission_lane_'
    text = changed(
        (
            '<bpmn:exclusiveGateway id="approver_chosen"',
            REVIEW + '<bpmn:exclusiveGateway id="approver_chosen"',
        ),
        (
            'sourceRef="review_result" targetRef="approver_chosen"',
            'sourceRef="review_result" targetRef="legal"',
        ),
        (
            "<bpmn:flowNodeRef>approve_by_government</bpmn:flowNodeRef>",
            "<bpmn:flowNodeRef>approve_by_government</bpmn:flowNodeRef>"
            "<bpmn:flowNodeRef>legal</bpmn:flowNodeRef>",
        ),
    )
    assert lane in text
    told = [each[1] for each in notes(text) if each[0] == "lane-of-another"]
    assert told == ["legal"]


def test_a_called_process_may_read_the_answer() -> None:
    called = (
        '<bpmn:callActivity id="settle" name="公布" calledElement="publish"><bpmn:extensionElements>'
        '<camunda:in source="decision" target="legal_result" /></bpmn:extensionElements></bpmn:callActivity>'
        '<bpmn:sequenceFlow id="settle_on" sourceRef="settle" targetRef="approver_chosen" />'
    )
    text = changed(
        (
            'sourceRef="review_result" targetRef="approver_chosen"',
            'sourceRef="review_result" targetRef="legal"',
        ),
        (
            '<bpmn:exclusiveGateway id="approver_chosen"',
            REVIEW.replace('targetRef="approver_chosen"', 'targetRef="settle"')
            + called
            + '<bpmn:exclusiveGateway id="approver_chosen"',
        ),
    )
    told = [
        each
        for each in notes(text)
        if each[0] == "answer-unread" and each[1] == "legal"
    ]
    assert not any(
        "decision" in each[2] or "审核意见" in each[2] for each in told
    )


SIDES = (HERE / "good" / "side-by-side.bpmn").read_text()
OF_ONE = SIDES.replace(
    'name="合法性审查" camunda:formKey="application_review"',
    'name="合法性审查" camunda:formKey="refusal_settlement"',
).replace(
    'decision == "reject" and approver != "party_committee"',
    'refusal_decision == "uphold"',
)
"""What one of two branches fills in is read behind both."""


def beside(text: str) -> list[tuple[str | None, str]]:
    return [
        (element, told)
        for rule, element, told in notes(text)
        if rule == "answer-beside"
    ]


def gateway(text: str, id_: str, kind: str) -> str:
    before, begun, rest = text.partition(f'<bpmn:parallelGateway id="{id_}"')
    assert begun
    inside, end, after = rest.partition("</bpmn:parallelGateway>")
    assert end
    opened = f'<bpmn:{kind} id="{id_}"'
    return f"{before}{opened}{inside}</bpmn:{kind}>{after}"


def guarded(text: str) -> str:
    """The diagram whose condition asks first whether there is an answer."""
    asked = re.sub(
        r'\b(\w*decision) == "(reject|uphold)"',
        r'defined("\1") and \1 == "\2"',
        text,
    )
    assert asked != text
    return asked


def test_an_answer_that_a_branch_beside_need_not_have_given() -> None:
    # A join waits for both branches, a merge for none, and neither does a condition on the other branch.
    assert beside(OF_ONE) == []
    assert beside(gateway(OF_ONE, "join_work", "inclusiveGateway")) == []
    merged = gateway(OF_ONE, "join_work", "exclusiveGateway")
    ((flow, told),) = beside(merged)
    assert flow == "stopped"
    assert "“处理意见”，它由并行的“合法性审查”填写" in told
    # Whether it is filled in yet is what nobody can tell.
    assert [each for each, _told in beside(guarded(merged))] == ["stopped"]
    # What both branches meet at last, both have given: the step stands behind the merge.
    both = merged.replace(
        'sourceRef="ask_finance" targetRef="join_work"',
        'sourceRef="ask_finance" targetRef="ask_justice"',
    )
    assert both != merged and beside(both) == []
    # A timer's branch reads what the task at whose border it stands has not answered yet.
    at_border = OWN.replace(
        'sourceRef="review_overdue" targetRef="urge_review"',
        'sourceRef="review_overdue" targetRef="asked"',
    ).replace(
        '<bpmn:exclusiveGateway id="approver_chosen"',
        '<bpmn:exclusiveGateway id="asked" default="asked_on" />'
        '<bpmn:sequenceFlow id="asked_on" sourceRef="asked" targetRef="urge_review" />'
        '<bpmn:sequenceFlow id="asked_if" sourceRef="asked" targetRef="review_urged">'
        "<bpmn:conditionExpression>decision == &quot;approve&quot;</bpmn:conditionExpression>"
        "</bpmn:sequenceFlow>"
        '<bpmn:exclusiveGateway id="approver_chosen"',
        1,
    )
    assert [flow for flow, _told in beside(at_border)] == ["asked_if"]


def test_an_answer_that_two_branches_both_give() -> None:
    ((flow, told),) = beside(SIDES)
    assert flow == "stopped"
    assert "并行的“合法性审查”、“经费审查”各填一份" in told
    assert beside(guarded(SIDES)) == [(flow, told)]
    # One after the other, the later one is meant.
    again = SIDES.replace(
        'sourceRef="ask_justice" targetRef="join_work"',
        'sourceRef="ask_justice" targetRef="ask_finance"',
    ).replace(
        'sourceRef="split_work" targetRef="ask_finance"',
        'sourceRef="split_work" targetRef="join_work"',
    )
    assert beside(again) == []


def test_a_reminder_before_the_limit_is_meant() -> None:
    assert notes(changed((">deadline:review_application<", ">1工作日<"))) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "told"),
    [
        (
            'escalate_to = ["grid-office@county",',
            'escalate_to = ["grid-ofice@county",',
            "receiver-unknown",
            "“overdue.urgent_triage”：角色“grid-ofice”不在辖区配置",
        ),
        (
            'on_call = ["grid-office@county"]',
            'on_call = ["grid-office@conty"]',
            "receiver-unknown",
            "“priorities.urgent”：层级“conty”不在辖区配置的 [levels] 中，可用的有 city（市级）",
        ),
        (
            'after = 3\nunit = "working_days"',
            'after_day_in = "promised"',
            "promised-day-unknown",
            "“overdue.handle_case”的 after_day_in 写的“promised”",
        ),
        (
            'chosen_in = "handling_limit"',
            'chosen_in = "limit"',
            "limit-unset",
            "“deadlines.handle_case”的 chosen_in 写的“limit”",
        ),
        (
            'when = { case_class = ["simple"] }',
            'when = { case_clas = ["simple"] }',
            "limit-class-unknown",
            "“case_clas”没有哪张表单、哪一步会设置。是不是“case_class”",
        ),
        (
            'when = { case_class = ["simple"] }',
            'when = { case_class = ["simpel"] }',
            "limit-class-unknown",
            "“case_class”没有“simpel”这个值，是不是“simple”（简易）",
        ),
        (
            'forms = ["approval"]',
            'forms = ["aproval"]',
            "together-unknown",
            "“together.forms”的“aproval”不是带有 batch 属性的表单",
        ),
        (
            'by = ["grid-office@city", "grid-office@county"]',
            'by = ["grid-ofice@county"]',
            "assessor-unknown",
            "“assessment.departments.by”：角色“grid-ofice”不在辖区配置",
        ),
        (
            "[items.exit]",
            'again_after_refusal = 6\nrefused_ends = ["refused"]\n\n[items.exit]',
            "refused-end-unknown",
            "“items.admission.refused_ends”写的“refused”不是流程图里的结束事件",
        ),
        (
            'value = "told_rate"',
            'value = "told_rat"',
            "indicator-figure",
            "没有叫“told_rat”的数",
        ),
        (
            'value = "told_rate"',
            'value = "closed > 3"',
            "indicator-figure",
            "算出来的不是数",
        ),
        (
            '"case_handling", "off_list_refusal"',
            '"case_handlling", "off_list_refusal"',
            "retention-process",
            "“case_handlling”不是本辖区的流程",
        ),
        (
            '"archive_disposal", "item_admission"',
            '"item_admission"',
            "retention-register",
            "“archive_disposal”销毁档案",
        ),
        (
            'fields = ["reporter_name", "reporter_phone"]',
            'fields = ["reporter_name", "reporter_fone"]',
            "data-unknown",
            "没有字段“reporter_fone”",
        ),
        (
            'processes = ["case_handling"]\nforms = ["case_report"]',
            'processes = ["case_handlng"]\nforms = ["case_report"]',
            "data-unknown",
            "“case_handlng”不是本辖区的流程",
        ),
        (
            'forms = ["case_report"]\nfields',
            'forms = ["case_raport"]\nfields',
            "data-unknown",
            "没有表单“case_raport”",
        ),
        (
            'forms = ["case_report"]\nfields = ["reporter_name"',
            'forms = ["case_closing"]\nfields = ["summary"',
            "data-shown",
            "不能分级",
        ),
        (
            'forms = ["case_report"]\nfields = ["reporter_name"',
            'forms = ["case_closing"]\nfields = ["reporter_name"',
            "data-twice",
            "的表单“case_report”也有字段",
        ),
        (
            "[data.grades.reporter]",
            '[data.grades.again]\nname = "再列一次"\nfields = ["reporter_name"]\n'
            'citation = "default"\n\n[data.grades.reporter]',
            "data-twice",
            "字段“reporter_name”也列在“反映人的姓名和电话”里",
        ),
        (
            "[data.grades.reporter]",
            '[data.grades.one]\nname = "甲"\nregisters = ["person", "place"]\nfields = ["phone"]\n'
            'citation = "default"\n\n[data.grades.two]\nname = "乙"\nregisters = ["person"]\n'
            'fields = ["phone"]\ncitation = "default"\n\n[data.grades.reporter]',
            "data-twice",
            "字段“phone”也列在“乙”里",
        ),
        (
            'message = "series.bulletin"',
            'message = "series.buletin"',
            "series-host",
            "没有流程由消息“series.buletin”开始",
        ),
        (
            'value = "told_rate"',
            'value = "visits + 1"',
            "indicator-figure",
            "没有叫“visits”的数",
        ),
        (
            '[members.pay]\ndrafted_by = ["grid-office@township"]',
            '[members.pay]\ndrafted_by = ["grid-ofice@township"]',
            "pay-unknown",
            "“members.pay.drafted_by”：角色“grid-ofice”不在辖区配置",
        ),
        (
            'approved_by = ["grid-office@county"]\nassessment',
            'approved_by = ["grid-office@conty"]\nassessment',
            "pay-unknown",
            "“members.pay.approved_by”：层级“conty”不在辖区配置",
        ),
        (
            'assessment = "members"',
            'assessment = "departments"',
            "pay-unknown",
            "“members.pay.assessment”：没有考核网格员的规则“departments”",
        ),
        (
            '[members.pay.grades]\n"优秀"',
            '[members.pay.grades]\n"优良"',
            "pay-unknown",
            "“members.pay.grades”：考核没有等次“优良”",
        ),
        (
            'procedure = "member_reward"\nallow',
            'procedure = "member_rewards"\nallow',
            "pay-unknown",
            "“members.pay.procedure”：“member_rewards”不是本辖区的流程",
        ),
        (
            'allowances = ["duty"]',
            'allowances = ["dutty"]',
            "pay-unknown",
            "“members.pay.allowances”：奖励和补助的表单里没有“dutty”",
        ),
    ],
)
def test_what_the_profile_tells_of_late_tasks_must_exist(
    old: str, new: str, rule: str, told: str
) -> None:
    city = dict(_city())
    text = city["jurisdiction.toml"].decode()
    assert old in text
    city["jurisdiction.toml"] = text.replace(old, new, 1).encode()
    found = [each for each in deployments.findings(city) if each.rule == rule]
    assert found
    assert told in found[0].message
