"""What people add to an instance without moving it: comments that name others with @, copies by hand
(抄送)."""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    Destroyed,
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import (
    Actor,
    LockedInstance,
)
from orchestrator.services.instances import applications, open_tasks, oversight
from orchestrator.services.records import submission_keys
from orchestrator.services.user_tasks.addressees import (
    BETWEEN,
    find_addressees,
)
from orchestrator.store.instances import RUNNING, Copy, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTaskCandidate

LONGEST_COMMENT = 1000
"""Characters."""
MOST_NAMED = 20
"""People named in one comment."""
_AT = re.compile(r"(?<![0-9A-Za-z_.])[@＠]")


def comment(
    instance_id: str,
    text: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> list[str]:
    """Adds the comment to the record; the names of those it names with @, who are notified. The same key does
    it once.

    A person is named by his user name or his name. Raises NotFound for who does not see the instance,
    InstanceChanged when it is over, RuleViolated for an empty or too long text and for a name that nobody
    has, several have, or whose bearer does not see the instance.
    """
    given = text.strip()
    if not given:
        raise RuleViolated([say("请填写评论")])
    if len(given) > LONGEST_COMMENT:
        sentence = say(
            "评论最多写 {most} 字，现在有 {count} 字，请删减",
            most=LONGEST_COMMENT,
            count=len(given),
        )
        raise RuleViolated([sentence])
    with transaction() as session:
        instance, result = _locked(session, instance_id, by, now)
        named = _named(session, result, given, now)
        people = {
            person.id: person.display_name
            for person in named
            if person.id != by
        }
        if submission_keys.is_new(
            session,
            by,
            key,
            f"commenting {instance_id}",
            now,
        ):
            instance.remember(
                "commented", None, reason=given, mentions=sorted(people)
            )
            persistence.write_entries(instance)
        return list(people.values())


def send_copies(
    instance_id: str,
    to: str,
    reason: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> list[str]:
    """抄送: the bodies and people named in `to` may read the instance from now on; their names. The same key
    does it once.

    They are named by a body's name, a user name or a person's name, with commas or blanks between. Who got a
    copy before gets no second one. Raises as `comment`; Forbidden for who has had nothing to do with the
    instance himself.
    """
    with transaction() as session:
        instance, result = _locked(session, instance_id, by, now)
        who = access.viewer(session, by, now)
        if who is None or not may_send_copies(session, who, result):
            raise Forbidden(say("只有发起人、经办机构和主管机构可以抄送"))
        receivers = find_addressees(session, result.tenant_id, to)
        names = list(receivers.values())
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"copying {instance_id}",
            now,
        ):
            return names
        known = set(
            session.scalars(
                sa.select(Copy.body_id).where(Copy.instance_id == instance_id)
            )
        )
        for key in receivers:
            if key not in known:
                session.add(
                    Copy(
                        instance_id=instance_id,
                        body_id=key,
                        reason=reason or say("抄送阅知"),
                        sent_at=now,
                    )
                )
        instance.remember(
            "copy-sent",
            None,
            to=names,
            receivers=sorted(receivers),
            reason=reason,
        )
        persistence.write_entries(instance)
        return names


def note_earlier(
    instance_id: str,
    earlier_id: str,
    by: int,
    now: datetime,
) -> None:
    """Notes in a new instance that it was applied again from what an earlier one asked for. Raises NotFound
    for an instance that the person does not see, InstanceChanged when the new one is over."""
    with transaction() as session:
        instance, _found = _locked(session, instance_id, by, now)
        who = access.viewer(session, by, now)
        if who is None:
            raise NotFound(instance_id)
        earlier = access.visible_instance(session, who, earlier_id)
        instance.remember(
            applications.AGAIN,
            None,
            of=earlier.id,
            number=earlier.business_key,
        )
        persistence.write_entries(instance)


def may_send_copies(
    session: Session, who: access.Viewer, instance: ProcessInstance
) -> bool:
    """Whether the viewer began the instance, was asked in it, or serves a body that oversees it; a copy or a
    grant alone is not enough: with a copy to himself he would keep what was granted for a term."""
    if instance.state not in RUNNING:
        return False
    if access.without_grant(session, who, instance.id) is None:
        return False
    if instance.started_by == who.person_id:
        return True
    if not open_tasks.asked_in(session, instance.id).isdisjoint(who.addresses):
        return True
    return bool(
        oversight.overseeing(
            session, who, instance.definition_id, instance.territory_path
        )
    )


def _locked(
    session: Session,
    instance_id: str,
    by: int,
    now: datetime,
) -> tuple[LockedInstance, ProcessInstance]:
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS, ProcessInstance.state)
        .where(ProcessInstance.id == instance_id)
        .with_for_update(of=ProcessInstance)
    ).first()
    who = access.viewer(session, by, now)
    if row is None or who is None:
        raise NotFound(instance_id)
    instance = access.visible_instance(session, who, instance_id)
    if row.state not in RUNNING:
        raise InstanceChanged(say("该事项已经办结，不能再评论或抄送"))
    actor = Actor(
        by, who.username, who.display_name, _capacity(session, who, instance)
    )
    bundle = bundles.bundle_of(session, row.definition_id)
    return locked_instance.from_row(session, bundle, row, actor, now), instance


