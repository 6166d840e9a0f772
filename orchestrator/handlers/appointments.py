"""What an appointment is made of: the post, the account, the file of what was checked, the training that
comes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.members import PostRule
from orchestrator.domain.territory import body_id
from orchestrator.domain.training import PRE_POST
from orchestrator.handlers.context import CannotCarryOut, HandlerContext
from orchestrator.sentences import say
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.members import MemberFile
from orchestrator.store.people import FULL_TIME, Membership, Person
from orchestrator.store.territories import Body
from orchestrator.store.training import ExamAttempt

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,59}")


def post_of(context: HandlerContext) -> PostRule:
    """The post that the instance is about. Raises CannotCarryOut."""
    key = context.variables.get("post")
    for post in context.jurisdiction.members.posts:
        if post.key == key:
            return post
    raise CannotCarryOut(say("没有岗位“{key}”", key=key))


def applicant_of(context: HandlerContext, name: str) -> Mapping[str, Any]:
    """The applicant of that name. Raises CannotCarryOut unless there is exactly one."""
    results: list[Mapping[str, Any]] = [
        applicant
        for applicant in context.variables.get("applicants") or ()
        if str(applicant.get("name") or "").strip() == name
    ]
    if len(results) > 1:
        raise CannotCarryOut(
            say(
                "名单上有 {count} 名“{name}”，不能确定聘用的是谁，请确定为不聘用，在姓名后注明区别重新招聘",
                count=len(results),
                name=name,
            ),
        )
    if results:
        return results[0]
    raise CannotCarryOut(
        say("拟聘人员“{name}”不在资格审查通过的名单上，请核对姓名", name=name),
    )


def account_of(
    context: HandlerContext,
    name: str,
    username: str,
    phone: str,
) -> Person:
    """His account: the one of that user name, or a new one whose password an administrator's link sets.

    Raises CannotCarryOut.
    """
    if not _USERNAME.fullmatch(username):
        raise CannotCarryOut(
            say("用户名应是 2 至 60 个英文字母、数字，如 zhangsan"),
        )
    person = context.session.scalar(
        sa.select(Person).where(Person.username == username),
    )
    if person is None:
        person = Person(
            tenant_id=context.instance.tenant_id,
            username=username,
            display_name=name,
            phone=phone[:30],
            password_hash="",
        )
        context.session.add(person)
        context.session.flush()
        note(context, person.id, "added", {"by": context.instance.id})
    elif (
        person.tenant_id != context.instance.tenant_id
        or person.display_name != name
        or not person.active
    ):
        raise CannotCarryOut(
            say(
                "用户名“{username}”是别人的或者已停用，请换一个",
                username=username,
            ),
        )
    return person


def body_of(context: HandlerContext, post: PostRule, code: str) -> str:
    """Id of the body in the grid whose people have that post. Raises CannotCarryOut where there is none."""
    wanted = body_id(context.instance.tenant_id, post.role, code)
    body = context.session.get(Body, wanted)
    if body is None or body.dissolved_at is not None:
        raise CannotCarryOut(
            say("网格“{code}”没有“{post}”这个岗位", code=code, post=post.name),
        )
    return wanted


def serve(
    context: HandlerContext,
    person: Person,
    body: str,
    post: PostRule,
) -> None:
    """Gives him the post from today; who serves there already has served since his first day."""
    session = context.session
    known = session.scalar(
        sa.select(Membership).where(
            Membership.person_id == person.id,
            Membership.body_id == body,
        ),
    )
    serves = known is not None and known.until_on is None
    if known is None:
        known = Membership(person_id=person.id, body_id=body)
        session.add(known)
    known.title = post.name
    known.employment = post.employment or FULL_TIME
    if not serves:
        known.from_on = context.today
    known.until_on = None


def keep_file(
    context: HandlerContext,
    person: Person,
    applicant: Mapping[str, Any],
) -> None:
    """What was checked stands in his file: the proof counts for every condition that needs one."""
    session = context.session
    file = session.get(MemberFile, person.id)
    if file is None:
        file = MemberFile(
            person_id=person.id,
            tenant_id=person.tenant_id,
            seen={},
            changed_by=context.actor_id or person.id,
        )
        session.add(file)
    file.born_on = date.fromisoformat(str(applicant.get("born_on"))[:10])
    file.schooling = str(applicant.get("schooling") or "")[:20]
    shown = {
        "proof": str(applicant.get("proof") or "")[:120],
        "by": context.actor_name,
        "on": context.today.isoformat(),
    }
    seen = dict(file.seen)
    for condition in context.jurisdiction.members.conditions:
        if condition.needs_proof:
            seen[condition.key] = shown
    file.seen = seen
    file.changed_at = context.now


def await_training(context: HandlerContext, person: Person) -> None:
    """He begins with the training where the profile asks for the pass and he has none."""
    if not context.jurisdiction.members.training.pre_post:
        return
    passed = context.session.scalar(
        sa.select(ExamAttempt.id)
        .where(
            ExamAttempt.person_id == person.id,
            ExamAttempt.kind == PRE_POST,
            ExamAttempt.passed.is_(True),
        )
        .limit(1),
    )
    if passed is None:
        person.in_training_since = context.now


def note(
    context: HandlerContext,
    person_id: int,
    kind: str,
    details: Mapping[str, object],
) -> None:
    """Writes what became of his account into its history."""
    context.session.add(
        AccountEvent(
            person_id=person_id,
            at=context.now,
            kind=kind,
            actor_id=context.actor_id,
            details=dict(details),
        ),
    )
