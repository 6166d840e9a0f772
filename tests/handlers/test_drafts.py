"""Drafts: nobody overwrites another in silence, what is wrong is told with its element, and only what passes
is published."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator import engine
from orchestrator.engine.countersign import Countersign
from orchestrator.engine.model import AdHoc, Element, Event, MultiInstance
from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.services import bundles, designing
from orchestrator.services.designing import draft_history, drafts
from orchestrator.services.designing.element_facts import (
    EVENT_PARTS,
    FACTS,
    IRRELEVANT,
    PARTS,
)
from orchestrator.services.designing.validation import resources_of
from orchestrator.store.definitions import Deployment, ProcessDefinition
from orchestrator.store.drafts import (
    Draft,
    DraftRevision,
    open_drafts,
    revisions,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT

DIAGRAM = "item_admission.bpmn"


@pytest.fixture
def draft(office) -> str:
    return designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )


def text(office, draft: str) -> str:
    (content,) = office.rows(sa.select(Draft.content).where(Draft.id == draft))
    return next(
        text for name, text in content.items() if name.endswith(".bpmn")
    )


def save(office, draft: str, old: str, new: str, **more: object) -> int:
    diagram = text(office, draft)
    assert old in diagram
    revision = office.rows(sa.select(Draft.revision).where(Draft.id == draft))[
        0
    ]
    return designing.save(
        draft,
        designing.DraftFile(DIAGRAM, diagram.replace(old, new, 1)),
        revision,
        office.person("designer"),
        office.now,
        **more,
    )


def revision(office, draft: str) -> int:
    return office.rows(sa.select(Draft.revision).where(Draft.id == draft))[0]


def history(draft: str) -> list[tuple[int, str, str]]:
    with transaction(writing=False) as session:
        return [
            (number, author, comment)
            for number, _at, author, comment in revisions(session, draft)
        ]


def told(draft: str) -> list[tuple[str | None, str]]:
    with transaction(writing=False) as session:
        found = designing.findings(session, session.get_one(Draft, draft))
        return [
            (each.element_id, each.message)
            for each in found
            if each.severity == "error"
        ]


def test_a_procedure_has_one_open_draft_however_often_it_is_opened(
    office, draft: str
) -> None:
    assert (
        designing.open_draft(
            TENANT, "item_admission", office.person("admin"), office.now
        )
        == draft
    )
    with transaction(writing=False) as session:
        assert open_drafts(session, TENANT)["item_admission"].id == draft
    designing.discard(draft, office.person("designer"), office.now)
    assert (
        designing.open_draft(
            TENANT,
            "item_admission",
            office.person("designer"),
            office.later() or office.now,
        )
        != draft
    )


def test_the_second_of_two_designers_is_told_who_was_first_and_overwrites_nothing(
    office, draft: str
) -> None:
    mine = text(office, draft)
    save(office, draft, "审核申请", "审核准入申请")
    with pytest.raises(InstanceChanged, match="刚刚保存了这份草稿"):
        designing.save(
            draft,
            designing.DraftFile(DIAGRAM, mine),
            1,
            office.person("admin"),
            office.now,
        )
    assert "审核准入申请" in text(office, draft)


def test_saves_in_a_row_are_one_entry_and_an_earlier_state_comes_back(
    office, draft: str
) -> None:
    office.later(minutes=10)
    save(office, draft, "审核申请", "审核甲")
    office.later(minutes=1)
    save(office, draft, "审核甲", "审核乙")
    office.later(minutes=10)
    save(office, draft, "审核乙", "审核丙", comment="改了名称")
    name = history(draft)[0][1]
    assert history(draft) == [
        (3, name, "改了名称"),
        (2, name, ""),
        (1, name, "从现行版本开始"),
    ]
    designing.restore(draft, 2, office.person("designer"), office.now)
    assert "审核乙" in text(office, draft)
    assert history(draft)[0] == (4, name, "恢复到第 2 次保存")
    with pytest.raises(NotFound):
        designing.restore(draft, 99, office.person("designer"), office.now)


def test_whoever_has_it_open_too_is_named_until_his_page_is_silent(
    office, draft: str
) -> None:
    designer, admin = office.person("designer"), office.person("admin")
    assert designing.here(draft, designer, office.now) == ([], 1)
    others, _revision = designing.here(draft, admin, office.now)
    assert len(others) == 1
    assert (
        designing.here(draft, designer, office.now + timedelta(minutes=1))[0]
        == []
    )


WRONG = {
    'camunda:candidateGroups="grid-office@same"': (
        'camunda:candidateGroups="auditor@same"',
        "review_application",
        "角色“auditor”不在",
    ),
    "deadline:review_application": (
        "deadline:next_week",
        "review_application",
        "时限“next_week”不在",
    ),
    "item-list.publish": (
        "item-list.print",
        "publish_item_list",
        "没有处理程序",
    ),
    ' default="review_passed"': ("", "review_result", "默认"),
    '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">decision == "supplement"': (
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">decision = = "supplement"',
        "review_result_to_supplement_application",
        "",
    ),
}


@pytest.mark.one_database
@pytest.mark.parametrize("old", WRONG)
def test_what_is_wrong_is_told_at_its_element_and_not_published(
    office, draft: str, old: str
) -> None:
    new, element, sentence = WRONG[old]
    save(office, draft, old, new)
    assert any(
        each == element and sentence in message
        for each, message in told(draft)
    ), told(draft)
    with pytest.raises(RuleViolated):
        designing.publish(draft, office.person("designer"), office.now)


@pytest.mark.one_database
def test_a_text_that_is_no_diagram_is_not_kept(office, draft: str) -> None:
    for wrong in ("", "审核", "x" * 3_000_001):
        with pytest.raises(RuleViolated, match="没有保存"):
            designing.save(
                draft,
                designing.DraftFile(DIAGRAM, wrong),
                1,
                office.person("designer"),
                office.now,
            )
    assert told(draft) == []


@pytest.mark.one_database
def test_a_diagram_that_breaks_a_scenario_is_refused_with_its_line(
    office, draft: str
) -> None:
    save(
        office,
        draft,
        'camunda:candidateGroups="government@same"',
        'camunda:candidateGroups="party-committee@same"',
    )
    with pytest.raises(RuleViolated) as refused:
        designing.publish(draft, office.person("designer"), office.now)
    assert any(
        "zhenjiang/scenarios/item_admission.yaml 第" in reason
        and "政府审批" in reason
        for reason in refused.value.reasons
    )


def test_what_passes_is_published_and_running_matters_stay_on_their_version(
    office, draft: str
) -> None:
    given = {
        "item_name": "夜间巡查",
        "category": "治安安全",
        "legal_basis": "消防条例",
        "why_grids": "点多面广",
        "served": "居民",
        "commitment_people": "二人",
        "commitment_funds": "五万元",
        "advice_and_training": "每季度一次",
    }
    running = office.start(
        "item_admission", "jk-cg", "urban-management", "321102", **given
    )
    save(
        office, draft, "结合本地实际", "结合本地实际"
    ) if "结合本地实际" in text(office, draft) else None
    save(office, draft, "targetNamespace=", "xmlns:note='x' targetNamespace=")
    assert designing.publish(draft, office.person("designer"), office.now) == (
        "zhenjiang:item_admission:2",
    )
    later = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        "321102",
        **{**given, "item_name": "晨间巡查"},
    )
    versions = dict.fromkeys((running, later))
    for matter in versions:
        definition = office.rows(
            sa.select(ProcessInstance.definition_id).where(
                ProcessInstance.id == matter
            )
        )[0]
        versions[matter] = office.rows(
            sa.select(ProcessDefinition.version).where(
                ProcessDefinition.id == definition
            )
        )[0]
    assert versions == {running: 1, later: 2}
    with pytest.raises(InstanceChanged):
        designing.discard(draft, office.person("designer"), office.now)


@pytest.mark.one_database
def test_the_differences_are_told_as_an_official_reads_them(
    office, draft: str
) -> None:
    save(office, draft, 'name="审核申请" ', 'name="审核准入申请" ')
    save(
        office,
        draft,
        'camunda:candidateGroups="government@same"',
        'camunda:candidateGroups="party-committee@same"',
    )
    save(
        office,
        draft,
        'camunda:dueDate="deadline:organize_implementation"',
        'camunda:dueDate="deadline:review_application"',
    )
    save(office, draft, 'submission == "withdraw"', 'submission != "resubmit"')
    with transaction(writing=False) as session:
        found = designing.differences(
            session, session.get_one(Draft, draft)
        ).differences
    told_ = [each.told for each in found]
    assert "人工任务“审核申请”的名称由“审核申请”改为“审核准入申请”" in told_
    assert "人工任务“政府审批”的办理机构由“同级政府”改为“同级党委”" in told_
    assert any(
        each.startswith("人工任务“组织实施”的时限由“") for each in told_
    )
    assert any(
        "的条件原为：“处理方式”是“撤回申请”；改为：“处理方式”不是“补正后重新提交”"
        in each
        for each in told_
    )
    assert len(told_) == 4


def test_every_attribute_of_an_element_is_compared_or_says_nothing() -> None:
    assert {each.name for each in fields(Element)} == FACTS.keys() | IRRELEVANT
    for attribute, kind in (
        ("multi", MultiInstance),
        ("countersign", Countersign),
        ("ad_hoc", AdHoc),
    ):
        assert {each.name for each in fields(kind)} == PARTS[
            attribute
        ].keys(), attribute
    assert {each.name for each in fields(Event)} == {
        *("kind", "reference", "timer", "parts", "parallel"),
        *EVENT_PARTS,
    }


@pytest.mark.one_database
def test_what_stops_a_step_and_what_only_reminds_of_it_differ(
    office, draft: str
) -> None:
    save(
        office,
        draft,
        'attachedToRef="review_application" cancelActivity="false"',
        'attachedToRef="review_application"',
    )
    save(office, draft, "事项准入：${item_name}", "准入：${item_name}")
    with transaction(writing=False) as session:
        found = designing.differences(
            session, session.get_one(Draft, draft)
        ).differences
    told_ = [each.told for each in found]
    assert told_ == [
        "时限“审核逾期”的触发后原步骤由“继续”改为“中止”",
        "流程的事项标题由“事项准入：${item_name}”改为“准入：${item_name}”",
    ]


@pytest.mark.one_database
def test_positions_are_no_difference(office, draft: str) -> None:
    save(office, draft, '<dc:Bounds x="', '<dc:Bounds x="1')
    with transaction(writing=False) as session:
        assert (
            designing.differences(
                session, session.get_one(Draft, draft)
            ).differences
            == []
        )


def test_a_running_matter_is_told_whose_step_the_draft_no_longer_has(
    office,
) -> None:
    matter = office.admit("夜间巡查")
    opened = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    diagram = text(office, opened).replace(
        "organize_implementation", "arrange_work"
    )
    designing.save(
        opened,
        designing.DraftFile(
            DIAGRAM,
            diagram.replace(
                "deadline:arrange_work", "deadline:organize_implementation"
            ),
        ),
        1,
        office.person("designer"),
        office.now,
    )
    with transaction(writing=False) as session:
        (found,) = designing.bystanders(
            session, session.get_one(Draft, opened)
        )
    assert (found.instance_id, found.gone) == (matter, ("组织实施",))


LEGAL_REVIEW = """    <bpmn:userTask id="legal_review" name="合法性审查" camunda:formKey="application_review"
        camunda:candidateGroups="justice@county" camunda:dueDate="deadline:civil_affairs_opinion">
      <bpmn:documentation>依据：默认
