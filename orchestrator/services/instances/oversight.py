"""What is done to an instance beside its tasks: an overseeing body or the applicant urges, a body closes a
duplicate or void case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.levels import Levels
from orchestrator.errors import (
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
from orchestrator.services.instances import closing, open_tasks, reopening
from orchestrator.services.records import submission_keys
from orchestrator.store.instances import Copy, HistoryEntry, ProcessInstance
from orchestrator.store.merges import CaseMerge
from orchestrator.store.people import Person
from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask


def urge(
    instance_id: str,
    note: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> None:
    """催办: on the record, and marked on every open task of the instance; the same key does it once.

    Bodies that oversee the place may, and the person who began the instance, he once in as many working days
    as the profile says (`urge_after`).
    Raises NotFound, Forbidden for anybody else, RuleViolated for the applicant's second time, InstanceChanged
    when it is over.
    """
    with transaction() as session:
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"urging {instance_id}",
            now,
        ):
            return
        instance = _overseen(session, instance_id, by, now, begun=True)
        session.execute(
            sa.update(UserTask)
            .where(
                UserTask.instance_id == instance_id, UserTask.state == "open"
            )
            .values(urged_at=now)
        )
        instance.remember("urged", None, reason=note or say("请尽快办理"))
        persistence.write_entries(instance)


def urge_again_on(
    session: Session,
    instance: ProcessInstance,
    by: int,
    now: datetime,
) -> date | None:
    """The working day from which the applicant may urge again; None when he may today."""
    last = session.scalar(
        sa.select(sa.func.max(HistoryEntry.at)).where(
            HistoryEntry.instance_id == instance.id,
            HistoryEntry.kind == "urged",
            HistoryEntry.actor_id == by,
        )
    )
    if last is None:
        return None
    calendar = locked_instance.calendar(
        session, bundles.bundle_of(session, instance.definition_id)
    )
    again = calendar.local(last).date()
    for _ in range(_urge_after(session, instance.tenant_id, now)):
        again = calendar.next_workday(again)
    if calendar.local(now).date() < again:
        return again
    return None


def _urge_after(session: Session, tenant_id: str, now: datetime) -> int:
    return bundles.profile_in_force(session, tenant_id, now).urge_after


def merge(
    instance_id: str,
    into: str,
    reason: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> None:
    """并案: a duplicate ends and points to the case it is merged into; both records say so. Nothing is
    deleted; the same key does it once.

    Raises as `urge`; RuleViolated when the two are not open cases of one place, or are the same.
    """
    with transaction() as session:
        # The smaller id first, so that two who merge the same pair the other way round wait and do not
        # deadlock.
        for value in sorted({instance_id, into}):
            session.get(ProcessInstance, value, with_for_update=True)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"merging {instance_id}",
            now,
        ):
            return
        instance = _overseen(session, instance_id, by, now, asked=True)
        case = _case(session, instance_id)
        target = session.get(GridCase, into)
        refused = _merge_objection(
            case, target, instance.bundle.jurisdiction.levels
        )
        if target is None or refused:
            raise RuleViolated(
                [refused or say("没有找到要并入的事件，请核对事件编号")]
            )
        main = _overseen(session, into, by, now)
        kept = reopening.kept_of(session, instance_id)
        session.add(
            CaseMerge(instance_id=instance_id, merged_at=now, kept=kept)
        )
        case.state = "merged"
        case.merged_into = into
        case.archived_at = now
        session.flush()
        closing.close(
            session,
            instance,
            "merged",
            into=target.case_no,
            reason=reason,
        )
        main.remember("absorbed", None, case=case.case_no, reason=reason)
        persistence.write_entries(main)


def void(
    instance_id: str,
    reason: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> None:
    """作废: a case that should not have been opened ends; its record stays. The same key does it once. Raises
    as `urge`."""
    with transaction() as session:
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"voiding {instance_id}",
            now,
        ):
            return
        instance = _overseen(session, instance_id, by, now, asked=True)
        case = _case(session, instance_id)
        case.state = "void"
        case.archived_at = now
        session.flush()
        closing.close(session, instance, "voided", reason=reason)


def read_copy(instance_id: str, by: int, now: datetime) -> None:
    """已阅: notes who of the body that got a copy read it first. Raises NotFound when neither he nor one of
    his bodies got one."""
    with transaction() as session:
        viewer = access.viewer(session, by)
        if viewer is not None:
            addresses = viewer.addresses
        else:
            addresses = []
        rows = session.scalars(
            sa.select(Copy).where(
                Copy.instance_id == instance_id, Copy.body_id.in_(addresses)
            )
        ).all()
        if not rows:
            raise NotFound(instance_id)
        for row in rows:
            if row.read_at is None:
                row.read_at = now
                row.read_by = by


def overseeing(
    session: Session,
    who: access.Viewer,
    definition_id: str,
    territory_path: str,
) -> list[str]:
    """Ids of the viewer's bodies, at levels that have offices, that oversee the place; the nearest first."""
    offices = bundles.bundle_of(
        session, definition_id
    ).jurisdiction.levels.offices
    bodies = [
        body
        for body in who.bodies
        if body.oversees
        and body.level in offices
        and territory_path.startswith(body.territory_path)
    ]
    return [
        body.id
        for body in sorted(
            bodies, key=lambda body: (-len(body.territory_path), body.id)
        )
    ]


