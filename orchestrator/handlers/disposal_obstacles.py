"""What keeps a dossier from being destroyed though its destruction was approved. In doubt it stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.domain import hash_chain
from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.domain.retention import (
    RetentionClass,
    RetentionRules,
    is_over,
    longest,
)
from orchestrator.handlers.context import HandlerContext
from orchestrator.sentences import say
from orchestrator.store import disposals
from orchestrator.store.archives import WAITING, ArchivePackage
from orchestrator.store.assessments import AssessedCase, AssessmentResult
from orchestrator.store.base import table
from orchestrator.store.definitions import (
    ProcessDefinition,
    file,
    file_in_force,
)
from orchestrator.store.disposals import DisposalEntry
from orchestrator.store.instances import (
    RUNNING,
    HistoryEntry,
    ProcessInstance,
)
from orchestrator.store.registers import GridCase

PROFILE = "jurisdiction.toml"
_FOR_EVER = say("永久保管，不能销毁")
_NOT_OVER = say("保管期限还没有满")


@dataclass(frozen=True, slots=True)
class Measure:
    """What terms are counted by."""

    rules: Sequence[RetentionRules]
    """Those that the procedure runs on and those in force now: a term made longer meanwhile holds."""
    zone: ZoneInfo
    today: date

    @classmethod
    def of(cls, context: HandlerContext) -> Measure:
        """The one by which the procedure's dossiers are looked at."""
        content = file_in_force(
            context.session,
            context.instance.tenant_id,
            PROFILE,
            context.now,
        )
        rules = [context.jurisdiction.retention]
        if content is not None:
            rules.append(_rules_in(content))
        zone = ZoneInfo(context.jurisdiction.timezone)
        return cls(rules, zone, context.now.astimezone(zone).date())


@lru_cache(maxsize=8)
def _rules_in(profile: bytes) -> RetentionRules:
    return parse_jurisdiction(profile.decode()).retention


def obstacle(
    session: Session,
    measure: Measure,
    entry: DisposalEntry,
    whole: Sequence[ProcessInstance],
) -> str:
    """Why the dossier must not be destroyed; empty where it may. `whole`: its instances, locked, the first
    one first."""
    ids = [row.id for row in whole]
    if whole[0].about_id is not None:
        return say("和所涉事项的档案一起保管")
    return (
        _of_states(whole)
        or _of_registers(session, ids)
        or _of_term(session, measure, entry, whole)
        or _kept_longer(session, entry.dossier_id, measure.today)
        or _appealed(session, ids)
        or _of_merges(session, measure, ids)
        or _of_packages(session, ids)
        or _of_histories(session, whole)
    )


def _of_states(whole: Sequence[ProcessInstance]) -> str:
    if any(row.destroyed_at is not None for row in whole):
        return say("已经销毁")
    running = [
        row.business_key
        for row in whole
        if row.state in RUNNING or row.ended_at is None
    ]
    if running:
        return say("{numbers} 还在办理", numbers="、".join(running[:3]))
    if any(row.history_seq > row.counted_seq for row in whole):
        return say("还没有计入统计")
    return ""


def _of_registers(session: Session, ids: Sequence[str]) -> str:
    """What was destroyed is proved by the history of the procedure that destroyed it, whatever its class."""
    if disposals.has_list(session, ids):
        return _FOR_EVER
    return ""


def _of_term(
    session: Session,
    measure: Measure,
    entry: DisposalEntry,
    whole: Sequence[ProcessInstance],
) -> str:
    """The term as it was listed and the term by the profiles of today both count."""
    reason = _of_class(session, measure, whole)
    if not reason and not is_over(entry.until, measure.today):
        return _NOT_OVER
    return reason


def _of_class(
    session: Session,
    measure: Measure,
    whole: Sequence[ProcessInstance],
) -> str:
    """Why the term of an ended dossier is not over; the profile that it ran on counts too."""
    root = whole[0]
    case = session.get(GridCase, root.id)
    priority = ""
    if case is not None:
        priority = case.priority
    known: list[RetentionClass] = []
    for rules in measure.rules:
        kept_as = rules.class_of(root.process_key, priority)
        if kept_as is None:
            return say("没有规定保管期限")
        known.append(kept_as)
    own = _own_rules(session, root).class_of(root.process_key, priority)
    if own is not None:
        known.append(own)
    strictest = longest(known)
    if strictest is None or strictest.years is None:
        return _FOR_EVER
    last = max(row.ended_at for row in whole if row.ended_at is not None)
    until = strictest.until(last.astimezone(measure.zone).date())
    if not is_over(until, measure.today):
        return _NOT_OVER
    return ""