县级司法行政部门审查是否合法。</bpmn:documentation>
      <bpmn:incoming>application_submitted_to_review_application</bpmn:incoming>
      <bpmn:outgoing>legal_review_to_review_application</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="legal_review_to_review_application"
        sourceRef="legal_review" targetRef="review_application" />
    <bpmn:sequenceFlow id="application_submitted_to_review_application"
        sourceRef="application_submitted" targetRef="legal_review" />
"""
GIVEN = {
    "category": "治安安全",
    "legal_basis": "消防条例",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}
SCENARIOS = """
免走: {}
填写:
  申请: {事项名称: 夜间巡查, 事项类别: 治安安全, 法律、政策依据: 消防条例, 为何需要纳入网格: 点多面广,
    服务对象: 居民,
         人员保障: 二人, 经费与物资保障: 五万元, 业务指导与培训: 每季度一次}
情景:
  - 名称: 先作合法性审查
    步骤:
      - 发起: 事项准入
        由: 京口区城市管理局
        填写: 申请
      - 应有待办: {合法性审查: 京口区司法局}
"""


DONE = """
  - 名称: 合法性审查后退回补正
    步骤:
      - 发起: 事项准入
        由: 京口区城市管理局
        填写: 申请
      - 办理: 合法性审查
        由: 京口区司法局
        填写: {审核意见: 退回补正, 意见说明: 缺少依据}
      - 应有待办: {审核申请: 京口区网格化服务管理中心}
