"""提交后加签: who signs after is asked once something waits for him and agrees to what was submitted; what
was typed is never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

import forms
from orchestrator.errors import NotFound
from orchestrator.services import access, user_tasks
from orchestrator.services.instances import case_view, held_view
from orchestrator.services.notifications import collecting
from orchestrator.services.records import attachments, purposes
from orchestrator.services.user_tasks import (
    completing,
    enclosures,
    held_submissions,
    signers,
)
from orchestrator.services.user_tasks.enclosures import Enclosed
from orchestrator.store.added_signers import AddedSigner, HeldSubmission
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment, UserTask
from tests.services.user_tasks.test_absences import away
from tests.services.user_tasks.test_signing import (
    answer,
    ask,
    story,
    waiting_for,
)
from tests.services.world import TENANT, World
from tests.web.test_decision_aids import picture


@pytest.fixture
def task(world) -> UserTask:
    return world.task(world.start(), "review")


def told(world: World, username: str) -> list[str]:
    """Kinds of what the person has been notified of."""
    collecting.collect(world.now)
    return world.rows(
        sa.select(Notification.kind)
        .join(Person, Person.id == Notification.person_id)
        .where(Person.username == username)
        .order_by(Notification.at, Notification.id)
    )


def kept(world: World) -> list[tuple[str, str]]:
    """(user name, why it waits no more) of what was submitted and is kept."""
    with transaction(writing=False) as session:
        return [
            (row.username, row.ended)
            for row in session.execute(
                sa.select(Person.username, HeldSubmission.ended)
                .join(Person, Person.id == HeldSubmission.person_id)
                .order_by(Person.username)
            )
        ]


def filled(world: World, task: UserTask, username: str) -> str:
    """The opinion that the person's form begins with."""
    with transaction(writing=False) as session:
        row = held_submissions.of_reader(
            session, task.id, world.person(username)
        )
        return row.data["opinion"] if row else ""


def test_who_signs_after_is_asked_once_something_waits_for_him(
    world, task
) -> None:
    ask(world, task, "sun", turn="after")
    assert waiting_for(world, "sun") == [] and told(world, "sun") == []
    with pytest.raises(NotFound):
        answer(world, task, "sun", agrees=False)
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("sun"), world.now)
        with pytest.raises(NotFound):
            access.visible_instance(session, who, task.instance_id)
    assert world.review(task.instance_id, by="li").held
    assert waiting_for(world, "sun") == [task.id]
    assert told(world, "sun") == ["assigned"]
    assert answer(world, task, "sun")
    assert world.elements(task.instance_id) == ["confirm"]


def test_an_answer_from_before_the_submission_does_not_count(
    world, task
) -> None:
    ask(world, task, "sun", turn="after")
    with transaction() as session:
        session.execute(
            sa.update(AddedSigner).values(state="given", agrees=False)
        )
    assert world.review(task.instance_id, by="li").held
    assert waiting_for(world, "sun") == [task.id]


def test_a_submission_that_was_refused_or_changed_is_to_be_agreed_to_anew(
    world, task
) -> None:
    ask(world, task, "sun、qian", turn="after")
    world.review(task.instance_id, by="li")
    answer(world, task, "qian")
    answer(world, task, "sun", agrees=False)
    assert kept(world) == [("li", "disagreed")]
    assert filled(world, task, "li") == "材料齐全"
    assert waiting_for(world, "sun") == waiting_for(world, "qian") == []
    # The same once more: who agreed has agreed to it.
    assert world.review(task.instance_id, by="li").held
    assert waiting_for(world, "sun") == [task.id]
    assert waiting_for(world, "qian") == []
    # While it waits it is changed: what they agree to is another thing.
    changed = {"decision": "pass", "opinion": "已补充"}
    assert world.complete(task.id, "li", **changed).held
    assert waiting_for(world, "qian") == [task.id]
    assert not answer(world, task, "qian")
    assert answer(world, task, "sun")
    assert world.elements(task.instance_id) == ["confirm"]
    assert kept(world) == []


