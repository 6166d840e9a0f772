"""The story of an instance: its history as lines that an official reads, each with who, when, what was filled
in, and on what ground."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle, bundle_of, readable
from orchestrator.services.deployments import form_options
from orchestrator.services.instances import entry_remarks
from orchestrator.services.instances.entry_remarks import Names
from orchestrator.services.instances.history_parts import HistoryPage
from orchestrator.services.instances.timeline_lines import (
    LATE,
    RANG,
    REMINDED,
    Citation,
    TimelineEntry,
    urged_once,
)
from orchestrator.services.user_tasks import own_rows
from orchestrator.store.instances import HistoryEntry, ProcessInstance


def citations(bundle: Bundle, element_id: str | None) -> list[Citation]:
    """The grounds of this element (`Definition.grounds_of`), as an official reads them."""
    results = []
    for text in bundle.definition.grounds_of(element_id or ""):
        article = None
        if text != "default":
            article = bundle.jurisdiction.article(text)
        results.append(
            Citation(
                bundle.jurisdiction.cite(text),
                article.heading if article else "",
                article.summary if article else "",
                draft=text != "default"
                and bundle.jurisdiction.regulation.draft,
                own_text=""
                if text == "default"
                else bundle.jurisdiction.own_text(text),
            )
        )
    return results


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
    "reworked": say("返工"),
    "overdue": say("到期未办结"),
    "overdue-escalated": say("逾期报上级"),
    "reminded": say("再次提醒"),
    "escalated": say("上报上级"),
    "assigned-down": say("交办下级"),
    "assigned-to-grids": say("交办网格"),
    "returned-to-grid": say("退回重办"),
    "bulletin": say("列入通报"),
    "copied": say("抄送"),
    "copy-sent": say("抄送给"),
    "dossier-destroyed": say("销毁档案"),
    "recalled": say("撤回决定"),
    "signers-added": say("加签"),
    "signer-removed": say("减签"),
    "signed": say("加签意见"),
    "submission-held": say("已提交，等待后加签"),
    "submission-ended": say("提交不再等待加签"),
    "applied-again": say("照此前的申请再报"),
    "commented": say("评论"),
    "bpmn-error-thrown": say("未能生效"),
    "supervised": say("督办"),
    "supervision-answered": say("督办答复"),
    "supervision-reviewed": say("督办审核"),
    "meeting-held": say("联席会议议定"),
    "pay-submitted": say("报酬表送复核"),
    "extension-refused": say("未同意延期"),
    "suspension-refused": say("未同意挂账"),
    "lapsed": say("随所涉步骤终止"),
    "request-lapsed": say("有关申请终止，不再审批"),
    "subject-ended": say("所涉事项已终止"),
    "merged": say("并入其他事件"),
    "absorbed": say("并入重复事件"),
    "unmerged": say("撤销并案"),
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
    "user-task-cancelled": say("不再办理"),
    "timer-fired": say("时限到期"),
    "deadline-extended": say("批准延期"),
    "deadline-suspended": say("挂账"),
    "deadline-resumed": say("恢复办理"),
    "deadline-recomputed": say("节假日公布后重算时限"),
    "deadline-followed": say("换机构办理后重算时限"),
    "migrated": say("移到新版流程"),
    "ended": say("办结"),
}


@dataclass(frozen=True)
class Moves:
    """The versions of the procedure that an instance ran on, as they are read back, each with the number of
    the entry that begins it."""

    begins: Sequence[int]
    bundles: Sequence[Bundle]
    own: Sequence[Bundle]
    """The same versions with the marks of their own forms alone."""

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
                HistoryEntry.instance_id == instance_id,
                HistoryEntry.kind == "migrated",
            )
            rows: Sequence[Any] = session.execute(
                query.order_by(HistoryEntry.seq)
            ).all()
        else:
            rows = [entry for entry in whole if entry.kind == "migrated"]
        if not rows:
            return cls([0], [readable(session, bundle)], [bundle])
        first = rows[0].data["from"]
        others = [row.data["to"] for row in rows]
        ran = [first, *others]
        own = [bundle_of(session, value) for value in ran]
        return cls(
            [0, *(row.seq for row in rows)],
            [readable(session, bundle) for bundle in own],
            own,
        )

    def at(self, seq: int) -> Bundle:
        """The version in force when entry `seq` was written."""
        return self.bundles[self._number(seq)]

    def own_at(self, seq: int) -> Bundle:
        """The same version as its own forms read: what later forms call personal is told."""
        return self.own[self._number(seq)]

    def _number(self, seq: int) -> int:
        return bisect_right(self.begins, seq) - 1


def timeline_of(
    session: Session,
    moves: Moves,
    instance: ProcessInstance,
    page: HistoryPage,
    names: Names,
) -> list[TimelineEntry]:
    """The lines of the story, in order."""
    options: dict[int, dict[str, Any]] = {}
    lines = _Lines(session, instance, names, page.due)
    timeline_entries = []
    for entry in page.entries:
        then = moves.at(entry.seq)
        known = options.setdefault(id(then), {})
        line = lines.line(then, entry, known)
        if line is not None:
            timeline_entries.append(line)
    return urged_once(timeline_entries)


def _step_of(bundle: Bundle, entry: HistoryEntry) -> str:
    """`TimelineEntry.step` of the entry's line."""
    if entry.kind == LATE:
        return entry.element_id or ""
    if entry.kind == REMINDED:
        return str(entry.data.get("task", ""))
    event = bundle.definition.elements.get(entry.element_id or "")
    if entry.kind == RANG and event is not None and not event.interrupting:
        return event.attached_to or ""
    return ""


