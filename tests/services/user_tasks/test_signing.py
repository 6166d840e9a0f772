"""加签和减签: opinions before the holder submits and after, all or any; refusals; what the record says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    NotFound,
    RuleViolated,
    StorageAway,
    TaskClaimedByAnother,
)
from orchestrator.services import access, user_tasks
from orchestrator.services.instances import case_view
from orchestrator.services.notifications import collecting
from orchestrator.services.records import (
    attachments,
    history,
    stored_files,
)
from orchestrator.services.user_tasks import enclosures, signers, signing
from orchestrator.services.user_tasks.enclosures import Enclosed
from orchestrator.store.added_signers import (
    AddedSigner,
    HeldSubmission,
)
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.services.world import TENANT, World


@pytest.fixture
def task(world) -> UserTask:
    return world.task(world.start(), "review")


def ask(
    world: World,
    task: UserTask,
    to: str,
    turn: str = "before",
    way: str = "all",
    by: str = "li",
) -> list[str]:
    return signers.add(
        task.id,
        signers.SignatureRequest(to, turn, way, "请把关"),
        world.person(by),
        world.now,
    )


def answer(
    world: World, task: UserTask, by: str, agrees: bool = True, files=()
) -> bool:
    return signing.sign(
        task.id,
        signing.Opinion(agrees, "已核对", files),
        world.person(by),
        world.now,
    ).completed


def waiting_for(world: World, username: str) -> list[str]:
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person(username), world.now)
        assert who is not None
        return [row.UserTask.id for row in signers.to_sign(session, who)]


def story(
    world: World, task: UserTask, username: str
) -> list[tuple[str, str, str]]:
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person(username), world.now)
        assert who is not None
        seen = case_view.look(session, who, task.instance_id, world.now)
    return [(step.title, step.who, step.remark) for step in seen.steps]


def bodies_of_opinions(world: World, task: UserTask) -> set[str]:
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("li"), world.now)
        assert who is not None
        seen = case_view.look(session, who, task.instance_id, world.now)
    return {step.body for step in seen.steps if step.kind == "signed"}


def test_the_holder_submits_once_all_whom_he_asked_have_answered(
    world, task
) -> None:
    assert ask(world, task, "孙警官，试验县民政局") == [
        "孙警官",
        "试验县民政局",
    ]
    assert waiting_for(world, "sun") == waiting_for(world, "qian") == [task.id]
    with pytest.raises(RuleViolated, match=r"还在等 .*孙警官"):
        world.review(task.instance_id, by="li")
    with pytest.raises(TaskClaimedByAnother):
        world.review(task.instance_id, by="wang")
    file = attachments.keep(
        b"%PDF-1.4\n%%EOF\n",
        "核对表.pdf",
        "signing",
        attachments.Claim(TENANT, world.person("sun")),
        world.now,
    )
    assert answer(world, task, "sun", files=[file]) is False
    with pytest.raises(RuleViolated, match="试验县民政局"):
        world.review(task.instance_id, by="li")
    answer(world, task, "qian", agrees=False)
    assert waiting_for(world, "sun") == waiting_for(world, "zhao") == []
    told = story(world, task, "li")
    assert ("加签意见：审核", "孙警官", "同意：已核对；核对表.pdf") in told
    assert ("加签意见：审核", "钱科员", "不同意：已核对") in told
    asked_himself = bodies_of_opinions(world, task) - {"试验县民政局"}
    assert len(asked_himself) == 1 and "" not in asked_himself
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("li"), world.now)
        assert (
            access.visible_attachment(session, who, file).filename
            == "核对表.pdf"
        )
    world.review(task.instance_id, by="li")
    assert history.verify(task.instance_id) == []


def test_any_one_is_enough_where_any_was_asked(world, task) -> None:
    ask(world, task, "sun qian", way="any")
    answer(world, task, "qian")
    assert waiting_for(world, "sun") == []
    world.review(task.instance_id, by="li")
    assert world.elements(task.instance_id) == ["confirm"]


def test_what_is_submitted_counts_once_those_who_sign_after_have_agreed(
    world, task
) -> None:
    ask(world, task, "sun、qian", turn="after")
    assert world.review(task.instance_id, by="li").held
    assert world.elements(task.instance_id) == ["review"]
    assert answer(world, task, "sun") is False
    assert answer(world, task, "qian") is True
    assert world.elements(task.instance_id) == ["confirm"]
    assert world.task(
        task.instance_id, "review", "completed"
    ).closed_by == world.person("li")
    assert world.rows(sa.select(HeldSubmission)) == []


def test_who_disagrees_after_gives_it_back_to_the_holder(world, task) -> None:
    ask(world, task, "sun", turn="after")
    world.review(task.instance_id, by="li")
    assert answer(world, task, "sun", agrees=False) is False
    assert world.elements(task.instance_id) == ["review"]
    collecting.collect(world.now)
    told = world.rows(
        sa.select(Person.username)
        .join(Notification, Notification.person_id == Person.id)
        .where(Notification.kind == "returned")
    )
    assert told == ["li"]
    assert world.review(task.instance_id, by="li").held
    assert answer(world, task, "sun") is True
    assert world.elements(task.instance_id) == ["confirm"]


def test_a_delegate_gives_the_task_back_and_asks_no_signer(
    world, task
) -> None:
    user_tasks.claim(task.id, world.person("li"), world.now)
    user_tasks.delegate(
        task.id, world.person("wang"), world.person("li"), world.now
    )
    with pytest.raises(Forbidden, match="不能加签"):
        signers.add(
            task.id,
            signers.SignatureRequest("sun", "before", "all", "请把关"),
            world.person("wang"),
            world.now,
        )
    assert world.rows(sa.select(AddedSigner)) == []


def test_who_has_no_signature_yet_is_told_and_nothing_is_submitted(
    world, task
) -> None:
    given = {"decision": "pass", "opinion": "材料齐全"}
    with pytest.raises(FormInvalid) as refused:
        user_tasks.complete(
            task.id,
            given,
            by=world.person("li"),
            now=world.now,
            sent=user_tasks.SubmittedWith(enclosed=Enclosed(signed=True)),
        )
    (sentences,) = refused.value.errors.values()
    assert "您还没有签名" in sentences[0]
    assert world.elements(task.instance_id) == ["review"]


def test_while_the_store_is_away_a_signature_is_refused_at_its_field(
    world, task, monkeypatch
) -> None:
    def away(digest: str, content: bytes) -> None:
        raise StorageAway("no route")

    monkeypatch.setattr(enclosures, "picture_of", lambda *_who: b"a picture")
    monkeypatch.setattr(stored_files, "write", away)
    given = {"decision": "pass", "opinion": "材料齐全"}
    with pytest.raises(FormInvalid) as refused:
        user_tasks.complete(
            task.id,
            given,
            by=world.person("li"),
            now=world.now,
            sent=user_tasks.SubmittedWith(enclosed=Enclosed(signed=True)),
        )
    (sentences,) = refused.value.errors.values()
    assert "附件存储暂时不可用" in sentences[0]
    assert world.elements(task.instance_id) == ["review"]


def test_a_signer_taken_off_is_waited_for_no_more(world, task) -> None:
    ask(world, task, "sun")
    (row,) = world.rows(sa.select(AddedSigner))
    with pytest.raises(NotFound):
        signers.remove(row.id, world.person("sun"), world.now)
    signers.remove(row.id, world.person("li"), world.now)
    assert waiting_for(world, "sun") == []
    with pytest.raises(NotFound):
        answer(world, task, "sun")
    assert ("减签：审核", "李科长", "孙警官") in story(world, task, "li")
    world.review(task.instance_id, by="li")


def test_the_signer_sees_the_matter_and_does_nothing_else_to_the_task(
    world, task
) -> None:
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("sun"), world.now)
        with pytest.raises(NotFound):
            access.visible_instance(session, who, task.instance_id)
    ask(world, task, "sun")
    collecting.collect(world.now)
    told = world.rows(
        sa.select(Notification.kind).where(
            Notification.person_id == world.person("sun")
        )
    )
    assert told == ["assigned"]
    with transaction(writing=False) as session:
        assert (
            access.visible_instance(session, who, task.instance_id).id
            == task.instance_id
        )
    for act in (
        lambda: world.review(task.instance_id, by="sun"),
        lambda: user_tasks.claim(task.id, world.person("sun"), world.now),
        lambda: signers.add(
            task.id,
            signers.SignatureRequest("qian", "before", "all", ""),
            world.person("sun"),
            world.now,
        ),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize(
    ("to", "turn", "reason"),
    [
        ("李科长", "before", "不能给自己加签"),
        ("", "before", "请填写机构或人员"),
        ("没有这个人", "before", "没有找到"),
        ("sun", "later", "请选择加签的先后"),
    ],
)
def test_what_does_not_go_is_told(
    world, task, to: str, turn: str, reason: str
) -> None:
    with pytest.raises(RuleViolated, match=reason):
        ask(world, task, to, turn)


def test_nobody_is_asked_twice_and_an_opinion_needs_words(
    world, task, monkeypatch
) -> None:
    monkeypatch.setattr(signers, "MOST_SIGNERS", 1)
    ask(world, task, "sun")
    with pytest.raises(RuleViolated, match="最多同时加签 1 个"):
        ask(world, task, "qian")
    with pytest.raises(RuleViolated, match="孙警官已经加签"):
        ask(world, task, "sun")
    with pytest.raises(RuleViolated, match="请填写加签意见"):
        signing.sign(
            task.id, signing.Opinion(True, " "), world.person("sun"), world.now
        )
    with pytest.raises(RuleViolated, match="最多写 2000 字"):
        signing.sign(
            task.id,
            signing.Opinion(True, "长" * 2001),
            world.person("sun"),
            world.now,
        )
