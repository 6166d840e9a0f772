"""Running matters move to another version with their tasks, deadlines, timers and record; what cannot move
stays as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain import deadlines
from orchestrator.errors import InstanceChanged, NotFound
from orchestrator.services import access, bundles, user_tasks
from orchestrator.services.clocks import timers
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.instances import (
    case_view,
    diagram_marks,
    history_parts,
    migration,
    stranded_tasks,
)
from orchestrator.services.instances.timeline import Moves
from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.handlers.office import COUNTY, TENANT
from tests.handlers.redeploy import redeploy
from tests.handlers.test_drafts import GIVEN, LEGAL_REVIEW

OTHER_BODY = (
    'camunda:candidateGroups="grid-office@same" camunda:dueDate="deadline:review_application"',
    'camunda:candidateGroups="justice@county" camunda:dueDate="deadline:review_application"',
)
OTHER_NAME = ('name="审核申请" ', 'name="合法性审查" ')
FASTER = (
    'label = "网格化机构审核申请"\namount = 5',
    'label = "网格化机构审核申请"\namount = 2',
)
NO_REMINDER = (
    '<bpmn:boundaryEvent id="review_overdue" name="审核逾期" attachedToRef="review_application"',
    '<bpmn:boundaryEvent id="review_overdue" name="审批逾期" attachedToRef="approve_by_government"',
)
WITH_LEGAL_REVIEW = (
    '    <bpmn:sequenceFlow id="application_submitted_to_review_application" '
    'sourceRef="application_submitted" '
    'targetRef="review_application" />\n',
    LEGAL_REVIEW,
)


def begin(office, name: str = "夜间巡查") -> str:
    return office.start(
        "item_admission",
        "jk-cg",
        "urban-management",
        COUNTY,
        item_name=name,
        **GIVEN,
    )


def move(
    office, version: str, *matter: str, by: str = "designer"
) -> list[migration.Moved]:
    return migration.move(matter, version, office.person(by), office.now)


def instance(office, matter: str) -> ProcessInstance:
    return office.rows(
        sa.select(ProcessInstance).where(ProcessInstance.id == matter)
    )[0]


def timer(office, matter: str) -> list[TimerJob]:
    return office.rows(
        sa.select(TimerJob).where(
            TimerJob.instance_id == matter, TimerJob.state == "planned"
        )
    )


def entries(office, matter: str, kind: str = "migrated") -> list[HistoryEntry]:
    return office.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == matter, HistoryEntry.kind == kind
        )
    )


def told(office, matter: str, by: str = "jk-wgb") -> list[tuple[str, str]]:
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person(by))
        assert viewer is not None
        return [
            (step.title, step.remark)
            for step in case_view.look(session, viewer, matter).steps
        ]


def standing(office, version: str) -> dict[str, list[str]]:
    with transaction(writing=False) as session:
        target = bundles.bundle_of(session, version)
        found = migration.verdicts(
            session, TENANT, "item_admission", target, version
        )
        return {
            each.instance_id: [obstacle.why for obstacle in each.obstacles]
            for each in found
        }


def test_a_matter_that_moves_to_a_body_without_people_is_an_incident_at_once(
    office,
) -> None:
    matter = begin(office)
    justice = sa.select(Membership.person_id).where(
        Membership.body_id == "zhenjiang:justice:321102"
    )
    with transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.id.in_(justice))
            .values(active=False)
        )
    move(office, redeploy(office, OTHER_BODY), matter)
    assert office.candidates(matter) == {"zhenjiang:justice:321102"}
    (message,) = office.incidents(matter)
    assert "京口区司法局没有在岗人员" in message
    assert stranded_tasks.sweep(office.now) == 0
    assert history.verify(matter) == []


def test_the_diagram_is_marked_the_same_from_a_history_that_was_read_and_from_the_database(
    office,
) -> None:
    matter = begin(office)
    move(office, redeploy(office, OTHER_NAME, OTHER_BODY), matter)
    office.complete(
        matter,
        "review_application",
        "jk-sf",
        decision="approve",
        approver="government",
        opinion="同意",
    )
    with transaction(writing=False) as session:
        row = session.get_one(ProcessInstance, matter)
        bundle = bundles.bundle_of(session, row.definition_id)
        whole = history_parts.page_of(
            session, matter, history_parts.latest(row.history_seq)
        ).entries
        assert len(whole) == row.history_seq
        read, asked = (
            Moves.of(session, bundle, matter, whole),
            Moves.of(session, bundle, matter),
        )
        assert read.begins == asked.begins and len(read.begins) == 2
        marks = diagram_marks.visited(session, read, matter, whole)
        assert marks == diagram_marks.visited(session, asked, matter, None)
    assert "review_application" in marks


@pytest.mark.one_database
def test_a_matter_moves_with_its_task_and_goes_on_in_the_new_version(
    office,
) -> None:
    matter = begin(office)
    (before,) = office.open_tasks(matter)
    version = redeploy(office, OTHER_NAME, OTHER_BODY)
    assert standing(office, version) == {matter: []}
    office.later(hours=3)
    (moved,) = move(office, version, matter)
    assert moved.refused == ()
    assert moved.changed == (
        "“审核申请”改称“合法性审查”",
        "“合法性审查”改由京口区司法局办理",
    )
    (task,) = office.open_tasks(matter)
    assert (task.id, task.name, task.definition_id, task.revision) == (
        before.id,
        "合法性审查",
        version,
        before.revision + 1,
    )
    assert (task.due_at, task.opened_at) == (before.due_at, before.opened_at)
    assert office.candidates(matter) == {"zhenjiang:justice:321102"}
    assert instance(office, matter).definition_id == version
    with pytest.raises(NotFound):
        office.complete(
            matter,
            "review_application",
            "jk-wgb",
            decision="approve",
            approver="government",
            opinion="同意",
        )
    office.complete(
        matter,
        "review_application",
        "jk-sf",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    assert office.elements(matter) == ["approve_by_government"]
    assert office.incidents(matter) == []


@pytest.mark.one_database
def test_the_record_says_who_moved_it_and_what_changed_and_reads_earlier_steps_as_they_were(
    office,
) -> None:
    matter = begin(office)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="材料齐全",
    )
    version = redeploy(
        office, OTHER_NAME, ('name="政府审批" ', 'name="政府批准" ')
    )
    move(office, version, matter)
    assert history.verify(matter) == []
    (entry,) = entries(office, matter)
    assert entry.actor_id == office.person("designer")
    assert entry.data["from"] == "zhenjiang:item_admission:1"
    assert (entry.data["to"], entry.data["versions"]) == (version, [1, 2])
    assert told(office, matter)[-1] == (
        "移到新版流程",
        "由第 1 版移到第 2 版；“政府审批”改称“政府批准”",
    )
    titles = [title for title, _remark in told(office, matter)]
    assert "审核申请" in titles, (
        "what was done under the old version is told in its words"
    )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="approve",
        opinion="同意",
    )
    assert "政府批准" in [title for title, _remark in told(office, matter)]


@pytest.mark.one_database
def test_a_designer_who_moves_a_matter_does_not_come_to_see_it(office) -> None:
    matter = begin(office)
    move(office, redeploy(office, OTHER_NAME), matter)
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person("designer"))
        assert viewer is not None
        with pytest.raises(NotFound):
            access.visible_instance(session, viewer, matter)


def test_a_shorter_deadline_moves_the_task_and_the_reminder_that_follows_it(
    office,
) -> None:
    matter = begin(office)
    (task,), (reminder,) = office.open_tasks(matter), timer(office, matter)
    assert task.due_at == reminder.due_at
    office.later(hours=1)
    (moved,) = move(
        office, redeploy(office, OTHER_NAME, profile=FASTER), matter
    )
    (after,), (then,) = office.open_tasks(matter), timer(office, matter)
    assert after.due_at < task.due_at
    assert after.due_at == then.due_at
    assert then.id == reminder.id
    assert any("截止时间由" in each for each in moved.changed)
    (row,) = office.rows(
        sa.select(Deadline).where(Deadline.instance_id == matter)
    )
    assert (row.limit_amount, row.start_at, row.due_at) == (
        2,
        task.opened_at,
        after.due_at,
    )


def test_an_extension_that_was_granted_is_kept(office) -> None:
    matter = begin(office)
    (task,) = office.open_tasks(matter)
    with transaction() as session:
        row = session.get_one(Deadline, task.id)
        row.entries = deadlines.to_json(
            deadline_rows.ledger_of(row)
            .extend(3, "working_days", office.now, "区网格办", "材料多")
            .entries
        )
    move(office, redeploy(office, OTHER_NAME, profile=FASTER), matter)
    (row,) = office.rows(
        sa.select(Deadline).where(Deadline.instance_id == matter)
    )
    assert (row.limit_amount, [each["amount"] for each in row.entries]) == (
        2,
        [3],
    )
    (after,) = office.open_tasks(matter)
    assert after.due_at == task.due_at, (
        "two days and three more are the five that it had"
    )


@pytest.mark.one_database
def test_a_reminder_that_is_gone_stops_and_fires_no_more(office) -> None:
    matter = begin(office)
    (moved,) = move(office, redeploy(office, NO_REMINDER), matter)
    assert moved.changed == ("“审批逾期”不再计时",)
    assert timer(office, matter) == []
    office.later(days=60)
    timers.fire_due(office.now)
    assert entries(office, matter, "timer-fired") == []
    assert office.incidents(matter) == []


@pytest.mark.one_database
def test_a_reminder_that_only_the_new_version_has_follows_the_task_it_hangs_on(
    office,
) -> None:
    matter = begin(office)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="材料齐全",
    )
    (task,) = office.open_tasks(matter)
    office.later(hours=5)
    (moved,) = move(
        office,
        redeploy(
            office,
            NO_REMINDER,
            (
                "deadline:review_application</bpmn:timeDuration>",
                "deadline:approve_application</bpmn:timeDuration>",
            ),
        ),
        matter,
    )
    (armed,) = [
        each
        for each in timer(office, matter)
        if each.element_id == "review_overdue"
    ]
    assert (armed.due_at, armed.deadline_id) == (task.due_at, task.id)
    assert moved.changed[0].startswith("新增“审批逾期”，")
    office.now = task.due_at + timedelta(minutes=1)
    timers.fire_due(office.now)
    fired = {
        entry.element_id for entry in entries(office, matter, "timer-fired")
    }
    assert fired == {"review_overdue", "approve_by_government_overdue"}
    assert office.incidents(matter) == []


def test_a_timer_of_another_length_counts_from_the_opening_of_its_step(
    office,
) -> None:
    matter = begin(office)
    (task,) = office.open_tasks(matter)
    office.later(hours=2)
    version = redeploy(
        office,
        (
            "deadline:review_application</bpmn:timeDuration>",
            "PT72H</bpmn:timeDuration>",
        ),
    )
    move(office, version, matter)
    (armed,) = timer(office, matter)
    assert (armed.due_at, armed.deadline_id) == (
        task.opened_at + timedelta(hours=72),
        None,
    )


@pytest.mark.one_database
def test_what_cannot_move_stays_as_it_was_and_is_told_why(office) -> None:
    reviewed, fresh = begin(office), begin(office, "晨间巡查")
    office.complete(
        reviewed,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="材料齐全",
    )
    version = redeploy(
        office,
        ('id="approve_by_government"', 'id="decide_by_government"'),
        *[
            (
                f'{attribute}="approve_by_government"',
                f'{attribute}="decide_by_government"',
            )
            for attribute in (
                "targetRef",
                "sourceRef",
                "bpmnElement",
                "attachedToRef",
            )
        ],
        (
            "<bpmn:flowNodeRef>approve_by_government<",
            "<bpmn:flowNodeRef>decide_by_government<",
        ),
    )
    before = instance(office, reviewed)
    assert standing(office, version) == {
        reviewed: ["新版没有“政府审批”"],
        fresh: [],
    }
    first, second, third, fourth = move(
        office, version, reviewed, fresh, fresh, "nothing", "zhenjiang"
    )
    assert (first.refused, second.refused) == (("新版没有“政府审批”",), ())
    assert third.refused == fourth.refused == ("本辖区的这个流程没有这件事项",)
    after = instance(office, reviewed)
    assert (after.definition_id, after.revision, after.engine_state) == (
        before.definition_id,
        before.revision,
        before.engine_state,
    )
    assert entries(office, reviewed) == []
    assert move(office, version, fresh)[0].refused == ("已经在第 2 版",)


@pytest.mark.one_database
def test_a_version_that_would_leave_the_task_with_nobody_takes_no_matter(
    office,
) -> None:
    matter = begin(office)
    version = redeploy(office, OTHER_BODY)
    with transaction() as session:
        session.execute(
            sa.update(Body)
            .where(Body.id == "zhenjiang:justice:321102")
            .values(dissolved_at=office.now)
        )
    (moved,) = move(office, version, matter)
    (reason,) = moved.refused
    assert reason.startswith(
        "新版的“审核申请”无人可办：京口区没有设置“司法行政”"
    )
    assert (
        instance(office, matter).definition_id == "zhenjiang:item_admission:1"
    )


def test_who_has_the_page_open_is_told_and_loses_nothing(office) -> None:
    matter = begin(office)
    (seen,) = office.open_tasks(matter)
    user_tasks.claim(seen.id, office.person("jk-wgb"), office.now)
    (seen,) = office.open_tasks(matter)
    version = redeploy(office, OTHER_NAME)
    move(office, version, matter)
    given = {
        "decision": "approve",
        "approver": "government",
        "opinion": "材料齐全",
    }
    with pytest.raises(InstanceChanged, match="刚刚有变动"):
        user_tasks.complete(
            seen.id,
            given,
            by=office.person("jk-wgb"),
            now=office.now,
            sent=user_tasks.SubmittedWith(revision=seen.revision),
        )
    (now,) = office.open_tasks(matter)
    assert now.assignee_id == office.person("jk-wgb"), (
        "he keeps what he has claimed"
    )
    user_tasks.complete(
        seen.id,
        given,
        by=office.person("jk-wgb"),
        now=office.now,
        sent=user_tasks.SubmittedWith(revision=now.revision),
    )
    assert office.elements(matter) == ["approve_by_government"]


def test_who_has_claimed_a_task_of_another_body_gives_it_back(office) -> None:
    matter = begin(office)
    (seen,) = office.open_tasks(matter)
    user_tasks.claim(seen.id, office.person("jk-wgb"), office.now)
    (moved,) = move(office, redeploy(office, OTHER_BODY), matter)
    assert "“审核申请”的领取人不在新的办理机构，放回待领取" in moved.changed
    (task,) = office.open_tasks(matter)
    assert task.assignee_id is None
    user_tasks.claim(task.id, office.person("jk-sf"), office.now)


def test_a_suspended_matter_moves_and_rests_on(office) -> None:
    matter = begin(office)
    with transaction() as session:
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == matter)
            .values(state="suspended")
        )
    assert move(office, redeploy(office, OTHER_NAME), matter)[0].refused == ()
    assert instance(office, matter).state == "suspended"


def test_a_finished_matter_is_not_moved(office) -> None:
    matter = begin(office)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="reject",
        approver="government",
        opinion="不宜纳入",
    )
    version = redeploy(office, OTHER_NAME)
    assert standing(office, version) == {}
    assert move(office, version, matter)[0].refused == ("已经办结，不再移动",)


def test_a_matter_of_another_jurisdiction_is_unknown_and_a_stranger_moves_nothing(
    office,
) -> None:
    matter = begin(office)
    version = redeploy(office, OTHER_NAME)
    with transaction() as session:
        stranger = session.scalars(
            sa.select(Person).where(Person.username == "admin")
        ).one()
        stranger.tenant_id = "elsewhere"
        stranger_id = stranger.id
    with pytest.raises(NotFound):
        migration.move([matter], version, stranger_id, office.now)
    with transaction() as session:
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == matter)
            .values(tenant_id="elsewhere")
        )
    assert move(office, version, matter)[0].refused == (
        "本辖区的这个流程没有这件事项",
    )


@pytest.mark.one_database
def test_a_step_that_was_added_before_its_place_is_not_made_up_for(
    office,
) -> None:
    early, late = begin(office), begin(office, "晨间巡查")
    version = redeploy(office, WITH_LEGAL_REVIEW)
    assert standing(office, version) == {early: [], late: []}
    assert [each.refused for each in move(office, version, early, late)] == [
        (),
        (),
    ]
    assert office.elements(early) == ["review_application"]
    again = begin(office, "午间巡查")
    assert office.elements(again) == ["legal_review"]


def test_a_matter_that_moved_ends_as_one_that_began_there(office) -> None:
    matter = begin(office)
    move(office, redeploy(office, OTHER_NAME), matter)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意",
    )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="approve",
        opinion="同意纳入",
    )
    assert office.elements(matter) == ["organize_implementation"]
    assert history.verify(matter) == []
    names = sa.select(UserTask.name).where(
        UserTask.instance_id == matter,
        UserTask.element_id == "review_application",
    )
    assert office.rows(names) == ["合法性审查"]
