"""The dossier of an instance on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.errors import AttachmentRefused, NotFound, StorageAway
from orchestrator.services.archives.whole_records import LookRecord
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import step_pictures
from orchestrator.services.instances.ballots import Ballot
from orchestrator.services.instances.case_view import CaseView
from orchestrator.services.instances.timeline_lines import TimelineEntry
from orchestrator.services.records import attachments, shown_pictures
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import Attachment
from web.printing.typesetting import typeset
from web.shown import moment, process_name, state_name

MOST_PHOTOGRAPHS = 40
"""Printed in one dossier; each is decoded for it."""


@dataclass(frozen=True, slots=True)
class Printing:
    """For whom and when a dossier is printed."""

    by: str
    at: datetime
    process_name: Callable[[str], str] = process_name
    """Process key → what the procedure is called."""
    looks: Sequence[LookRecord] | None = None
    """Who looked at the record; None where the print does not list them."""
    whole: bool = False
    """Whether no picture may be left out because the store is away; StorageAway then rises."""


def dossier(view: CaseView, broken: Any, printing: Printing) -> bytes:
    """PDF/A with cover, index, every step of the part, the attachments' checksums and that of the record.
    `broken`: what its verification found."""
    instance = view.instance
    signatures = _signatures(view, printing.whole)
    data: dict[str, Any] = {
        "title": instance.title,
        "number": instance.business_key,
        "process": printing.process_name(instance.process_key),
        "regulation": view.regulation,
        "printed_by": printing.by,
        "printed_at": moment(printing.at),
        "facts": [
            ["档案编号", instance.business_key],
            ["业务", view.process_name],
            ["发起人", view.started_by],
            ["发起时间", moment(instance.started_at)],
            ["状态", state_name(view.state)],
            ["办结时间", moment(instance.ended_at)],
            [
                "步骤",
                f"{len(view.steps)} 条记录，{len(view.attachments)} 件附件",
            ],
            *_part(view),
        ],
        "steps": [
            {
                "title": step.title,
                "at": moment(step.at),
                "facts": _facts(step, signatures),
                "signature": signatures.get(step.signature, ("",))[0],
            }
            for step in view.steps
        ],
        "related": [
            _related(view, other, printing.process_name)
            for other in view.related
        ],
        "ballots": [_ballot(ballot) for ballot in view.ballots],
        "looks": _looks(printing.looks),
        "files": [
            {
                "name": file.filename,
                "size": f"{file.size / 1024:.1f} KB",
                "sha256": file.sha256,
            }
            for file in view.attachments
        ],
        "proof": [
            ["记录条数", str(instance.history_seq)],
            ["记录校验值", instance.history_hash.hex()],
            ["核验结论", "记录校验异常" if broken else "记录完整，未被改动"],
        ],
    }
    given = step_pictures.of_part(
        reading(), instance.id, view.part, view.attachments
    )
    photographs = _photographs(given, printing.whole)
    data["photographs"] = [photograph[:2] for photograph in photographs]
    left = step_pictures.count_pictures(given) - len(photographs)
    data["left"] = max(left, 0)
    files = dict(signatures.values())
    files.update({name: content for name, _told, content in photographs})
    return typeset("dossier", data, files, printing.at)


def _photographs(
    files: Sequence[Attachment],
    whole: bool,
) -> list[tuple[str, str, bytes]]:
    """(name of a file beside the template, step and name, picture) of the photographs, downsized; one
    that cannot be read is left to the list of attachments. Raises PicturesBusy."""
    photographs: list[tuple[str, str, bytes]] = []
    for group in step_pictures.groups(reading(), files):
        for file in group.pictures:
            if len(photographs) == MOST_PHOTOGRAPHS:
                return photographs
            try:
                content = shown_pictures.picture(
                    file.sha256, file.filename, shown_pictures.PRINTED
                )
            except (AttachmentRefused, NotFound):
                continue
            except StorageAway:
                if whole:
                    raise
                # The next one would be waited for as long.
                return photographs
            sentence = (
                f"{group.step}　{moment(file.uploaded_at)}　{file.filename}"
            )
            photographs.append(
                (f"photograph-{len(photographs)}.jpg", sentence, content)
            )
    return photographs


def _signatures(view: CaseView, whole: bool) -> dict[str, tuple[str, bytes]]:
    """Attachment id → (name of a file beside the template, picture) of each signature under a step, where
    it can be read."""
    wanted = {step.signature for step in view.steps}
    signatures: dict[str, tuple[str, bytes]] = {}
    for number, file in enumerate(view.attachments):
        if file.id not in wanted:
            continue
        try:
            picture = attachments.read(file.sha256)
        except (AttachmentRefused, NotFound):
            continue
        except StorageAway:
            if whole:
                raise
            break
        signatures[file.id] = (f"signature-{number}.png", picture)
    return signatures


def _ballot(ballot: Ballot) -> dict[str, Any]:
    """A joint decision: how it was counted, and a row for each who answered."""
    return {
        "name": ballot.name,
        "result": "；".join(filter(None, (ballot.way, ballot.result))),
        "votes": [
            [
                "，".join(filter(None, (vote.who, vote.body))),
                f"{vote.answer}　{moment(vote.at)}",
            ]
            for vote in ballot.votes
        ],
    }


def _looks(looks: Sequence[LookRecord] | None) -> list[list[str]] | None:
    if looks is None:
        return None
    rows = []
    for look in looks:
        what = "查阅"
        if look.reason:
            what = f"查看个人信息：{look.reason}"
        rows.append([moment(look.at), f"{look.who}　{what}"])
    return rows


def _related(
    view: CaseView,
    other: ProcessInstance,
    name_of: Callable[[str], str],
) -> list[str]:
    """What was asked for about this instance, when, and how it came out."""
    state = state_name("merged" if other.about_id is None else other.state)
    outcome = "，".join(
        filter(None, (state, view.came_to.get(other.id, ""))),
    )
    name = f"{name_of(other.process_key)} {other.business_key}"
    return [name, f"{moment(other.started_at)} 发起，{outcome}"]


def _part(view: CaseView) -> list[list[str]]:
    """Which part of a long record this print is; nothing for a record printed whole."""
    part = view.part
    if part.count == 1:
        return []
    return [
        [
            "本册",
            f"第 {part.number} 部分，共 {part.count} 部分；记录第 {part.first}–{part.last} 条，共 "
            f"{part.total} 条",
        ],
    ]


def _facts(
    step: TimelineEntry, signatures: Mapping[str, Any]
) -> list[list[str]]:
    """Who, until when, what was decided or found, and on what ground."""
    who = "，".join(filter(None, (step.who, step.body)))
    facts = [["办理人", who]]
    if step.due is not None:
        facts.append(
            [
                "时限",
                f"{moment(step.due)}{'（逾期办理）' if step.late else ''}",
            ],
        )
    if step.remark:
        facts.append(["记载", step.remark])
    facts += [[label, value] for label, value in step.facts]
    if step.signature and step.signature not in signatures:
        facts.append(["签名", "签名的图片暂时读不出，没有印出"])
    if step.citations:
        facts.append(
            [
                "依据",
                "、".join(
                    citation.text + ("（草案）" if citation.draft else "")
                    for citation in step.citations
                ),
            ],
        )
    return facts
