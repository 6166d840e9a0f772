"""Publishing: from when on, who must confirm, what is undone, and what nobody undoes unawares."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import designing, jurisdictions
from orchestrator.services.designing import publishing
from orchestrator.services.designing.regulation import drafting
from orchestrator.services.simulation import run_scenarios
from orchestrator.store.definitions import (
    Deployment,
    ProcessDefinition,
    files,
    newest_deployment,
    version_in_force,
)
from orchestrator.store.drafts import Draft, revisions
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTaskCandidate
from tests.handlers.office import CITY, COUNTY, TENANT
from tests.handlers.redeploy import redeploy

GIVEN = {
    "item_name": "夜间巡查",
    "category": "治安安全",
    "legal_basis": "消防条例",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}


def drafted(
    office, process: str = "item_admission", name: str = "item_admission.bpmn"
) -> str:
    """A draft whose diagram differs in nothing that counts."""
    office.later(minutes=1)
    opened = designing.open_draft(
        TENANT, process, office.person("designer"), office.now
    )
    return edited(
        office,
        opened,
        name,
        "targetNamespace=",
        f"xmlns:n{office.now.minute}='x' targetNamespace=",
    )


def edited(office, opened: str, name: str, old: str, new: str) -> str:
    with transaction(writing=False) as session:
        row = session.get_one(Draft, opened)
        text, revision = (
            designing.resources_of(session, row)[name].decode(),
            row.revision,
        )
    assert old in text
    designing.save(
        opened,
        designing.DraftFile(name, text.replace(old, new, 1)),
        revision,
        office.person("designer"),
        office.now,
    )
    return opened


def publish(office, opened: str, **more: object) -> tuple[str, ...]:
    return designing.publish(
        opened, office.person("designer"), office.now, **more
    )


def version_of(office) -> int:
    """The version that a new admission takes."""
    started = len(office.rows(sa.select(ProcessInstance.id)))
    given = {**GIVEN, "item_name": f"夜间巡查{started}"}
    matter = office.start(
        "item_admission", "jk-cg", "urban-management", "321102", **given
    )
    definition = office.rows(
        sa.select(ProcessInstance.definition_id).where(
            ProcessInstance.id == matter
        )
    )[0]
    return office.rows(
        sa.select(ProcessDefinition.version).where(
            ProcessDefinition.id == definition
        )
    )[0]


def deployment_of(office, definition: str) -> str:
    return office.rows(
        sa.select(ProcessDefinition.deployment_id).where(
            ProcessDefinition.id == definition
        )
    )[0]


def test_new_matters_take_a_version_from_its_effective_date_on(office) -> None:
    opened = drafted(office)
    publish(
        office,
        opened,
        effective_from=office.now + timedelta(days=10),
        remark="按修订后的细则",
    )
    assert version_of(office) == 1
    office.later(days=11)
    assert version_of(office) == 2


@pytest.mark.one_database
@pytest.mark.parametrize("days", [-1, 0, 400])
def test_an_effective_date_lies_ahead_and_within_a_year(
    office, days: int
) -> None:
    with pytest.raises(RuleViolated, match="生效时间应在现在之后、一年之内"):
        publish(
            office,
            drafted(office),
            effective_from=office.now + timedelta(days=days),
        )


@pytest.mark.one_database
def test_a_version_cannot_overtake_one_that_is_already_planned(office) -> None:
    publish(
        office, drafted(office), effective_from=office.now + timedelta(days=10)
    )
    with pytest.raises(
        RuleViolated, match=r"第 2 版定于 .* 生效，新版本不能比它更早"
    ):
        publish(office, drafted(office))


@pytest.mark.one_database
def test_undoing_a_publication_gives_new_matters_the_version_before(
    office,
) -> None:
    (second,) = publish(office, drafted(office))
    office.later(minutes=1)
    assert version_of(office) == 2
    (third,) = publish(office, drafted(office))
    with pytest.raises(RuleViolated, match="请先撤销后面的发布"):
        designing.withdraw(
            deployment_of(office, second),
            TENANT,
            "有误",
            office.person("designer"),
            office.now,
        )
    assert designing.withdraw(
        deployment_of(office, third),
        TENANT,
        "有误",
        office.person("designer"),
        office.now,
    ) == (third,)
    assert version_of(office) == 2
    designing.withdraw(
        deployment_of(office, second),
        TENANT,
        "有误",
        office.person("designer"),
        office.now,
    )
    assert version_of(office) == 1
    with pytest.raises(NotFound):
        designing.withdraw(
            deployment_of(office, second),
            TENANT,
            "有误",
            office.person("designer"),
            office.now,
        )
    assert publish(office, drafted(office)) == (f"{TENANT}:item_admission:4",)
    (row,) = office.rows(
        sa.select(Deployment).where(
            Deployment.id == deployment_of(office, third)
        )
    )
    assert (row.withdrawn_by, row.withdrawal_reason) == (
        office.person("designer"),
        "有误",
    )


def test_remarks_as_long_as_the_page_lets_them_be_are_kept_whole(
    office,
) -> None:
    remark = "按修订后的细则" * 28 + "第一条"
    opened = drafted(office)
    publishing.propose(
        opened, office.person("designer"), office.now, remark=remark
    )
    with transaction(writing=False) as session:
        assert (
            revisions(session, opened)[0][3]
            == f"提交另一位设计人员确认：{remark}"
        )
    (second,) = publish(office, opened, remark=remark)
    kept = sa.select(Deployment.remark).where(
        Deployment.id == deployment_of(office, second)
    )
    assert office.rows(kept) == [remark]
    office.later(minutes=1)
    adjusted = drafted(office, "item_exit", "item_exit.bpmn")
    (third,) = publish(office, adjusted, remark=remark)
    designing.withdraw(
        deployment_of(office, third),
        TENANT,
        "有误",
        office.person("designer"),
        office.now,
    )
    told = office.rows(
        sa.select(Deployment.remark).order_by(
            Deployment.deployed_at.desc(), Deployment.id
        )
    )
    assert all(len(each) <= 200 for each in told) and remark in told


@pytest.mark.one_database
def test_what_came_from_the_folder_or_belongs_to_another_city_is_not_undone(
    office,
) -> None:
    first = deployment_of(office, f"{TENANT}:item_admission:1")
    with pytest.raises(RuleViolated, match="随辖区文件夹装入"):
        designing.withdraw(
            first, TENANT, "有误", office.person("designer"), office.now
        )
    (second,) = publish(office, drafted(office))
    with pytest.raises(NotFound):
        designing.withdraw(
            deployment_of(office, second),
            "qingdao",
            "有误",
            office.person("designer"),
            office.now,
        )


def test_two_drafts_of_one_day_do_not_undo_each_other(office) -> None:
    admission, exit_ = (
        drafted(office),
        drafted(office, "item_exit", "item_exit.bpmn"),
    )
    assert publish(office, admission) == (f"{TENANT}:item_admission:2",)
    office.later(minutes=1)
    assert publish(office, exit_) == (f"{TENANT}:item_exit:2",)
    with transaction(writing=False) as session:
        assert (
            version_in_force(session, TENANT, "item_admission", office.now)
            == f"{TENANT}:item_admission:2"
        )


def test_a_form_that_two_drafts_change_is_told_before_it_is_overwritten(
    office,
) -> None:
    admission, exit_ = (
        drafted(office),
        drafted(office, "item_exit", "item_exit.bpmn"),
    )
    edited(office, admission, "approval.form", '"title": "', '"title": "甲')
    edited(office, exit_, "approval.form", '"title": "', '"title": "乙')
    publish(office, admission)
    office.later(minutes=1)
    with pytest.raises(
        RuleViolated, match=r"“approval\.form”在这份草稿开始之后又发布过新版"
    ):
        publish(office, exit_)
    designing.take_over(exit_, office.person("designer"), office.now)
    publish(office, exit_)


@pytest.mark.one_database
def test_a_form_of_the_draft_is_checked_published_and_asked_for(
    office,
) -> None:
    opened = drafted(office)
    with transaction(writing=False) as session:
        row = session.get_one(Draft, opened)
        form = json.loads(
            designing.resources_of(session, row)["application_review.form"]
        )
        revision = row.revision
    extra = {
        "type": "textfield",
        "key": "file_number",
        "label": "文号",
        "validate": {"required": True},
    }
    form["components"].append(extra)
    wrong = {
        **form,
        "components": [
            *form["components"],
            {"type": "iframe", "label": "外部网页"},
        ],
    }
    designer = office.person("designer")
    revision = designing.save(
        opened,
        designing.DraftFile("application_review.form", json.dumps(wrong)),
        revision,
        designer,
        office.now,
    )
    with pytest.raises(RuleViolated, match="iframe"):
        publish(office, opened)
    designing.save(
        opened,
        designing.DraftFile(
            "application_review.form", json.dumps(form, ensure_ascii=False)
        ),
        revision,
        designer,
        office.now,
    )
    with pytest.raises(RuleViolated, match="文号"):
        publish(office, opened)
    designing.give_up(opened, "application_review.form", designer, office.now)
    assert publish(office, opened) == (f"{TENANT}:item_admission:2",)


@pytest.mark.one_database
@pytest.mark.parametrize(
    "name", ["../x.form", "A.form", "x.py", "jurisdiction.toml", "second.bpmn"]
)
def test_a_draft_holds_no_other_files(office, name: str) -> None:
    opened = drafted(office)
    with pytest.raises(RuleViolated):
        designing.save(
            opened,
            designing.DraftFile(name, '<{"a": 1}'),
            2,
            office.person("designer"),
            office.now,
        )


@pytest.fixture
def strict(office, tmp_path: Path) -> Path:
    """The city asks for a second designer; its administrator is one."""
    folder = tmp_path / "bpmn" / CITY.name
    shutil.copytree(CITY.parent, tmp_path / "bpmn")
    with (folder / "jurisdiction.toml").open("a") as profile:
        profile.write("\n[publishing]\nsecond_designer = true\n")
    office.later(minutes=1)
    jurisdictions.load(folder, office.now, demo=True)
    return folder


def test_a_second_designer_confirms_what_the_first_proposed(
    office, strict: Path
) -> None:
    opened, first, second = (
        drafted(office),
        office.person("designer"),
        office.person("admin"),
    )
    with pytest.raises(RuleViolated, match="请先提交确认"):
        publish(office, opened)
    designing.propose(
        opened, first, office.now, office.now + timedelta(days=3), "按新细则"
    )
    with pytest.raises(Forbidden, match="另一位设计人员"):
        publish(office, opened)
    (made,) = designing.publish(opened, second, office.now)
    (row,) = office.rows(
        sa.select(Deployment).where(
            Deployment.id == deployment_of(office, made)
        )
    )
    assert (row.deployed_by, row.confirmed_by, row.remark) == (
        first,
        second,
        "按新细则",
    )
    assert row.effective_from == office.now + timedelta(days=3)


def test_a_change_after_the_proposal_takes_it_back_and_so_does_the_second_designer(
    office, strict: Path
) -> None:
    opened, first, second = (
        drafted(office),
        office.person("designer"),
        office.person("admin"),
    )
    designing.propose(opened, first, office.now)
    edited(
        office,
        opened,
        "item_admission.bpmn",
        "targetNamespace=",
        "xmlns:later='x' targetNamespace=",
    )
    with pytest.raises(RuleViolated, match="请先提交确认"):
        designing.publish(opened, second, office.now)
    designing.propose(opened, first, office.now)
    designing.hand_back(opened, second, office.now)
    with pytest.raises(RuleViolated, match="请先提交确认"):
        designing.publish(opened, second, office.now)


@pytest.mark.one_database
def test_loading_the_folder_again_undoes_nothing_that_was_published(
    office, tmp_path: Path
) -> None:
    publish(office, drafted(office))
    office.later(minutes=1)
    assert "新发布 0 个流程版本" in jurisdictions.load(
        CITY, office.now, demo=False
    )
    assert version_of(office) == 2
    shutil.copytree(CITY.parent, tmp_path / "bpmn")
    folder = tmp_path / "bpmn" / CITY.name
    for name in ("item_exit.bpmn", "item_admission.bpmn"):
        text = (folder / name).read_text()
        (folder / name).write_text(
            text.replace(
                "targetNamespace=", "xmlns:folder='x' targetNamespace=", 1
            )
        )
    office.later(minutes=1)
    told = jurisdictions.load(folder, office.now, demo=False)
    assert (
        "新发布 1 个流程版本" in told
        and "文件夹里的改动没有采用：item_admission.bpmn" in told
    )
    office.later(minutes=1)
    assert version_of(office) == 2
    again = jurisdictions.load(folder, office.now, demo=False)
    assert "新发布 0 个流程版本" in again


@pytest.mark.one_database
def test_a_draft_is_judged_by_the_scenarios_of_the_processes_that_it_changes(
    office,
) -> None:
    """A form that two processes ask brings the scenarios of both."""
    opened = drafted(office)
    with transaction(writing=False) as session:
        draft = session.get_one(Draft, opened)
        assert (alone := designing.judge(session, draft).report) is not None
        resources = designing.resources_of(session, draft)
        every = run_scenarios(jurisdictions.parse(resources, TENANT), None)
        form = next(
            name
            for name in resources
            if name.endswith("supervision_answer.form")
        )
        draft.content = {
            **draft.content,
            form: resources[form].decode() + "\n",
        }
        both = designing.judge(session, draft).report
        session.rollback()
    assert both is not None
    assert 0 < alone.scenarios < both.scenarios < every.scenarios
    assert alone.failures == both.failures == []


def test_who_publishes_while_another_is_judged_is_not_undone(
    office, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission, exit_ = (
        drafted(office),
        drafted(office, "item_exit", "item_exit.bpmn"),
    )
    judged = publishing.objections

    def meanwhile(session, draft):
        if draft.id == admission:
            monkeypatch.setattr(publishing, "objections", judged)
            publish(office, exit_)
        return judged(session, draft)

    monkeypatch.setattr(publishing, "objections", meanwhile)
    with pytest.raises(RuleViolated, match="别人刚刚发布过新版"):
        publish(office, admission)
    office.later(minutes=1)
    assert publish(office, admission) == (f"{TENANT}:item_admission:2",)
    with transaction(writing=False) as session:
        assert (
            version_in_force(session, TENANT, "item_exit", office.now)
            == f"{TENANT}:item_exit:2"
        )


@pytest.mark.one_database
def test_a_planned_version_does_not_come_early_with_another_publication(
    office,
) -> None:
    planned = edited(
        office, drafted(office), "approval.form", '"title": "', '"title": "甲'
    )
    publish(office, planned, effective_from=office.now + timedelta(days=30))
    office.later(minutes=1)
    other = edited(
        office,
        drafted(office, "item_exit", "item_exit.bpmn"),
        "approval.form",
        '"title": "',
        '"title": "乙',
    )
    assert publish(office, other) == (
        f"{TENANT}:item_admission:3",
        f"{TENANT}:item_exit:2",
    )
    assert version_of(office) == 1
    office.later(days=31)
    assert version_of(office) == 3


def test_undoing_a_publication_leaves_what_others_published_since(
    office,
) -> None:
    (second,) = publish(office, drafted(office))
    office.later(minutes=1)
    publish(office, drafted(office, "item_exit", "item_exit.bpmn"))
    office.later(minutes=1)
    designing.withdraw(
        deployment_of(office, second),
        TENANT,
        "有误",
        office.person("designer"),
        office.now,
    )
    assert version_of(office) == 1
    with transaction(writing=False) as session:
        assert (
            version_in_force(session, TENANT, "item_exit", office.now)
            == f"{TENANT}:item_exit:2"
        )
        newest = newest_deployment(session, TENANT)
        assert (
            files(session, newest.id)["item_admission.bpmn"]
            == (CITY / "item_admission.bpmn").read_bytes()
        )


@pytest.mark.one_database
def test_a_draft_on_a_withdrawn_version_is_compared_with_what_counts(
    office,
) -> None:
    (second,) = publish(office, drafted(office))
    opened = drafted(office)
    designing.withdraw(
        deployment_of(office, second),
        TENANT,
        "有误",
        office.person("designer"),
        office.now,
    )
    with transaction(writing=False) as session:
        row = session.get_one(Draft, opened)
        assert designing.base_of(session, row) == f"{TENANT}:item_admission:1"
        assert designing.overtaken(session, row) == []


@pytest.mark.one_database
def test_who_did_what_with_a_draft_stands_in_its_history(
    office, strict: Path
) -> None:
    opened, first, second = (
        drafted(office),
        office.person("designer"),
        office.person("admin"),
    )
    designing.propose(opened, first, office.now, remark="按新细则")
    designing.hand_back(opened, second, office.now)
    designing.propose(opened, first, office.now)
    designing.publish(opened, second, office.now)
    with transaction(writing=False) as session:
        told = [
            comment
            for _number, _at, _author, comment in revisions(session, opened)
            if comment
        ]
    assert told == [
        "确认发布",
        "提交另一位设计人员确认",
        "退回修改",
        "提交另一位设计人员确认：按新细则",
        "从现行版本开始",
    ]


@pytest.mark.one_database
def test_a_second_designer_is_asked_for_as_the_newest_profile_says(
    office, request: pytest.FixtureRequest
) -> None:
    opened = drafted(office)
    request.getfixturevalue("strict")
    with pytest.raises(RuleViolated, match="请先提交确认"):
        publish(office, opened)


@pytest.mark.one_database
def test_a_body_of_another_jurisdiction_is_refused(office) -> None:
    opened = drafted(office)
    edited(
        office,
        opened,
        "item_admission.bpmn",
        "grid-office@same",
        "qingdao:grid-office:370200",
    )
    with pytest.raises(RuleViolated, match="属于别的辖区"):
        publish(office, opened)


def served(office, username: str, body: str) -> None:
    """He serves the body from now on, too."""
    with transaction() as session:
        session.add(
            Membership(
                person_id=office.person(username),
                body_id=body,
                from_on=office.now.date(),
            )
        )


def test_a_designer_who_decides_here_publishes_nothing_alone(office) -> None:
    """He could make himself the one who approves: another designer confirms, whatever the profile says."""
    opened = drafted(office)
    served(office, "designer", "zhenjiang:government:321102")
    with pytest.raises(RuleViolated, match="不能一个人发布自己要执行的流程"):
        publish(office, opened)
    designing.propose(opened, office.person("designer"), office.now)
    with pytest.raises(Forbidden, match="另一位设计人员"):
        publish(office, opened)
    assert designing.publish(opened, office.person("admin"), office.now)


def test_who_runs_the_platform_is_changed_by_two(office) -> None:
    """A draft of the regulation that lets the designers be somebody else is confirmed by another designer."""
    opened = drafting.begin(TENANT, office.person("designer"), office.now)
    with transaction() as session:
        row = session.get_one(Draft, opened)
        (text,) = row.content.values()
        assert 'process-designer = ["designer"]' in text
        changed = text.replace(
            'process-designer = ["designer"]',
            'process-designer = ["designer", "justice"]',
        )
        row.content = dict.fromkeys(row.content, changed)
    with transaction(writing=False) as session:
        why = publishing.needs_second(
            session, session.get_one(Draft, opened), office.person("designer")
        )
    assert "由谁设计流程" in why


@pytest.mark.parametrize(
    "named",
    [
        "designer@city",
        "administrator@any",
        "process-designer@city",
    ],
)
def test_a_step_of_those_who_run_the_platform_is_refused(
    office, named: str
) -> None:
    opened = drafted(office)
    edited(
        office,
        opened,
        "item_admission.bpmn",
        'camunda:candidateGroups="grid-office@same"',
        f'camunda:candidateGroups="{named}"',
    )
    with pytest.raises(RuleViolated, match="只管理平台或设计流程，不办理事项"):
        publish(office, opened)


@pytest.mark.parametrize(
    "given",
    [
        'candidateGroups="${&quot;designer&quot;}@city"',
        'candidateGroups="${&quot;process-designer&quot;}@city"',
        'candidateUsers="designer"',
        'assignee="${&quot;designer&quot;}"',
    ],
)
def test_a_step_that_an_expression_gives_to_a_designer_is_nobodys(
    office, given: str
) -> None:
    """What no check can read is told when the step opens: the designer has no task and sees nothing of it."""
    redeploy(
        office,
        ('camunda:candidateGroups="grid-office@same"', f"camunda:{given}"),
    )
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        **GIVEN,
    )
    (task,) = office.open_tasks(matter)
    assert task.assignee_id is None
    assert not office.rows(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == task.id
        )
    )
    (incident,) = office.rows(
        sa.select(Incident).where(Incident.instance_id == matter)
    )
    assert "无人可办" in incident.message
