"""The story of a matter: its history as lines that an official reads, each with who, when, what was filled
in, and on what ground."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.jurisdiction.functions import CASE_OFFICE
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle, bundle_of
from orchestrator.services.deployments import form_options
from orchestrator.services.instances import ballots
from orchestrator.services.user_tasks import signers
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True)
class Citation:
    text: str
    heading: str = ""
    summary: str = ""
    draft: bool = False
    """Whether the text cited is only a draft."""


@dataclass(frozen=True)
class TimelineEntry:
    """A line of the story."""

    at: datetime
    kind: str
    title: str
    who: str
    body: str
    facts: Sequence[tuple[str, str]] = ()
    citations: Sequence[Citation] = ()
    remark: str = ""
    due: datetime | None = None
    """When a completed task was due."""
    late: bool = False


def citations(bundle: Bundle, element_id: str | None) -> list[Citation]:
    """The articles that demand this element, as an official reads them."""
    element = bundle.definition.elements.get(element_id or "")
    found = []
    for text in element.citations if element else ():
        article = bundle.jurisdiction.article(text) if text != "default" else None
        found.append(
            Citation(
                bundle.jurisdiction.cite(text),
                article.heading if article else "",
                article.summary if article else "",
                draft=text != "default" and bundle.jurisdiction.regulation.draft,
            )
        )
    return found


_WORDS = {
    "claimed": say("领取"),
    "unclaimed": say("放回"),
    "taken-over": say("接办"),
    "taken-back": say("收回委派"),
    "released": say("负责人放回"),
    "handed-over": say("负责人转交"),
    "returned": say("离岗放回"),
    "delegation-ended": say("委派终止"),
    "administrator-released": say("管理员放回"),
    "administrator-assigned": say("管理员转交"),
    "redirected": say("改派"),
    "assigned": say("转办"),
    "delegated": say("委派"),
    "resolved": say("交回委派人"),
    "cancelled": say("撤回"),
    "urged": say("催办"),
    "escalated": say("上报上级"),
    "assigned-down": say("交办下级"),
    "assigned-to-grids": say("交办网格"),
    "returned-to-grid": say("退回重办"),
    "bulletin": say("列入通报"),
    "copied": say("抄送上级"),
    "copy-sent": say("抄送给"),
    "signers-added": say("加签"),
    "signer-removed": say("减签"),
    "signed": say("加签意见"),
    "submission-held": say("已提交，等待后加签"),
    "commented": say("评论"),
    "bpmn-error-thrown": say("未能生效"),
    "supervised": say("督办"),
    "supervision-answered": say("督办答复"),
    "meeting-held": say("联席会议议定"),
    "merged": say("并入其他案件"),
    "absorbed": say("并入重复案件"),
    "voided": say("作废"),
    "re-homed": say("随网格调整转移"),
    "incident": say("运行异常"),
    "incident-retried": say("异常重试"),
    "incident-resolved": say("异常已处理"),
    "flow-chosen": say("指定走向"),
    "sent-back": say("退回重新办理"),
    "triggered": say("触发继续"),
    "compensation": say("撤销已办步骤"),
    "countersigned": say("会签结果"),
    "user-task-cancelled": say("步骤取消"),
    "timer-fired": say("时限到期"),
    "deadline-extended": say("批准延期"),
    "deadline-suspended": say("挂账"),
    "deadline-resumed": say("恢复办理"),
    "deadline-recomputed": say("节假日公布后重算时限"),
    "migrated": say("移到新版流程"),
    "ended": say("办结"),
}
_RESULTS = {
    "item-list.publish": say("清单新版本生效"),
    "item-list.remove": say("清单新版本生效"),
    "grids.apply-adjustment": say("网格调整生效"),
    "case.register": say("立案"),
    "case.archive": say("归档"),
    "case.rework": say("登记返工"),
    "notice.publish": say("更新公示"),
    "filing.record": say("报送备案"),
    "filing.acknowledge": say("备案收悉"),
    "case.return": say("部门退回"),
    "deadline.extend": say("延期生效"),
}


@dataclass(frozen=True)
class Moves:
    """The versions of the procedure that an instance ran on, each with the number of the entry that begins
    it."""

    begins: Sequence[int]
    bundles: Sequence[Bundle]

    @classmethod
    def of(
        cls,
        session: Session,
        bundle: Bundle,
        instance_id: str,
        whole: Sequence[HistoryEntry] | None = None,
    ) -> Moves:
        """The instance's moves; `bundle` is its present version. `whole`: its whole history, where it has
        been read already."""
        if whole is None:
            query = sa.select(HistoryEntry.seq, HistoryEntry.data).where(
                HistoryEntry.instance_id == instance_id, HistoryEntry.kind == "migrated"
            )
            rows: Sequence[Any] = session.execute(query.order_by(HistoryEntry.seq)).all()
        else:
            rows = [entry for entry in whole if entry.kind == "migrated"]
        if not rows:
            return cls([0], [bundle])
        first = bundle_of(session, rows[0].data["from"])
        later = [bundle_of(session, row.data["to"]) for row in rows]
        return cls([0, *(row.seq for row in rows)], [first, *later])

    def at(self, seq: int) -> Bundle:
        """The version in force when entry `seq` was written."""
        return self.bundles[bisect_right(self.begins, seq) - 1]


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in a history are called."""

    people: Mapping[int, str]
    bodies: Mapping[str, str]
    files: Mapping[str, str]


