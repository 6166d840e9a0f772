"""The dossier of a matter on paper."""

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
from orchestrator.services.instances.timeline import TimelineEntry
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


def dossier(matter: CaseView, broken: Any, printing: Printing) -> bytes:
    """PDF/A with cover, index, every step of the part, the attachments' checksums and that of the record.
    `broken`: what its verification found."""
    instance = matter.instance
    signatures = _signatures(matter)
    data: dict[str, Any] = {
        "title": instance.title,
        "number": instance.business_key,
        "process": printing.process_name(instance.process_key),
        "regulation": matter.regulation,
        "printed_by": printing.by,
        "printed_at": moment(printing.at),
        "facts": [
            ["档案编号", instance.business_key],
            ["业务", matter.process_name],
            ["发起人", matter.started_by],
            ["发起时间", moment(instance.started_at)],
            ["状态", state_name(matter.state)],
            ["办结时间", moment(instance.ended_at)],
            [
                "步骤",
                f"{len(matter.steps)} 条记录，{len(matter.attachments)} 件附件",
            ],
            *_part(matter),
        ],
        "steps": [
            {
                "title": step.title,
                "at": moment(step.at),
                "facts": _facts(step, signatures),
                "signature": signatures.get(step.signature, ("",))[0],
            }
            for step in matter.steps
        ],
        "related": [
            _related(matter, other, printing.process_name)
            for other in matter.related
        ],
        "ballots": [_ballot(ballot) for ballot in matter.ballots],
        "looks": _looks(printing.looks),
        "files": [
            {
                "name": file.filename,
                "size": f"{file.size / 1024:.1f} KB",
                "sha256": file.sha256,
            }
            for file in matter.attachments
        ],
        "proof": [
            ["记录条数", str(instance.history_seq)],
            ["记录校验值", instance.history_hash.hex()],
            ["核验结论", "记录校验异常" if broken else "记录完整，未被改动"],
        ],
    }
    given = step_pictures.of_part(
        reading(), instance.id, matter.part, matter.attachments
    )
    photographs = _photographs(given)
    data["photographs"] = [each[:2] for each in photographs]
    left = step_pictures.count_pictures(given) - len(photographs)
    data["left"] = max(left, 0)
    files = dict(signatures.values())
    files.update({name: content for name, _told, content in photographs})
    return typeset("dossier", data, files, printing.at)


def _photographs(
    files: Sequence[Attachment],
) -> list[tuple[str, str, bytes]]:
    """(name of a file beside the template, step and name, picture) of the photographs, downsized; one
    that cannot be read is left to the list of attachments. Raises PicturesBusy."""
    found: list[tuple[str, str, bytes]] = []
    for group in step_pictures.groups(reading(), files):
        for file in group.pictures:
            if len(found) == MOST_PHOTOGRAPHS:
                return found
            try:
                content = shown_pictures.picture(
                    file.sha256, file.filename, shown_pictures.PRINTED
                )
            except (AttachmentRefused, NotFound):
                continue
            except StorageAway:
                # The next one would be waited for as long.
                return found
            told = f"{group.step}　{moment(file.uploaded_at)}　{file.filename}"
            found.append((f"photograph-{len(found)}.jpg", told, content))
    return found


def _signatures(matter: CaseView) -> dict[str, tuple[str, bytes]]:
    """Attachment id → (name of a file beside the template, picture) of each signature under a step, where
    it can be read."""
    wanted = {step.signature for step in matter.steps}
    found: dict[str, tuple[str, bytes]] = {}
    for number, file in enumerate(matter.attachments):
        if file.id not in wanted:
            continue
        try:
            picture = attachments.read(file.sha256)
        except (AttachmentRefused, NotFound):
            continue
        except StorageAway:
            break
        found[file.id] = (f"signature-{number}.png", picture)
    return found


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
    matter: CaseView,
    other: ProcessInstance,
    name_of: Callable[[str], str],
) -> list[str]:
    """What was asked for about this matter, when, and how it came out."""
    state = state_name("merged" if other.about_id is None else other.state)
    outcome = "，".join(
        filter(None, (state, matter.came_to.get(other.id, ""))),
    )
    name = f"{name_of(other.process_key)} {other.business_key}"
    return [name, f"{moment(other.started_at)} 发起，{outcome}"]


def _part(matter: CaseView) -> list[list[str]]:
    """Which part of a long record this print is; nothing for a record printed whole."""
    part = matter.part
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
    found = [["办理人", who]]
    if step.due is not None:
        found.append(
            [
                "时限",
                f"{moment(step.due)}{'（逾期办理）' if step.late else ''}",
            ],
        )
    if step.remark:
        found.append(["记载", step.remark])
    found += [[label, value] for label, value in step.facts]
    if step.signature and step.signature not in signatures:
        found.append(["签名", "签名的图片暂时读不出，没有印出"])
    if step.citations:
        found.append(
            [
                "依据",
                "、".join(
                    each.text + ("（草案）" if each.draft else "")
                    for each in step.citations
                ),
            ],
        )
    return found