def _capacity(
    session: Session, who: access.Viewer, instance: ProcessInstance
) -> str | None:
    """The body for which he speaks: one that was asked, else the one that began it, else his first."""
    asked = session.scalars(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.instance_id == instance.id,
            UserTaskCandidate.candidate.in_(who.body_ids),
        )
    ).first()
    if asked is not None:
        return asked
    if instance.started_by_body in who.body_ids:
        return instance.started_by_body
    if who.bodies:
        return who.body_ids[0]
    return None


def _named(
    session: Session,
    instance: ProcessInstance,
    text: str,
    now: datetime,
) -> list[Person]:
    """The people whom the text names with @; the longest name that fits is meant."""
    starts = [match.end() for match in _AT.finditer(text)]
    if len(starts) > MOST_NAMED:
        raise RuleViolated([say("一条评论最多@{most}人", most=MOST_NAMED)])
    people = []
    reasons = []
    for start in starts:
        rest = text[start : start + 60]
        shown = BETWEEN.split(rest)[0][:20]
        fitting = _fitting(session, instance.tenant_id, rest)
        seeing = [
            person
            for person in fitting
            if _sees(session, person, instance.id, now)
        ]
        if not fitting:
            reasons.append(
                say("没有找到@的人员“{name}”，请写用户名或姓名", name=shown)
            )
        elif not seeing:
            reasons.append(
                say(
                    "“{name}”看不到这件事项，不能@；需要时请先抄送",
                    name=fitting[0].display_name,
                )
            )
        elif len(seeing) > 1:
            reasons.append(
                say(
                    "有几位“{name}”，请改写用户名",
                    name=seeing[0].display_name,
                )
            )
        else:
            people += seeing
    if reasons:
        raise RuleViolated(list(dict.fromkeys(reasons)))
    return list(dict.fromkeys(people))


def _fitting(session: Session, tenant_id: str, rest: str) -> list[Person]:
    def begins(
        name: sa.ColumnElement[str] | sa.orm.InstrumentedAttribute[str],
    ) -> sa.ColumnElement[bool]:
        return (
            sa.func.substr(sa.literal(rest), 1, sa.func.length(name)) == name
        )

    people = session.scalars(
        sa.select(Person)
        .where(Person.tenant_id == tenant_id, Person.active)
        .where(sa.or_(begins(Person.username), begins(Person.display_name)))
        .order_by(Person.id)
        .limit(50)
    ).all()
    lengths = {person.id: _longest(person, rest) for person in people}
    most = max(lengths.values(), default=0)
    return [person for person in people if lengths[person.id] == most]


def _longest(person: Person, rest: str) -> int:
    return max(
        len(name)
        for name in (person.username, person.display_name)
        if name and rest.startswith(name)
    )


def _sees(
    session: Session,
    person: Person,
    instance_id: str,
    now: datetime,
) -> bool:
    who = access.viewer(session, person.id, now)
    try:
        return (
            who is not None
            and access.visible_instance(session, who, instance_id) is not None
        )
    except (Destroyed, NotFound):
        return False
