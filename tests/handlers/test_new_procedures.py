"""A procedure that the city did not have: begun, drawn, played, published and started; and processes that
only others call."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import designing
from orchestrator.store.definitions import ProcessDefinition, version_in_force
from orchestrator.store.drafts import Draft
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT
from tests.handlers.test_publishing import edited, publish

KEY = "legal_review"
FORM = """{"id": "legal_question", "type": "default", "schemaVersion": 18, "title": "法制审核申请",
  "components": [
  {"type": "textfield", "key": "question", "label": "审核什么", "validate": {"required": true}}]}"""
SCENARIOS = """
情景:
  - 名称: 提出后办结
    步骤:
      - 发起: 法制审核
        由: 京口区城市管理局
        填写: {审核什么: 占道经营的处罚依据}
      - 办理: 出具意见
        由: 京口区司法局
        填写: {审核什么: 依据充分}
      - 应办结: 办结
"""


def begun(
    office, key: str = KEY, name: str = "法制审核", copied: str = ""
) -> str:
    return designing.begin(
        TENANT, key, name, copied, office.person("designer"), office.now
    )


def drawn(office) -> str:
    """A draft of the new procedure with all that it needs but its scenarios."""
    draft = begun(office)
    file = f"{KEY}.bpmn"
    edited(
        office,
        draft,
        file,
        'isExecutable="true"',
        'isExecutable="true" camunda:candidateStarterGroups="department@county"',
    )
    edited(
        office,
        draft,
        file,
        '_begun" name="提出"',
        '_begun" name="提出" camunda:formKey="legal_question"',
    )
    edited(
        office,
        draft,
        file,
        'name="办理"',
        'name="出具意见" camunda:formKey="legal_question" camunda:candidateGroups="justice@county"',
    )
    save(office, draft, "legal_question.form", FORM)
    return draft


def save(office, draft: str, name: str, text: str) -> None:
    designing.save(
        draft,
        designing.DraftFile(name, text),
        revision(draft),
        office.person("designer"),
        office.now,
    )


def revision(draft: str) -> int:
    with transaction(writing=False) as session:
        return session.get_one(Draft, draft).revision


def findings(draft: str) -> list[tuple[str, str]]:
    with transaction(writing=False) as session:
        return [
            (each.rule, each.severity)
            for each in designing.findings(
                session, session.get_one(Draft, draft)
            )
        ]


def test_a_new_procedure_goes_from_nothing_to_a_matter(office) -> None:
    draft = drawn(office)
    with pytest.raises(RuleViolated, match="没有情景走过"):
        publish(office, draft)
    designing.keep_scenarios(
        draft,
        SCENARIOS,
        revision(draft),
        office.person("designer"),
        office.now,
    )
    assert publish(office, draft) == (f"{TENANT}:{KEY}:1",)
    matter = office.start(
        KEY,
        "jk-cg",
        "urban-management",
        "321102",
        question="占道经营的处罚依据",
    )
    assert office.rows(
        sa.select(ProcessInstance.process_key).where(
            ProcessInstance.id == matter
        )
    ) == [KEY]
    with transaction(writing=False) as session:
        assert (
            version_in_force(session, TENANT, KEY, office.now)
            == f"{TENANT}:{KEY}:1"
        )


def test_what_is_drawn_at_the_beginning_says_what_is_missing(office) -> None:
    draft = begun(office)
    assert findings(draft) == [("candidate-groups", "error")]
    edited(
        office,
        draft,
        f"{KEY}.bpmn",
        'name="办理"',
        'name="办理" camunda:candidateGroups="justice@county"',
    )
    assert ("process-unused", "note") in findings(draft)


@pytest.mark.one_database
def test_a_copy_needs_no_drawing(office) -> None:
    draft = begun(office, "item_exit_twice", "事项再退出", "item_exit")
    assert [each for each in findings(draft) if each[1] == "error"] == []
    with transaction(writing=False) as session:
        (content,) = session.get_one(Draft, draft).content.values()
        compared = designing.differences(
            session, session.get_one(Draft, draft)
        )
    assert 'name="事项再退出"' in content and "事项退出：" in content
    assert compared.differences == []


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("key", "name", "told"),
    [
        ("Legal", "法制审核", "编号只能用小写字母"),
        ("x" * 60, "法制审核", "编号只能用小写字母"),
        (KEY, "", "请写流程的名称"),
        (KEY, "审" * 61, "请写流程的名称"),
        (KEY, "审\x01核", "请写流程的名称"),
        ("item_exit", "事项退出", "已经有流程或草稿在用"),
        ("publish", "公布", "已经有流程或草稿在用"),
    ],
)
def test_what_cannot_be_a_new_procedure_is_told(
    office, key: str, name: str, told: str
) -> None:
    with pytest.raises(RuleViolated, match=told):
        begun(office, key, name)


@pytest.mark.one_database
def test_a_key_has_one_draft_and_only_a_known_process_is_copied(
    office,
) -> None:
    begun(office)
    with pytest.raises(RuleViolated, match="已经有流程或草稿在用"):
        begun(office)
    with pytest.raises(NotFound):
        begun(office, "another_review", "另一种审核", "no_such_process")


@pytest.mark.one_database
def test_a_process_that_lost_its_key_is_told(office) -> None:
    draft = begun(office)
    edited(
        office,
        draft,
        f"{KEY}.bpmn",
        f'process id="{KEY}"',
        'process id="renamed"',
    )
    assert ("process-key", "error") in findings(draft)
    with transaction(writing=False) as session:
        assert designing.differences(
            session, session.get_one(Draft, draft)
        ).unread == [f"{KEY}.bpmn"]


def test_a_called_process_is_changed_for_all_that_call_it(office) -> None:
    with transaction(writing=False) as session:
        (found,) = (
            each
            for each in designing.called_processes(session, TENANT)
            if each.key == "publish"
        )
    assert "事项准入" in found.callers
    draft = designing.open_called(
        TENANT, "publish", office.person("designer"), office.now
    )
    assert (
        designing.open_called(
            TENANT, "publish", office.person("designer"), office.now
        )
        == draft
    )
    with transaction(writing=False) as session:
        (name,) = session.get_one(Draft, draft).content
    edited(
        office, draft, name, 'name="更新公示页"', 'name="更新公示页和网格公告"'
    )
    with transaction(writing=False) as session:
        told = designing.differences(
            session, session.get_one(Draft, draft)
        ).differences
    assert any("更新公示页和网格公告" in each.told for each in told)
    made = publish(office, draft)
    assert f"{TENANT}:item_admission:2" in made
    assert not any(each.startswith(f"{TENANT}:publish:") for each in made)


@pytest.mark.one_database
def test_the_publication_of_a_new_procedure_can_be_undone(office) -> None:
    draft = drawn(office)
    designing.keep_scenarios(
        draft,
        SCENARIOS,
        revision(draft),
        office.person("designer"),
        office.now,
    )
    (made,) = publish(office, draft)
    deployment = office.rows(
        sa.select(ProcessDefinition.deployment_id).where(
            ProcessDefinition.id == made
        )
    )[0]
    assert designing.withdraw(
        deployment, TENANT, "有误", office.person("designer"), office.now
    ) == (made,)
    with transaction(writing=False) as session:
        assert version_in_force(session, TENANT, KEY, office.now) is None
