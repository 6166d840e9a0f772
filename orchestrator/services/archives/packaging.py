"""Puts an archive package together: dossiers, attachments, histories, metadata, index, signature."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain import archive_metadata, archive_package
from orchestrator.domain.archive_metadata import (
    PackedAct,
    PackedActor,
    PackedFile,
    RecordFacts,
)
from orchestrator.domain.archive_package import PackedHistory
from orchestrator.errors import AttachmentRefused, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.archives import (
    retention,
    signing_keys,
    whole_records,
    zip_files,
)
from orchestrator.services.archives.whole_records import LookRecord
from orchestrator.services.installation.database import settings
from orchestrator.services.instances import case_view
from orchestrator.services.instances.case_view import CaseView
from orchestrator.services.records import attachments
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import Attachment

METADATA = "metadata.xml"
MOST_MB = 500
"""Of the attachments in one package."""
FOLDER = "packing-"
"""Beginning of the names of folders, in the data directory, in which packages are put together."""
PDF = "application/pdf"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class DossierRequest:
    """A part of a record that is to be printed."""

    view: CaseView
    at: datetime
    """The instant up to which the record goes; the print names no other."""
    names: Mapping[str, str]
    """Process key → what the procedure is called."""
    looks: Sequence[LookRecord]


Printer = Callable[[DossierRequest], bytes]
"""Prints a dossier as PDF/A."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One process instance of the package with its printed parts."""

    instance: ProcessInstance
    views: Sequence[CaseView]
    listed: Sequence[PackedFile]
    history: PackedHistory
    looks_until: str


@dataclass(slots=True)
class _Contents:
    """What goes into a package, by its path: made files wait in a folder, attachments in the store. One
    file's content is in memory at a time."""

    folder: Path
    going_on: Callable[[], None]
    """Called at each file."""
    sized: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Path → size in bytes and SHA-256."""
    made: dict[str, Path] = field(default_factory=dict)
    stored: dict[str, Callable[[], bytes]] = field(default_factory=dict)

    def add(self, path: str, content: bytes) -> tuple[int, str]:
        """Keeps a made file; its size and SHA-256."""
        self.going_on()
        file = self.folder / f"{len(self.made):05d}"
        file.write_bytes(content)
        self.made[path] = file
        self.sized[path] = archive_package.sized(content)
        return self.sized[path]

    def add_stored(
        self,
        path: str,
        size: tuple[int, str],
        content_of: Callable[[], bytes],
    ) -> None:
        """Notes a file that is read when it is packed."""
        self.sized[path] = size
        self.stored[path] = content_of

    def of(self, path: str) -> bytes:
        """The content of one file."""
        self.going_on()
        if path in self.made:
            return self.made[path].read_bytes()
        return self.stored[path]()


def _alone() -> None:
    """Nobody else would begin the same package."""


def package(
    session: Session,
    instance_id: str,
    printer: Printer,
    target: BinaryIO,
    now: datetime,
    going_on: Callable[[], None] = _alone,
) -> None:
    """Writes the package of an ended instance with all that is about it into `target`, as a ZIP file.
    `going_on` is called at each file. `now`: by the profile in force then it says how long it is kept.

    The same record with the same looks and the same term gives the same bytes. Raises NotFound; RuleViolated
    while something of it is running, where a history does not hold, or where it is too large.
    """
    instances = whole_records.together(session, instance_id)
    _require_room(session, instances)
    with tempfile.TemporaryDirectory(
        prefix=FOLDER, dir=settings().var_dir
    ) as folder:
        contents = _Contents(Path(folder), going_on)
        parts = []
        for number, instance in enumerate(instances):
            below = ""
            if number:
                below = f"related/{number:02d}/"
            parts.append(_part(session, instance, below, printer, contents))
        first = parts[0]
        facts = _facts(session, parts, now)
        contents.add(METADATA, archive_metadata.as_xml(facts))
        signed = archive_package.signed(
            {
                "number": first.instance.business_key,
                "title": first.instance.title,
                "until": facts.ended_at.isoformat(timespec="seconds"),
                "looks_until": first.looks_until,
            },
            contents.sized,
            [part.history for part in parts],
            signing_keys.signing_key(),
        )
        for path, content in signed.items():
            contents.add(path, content)
        zip_files.write(target, contents.sized, contents.of)


def _require_room(
    session: Session, instances: Sequence[ProcessInstance]
) -> None:
    size = 0
    for instance in instances:
        files = case_view.attachments_of(session, instance.id)
        size += sum(file.size for file in files)
    if size > MOST_MB * 1024 * 1024:
        raise RuleViolated(
            [
                say(
                    "附件共 {size} MB，超过一个归档包的上限 {most} MB，请与管理员商量分开移交附件",
                    size=size // 1024 // 1024,
                    most=MOST_MB,
                )
            ]
        )


def _part(
    session: Session,
    instance: ProcessInstance,
    folder: str,
    printer: Printer,
    contents: _Contents,
) -> _Part:
    at = whole_records.upto(instance, session)
    names = bundles.process_names(session, instance.tenant_id)
    looks = whole_records.looks(session, instance)
    listed: list[PackedFile] = []
    views: list[CaseView] = []
    number = 1
    while not views or number <= views[0].part.count:
        view = whole_records.part(session, instance, number, at)
        path = f"{folder}dossier-{number:02d}.pdf"
        size = contents.add(
            path, printer(DossierRequest(view, at, names, looks))
        )
        title = f"{instance.title} 电子档案"
        listed.append(PackedFile(path, title, not folder, PDF, *size))
        views.append(view)
        number += 1
    for number, file in enumerate(views[0].attachments, 1):
        path = f"{folder}attachments/{number:03d}-{safe_name(file.filename)}"
        size = (file.size, file.sha256)
        contents.add_stored(path, size, partial(_read, instance, file))
        listed.append(
            PackedFile(path, file.filename, False, file.content_type, *size)
        )
    entries, hashes = whole_records.entries(session, instance)
    path = f"{folder}history.jsonl"
    contents.add(path, archive_package.history_lines(entries, hashes))
    history = PackedHistory(
        path,
        instance.id,
        instance.business_key,
        len(entries),
        instance.history_hash.hex(),
    )
    until = whole_records.looks_until(looks)
    return _Part(instance, views, listed, history, until)


def _read(instance: ProcessInstance, file: Attachment) -> bytes:
    """Raises RuleViolated where the file is lost or changed; StorageAway."""
    try:
        return attachments.read(file.sha256)
    except (NotFound, AttachmentRefused):
        raise RuleViolated(
            [
                say(
                    "{number} 的附件“{name}”缺失或者与上传时不符，请先从备份恢复",
                    number=instance.business_key,
                    name=file.filename,
                )
            ]
        ) from None


def safe_name(name: str) -> str:
    """The name as every system takes it for a file's."""
    return _UNSAFE.sub("_", name)[-80:].strip(". ") or "file"