"""


@pytest.mark.one_database
def test_scenarios_follow_an_added_step_as_one_of_them_does_it(office) -> None:
    opened = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    diagram = text(office, opened)
    flow = next(
        line
        for line in diagram.splitlines()
        if 'sequenceFlow id="application_submitted_to_review_application"'
        in line
    )
    step = LEGAL_REVIEW.replace("justice@county", "justice@same")
    designing.save(
        opened,
        designing.DraftFile(DIAGRAM, diagram.replace(flow + "\n", step)),
        1,
        office.person("designer"),
        office.now,
    )
    with transaction(writing=False) as session:
        row = session.get_one(Draft, opened)
        old = designing.scenarios_of(session, row)
        assert designing.follow(session, row) == (old, 0), (
            "nobody has done the step yet"
        )
    designing.keep_scenarios(
        opened,
        old.rstrip() + "\n" + DONE,
        revision(office, opened),
        office.person("designer"),
        office.now,
    )
    with transaction(writing=False) as session:
        row = session.get_one(Draft, opened)
        assert designing.judge(session, row).report.failures
        followed, count = designing.follow(session, row)
        assert count == followed.count("办理: 合法性审查") - 1 >= 7
        assert [
            line
            for line in old.splitlines()
            if line not in followed.splitlines()
        ] == [], "nothing else is touched"
    designing.keep_scenarios(
        opened,
        followed,
        revision(office, opened),
        office.person("designer"),
        office.now,
    )
    assert designing.publish(
        opened,
        office.person("designer"),
        office.later(minutes=1) or office.now,
    )


@pytest.mark.one_database
def test_a_renamed_step_is_renamed_in_the_scenarios(
    office, draft: str
) -> None:
    save(office, draft, 'name="审核申请" ', 'name="审核准入申请" ')
    with transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        names = designing.renamed_steps(session, row)
        assert names == [("审核申请", "审核准入申请")]
        designing.rename_in_scenarios(
            session, row, office.person("designer"), office.now
        )
    with transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        assert designing.renamed_steps(session, row) == []
        assert designing.judge(session, row).may_be_published("item_admission")


@pytest.mark.one_database
def test_a_trial_judges_by_the_rules_that_the_publication_would_have(
    office, draft: str
) -> None:
    def editions() -> set[engine.Edition]:
        with transaction(writing=False) as session:
            row = session.get_one(Draft, draft)
            tried = designing.TrialSetup(session, row)
            compared = designing.bundle_of(session, row.tenant_id, draft)
            return {
                tried.bundle.definition.edition,
                tried.backend.definition("item_admission").edition,
                compared.definition.edition,
            }

    with transaction() as session:
        for deployment in session.scalars(sa.select(Deployment)):
            deployment.report = {"notes": []}
    bundles.forget()
    assert editions() == {engine.Edition.FIRST}
    save(office, draft, 'name="审核申请" ', 'name="审核准入申请" ')
    assert editions() == {engine.CURRENT}


@pytest.mark.one_database
def test_a_step_for_the_justice_bureau_is_published_with_its_scenarios_and_asked_from_then_on(
    office,
) -> None:
    running = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        "321102",
        item_name="晨间巡查",
        **GIVEN,
    )
    opened = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    diagram = text(office, opened)
    flow = next(
        line
        for line in diagram.splitlines()
        if 'sequenceFlow id="application_submitted_to_review_application"'
        in line
    )
    designing.save(
        opened,
        designing.DraftFile(
            DIAGRAM, diagram.replace(flow + "\n", LEGAL_REVIEW)
        ),
        1,
        office.person("designer"),
        office.now,
    )
    assert told(opened) == []
    with pytest.raises(RuleViolated) as refused:
        designing.publish(opened, office.person("designer"), office.now)
    assert any("合法性审查" in reason for reason in refused.value.reasons), (
        "the old scenarios know no such step"
    )
    with pytest.raises(RuleViolated, match="看不出这一步做什么"):
        designing.keep_scenarios(
            opened,
            SCENARIOS.replace("应有待办", "应有代办"),
            revision(office, opened),
            office.person("designer"),
            office.now,
        )
    with transaction(writing=False) as session:
        row = session.get_one(Draft, opened)
        every = list(
            bundles.assemble(
                resources_of(session, row), row.process_key
            ).definition.flows
        )
    waived = "\n".join(
        f"  {each}: 由原有情景证明"
        for each in every
        if each != "application_submitted_to_review_application"
    )
    designing.keep_scenarios(
        opened,
        SCENARIOS.replace("免走: {}", f"免走:\n{waived}"),
        revision(office, opened),
        office.person("designer"),
        office.now,
    )
    assert designing.publish(
        opened, office.person("designer"), office.now
    ) == ("zhenjiang:item_admission:2",)
    after = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        "321102",
        item_name="夜间巡查",
        **GIVEN,
    )
    assert office.candidates(after) == {"zhenjiang:justice:321102"}
    assert office.elements(running) == ["review_application"]
    with transaction(writing=False) as session:
        again = designing.open_draft(
            TENANT,
            "item_admission",
            office.person("designer"),
            office.later(minutes=1) or office.now,
        )
        assert "先作合法性审查" in designing.scenarios_of(
            session, session.get_one(Draft, again)
        ), "the next draft begins from them"


FORM = '{"type":"default","components":[%s]}'


def put(office, draft: str, name: str, content: str, **more: object) -> int:
    return designing.save(
        draft,
        designing.DraftFile(name, content),
        revision(office, draft),
        office.person("designer"),
        office.now,
        **more,
    )


@pytest.mark.one_database
def test_a_draft_has_so_many_files_and_no_more_and_has_room_again_when_one_is_given_up(
    office, draft
) -> None:
    for number in range(drafts.MOST_FILES - 1):
        put(office, draft, f"sheet_{number}.form", FORM % "")
    with pytest.raises(RuleViolated, match="最多 40 个文件"):
        put(office, draft, "one_more.form", FORM % "")
    put(office, draft, "sheet_1.form", FORM % "{}")
    designing.give_up(
        draft, "sheet_2.form", office.person("designer"), office.now
    )
    put(office, draft, "one_more.form", FORM % "")
    (content,) = office.rows(sa.select(Draft.content).where(Draft.id == draft))
    assert (
        len(content) == drafts.MOST_FILES
        and content["sheet_1.form"] == FORM % "{}"
    )


@pytest.mark.one_database
def test_the_files_of_a_draft_have_so_many_characters_together(
    office, draft
) -> None:
    large = FORM % (" " * 2_900_000)
    for name in ("one.form", "two.form"):
        put(office, draft, name, large)
    with pytest.raises(RuleViolated, match="合计超过 600 万字"):
        put(office, draft, "three.form", large)
    put(office, draft, "two.form", FORM % "")
    put(office, draft, "three.form", large)


def test_the_oldest_saved_states_go_and_the_first_and_the_latest_stay(
    office, draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_history, "MOST_SAVED", 5)
    for number in range(9):
        put(
            office,
            draft,
            "sheet.form",
            FORM % (" " * number),
            comment=f"第{number}次",
        )
    kept = office.rows(
        sa.select(DraftRevision.number)
        .where(DraftRevision.draft_id == draft)
        .order_by(DraftRevision.number)
    )
    assert kept == [1, 7, 8, 9, 10]
    with pytest.raises(NotFound):
        designing.restore(draft, 3, office.person("designer"), office.now)
    designing.restore(draft, 1, office.person("designer"), office.now)
    assert (
        "sheet.form"
        not in office.rows(sa.select(Draft.content).where(Draft.id == draft))[
            0
        ]
    )


def test_large_saved_states_are_fewer(
    office, draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_history, "LARGEST_HISTORY", 1_000_000)
    for number in range(6):
        put(
            office,
            draft,
            "sheet.form",
            FORM % (" " * 400_000),
            comment=f"第{number}次",
        )
    kept = office.rows(
        sa.select(DraftRevision.number)
        .where(DraftRevision.draft_id == draft)
        .order_by(DraftRevision.number)
    )
    assert kept == [1, 6, 7]


@pytest.mark.one_database
def test_a_form_that_lost_the_rules_of_the_one_it_replaces_is_told(
    office, draft: str
) -> None:
    with transaction(writing=False) as session:
        resources = resources_of(session, session.get_one(Draft, draft))
    old = json.loads(resources["item_application.form"])
    new = {**old, "id": "new_application", "properties": {}}
    for file, schema in (("kept", old), ("lost", new)):
        name = f"{file}_application"
        schema = {**schema, "id": name}
        if file == "kept":
            schema["properties"] = {"rule": "item-application"}
        designing.save(
            draft,
            designing.DraftFile(
                f"{name}.form", json.dumps(schema, ensure_ascii=False)
            ),
            revision(office, draft),
            office.person("designer"),
            office.now,
        )
    lost = {}
    before = "item_application"
    for name in ("kept_application", "lost_application"):
        save(office, draft, f'formKey="{before}"', f'formKey="{name}"')
        before = name
        with transaction(writing=False) as session:
            row = session.get_one(Draft, draft)
            lost[name] = [
                finding.message
                for finding in designing.findings(session, row)
                if finding.rule == "form-rule-lost"
            ]
    assert lost["kept_application"] == []
    (message,) = lost["lost_application"]
    assert "规则“事项申请：类别须在分类目录内" in message