@dataclass(frozen=True, slots=True)
class _Lines:
    """Makes lines of the entries of one instance."""

    session: Session
    instance: ProcessInstance
    names: Names
    due: Mapping[int, datetime]
    """Number of an entry → when the task that it completes was due at last."""

    def line(
        self,
        bundle: Bundle,
        entry: HistoryEntry,
        options: dict[str, Any],
    ) -> TimelineEntry | None:
        """The line of an entry; None for what no official reads. `options`: those of this version that are
        known already."""
        if entry.kind in ("started", "user-task-completed"):
            return self._completed(bundle, entry, options)
        if entry.kind == "external-task-completed":
            return self._result(bundle, entry)
        if entry.kind in _WORDS:
            return self._event(bundle, entry, options)
        return None

    def _completed(
        self,
        bundle: Bundle,
        entry: HistoryEntry,
        options: dict[str, Any],
    ) -> TimelineEntry:
        element = bundle.definition.elements.get(entry.element_id or "")
        if element:
            title = element.name
        else:
            title = ""
        cited = citations(bundle, entry.element_id)
        if entry.kind == "started":
            start = element or bundle.definition.plain_start
            title = (start.name if start else "") or say("发起申请")
            if start:
                cited = citations(bundle, start.id)
            else:
                cited = []
        until = self.due.get(entry.seq)
        return TimelineEntry(
            entry.at,
            entry.kind,
            title,
            self._who(entry),
            self._body(entry),
            [
                *own_rows.labelled(entry.data.get("about", {})),
                *self._facts(bundle, entry, options),
                *self._enclosed(entry),
            ],
            cited,
            signature=entry.data.get("signature", ""),
            due=until,
            late=until is not None and entry.at > until,
            masked=self._masked(bundle, entry),
            graded=self._graded(bundle, entry),
            actor_id=entry.actor_id,
        )

    def _result(
        self, bundle: Bundle, entry: HistoryEntry
    ) -> TimelineEntry | None:
        result = entry_remarks.result_of(entry)
        if result is None:
            return None
        title, remark = result
        cited = citations(bundle, entry.element_id)
        return TimelineEntry(
            entry.at,
            entry.kind,
            title,
            say("系统"),
            "",
            citations=cited,
            remark=remark,
        )

    def _event(
        self,
        bundle: Bundle,
        entry: HistoryEntry,
        options: dict[str, Any],
    ) -> TimelineEntry:
        element = bundle.definition.elements.get(entry.element_id or "")
        if element:
            name = element.name
        else:
            name = ""
        if name and entry.kind not in ("ended", "copied"):
            named = [name]
        else:
            named = []
        word = _WORDS[entry.kind]
        if name == word:
            named = []
        title = joined("：", [word, *named])
        if entry.kind == "ended" and name:
            title = name
        by_person = bool(entry.actor_id) and entry.kind != "copied"
        return TimelineEntry(
            entry.at,
            entry.kind,
            title,
            self._who(entry) if by_person else say("系统"),
            self._body(entry),
            self._facts(bundle, entry, options)
            if entry.kind == "resolved"
            else [],
            citations=citations(bundle, entry.element_id)
            if entry.kind in ("urged", "bulletin")
            else (),
            remark=entry_remarks.remark_of(bundle, self.names, entry),
            actor_id=entry.actor_id if by_person else None,
            step=_step_of(bundle, entry),
        )

    def _who(self, entry: HistoryEntry) -> str:
        who = self.names.people.get(entry.actor_id or 0, say("系统"))
        if entry.data.get("for"):
            return say(
                "{who}（代 {absent}）", who=who, absent=entry.data["for"]
            )
        return who

    def _body(self, entry: HistoryEntry) -> str:
        return self.names.bodies.get(entry.actor_body_id or "", "")

    def _masked(self, bundle: Bundle, entry: HistoryEntry) -> bool:
        form = bundle.forms.get(entry.data.get("form", ""))
        return form is not None and forms.holds_masked(
            form,
            entry.data.get("submitted", {}),
            self.names.sight.of_forms,
        )

    def _graded(self, bundle: Bundle, entry: HistoryEntry) -> bool:
        form = bundle.forms.get(entry.data.get("form", ""))
        return form is not None and forms.holds_graded(
            form, entry.data.get("submitted", {})
        )

    def _enclosed(self, entry: HistoryEntry) -> list[tuple[str, str]]:
        """The files that were given beside the form."""
        files = [
            self.names.files.get(file, file)
            for file in entry.data.get("files", ())
        ]
        if files:
            return [(say("附件"), joined("、", files))]
        return []

    def _facts(
        self,
        bundle: Bundle,
        entry: HistoryEntry,
        options: dict[str, Any],
    ) -> list[tuple[str, str]]:
        """What was filled in, as a person reads it.

        How choices from the registers read is recorded with the entry; only what the first versions did not
        record is looked up.
        """
        form = bundle.forms.get(entry.data.get("form", ""))
        if form is None:
            return []
        submitted = entry.data.get("submitted", {})
        recorded = entry.data.get("chosen", {})
        missing = forms.unlabelled(form, submitted, recorded)
        if missing - options.keys():
            setting = form_options.Setting(
                self.instance.territory_path, entry.actor_id or 0, entry.at
            )
            options |= form_options.of_sources(
                self.session, bundle, missing - options.keys(), setting
            )
        known = {
            source: options[source] for source in missing if source in options
        }
        labels = forms.with_recorded(known, recorded)
        return forms.summarise(
            form,
            submitted,
            labels,
            self.names.files,
            self.names.sight.of_forms,
        )