def _facts(
    session: Session, parts: Sequence[_Part], now: datetime
) -> RecordFacts:
    instance = parts[0].instance
    view = parts[0].views[0]
    profile = bundles.bundle_of(session, instance.definition_id).jurisdiction
    kept = retention.term_of(session, instance, now)
    zone = ZoneInfo(profile.timezone)
    ended = whole_records.upto(instance, session).astimezone(zone)
    originator = ""
    if instance.started_by_body:
        body = session.get(Body, instance.started_by_body)
        originator = body.name if body else ""
    return RecordFacts(
        number=instance.business_key,
        title=instance.title,
        originator=originator or profile.name,
        responsible=view.started_by,
        system="网格流程",
        year=ended.year,
        retention=kept.kept_as.name if kept else "",
        category=view.process_name,
        began_at=instance.started_at.astimezone(zone),
        ended_at=ended,
        control=_control(instance),
        files=[file for part in parts for file in part.listed],
        acts=list(_acts(parts, zone)),
        actors=_actors(session, [part.instance for part in parts]),
        related=[part.instance.business_key for part in parts[1:]],
    )


def _control(instance: ProcessInstance) -> str:
    if instance.restricted:
        return "限知悉"
    return ""


def _acts(parts: Sequence[_Part], zone: ZoneInfo) -> Iterator[PackedAct]:
    for part in parts:
        for shown in part.views:
            for step in shown.steps:
                described = [
                    f"{label}：{value}" for label, value in step.facts
                ]
                actor = ""
                if step.actor_id is not None:
                    actor = f"P{step.actor_id}"
                if step.remark:
                    described.append(step.remark)
                yield PackedAct(
                    actor,
                    f"{part.instance.business_key} {step.title}",
                    step.at.astimezone(zone),
                    "、".join(citation.text for citation in step.citations),
                    "；".join(described),
                )


def _actors(
    session: Session, instances: Sequence[ProcessInstance]
) -> list[PackedActor]:
    """The people and bodies that the histories name by their ids."""
    people, bodies = whole_records.actors(session, instances)
    packed_actors = [
        PackedActor(f"P{person_id}", "个人", name)
        for person_id, name in sorted(people.items())
    ]
    return packed_actors + [
        PackedActor(body_id, "机构", name)
        for body_id, name in sorted(bodies.items())
    ]