def test_what_waited_is_kept_when_a_signer_is_taken_off(world, task) -> None:
    ask(world, task, "sun、qian", turn="after")
    world.review(task.instance_id, by="li")
    answer(world, task, "qian")
    (row,) = world.rows(
        sa.select(AddedSigner).where(AddedSigner.state == "open")
    )
    signers.remove(row.id, world.person("li"), world.now)
    assert kept(world) == [("li", "removed")]
    assert filled(world, task, "li") == "材料齐全"
    # The other one agreed to the same.
    assert not world.review(task.instance_id, by="li").held
    assert world.elements(task.instance_id) == ["confirm"]


def test_with_any_one_a_no_is_not_the_end_while_others_may_agree(
    world, task
) -> None:
    ask(world, task, "sun、qian", turn="after", way="any")
    world.review(task.instance_id, by="li")
    assert not answer(world, task, "sun", agrees=False)
    assert kept(world) == [("li", "")]
    assert waiting_for(world, "qian") == [task.id]
    assert answer(world, task, "qian")
    assert world.elements(task.instance_id) == ["confirm"]


def test_with_any_one_the_last_no_gives_it_back(world, task) -> None:
    ask(world, task, "sun、qian", turn="after", way="any")
    world.review(task.instance_id, by="li")
    answer(world, task, "sun", agrees=False)
    answer(world, task, "qian", agrees=False)
    assert kept(world) == [("li", "disagreed")]
    assert world.elements(task.instance_id) == ["review"]
    assert world.review(task.instance_id, by="li").held
    assert waiting_for(world, "sun") == waiting_for(world, "qian") == [task.id]


def test_a_fault_of_the_moment_loses_neither_submission_nor_request(
    world, task, monkeypatch
) -> None:
    ask(world, task, "sun", turn="after")
    world.review(task.instance_id, by="li")

    def away_now(*_given, **_more) -> None:
        raise sa.exc.OperationalError("", {}, Exception("locked"))

    with monkeypatch.context() as trouble:
        trouble.setattr(completing.persistence, "carry_out", away_now)
        with pytest.raises(sa.exc.OperationalError):
            answer(world, task, "sun")
    assert kept(world) == [("li", "")]
    assert waiting_for(world, "sun") == [task.id]
    assert answer(world, task, "sun")
    assert world.elements(task.instance_id) == ["confirm"]


def test_what_can_not_be_completed_goes_back_to_the_holder_with_the_reason(
    world, task
) -> None:
    ask(world, task, "sun", turn="after")
    world.review(task.instance_id, by="li")
    with transaction() as session:
        session.execute(
            sa.update(HeldSubmission).values(
                data={"decision": "pass", "opinion": ""}
            )
        )
    assert not answer(world, task, "sun")
    assert kept(world) == [("li", "refused")]
    (row,) = world.rows(sa.select(HeldSubmission.reasons))
    assert "表单未通过校验" in row
    assert any(
        title == "提交不再等待加签：审核" and "表单未通过校验" in remark
        for title, _who, remark in story(world, task, "li")
    )
    # The opinion is given, and what is submitted next is to be agreed to.
    assert waiting_for(world, "sun") == []
    assert told(world, "li").count("returned") == 2
    assert world.review(task.instance_id, by="li").held
    assert answer(world, task, "sun")


def test_a_fault_of_the_diagram_is_an_incident_and_the_text_is_kept(
    world, task, monkeypatch
) -> None:
    ask(world, task, "sun", turn="after")
    world.review(task.instance_id, by="li")

    def broken(*_given, **_more) -> None:
        raise completing.EngineError("review", "条件算不出来")

    with monkeypatch.context() as trouble:
        trouble.setattr(completing.persistence, "carry_out", broken)
        assert not answer(world, task, "sun")
    assert kept(world) == [("li", "refused")]
    (incident,) = world.rows(sa.select(Incident))
    assert incident.element_id == "review"