def timeline_of(
    session: Session,
    moves: Moves,
    instance: ProcessInstance,
    entries: Sequence[HistoryEntry],
    names: Names,
) -> list[TimelineEntry]:
    """The lines of the story, in order."""
    options: dict[int, dict[str, Any]] = {}
    due = _due(session, entries)
    found = []
    for entry in entries:
        then = moves.at(entry.seq)
        known = options.setdefault(id(then), {})
        step = _step(session, then, instance, entry, names, known, due)
        if step is not None:
            found.append(step)
    return found


def _due(session: Session, entries: Sequence[HistoryEntry]) -> dict[str, datetime]:
    """When each task that these entries complete was due at last, its extensions counted."""
    tasks = [
        entry.data["task"]
        for entry in entries
        if entry.kind == "user-task-completed" and "task" in entry.data
    ]
    if not tasks:
        return {}
    rows = session.execute(sa.select(UserTask.id, UserTask.due_at).where(UserTask.id.in_(tasks)))
    return {task_id: due_at for task_id, due_at in rows if due_at is not None}


def _step(
    session: Session,
    bundle: Bundle,
    instance: ProcessInstance,
    entry: HistoryEntry,
    names: Names,
    options: dict[str, Any],
    due: Mapping[str, datetime],
) -> TimelineEntry | None:
    element = bundle.definition.elements.get(entry.element_id or "")
    name = element.name if element else ""
    who = names.people.get(entry.actor_id or 0, say("系统"))
    body = names.bodies.get(entry.actor_body_id or "", "")
    cited = citations(bundle, entry.element_id)
    data = entry.data
    if data.get("for"):
        who = say("{who}（代 {absent}）", who=who, absent=data["for"])
    facts: list[tuple[str, str]] = []
    if entry.kind in ("started", "user-task-completed", "resolved"):
        form = bundle.forms.get(data.get("form", ""))
        if form is not None:
            facts = _facts(session, bundle, instance, entry, form, names, options)
    if entry.kind in ("started", "user-task-completed"):
        title = say("发起申请") if entry.kind == "started" else name
        if entry.kind == "started":
            start = element or bundle.definition.plain_start
            title, cited = (start.name or title, citations(bundle, start.id)) if start else (title, [])
        until = due.get(data.get("task", ""))
        return TimelineEntry(
            entry.at,
            entry.kind,
            title,
            who,
            body,
            facts,
            cited,
            due=until,
            late=until is not None and entry.at > until,
        )
    if entry.kind == "external-task-completed":
        if data.get("topic") not in _RESULTS:
            return None
        return TimelineEntry(
            entry.at,
            entry.kind,
            _RESULTS[data["topic"]],
            say("系统"),
            "",
            citations=cited,
            remark=_result(data.get("result", {})),
        )
    if entry.kind in _WORDS:
        remark = data.get("reason") or data.get("message") or data.get("remark") or data.get("to") or ""
        if entry.kind in ("escalated", "assigned-down"):
            verb = say("报至") if entry.kind == "escalated" else say("交至")
            office = _case_office(bundle, str(data.get("to")))
            remark = say("{verb}{office}", verb=verb, office=office)
        if "from" in data and entry.kind != "migrated":
            remark = handing_over(data)
        elif entry.kind in ("assigned", "delegated"):
            remark = joined("：", filter(None, [say("交给 {to}", to=data.get("to", "")), data.get("reason")]))
        if entry.kind == "copied":
            remark = names.bodies.get(str(data.get("to")), str(data.get("to")))
        if entry.kind in ("signers-added", "signer-removed", "signed"):
            remark = signing_remark(data)
        if entry.kind == "copy-sent":
            remark = joined("：", filter(None, [joined("、", data["to"]), data.get("reason", "")]))
        if entry.kind in ("merged", "absorbed"):
            remark = f"{data.get('into') or data.get('case')}（{data.get('reason', '')}）"
        if entry.kind == "migrated":
            then, now = data["versions"]
            remark = joined(
                "；", [say("由第 {then} 版移到第 {now} 版", then=then, now=now), *data.get("changed", ())]
            )
        if entry.kind == "countersigned":
            remark = ballots.counted(data)
        if entry.kind == "compensation":
            undone = [bundle.definition.elements.get(each) for each in data["activities"]]
            steps = joined("、", (f"「{each.name or each.id}」" for each in undone if each is not None))
            remark = say("按办结的相反顺序撤销{names}", names=steps)
        if entry.kind == "flow-chosen":
            remark = f"{data['to']}（{data['reason']}）"
        if entry.kind == "re-homed":
            remark = f"{data['before']} → {data['after']}（{data['because']}）"
        if entry.kind.startswith("deadline-") and entry.kind != "deadline-suspended":
            until = datetime.fromisoformat(data["due"]).astimezone(ZoneInfo(bundle.jurisdiction.timezone))
            remark = joined(
                "；", filter(None, [remark, say("截止时间改为 {until:%Y-%m-%d %H:%M}", until=until)])
            )
        named = [name] if name and entry.kind not in ("ended", "copied") else []
        title = joined("：", [_WORDS[entry.kind], *named])
        if entry.kind == "ended" and name:
            title = name
        return TimelineEntry(
            entry.at,
            entry.kind,
            title,
            who if entry.actor_id and entry.kind != "copied" else say("系统"),
            body,
            facts,
            citations=cited if entry.kind in ("urged", "bulletin") else (),
            remark=remark if isinstance(remark, str) else str(remark),
        )
    return None


