"""A draft is held against what finished matters were given, by whom and when; every difference is told as an
official would say it."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.errors import RuleViolated
from orchestrator.services import designing
from orchestrator.services.clocks import deadlines, timers
from orchestrator.services.designing import backtests
from orchestrator.services.instances import migration
from orchestrator.store.base import Base
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from tests.handlers.office import COUNTY, TENANT
from tests.handlers.redeploy import redeploy
from tests.handlers.test_drafts import GIVEN, LEGAL_REVIEW
from tests.handlers.test_moving import OTHER_NAME, WITH_LEGAL_REVIEW


def finish(office, matter: str) -> str:
    office.later(days=1)
    office.complete(
        matter,
        "organize_implementation",
        "jk-wgb",
        implementation_plan="下月起每周巡查",
        guarantees_confirmed=True,
    )
    return matter


def admitted(
    office, name: str, approver: str = "government", review_days: int = 0
) -> str:
    """An admission from the application to the published list, reviewed after some days."""
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name=name,
        **GIVEN,
    )
    office.later(days=review_days)
    timers.fire_due(office.now)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver=approver,
        opinion="材料齐全",
    )
    by = {"government": "jk-zf", "party_committee": "jk-dw"}[approver]
    office.later(hours=2)
    office.complete(
        matter,
        f"approve_by_{approver}",
        by,
        decision="approve",
        opinion="同意",
    )
    return finish(office, matter)


def refused(office, name: str) -> str:
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name=name,
        **GIVEN,
    )
    office.later(hours=1)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="reject",
        approver="government",
        opinion="不宜纳入",
    )
    return matter


def supplemented(office, name: str) -> str:
    """Returned to the applicant once, refused in the end."""
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name=name,
        **GIVEN,
    )
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="supplement",
        approver="government",
        opinion="补充经费",
    )
    office.later(hours=3)
    office.complete(
        matter,
        "supplement_application",
        "jk-cg",
        submission="withdraw",
        item_name=name,
        **GIVEN,
    )
    return matter


def drafted(
    office,
    *changes: tuple[str, str],
    other: tuple[str, str, str] | None = None,
) -> str:
    """The procedure's draft with (old, new) replaced in its diagram, and in another file of the deployment
    where one is named."""
    draft = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    with transaction() as session:
        row = session.get_one(Draft, draft)
        content = dict(row.content)
        name = designing.diagram_name(row)
        for old, new in changes:
            assert old in content[name], old
            content[name] = content[name].replace(old, new, 1)
        if other is not None:
            file, old, new = other
            text = designing.validation.resources_of(session, row)[
                file
            ].decode()
            assert old in text
            content[file] = text.replace(old, new, 1)
        row.content = content
    return draft


def backtested(draft: str, last: int = 20) -> list[backtests.Backtested]:
    with transaction(writing=False) as session:
        return backtests.backtest(session, session.get_one(Draft, draft), last)


def told(draft: str) -> dict[str, tuple[str, ...]]:
    return {
        each.title.removeprefix("事项准入："): each.told
        for each in backtested(draft)
    }


def test_an_unchanged_draft_goes_the_same_way_in_every_matter(office) -> None:
    admitted(office, "甲")
    admitted(office, "乙", "party_committee", review_days=14)
    refused(office, "丙")
    supplemented(office, "丁")
    running = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name="戊",
        **GIVEN,
    )
    found = backtested(drafted(office))
    assert [(each.title, each.verdict, each.told) for each in found] == [
        (f"事项准入：{name}", "same", ()) for name in ("丁", "丙", "乙", "甲")
    ], "the latest first"
    assert running not in {each.instance_id for each in found}
    assert [each.title for each in backtested(drafted(office), last=2)] == [
        "事项准入：丁",
        "事项准入：丙",
    ]


@pytest.mark.one_database
def test_a_new_step_has_no_record_and_the_replay_ends_there(office) -> None:
    admitted(office, "甲")
    assert told(drafted(office, WITH_LEGAL_REVIEW)) == {
        "甲": (
            "发起申请之后原来到“审核申请”，新版到“合法性审查”",
            "新增“合法性审查”，当时没有这一步的记录，推演到此为止",
        )
    }
    assert "legal_review" in LEGAL_REVIEW


@pytest.mark.one_database
def test_another_body_is_named_with_the_one_of_then(office) -> None:
    admitted(office, "甲")
    admitted(office, "乙", "party_committee")
    draft = drafted(
        office,
        (
            'camunda:candidateGroups="government@same"',
            'camunda:candidateGroups="party-committee@same"',
        ),
    )
    assert told(draft) == {
        "甲": ("“政府审批”原由京口区人民政府办，新版由中共京口区委员会办",),
        "乙": (),
    }


SHORTER = (
    "jurisdiction.toml",
    'label = "网格化机构审核申请"\namount = 5',
    'label = "网格化机构审核申请"\namount = 1',
)


@pytest.mark.one_database
def test_a_shorter_deadline_tells_who_would_have_been_late_and_what_would_have_come_of_it(
    office,
) -> None:
    admitted(office, "甲")
    admitted(office, "乙", review_days=5)
    found = told(drafted(office, other=SHORTER))
    assert found["甲"] == ()
    (late, reminded) = found["乙"]
    assert late.startswith("“审核申请”新版时限至 2026-11-2")
    assert late.endswith("才办完，逾期")
    assert reminded == "“审核逾期”在新版会到期"


@pytest.mark.one_database
def test_who_was_late_then_and_would_be_late_now_is_no_difference(
    office,
) -> None:
    admitted(office, "甲", review_days=30)
    assert told(drafted(office, other=SHORTER)) == {"甲": ()}


@pytest.mark.one_database
def test_an_extension_of_then_counts_in_the_draft_too(office) -> None:
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name="甲",
        **GIVEN,
    )
    (row,) = office.rows(
        sa.select(Deadline.id).where(Deadline.instance_id == matter)
    )
    deadlines.extend(
        row,
        deadlines.Extension(10, "working_days", "材料较多"),
        office.person("zj-wgb"),
        office.now,
    )
    office.later(days=6)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="reject",
        approver="government",
        opinion="不宜纳入",
    )
    assert told(drafted(office, other=SHORTER)) == {"甲": ()}


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("hours_after", "late"), [(60, ()), (80, ("“审核逾期”在新版会到期",))]
)
def test_a_suspension_of_then_stops_the_plain_timers_of_the_draft_too(
    office, hours_after: int, late: tuple[str, ...]
) -> None:
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name="甲",
        **GIVEN,
    )
    (row,) = office.rows(
        sa.select(Deadline.id).where(Deadline.instance_id == matter)
    )
    deadlines.suspend(
        row,
        "等待上级批复",
        office.person("zj-wgb"),
        office.now,
        date(2026, 12, 30),
    )
    office.later(days=10)
    deadlines.resume(row, office.person("zj-wgb"), office.now)
    office.later(hours=hours_after)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="reject",
        approver="government",
        opinion="不宜纳入",
    )
    draft = drafted(office, (">deadline:review_application<", ">PT72H<"))
    assert told(draft) == {"甲": late}


IN_WORDS = (
    (
        'camunda:dueDate="deadline:review_application"',
        'camunda:dueDate="5工作日"',
    ),
    (">deadline:review_application<", ">5个工作日<"),
)


@pytest.mark.one_database
def test_a_limit_in_words_keeps_the_extension_of_then_and_nobody_is_called_late(
    office,
) -> None:
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name="甲",
        **GIVEN,
    )
    (row,) = office.rows(
        sa.select(Deadline.id).where(Deadline.instance_id == matter)
    )
    deadlines.extend(
        row,
        deadlines.Extension(10, "working_days", "材料较多"),
        office.person("zj-wgb"),
        office.now,
    )
    office.later(days=12)
    timers.fire_due(office.now)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="reject",
        approver="government",
        opinion="不宜纳入",
    )
    admitted(office, "乙", review_days=30)
    task, reminder = IN_WORDS
    found = told(drafted(office, task))
    assert found == {"甲": ("“审核逾期”在新版会到期",), "乙": ()}, (
        "a reminder of another deadline is not extended"
    )
    assert told(drafted(office, reminder)) == {"甲": (), "乙": ()}, (
        "both in words"
    )


@pytest.mark.one_database
def test_another_condition_sends_it_another_way(office) -> None:
    admitted(office, "甲", "party_committee")
    admitted(office, "乙", "government")
    found = told(
        drafted(
            office,
            (
                'approver == "party_committee"',
                'approver == "party_committee" and item_name == "丙"',
            ),
        )
    )
    assert found["乙"] == ()
    assert found["甲"] == (
        "“审核申请”之后原来到“党委审批”，新版到“政府审批”",
        "新版停在“政府审批”，当时没有这一步的记录，推演到此为止",
    )


@pytest.mark.one_database
def test_a_matter_that_would_have_ended_earlier_and_otherwise_is_told_so(
    office,
) -> None:
    admitted(office, "甲")
    found = told(
        drafted(office, ('decision == "reject"', 'decision == "approve"'))
    )
    assert found["甲"] == (
        "“审核申请”之后原来到“政府审批”，新版办结（未予准入）",
        "原来以“已准入”办结，新版以“未予准入”办结",
    )


LEFT_OUT = {
    "organize_implementation": (
        "“政府审批”之后原来到“组织实施”，新版办结（已准入）",
    ),
    "approve_by_government": (
        "“审核申请”之后原来到“政府审批”，新版到“组织实施”",
        "“政府审批”新版不再要求办理",
    ),
}


@pytest.mark.one_database
@pytest.mark.parametrize("step", LEFT_OUT)
def test_a_step_that_is_no_longer_asked_for_is_told(office, step: str) -> None:
    admitted(office, "甲")
    with transaction(writing=False) as session:
        (diagram,) = session.get_one(Draft, drafted(office)).content.values()
    (task,) = re.findall(
        rf'<bpmn:userTask id="{step}".*?</bpmn:userTask>', diagram, re.DOTALL
    )
    assert told(
        drafted(
            office, (task, task.replace("bpmn:userTask", "bpmn:manualTask"))
        )
    ) == {"甲": LEFT_OUT[step]}


@pytest.mark.one_database
def test_a_field_that_the_form_newly_demands_is_told(office) -> None:
    admitted(office, "甲")
    field = (
        '{"type": "textfield", "key": "budget_number", "label": "预算文号", '
        '"validate": {"required": true}}'
    )
    draft = drafted(
        office,
        other=(
            "implementation.form",
            '"components": [',
            f'"components": [{field},',
        ),
    )
    assert told(draft) == {
        "甲": ("“组织实施”的表单新增必填项“预算文号”，当时没有填",)
    }


def test_a_matter_that_moved_to_another_version_cannot_be_compared(
    office,
) -> None:
    matter = office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name="甲",
        **GIVEN,
    )
    version = redeploy(office, OTHER_NAME)
    migration.move([matter], version, office.person("designer"), office.now)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="reject",
        approver="government",
        opinion="不宜纳入",
    )
    (found,) = backtested(drafted(office))
    assert (found.verdict, found.told) == (
        "unknown",
        ("办理中途移到过别的版本，无法比较",),
    )


@pytest.mark.one_database
def test_a_draft_that_cannot_be_run_is_refused_with_the_reasons(
    office,
) -> None:
    draft = drafted(office, (' default="review_passed"', ""))
    with pytest.raises(RuleViolated, match="默认"):
        backtested(draft)


def _rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    counts = {
        table.name: sa.select(sa.func.count()).select_from(table)
        for table in Base.metadata.sorted_tables
    }
    return {name: session.scalar(count) or 0 for name, count in counts.items()}


@pytest.mark.one_database
def test_nothing_is_written(office) -> None:
    for number in range(10):
        admitted(office, f"事项{number}")
    draft = drafted(office)
    with transaction(writing=False) as session:
        before = _rows(session)
    assert len(backtested(draft, last=100)) == 10
    with transaction(writing=False) as session:
        assert _rows(session) == before


@pytest.mark.one_database
def test_a_matter_that_takes_too_much_work_is_told_so_and_the_others_are_compared(
    office, monkeypatch
) -> None:
    admitted(office, "甲")
    refused(office, "乙")
    refused(office, "丙")
    draft = drafted(office)
    monkeypatch.setattr(backtests, "ONE_INSTANCE", 2_500)
    verdicts = {
        each.title.removeprefix("事项准入："): each.verdict
        for each in backtested(draft)
    }
    assert verdicts == {"甲": "unknown", "乙": "same", "丙": "same"}
    assert "计算量过大" in told(draft)["甲"][0]
    monkeypatch.undo()
    with engine.request_work(1):
        found = {
            each.title.removeprefix("事项准入："): each.told
            for each in backtested(draft)
        }
    assert found["丙"] == (
        "计算量过大，系统已停止计算。请检查图中的循环、脚本、决策表和循环定时，或分几次进行",
    )
    assert (
        found["甲"]
        == found["乙"]
        == ("这次回放的计算量已用完，没有比较这一件；请少选几件",)
    )
