"""Completing a user task: one person wins, the others are told; what is refused changes nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    InstanceChanged,
    NotFound,
    RuleViolated,
    SubmissionKeyUsed,
    TaskAlreadyClosed,
    TaskClaimedByAnother,
)
from orchestrator.handlers import TOPICS
from orchestrator.handlers.context import BpmnError, HandlerRefused
from orchestrator.services import instances, user_tasks
from orchestrator.services.instances import incidents
from orchestrator.services.records import (
    attachments,
    history,
    purposes,
    submission_keys,
)
from orchestrator.services.user_tasks import delegation
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import (
    Attachment,
    IdempotencyKey,
    UserTask,
    UserTaskCandidate,
)
from tests.engine.diagrams import END, START, boundary, flow, user
from tests.engine.faults import ERRORS
from tests.services.world import TENANT, add_body

pytestmark = pytest.mark.both_databases


def test_a_started_matter_waits_in_the_inbox_of_the_right_body_with_its_due_date(
    world,
):
    errand = world.start(subject="路灯")
    task = world.task(errand, "review")
    assert (task.title, task.business_key) == ("办件：路灯", "办-2026-00001")
    # Three working days after Monday; Wednesday is a holiday: Friday, 17:30 in Shanghai.
    assert task.due_at == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    offered = world.rows(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == task.id
        )
    )
    assert offered == [f"{TENANT}:grid-office:990100"]
    (timer,) = world.timers(errand)
    (ledger,) = world.rows(sa.select(Deadline))
    assert (timer.due_at, timer.deadline_id, ledger.id) == (
        task.due_at,
        task.id,
        task.id,
    )


def test_a_matter_goes_from_review_to_its_end_and_its_history_holds(world):
    errand = world.start()
    opened = world.review(errand).next_task_ids
    (confirm,) = world.tasks(errand)
    assert opened == (confirm.id,)
    assert (confirm.element_id, confirm.assignee_id) == (
        "confirm",
        world.person("zhao"),
    )
    assert world.handled == [errand]
    running = world.instance(errand).variables
    assert (running["record_no"], running["review_by"]) == (1, "王主任")
    world.complete(confirm.id, "zhao")
    ended = world.instance(errand)
    assert (
        ended.state,
        ended.end_element_id,
        ended.engine_state,
        ended.variables,
    ) == (
        "completed",
        "done",
        None,
        {},
    )
    assert not world.timers(errand)
    assert history.verify(errand) == []


def test_an_entry_changed_afterwards_breaks_the_chain(world):
    errand = world.start()
    world.review(errand)
    with transaction() as session:
        session.execute(
            sa.update(HistoryEntry)
            .where(
                HistoryEntry.instance_id == errand,
                HistoryEntry.kind == "user-task-completed",
            )
            .values(data={"submitted": {"decision": "back"}})
        )
    (broken,) = history.verify(errand)
    assert "内容与校验值不符" in str(broken)


def test_of_two_officials_who_complete_the_same_task_at_once_one_wins_and_the_other_is_told_who_was_first(
    world,
):
    errand = world.start()
    task = world.task(errand, "review")
    ready, results = threading.Barrier(2), {}

    def submit(username: str) -> None:
        with world.app.app_context():
            ready.wait()
            try:
                results[username] = world.complete(
                    task.id, username, decision="pass", opinion="同意"
                )
            except TaskAlreadyClosed as refused:
                results[username] = refused

    people = {username: world.person(username) for username in ("wang", "li")}
    threads = [
        threading.Thread(target=submit, args=(username,))
        for username in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [
        name
        for name, result in results.items()
        if not isinstance(result, Exception)
    ]
    (told,) = [
        result for result in results.values() if isinstance(result, Exception)
    ]
    assert told.status == 409
    assert told.closed_by == {"wang": "王主任", "li": "李科长"}[winner]
    assert told.closed_at == world.now
    assert world.history(errand).count("user-task-completed") == 1
    assert world.elements(errand) == ["confirm"]
    assert history.verify(errand) == []


def test_the_same_key_gives_the_same_answer_and_does_nothing_twice(world):
    errand = world.start()
    task = world.task(errand, "review")
    first = world.complete(
        task.id, "wang", key="k1", decision="pass", opinion="同意"
    )
    again = world.complete(
        task.id, "wang", key="k1", decision="pass", opinion="同意"
    )
    assert again.next_task_ids == first.next_task_ids
    assert again.replayed
    assert world.history(errand).count("user-task-completed") == 1
    with pytest.raises(TaskAlreadyClosed):
        world.complete(
            task.id, "wang", key="k2", decision="pass", opinion="同意"
        )


def test_two_submissions_with_the_same_key_at_once_get_the_same_answer(world):
    errand = world.start()
    task, wang = world.task(errand, "review"), world.person("wang")
    ready, results = threading.Barrier(2), []

    def submit() -> None:
        with world.app.app_context():
            ready.wait()
            data = {"decision": "pass", "opinion": "同意"}
            results.append(
                user_tasks.complete(
                    task.id,
                    data,
                    by=wang,
                    now=world.now,
                    sent=user_tasks.SubmittedWith(key="double-click"),
                )
            )

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0].next_task_ids == results[1].next_task_ids
    assert sorted(result.replayed for result in results) == [False, True]


def test_the_same_key_starts_one_matter_only(world):
    first = world.start(key="s1")
    assert world.start(key="s1") == first
    assert world.start(key="s2") != first


def test_two_starts_with_the_same_key_at_once_make_one_matter(world):
    ready, results = threading.Barrier(2), []

    def submit() -> None:
        with world.app.app_context():
            ready.wait()
            results.append(world.start(key="double-click"))

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert len(set(results)) == 1


def test_an_invalid_form_tells_every_field_and_leaves_the_case_as_it_was(
    world,
):
    errand = world.start()
    before = world.snapshot(errand)
    with pytest.raises(FormInvalid) as refused:
        world.complete(
            world.task(errand, "review").id,
            "wang",
            key="k",
            decision="maybe",
            opinion="",
        )
    assert set(refused.value.errors) == {"decision", "opinion"}
    assert refused.value.status == 422
    assert world.snapshot(errand) == before
    world.complete(
        world.task(errand, "review").id,
        "wang",
        key="k",
        decision="pass",
        opinion="补正后同意",
    )
    assert world.elements(errand) == ["confirm"]


def test_a_page_that_is_older_than_the_task_is_refused(world):
    errand = world.start()
    task = world.task(errand, "review")
    user_tasks.claim(task.id, by=world.person("wang"), now=world.now)
    before = world.snapshot(errand)
    with pytest.raises(InstanceChanged) as refused:
        world.complete(
            task.id,
            "wang",
            revision=task.revision,
            decision="pass",
            opinion="同意",
        )
    assert refused.value.status == 409
    assert world.snapshot(errand) == before


def test_a_stranger_is_told_that_there_is_no_such_task(world):
    errand = world.start()
    task = world.task(errand, "review")
    for stranger in ("sun", "zhao", "zhou"):
        with pytest.raises(NotFound):
            world.complete(task.id, stranger, decision="pass", opinion="同意")
    with pytest.raises(NotFound):
        world.complete("no.such", "wang")


def test_someone_whose_membership_has_ended_may_not_complete(world):
    errand = world.start()
    task = world.task(errand, "review")
    with transaction() as session:
        session.execute(
            sa.text("UPDATE membership SET until_on = '2026-03-01'")
        )
    with pytest.raises(NotFound):
        world.complete(task.id, "wang", decision="pass", opinion="同意")


def test_a_claimed_task_belongs_to_one_person_until_it_is_given_back(world):
    errand = world.start()
    task = world.task(errand, "review")
    wang, li = world.person("wang"), world.person("li")
    user_tasks.claim(task.id, by=wang, now=world.now)
    with pytest.raises(TaskClaimedByAnother) as refused:
        world.review(errand, by="li")
    assert (refused.value.assignee, refused.value.status) == ("王主任", 409)
    with pytest.raises(Forbidden):
        user_tasks.unclaim(task.id, by=li, now=world.now)
    user_tasks.unclaim(task.id, by=wang, now=world.now)
    world.review(errand, by="li")
    assert [kind for kind in world.history(errand) if "claimed" in kind] == [
        "claimed",
        "unclaimed",
    ]
    assert history.verify(errand) == []


def test_a_delegated_task_returns_to_its_owner_who_decides(world):
    errand = world.start()
    task = world.task(errand, "review")
    wang, li = world.person("wang"), world.person("li")
    user_tasks.delegate(
        task.id, to=li, by=wang, now=world.now, reason="请先核实"
    )
    with pytest.raises(Forbidden):
        world.review(errand, by="li")
    with pytest.raises(TaskClaimedByAnother):
        world.review(errand, by="wang")
    user_tasks.resolve(task.id, by=li, now=world.now, remark="已核实")
    world.review(errand, by="wang")
    assert [
        kind
        for kind in world.history(errand)
        if kind in ("delegated", "resolved")
    ] == [
        "delegated",
        "resolved",
    ]


def test_a_delegates_file_arrives_with_the_owner_and_goes_with_his_decision(
    world,
):
    errand = world.start()
    task, wang, li = (
        world.task(errand, "review").id,
        world.person("wang"),
        world.person("li"),
    )
    user_tasks.delegate(task, to=li, by=wang, now=world.now, reason="请先核实")
    paper = b"%PDF-1.4\n%%EOF\n"
    kept = attachments.keep(
        paper,
        "核实.pdf",
        "papers",
        attachments.Claim(TENANT, li, purposes.of_task(task)),
        world.now,
    )
    user_tasks.resolve(
        task,
        by=li,
        now=world.now,
        remark="已核实",
        data={"opinion": "情况属实", "papers": [kept]},
    )
    with transaction(writing=False) as session:
        row = session.get_one(Attachment, kept)
        assert (row.instance_id, row.filename) == (errand, "核实.pdf"), (
            "it is the matter's from now on"
        )
        handed = delegation.last_handover(
            session, session.get_one(UserTask, task)
        )
    assert handed is not None and handed.submitted == {
        "opinion": "情况属实",
        "papers": [kept],
    }
    assert attachments.names([kept], wang, errand) == {kept: "核实.pdf"}, (
        "the owner reads it"
    )
    world.complete(
        task, "wang", decision="pass", opinion="同意", papers=[kept]
    )
    assert world.elements(errand) == ["confirm"]
    assert history.verify(errand) == []


def test_a_task_goes_to_a_colleague_of_the_same_body_only(world):
    errand = world.start()
    task = world.task(errand, "review")
    with pytest.raises(Forbidden):
        user_tasks.assign(
            task.id,
            to=world.person("sun"),
            by=world.person("wang"),
            now=world.now,
        )
    user_tasks.assign(
        task.id,
        to=world.person("li"),
        by=world.person("wang"),
        now=world.now,
        reason="出差",
    )
    world.review(errand, by="li")
    assert world.elements(errand) == ["confirm"]


def test_a_failing_handler_leaves_an_incident_and_a_retry_goes_on(
    world, monkeypatch
):
    working = TOPICS["errand.record"]

    def broken(context):
        context.session.execute(
            sa.text("UPDATE person SET phone = 'half-done'")
        )
        raise ZeroDivisionError("除数为零")

    monkeypatch.setitem(TOPICS, "errand.record", broken)
    errand = world.start()
    world.review(errand)  # the official's click succeeds
    assert world.task(errand, "review", "completed").closed_by == world.person(
        "wang"
    )
    assert world.elements(errand) == []
    (incident,) = world.rows(sa.select(Incident))
    assert (incident.kind, incident.element_id, incident.state) == (
        "handler-failed",
        "record",
        "open",
    )
    assert "除数为零" in incident.message
    assert "ZeroDivisionError" in incident.details["trace"]
    assert (
        world.rows(sa.text("SELECT phone FROM person WHERE phone <> ''")) == []
    )

    incidents.retry(
        incident.id, by=world.person("zhou"), now=world.now
    )  # still broken: a new incident
    states = world.rows(sa.select(Incident.state).order_by(Incident.state))
    assert states == ["open", "resolved"]

    monkeypatch.setitem(TOPICS, "errand.record", working)
    (incident,) = world.rows(
        sa.select(Incident).where(Incident.state == "open")
    )
    incidents.retry(incident.id, by=world.person("zhou"), now=world.now)
    assert world.elements(errand) == ["confirm"]
    with pytest.raises(NotFound):
        incidents.retry(incident.id, by=world.person("zhou"), now=world.now)
    assert history.verify(errand) == []


def test_a_handler_that_refuses_says_why_in_its_own_words(world, monkeypatch):
    def refuse(context):
        raise HandlerRefused("清单已锁定，请先解锁")

    monkeypatch.setitem(TOPICS, "errand.record", refuse)
    errand = world.start()
    world.review(errand)
    (incident,) = world.rows(sa.select(Incident))
    assert incident.message == "清单已锁定，请先解锁"


def test_a_business_error_that_the_diagram_does_not_catch_is_an_incident(
    world, monkeypatch
):
    def throw(context):
        raise BpmnError("full", "清单已满")

    monkeypatch.setitem(TOPICS, "errand.record", throw)
    errand = world.start()
    world.review(errand)
    (incident,) = world.rows(sa.select(Incident))
    assert "full" in incident.message
    assert world.instance(errand).state == "active"


def test_what_a_handler_wrote_before_its_business_error_is_undone_and_the_diagram_goes_on(
    world, monkeypatch
):
    caught = boundary("full", "keep", '<errorEventDefinition errorRef="er"/>')
    service = '<serviceTask id="keep" camunda:type="external" camunda:topic="errand.record"/>'
    ways = flow("start", "keep", "end") + flow("full", "mend", "e2")
    world.draw(
        "keeping",
        START
        + END
        + '<endEvent id="e2"/>'
        + service
        + caught
        + user("mend")
        + ways,
        ERRORS,
    )

    def write_and_throw(context):
        add_body(
            context.session,
            "archive:990100",
            "archive",
            "county",
            "990000/990100/",
            "试验县档案馆",
        )
        context.remember("filed", remark="已存档")
        raise BpmnError("E1", "库房已满")

    monkeypatch.setitem(TOPICS, "errand.record", write_and_throw)
    matter = world.start("keeping")
    assert world.elements(matter) == ["mend"]
    assert world.rows(sa.select(Body.id).where(Body.role == "archive")) == []
    assert [
        kind
        for kind in world.history(matter)
        if kind in ("filed", "bpmn-error-thrown")
    ] == ["bpmn-error-thrown"]
    assert world.rows(sa.select(Incident)) == []


def test_a_topic_without_a_handler_is_an_incident(world, monkeypatch):
    monkeypatch.delitem(TOPICS, "errand.record")
    errand = world.start()
    world.review(errand)
    (incident,) = world.rows(sa.select(Incident))
    assert incident.kind == "handler-missing"


def test_a_task_whose_body_does_not_exist_opens_with_an_incident_that_names_it_and_waits_for_it(
    world,
):
    filing = world.start("filing_away")
    assert world.elements(filing) == ["file_away"]
    (incident,) = world.rows(sa.select(Incident))
    assert incident.kind == "body-missing"
    assert "档案机构" in incident.message
    with pytest.raises(RuleViolated):
        incidents.retry(incident.id, by=world.person("zhou"), now=world.now)
    with transaction() as session:
        add_body(
            session,
            "archive:990100",
            "archive",
            "county",
            "990000/990100/",
            "试验县档案馆",
        )
        session.execute(
            sa.text(
                "INSERT INTO membership (person_id, body_id, title, from_on) "
                f"SELECT id, '{TENANT}:archive:990100', '', '2024-01-01' FROM person WHERE username = 'sun'"
            )
        )
    incidents.retry(incident.id, by=world.person("zhou"), now=world.now)
    world.complete(world.task(filing, "file_away").id, "sun")
    assert world.instance(filing).state == "completed"


def test_a_click_costs_a_few_statements_and_one_commit(world):
    world.review(world.start(), decision="pass")  # warm caches
    errand = world.start()
    task, wang = world.task(errand, "review"), world.person("wang")
    statements, commits = [], []

    def commit(connection):
        commits.append(connection)

    def count(_connection, _cursor, statement, *_rest):
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", count)
    sa.event.listen(engine, "commit", commit)
    try:
        data = {"decision": "back", "opinion": "请补充"}
        user_tasks.complete(
            task.id,
            data,
            by=wang,
            now=world.now,
            sent=user_tasks.SubmittedWith(key="k", revision=task.revision),
        )
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
        sa.event.remove(engine, "commit", commit)
    assert world.elements(errand) == ["review"]
    assert len(commits) == 1
    at_most = {"postgresql": 4, "sqlite": 13}[db.engine.dialect.name]
    assert len(statements) <= at_most, "\n".join(statements)


# ---- whose key
# it is


def test_a_key_that_completed_one_task_completes_no_other_and_the_other_stays_open(
    world,
):
    first, second = world.start(), world.start(subject="井盖")
    world.review(first, key="k")
    with pytest.raises(SubmissionKeyUsed, match="已用于另一次提交"):
        world.review(second, key="k")
    assert world.elements(second) == ["review"]
    assert world.review(second, key="k2").instance_id == second


def test_a_key_that_started_a_matter_neither_completes_a_task_nor_starts_something_else(
    world,
):
    errand = world.start(key="k")
    world.start(by="sun", key="k")  # another person's
    with pytest.raises(SubmissionKeyUsed):
        instances.start_at(
            instances.Beginning(
                TENANT,
                "waiting",
                {},
                by=world.person("zhao"),
                body_id=f"{TENANT}:civil-affairs:990100",
                now=world.now,
                key="k",
            )
        )
    world.review(errand, key="own")
    with transaction() as session:
        session.execute(
            sa.update(IdempotencyKey)
            .where(IdempotencyKey.person_id == world.person("sun"))
            .values(person_id=world.person("wang"))
        )
    other = world.start(subject="井盖")
    with pytest.raises(SubmissionKeyUsed):
        world.review(other, key="k")
    assert world.elements(other) == ["review"]


def test_two_tasks_completed_at_once_with_one_key_become_one_completion_and_one_refusal(
    world,
):
    tasks = [
        world.task(world.start(subject=f"第{number}件"), "review").id
        for number in range(2)
    ]
    wang, results = world.person("wang"), []

    def send(task_id):
        with world.app.app_context():
            try:
                results.append(
                    user_tasks.complete(
                        task_id,
                        {"decision": "pass", "opinion": "同意"},
                        by=wang,
                        now=world.now,
                        sent=user_tasks.SubmittedWith(key="k"),
                    )
                )
            except SubmissionKeyUsed as used:
                results.append(used)

    threads = [threading.Thread(target=send, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(each).__name__ for each in results) == [
        "Completed",
        "SubmissionKeyUsed",
    ]
    assert sorted(
        world.rows(sa.select(UserTask.state).where(UserTask.id.in_(tasks)))
    ) == [
        "completed",
        "open",
    ]


@pytest.mark.parametrize("key", ["", "x" * 81, "键", "a\x00b", "a b"])
def test_a_key_that_cannot_be_kept_is_refused_with_a_sentence(world, key):
    errand = world.start()
    with pytest.raises(RuleViolated, match="提交的标识应为"):
        world.review(errand, key=key)
    with pytest.raises(RuleViolated, match="提交的标识应为"):
        world.start(key=key, subject="井盖")


def test_old_keys_are_forgotten_and_young_ones_kept(world):
    world.start(key="old")
    world.later(days=31)
    world.start(key="young")
    assert submission_keys.sweep(world.now) == 1
    assert world.rows(sa.select(IdempotencyKey.key)) == ["young"]