def _facts(
    session: Session,
    bundle: Bundle,
    instance: ProcessInstance,
    entry: HistoryEntry,
    form: forms.Form,
    names: Names,
    options: dict[str, Any],
) -> list[tuple[str, str]]:
    """What was filled in, as a person reads it.

    How choices from the registers read is recorded with the entry; only what the first versions did not
    record is looked up.
    """
    submitted, recorded = entry.data.get("submitted", {}), entry.data.get("chosen", {})
    missing = forms.unlabelled(form, submitted, recorded)
    if missing - options.keys():
        setting = form_options.Setting(instance.territory_path, entry.actor_id or 0, entry.at)
        options |= form_options.of_sources(session, bundle, missing - options.keys(), setting)
    known = {source: options[source] for source in missing if source in options}
    return forms.summarise(form, submitted, forms.with_recorded(known, recorded), names.files)


def signing_remark(data: Mapping[str, Any]) -> str:
    """Whom somebody asked to sign and how, or what a signer answered."""
    if "answer" in data:
        verdict = say("同意") if data["answer"] == "agree" else say("不同意")
        return joined("；", [joined("：", [verdict, data["reason"]]), *data.get("files", ())])
    names = joined("、", data["to"])
    if "turn" not in data:
        return names
    how = joined("，", [signers.TURNS[data["turn"]], signers.WAYS[data["way"]]])
    return joined("：", filter(None, [say("{names}（{how}）", names=names, how=how), data.get("reason", "")]))


def _case_office(bundle: Bundle, level: str) -> str:
    """The bodies that handle cases at that level, in words."""
    profile = bundle.jurisdiction
    roles = [profile.roles[key] for key in profile.roles_of(CASE_OFFICE)]
    names = [role.name for role in roles if level in role.levels]
    return say(
        "{level}{names}",
        level=profile.levels.name(level),
        names=joined("、", names) if names else say("机构"),
    )


def handing_over(data: Mapping[str, Any]) -> str:
    """From whom to whom a task went, and why: `由张三转给李四（出差）`."""
    whither = say("转给{to}", to=data["to"]) if data.get("to") else say("放回")
    reason = f"（{data['reason']}）" if data.get("reason") else ""
    return say("由{sender}{whither}{reason}", sender=data["from"], whither=whither, reason=reason)


def _result(result: Mapping[str, Any]) -> str:
    if "item_list_number" in result:
        return say(
            "第 {item_list_number} 版，{item_list_effective_on} 起生效",
            item_list_number=result["item_list_number"],
            item_list_effective_on=result.get("item_list_effective_on", ""),
        )
    if "new_grids" in result:
        return say(
            "新网格 {names}；转移在办案件 {moved_cases} 件",
            names=joined("、", result["new_grids"]),
            moved_cases=result.get("moved_cases", 0),
        )
    return ""