def test_what_waits_ends_when_the_task_changes_hands(world, task) -> None:
    ask(world, task, "sun", turn="after")
    world.review(task.instance_id, by="li")
    user_tasks.take_over(
        task.id, world.person("wang"), world.now, "李科长出差"
    )
    assert kept(world) == [("li", "handed-on")]
    assert waiting_for(world, "sun") == []
    assert filled(world, task, "wang") == ""
    assert filled(world, task, "li") == "材料齐全"
    assert any(
        title == "提交不再等待加签：审核" and "李科长" in remark
        for title, _who, remark in story(world, task, "wang")
    )
    assert "result" in told(world, "li")
    assert world.review(task.instance_id, by="wang").held
    assert kept(world) == [("li", "handed-on"), ("wang", "")]
    assert answer(world, task, "sun")
    assert world.task(
        task.instance_id, "review", "completed"
    ).closed_by == world.person("wang")


def test_what_a_deputy_submitted_counts_after_the_absence(world, task) -> None:
    user_tasks.claim(task.id, world.person("li"), world.now)
    absence = away(world, "li", "qian")
    ask(world, task, "sun", turn="after", by="qian")
    assert world.review(task.instance_id, by="qian").held
    world.now += timedelta(hours=1)
    user_tasks.absences.end(absence, world.person("li"), world.now)
    assert filled(world, task, "li") == "材料齐全"
    assert answer(world, task, "sun")
    assert world.elements(task.instance_id) == ["confirm"]
    assert ("审核", "钱科员（代 李科长）", "") in story(world, task, "li")


def test_the_deputy_of_an_absent_signer_is_asked_and_signs_for_him(
    world, task
) -> None:
    away(world, "sun", "qian")
    ask(world, task, "sun", turn="after")
    assert waiting_for(world, "qian") == []
    world.review(task.instance_id, by="li")
    assert waiting_for(world, "qian") == [task.id]
    assert told(world, "qian") == ["assigned"]
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("qian"), world.now)
        assert who is not None
        assert access.visible_instance(session, who, task.instance_id)
        case_view.look(session, who, task.instance_id, world.now)
    assert answer(world, task, "qian")
    assert (
        "加签意见：审核",
        "钱科员（代 孙警官）",
        "同意：已核对",
    ) in story(world, task, "li")


def test_who_asked_does_not_answer_himself_as_a_deputy(world, task) -> None:
    away(world, "sun", "li")
    ask(world, task, "sun")
    assert waiting_for(world, "li") == []
    with pytest.raises(NotFound):
        answer(world, task, "li")


def test_who_applied_does_not_sign_as_a_deputy(world, task) -> None:
    away(world, "sun", "zhao")
    ask(world, task, "sun")
    assert waiting_for(world, "zhao") == []
    with pytest.raises(NotFound):
        answer(world, task, "zhao")


def test_a_deputy_of_other_procedures_is_not_asked(world, task) -> None:
    away(world, "sun", "qian", process_keys=("other",))
    ask(world, task, "sun")
    assert waiting_for(world, "qian") == [] and told(world, "qian") == []
    with pytest.raises(NotFound):
        answer(world, task, "qian")


def test_who_signs_reads_what_was_submitted_but_not_what_is_graded(
    world, task, monkeypatch
) -> None:
    ask(world, task, "sun", turn="after")
    world.review(task.instance_id, by="li")

    def seen() -> dict[str, str]:
        with transaction(writing=False) as session:
            who = access.viewer(session, world.person("sun"), world.now)
            instance = session.get_one(ProcessInstance, task.instance_id)
            shown = held_view.look(session, who, task, instance, world.now)
        assert shown is not None and shown.by == "李科长"
        return dict(shown.facts)

    assert "材料齐全" in seen().values()

    def marked(_session, bundle):
        marks = {
            key: forms.with_graded(form, {"opinion"})
            for key, form in bundle.forms.items()
        }
        return replace(bundle, forms=marks)

    monkeypatch.setattr(held_view.bundles, "readable", marked)
    assert "材料齐全" not in seen().values()
    assert forms.NOT_SHOWN in seen().values()