def concerned(
    session: Session,
    who: access.Viewer,
    instance: ProcessInstance,
    asked: Collection[str] | None = None,
) -> list[str]:
    """Those of `overseeing` through whose hands the instance went: they may merge it or declare it void.
    `asked`: everybody who was asked in it, where that has been read already."""
    if asked is None:
        asked = open_tasks.asked_in(session, instance.id)
    results = overseeing(
        session, who, instance.definition_id, instance.territory_path
    )
    return [body for body in results if body in asked]


def _case(session: Session, instance_id: str) -> GridCase:
    case = session.get(GridCase, instance_id)
    if case is None:
        raise RuleViolated(
            [say("只有事件可以并案或作废，其他事项请由发起人撤回")]
        )
    return case


def _merge_objection(
    case: GridCase, target: GridCase | None, levels: Levels
) -> str:
    """Empty when the one may be merged into the other."""
    if target is None or target.tenant_id != case.tenant_id:
        return say("没有找到要并入的事件，请核对事件编号")
    if target.instance_id == case.instance_id:
        return say("事件不能并入自己，请另选要并入的事件")
    if target.state != "open":
        return say(
            "事件 {case_no} 已经办结或并案，请选一个在办的事件",
            case_no=target.case_no,
        )
    if levels.office_path(target.territory_path) != levels.office_path(
        case.territory_path
    ):
        return say(
            "只能并入同一{level}的事件，请另选",
            level=levels.name(levels.offices[-1]),
        )
    return ""


def _overseen(
    session: Session,
    instance_id: str,
    by: int,
    now: datetime,
    *,
    asked: bool = False,
    begun: bool = False,
) -> LockedInstance:
    """The running instance under its lock, in the name of the person's body that oversees it, and was `asked`
    in it.

    With `begun` also of the one in whose name he began it.
    """
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS, ProcessInstance.state)
        .where(ProcessInstance.id == instance_id)
        .with_for_update(of=ProcessInstance)
    ).first()
    viewer = access.viewer(session, by)
    person = session.get(Person, by)
    if row is None or viewer is None or person is None:
        raise NotFound(instance_id)
    instance = access.visible_instance(session, viewer, instance_id)
    if asked:
        bodies = concerned(session, viewer, instance)
    else:
        bodies = overseeing(
            session, viewer, row.definition_id, row.territory_path
        )
    as_applicant = begun and not bodies and instance.started_by == by
    if as_applicant and instance.started_by_body is not None:
        bodies = [instance.started_by_body]
    if not bodies:
        if asked:
            sentence = say("只有经办这个事件的机构可以并案或作废")
        else:
            sentence = say("只有发起人、本辖区或上级的机构可以催办")
        raise Forbidden(sentence)
    if row.state != "active":
        raise InstanceChanged(say("该事项已经办结，不能再催办、并案或作废"))
    if (
        as_applicant
        and (again := urge_again_on(session, instance, by, now)) is not None
    ):
        raise RuleViolated(
            [_urged_too_soon(_urge_after(session, row.tenant_id, now), again)]
        )
    bundle = bundles.bundle_of(session, row.definition_id)
    return locked_instance.from_row(
        session,
        bundle,
        row,
        Actor(by, person.username, person.display_name, bodies[0]),
        now,
    )


def _urged_too_soon(days: int, again: date) -> str:
    if days == 1:
        return say(
            "发起人一个工作日催办一次，您已经催办过，{again} 起可以再催",
            again=again,
        )
    return say(
        "发起人{days}个工作日催办一次，您已经催办过，{again} 起可以再催",
        days=days,
        again=again,
    )


def cases_to_merge_into(
    session: Session,
    who: access.Viewer,
    case: GridCase,
    limit: int = 50,
) -> Sequence[Any]:
    """(instance id, number, title) of the open cases of the same place at the narrowest level with offices
    that the viewer may see, the latest first."""
    instance = session.get_one(ProcessInstance, case.instance_id)
    levels = bundles.bundle_of(
        session, instance.definition_id
    ).jurisdiction.levels
    around = levels.office_path(case.territory_path)
    query = (
        sa.select(GridCase.instance_id, GridCase.case_no, GridCase.title)
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .where(
            GridCase.tenant_id == case.tenant_id,
            GridCase.state == "open",
            GridCase.instance_id != case.instance_id,
        )
        .where(
            GridCase.territory_path.startswith(around, autoescape=True),
            access.may_see(who),
        )
    )
    return session.execute(
        query.order_by(GridCase.found_at.desc()).limit(limit)
    ).all()