def _own_rules(session: Session, root: ProcessInstance) -> RetentionRules:
    """Those of the profile that it ran on; without classes where that has none."""
    ran_on = session.get_one(ProcessDefinition, root.definition_id)
    content = file(session, ran_on.deployment_id, PROFILE)
    if content is None:
        return RetentionRules()
    return _rules_in(content)


def _kept_longer(session: Session, dossier_id: str, today: date) -> str:
    """Whether an appraisal, of this list or another, keeps it on."""
    until = session.scalar(
        sa.select(sa.func.max(DisposalEntry.kept_until)).where(
            DisposalEntry.dossier_id == dossier_id,
            DisposalEntry.state == disposals.KEPT,
        )
    )
    if until is not None and not is_over(until, today):
        return say("鉴定为继续保存到 {until}", until=until)
    return ""


def _appealed(session: Session, ids: Sequence[str]) -> str:
    """Whether an assessment that counts one of them is under appeal."""
    appeals = (
        sa.select(AssessedCase.instance_id)
        .join(AssessmentResult, AssessmentResult.id == AssessedCase.result_id)
        .join(
            ProcessInstance,
            ProcessInstance.id == AssessmentResult.appeal_id,
        )
        .where(
            AssessedCase.instance_id.in_(ids),
            ProcessInstance.state.in_(RUNNING),
        )
    )
    if session.scalar(appeals.limit(1)) is not None:
        return say("所涉考核结果正在申诉")
    return ""


def _of_merges(
    session: Session,
    measure: Measure,
    ids: Sequence[str],
) -> str:
    """What was merged belongs to the record of the other: of both, neither goes while the other is needed."""
    other = aliased(ProcessInstance)
    into = (
        sa.select(other.business_key)
        .join(GridCase, GridCase.merged_into == other.id)
        .where(GridCase.instance_id.in_(ids), other.destroyed_at.is_(None))
    )
    number = session.scalar(into.limit(1))
    if number is not None:
        return say("合并到 {number}，那一件的档案还在保管", number=number)
    for merged in _merged_into(session, ids):
        reason = (
            _of_states([merged])
            or _of_class(session, measure, [merged])
            or _kept_longer(session, merged.id, measure.today)
        )
        if reason:
            return say(
                "合并进来的 {number}：{reason}",
                number=merged.business_key,
                reason=reason,
            )
    return ""


def _merged_into(
    session: Session,
    ids: Sequence[str],
) -> list[ProcessInstance]:
    """The cases merged into these, and those merged into them, of which anything is left."""
    merged: list[ProcessInstance] = []
    into = list(ids)
    while into:
        rows = session.scalars(
            sa.select(ProcessInstance)
            .join(GridCase, GridCase.instance_id == ProcessInstance.id)
            .where(
                GridCase.merged_into.in_(into),
                ProcessInstance.destroyed_at.is_(None),
            )
            .order_by(ProcessInstance.id)
        ).all()
        known = {*ids, *(row.id for row in merged)}
        new = [row for row in rows if row.id not in known]
        merged += new
        into = [row.id for row in new]
    return merged


def _of_packages(session: Session, ids: Sequence[str]) -> str:
    waiting = sa.select(ArchivePackage.id).where(
        ArchivePackage.instance_id.in_(ids),
        ArchivePackage.state == WAITING,
    )
    if session.scalar(waiting.limit(1)) is not None:
        return say("归档包正在制作")
    return ""


def _of_histories(session: Session, whole: Sequence[ProcessInstance]) -> str:
    """A record that was tampered with is evidence: nobody destroys it."""
    for instance in whole:
        previous = hash_chain.GENESIS
        last = 0
        rows = session.execute(
            sa.select(table(HistoryEntry))
            .where(HistoryEntry.instance_id == instance.id)
            .order_by(HistoryEntry.seq)
        )
        for row in rows:
            at = row.at.astimezone(UTC).isoformat()
            people = [row.actor_id, row.actor_body_id]
            written = [instance.id, row.seq, at, row.kind, row.element_id]
            previous = hash_chain.link(previous, [*written, *people, row.data])
            last += 1
            if previous != row.hash or row.seq != last:
                return say(
                    "{number} 的记录校验异常", number=instance.business_key
                )
        if last != instance.history_seq or previous != instance.history_hash:
            return say("{number} 的记录校验异常", number=instance.business_key)
    return ""