def take_over(world: World, task: UserTask, by: str) -> None:
    world.now += timedelta(minutes=1)
    user_tasks.take_over(task.id, world.person(by), world.now, "出差")


def test_who_agreed_to_what_another_wrote_meanwhile_is_asked_again(
    world, task
) -> None:
    ask(world, task, "sun、qian", turn="after")
    world.review(task.instance_id, by="li")
    take_over(world, task, "wang")
    changed = {"decision": "pass", "opinion": "已补充"}
    assert world.complete(task.id, "wang", **changed).held
    assert not answer(world, task, "sun")
    take_over(world, task, "li")
    assert world.review(task.instance_id, by="li").held
    assert waiting_for(world, "sun") == [task.id]


def uploaded(world: World, task: UserTask, name: str) -> str:
    return attachments.keep(
        f"%PDF-1.4\n%{name}\n%%EOF\n".encode(),
        f"{name}.pdf",
        enclosures.FILES,
        attachments.Claim(
            TENANT, world.person("li"), purposes.of_task(task.id)
        ),
        world.now,
    )


def submit(
    world: World, task: UserTask, opinion: str = "材料齐全", **beside
) -> bool:
    return user_tasks.complete(
        task.id,
        {"decision": "pass", "opinion": opinion},
        world.person("li"),
        world.now,
        user_tasks.SubmittedWith(enclosed=Enclosed(**beside)),
    ).held


def entered(world: World) -> dict[str, object]:
    (entry,) = world.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.kind == "user-task-completed",
            HistoryEntry.element_id == "review",
        )
    )
    return entry.data


def test_the_files_are_those_of_the_page_and_others_are_agreed_to_anew(
    world, task
) -> None:
    ask(world, task, "sun、qian", turn="after")
    first, second = (uploaded(world, task, name) for name in ("甲", "乙"))
    assert submit(world, task, files=[first])
    answer(world, task, "qian")
    answer(world, task, "sun", agrees=False)
    assert submit(world, task, files=[first, second])
    assert waiting_for(world, "qian") == [task.id]
    assert not answer(world, task, "qian")
    assert answer(world, task, "sun")
    assert entered(world)["files"] == [first, second]


@pytest.mark.parametrize("signed", [None, False, True])
@pytest.mark.parametrize("opinion", ["材料齐全", "已补充"])
def test_without_signers_the_files_go_along_and_the_signature_with_the_same_only(
    world, task, monkeypatch, opinion, signed
) -> None:
    monkeypatch.setattr(enclosures, "picture_of", lambda *_who: picture())
    ask(world, task, "sun", turn="after")
    file = uploaded(world, task, "甲")
    assert submit(world, task, files=[file], signed=True)
    (row,) = world.rows(sa.select(AddedSigner))
    signers.remove(row.id, world.person("li"), world.now)
    assert not submit(world, task, opinion, signed=signed)
    told = entered(world)
    assert told["files"] == [file]
    is_same = opinion == "材料齐全"
    assert ("signature" in told) is (is_same if signed is None else signed)
    pictures = sa.select(Attachment).filter_by(field_key=enclosures.SIGNATURE)
    assert len(world.rows(pictures)) == (2 if signed and not is_same else 1)


def test_a_program_of_before_keeps_what_was_submitted(world, task) -> None:
    known = ("task_id", "person_id", "data", "held_at")
    columns = HeldSubmission.__table__.c
    of_before = sa.table(
        "held_submission",
        *(sa.column(name, columns[name].type) for name in known),
    )
    given = (task.id, world.person("li"), {"opinion": "旧"}, world.now)
    with transaction() as session:
        session.execute(
            sa.insert(of_before).values(dict(zip(known, given, strict=True)))
        )
    assert kept(world) == [("li", "")]
