"""Opening, saving, restoring and discarding a draft; nobody overwrites another in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.designing.draft_history import enter, record
from orchestrator.services.records.ids import new_id
from orchestrator.services.simulation import scenario_files
from orchestrator.store.definitions import (
    ProcessDefinition,
    newest_deployment,
    version_in_force,
)
from orchestrator.store.drafts import (
    Draft,
    DraftPresence,
    DraftRevision,
    others_here,
    separate,
    take_back_proposal,
)
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

_NAME = re.compile(r"(shared/)?[a-z][a-z0-9_]{0,59}\.(bpmn|dmn|form)")
LARGEST = 3_000_000
"""Characters of a file."""
MOST_FILES = 40
"""Files of a draft: its diagram, forms, tables and scenarios."""
LARGEST_DRAFT = 6_000_000
"""Characters of all its files together."""
SOON = timedelta(minutes=5)
"""Saves of one author within this time make one entry of the history."""
AWAY = timedelta(seconds=20)
"""A designer whose page has sent nothing for so long has closed the page."""
FIRST_REVISION = 1
"""The revision of a draft that was just begun."""


def is_file(name: str) -> bool:
    """Whether a draft may hold a file of that name."""
    return _NAME.fullmatch(name) is not None


def open_draft(
    tenant_id: str,
    process_key: str,
    by: int,
    now: datetime,
) -> str:
    """Id of the procedure's open draft; a new one from the newest version where there is none. Raises
    NotFound."""
    with transaction() as session:
        definition_id = version_in_force(session, tenant_id, process_key, None)
        if definition_id is None:
            raise NotFound(process_key)
        definition = session.get_one(
            ProcessDefinition, definition_id, with_for_update=True
        )
        text = session.scalar(
            sa.select(Draft.id).where(
                Draft.tenant_id == tenant_id,
                Draft.process_key == process_key,
                Draft.state == "open",
            )
        )
        if text is not None:
            return text
        content = {
            definition.resource_name: bundles.diagram(
                session, definition_id
            ).decode()
        }
        named = (process_key, definition.name)
        sentence = say("从现行版本开始")
        return start_history(
            session,
            tenant_id,
            named,
            content,
            (by, now, sentence),
            definition_id,
        )


def start_history(
    session: Session,
    tenant_id: str,
    named: tuple[str, str],
    content: dict[str, str],
    begun: tuple[int, datetime, str],
    base: str | None = None,
) -> str:
    """Adds an open draft with its first saved state; returns its id.

    `named`: process key and name. `begun`: by whom, when, and what the history says of it. `base`: id of the
    version that it begins from. The jurisdiction must have a deployment.
    """
    newest = newest_deployment(session, tenant_id)
    if newest is None:
        raise NotFound(tenant_id)
    by, now, sentence = begun
    row = Draft(
        id=new_id(now),
        tenant_id=tenant_id,
        process_key=named[0],
        name=named[1],
        base_definition_id=base,
        base_deployment_id=newest.id,
        content=content,
        revision=FIRST_REVISION,
        state="open",
        created_at=now,
        updated_at=now,
        updated_by=by,
    )
    session.add(row)
    session.flush()
    session.add(
        DraftRevision(
            draft_id=row.id,
            number=FIRST_REVISION,
            at=now,
            author_id=by,
            comment=sentence,
            content=content,
        )
    )
    return row.id


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft: its diagram, a form, a decision table."""

    name: str
    text: str


def save(
    draft_id: str,
    file: DraftFile,
    revision: int,
    by: int,
    now: datetime,
    comment: str = "",
) -> int:
    """Keeps the file in the draft; returns the new revision.

    Raises NotFound, RuleViolated for a text that cannot be such a file or a draft of too many,
    InstanceChanged (who saved, and when) for a stale revision.
    """
    name = file.name
    text = file.text
    require_file(name, text)
    with transaction() as session:
        row = _locked(session, draft_id)
        if (
            row.revision != revision
            and row.updated_by == by
            and row.content.get(name) == text
        ):
            # His own save, whose answer was lost on the way.
            return row.revision
        _require(session, row, revision)
        if name.endswith(".bpmn") and name not in row.content:
            raise RuleViolated([say("一份草稿只有一张流程图")])
        _keep(
            session,
            row,
            {**row.content, name: text},
            by,
            now,
            comment,
        )
        return row.revision


def require_file(name: str, text: str) -> None:
    """Raises RuleViolated for a name or a text that no file of a draft can have."""
    if not is_file(name):
        raise RuleViolated(
            [
                say(
                    "文件名只能用小写字母、数字和下划线，以 .bpmn、.dmn 或 .form 结尾"
                )
            ]
        )
    if (
        len(text) > LARGEST
        or ("{" if name.endswith(".form") else "<") not in text
    ):
        raise RuleViolated([say("内容为空或过大，没有保存，请检查后再试")])


def give_up(draft_id: str, name: str, by: int, now: datetime) -> None:
    """The draft no longer changes that form or table: what is deployed counts again. Raises NotFound,
    RuleViolated for its diagram."""
    with transaction() as session:
        row = _locked(session, draft_id)
        if name not in row.content:
            raise NotFound(name)
        if name.endswith(".bpmn"):
            raise RuleViolated(
                [say("流程图不能放弃，不要这份草稿的话请作废它")]
            )
        kept = {
            value: text for value, text in row.content.items() if value != name
        }
        _keep(
            session,
            row,
            kept,
            by,
            now,
            say("放弃对 {name} 的改动", name=name),
        )


def restore(draft_id: str, number: int, by: int, now: datetime) -> int:
    """Makes an earlier saved state the present one, as a new entry of the history; none where it is that
    already. Raises NotFound."""
    with transaction() as session:
        row = _locked(session, draft_id)
        earlier = session.get(DraftRevision, (draft_id, number))
        if earlier is None:
            raise NotFound(draft_id)
        if row.content == earlier.content:
            return row.revision
        _keep(
            session,
            row,
            dict(earlier.content),
            by,
            now,
            say("恢复到第 {number} 次保存", number=number),
        )
        return row.revision


def keep_scenarios(
    draft_id: str,
    text: str,
    revision: int,
    by: int,
    now: datetime,
    comment: str = say("改动情景"),
) -> None:
    """Makes this text the procedure's scenario file in the draft.

    Raises RuleViolated with every wrong line, InstanceChanged when the draft is another than the one that was
    read; nothing is kept then.
    """
    with transaction(writing=False) as session:
        row = _open(session, draft_id)
        _require(session, row, revision)
        process_key = row.process_key
    scenario_files.parse(text, say("情景"), process_key)
    name = f"scenarios/{process_key}.yaml"
    keep_file(
        draft_id,
        (name, text),
        revision,
        by,
        now,
        comment,
    )


def keep_file(
    draft_id: str,
    file: tuple[str, str],
    revision: int,
    by: int,
    now: datetime,
    comment: str,
) -> int:
    """Makes `file` (name, text) one of the draft's, as `keep_files` does."""
    return keep_files(
        draft_id,
        dict([file]),
        revision,
        by,
        now,
        comment,
    )


def keep_files(
    draft_id: str,
    texts: Mapping[str, str],
    revision: int,
    by: int,
    now: datetime,
    comment: str,
) -> int:
    """Makes these the draft's files of their names, whatever they are; returns the new revision. The caller
    has read the texts. Raises NotFound, InstanceChanged, RuleViolated for too many."""
    with transaction() as session:
        row = _locked(session, draft_id)
        _require(session, row, revision)
        _keep(
            session,
            row,
            {**row.content, **texts},
            by,
            now,
            comment,
        )
        return row.revision


def discard(draft_id: str, by: int, now: datetime) -> None:
    """Ends the draft unpublished; its history stays."""
    with transaction() as session:
        row = _locked(session, draft_id)
        record(
            session,
            row,
            by,
            now,
            say("作废"),
        )
        row.state = "discarded"
        take_back_proposal(session, row)
        if row.of_regulation:
            separate(session, row)


def here(draft_id: str, by: int, now: datetime) -> tuple[list[str], int]:
    """Notes that the person has it open; names of the others who have, and the present revision."""
    with transaction() as session:
        row = session.get(Draft, draft_id)
        if row is None:
            raise NotFound(draft_id)
        session.merge(
            DraftPresence(draft_id=draft_id, person_id=by, seen_at=now)
        )
        session.flush()
        return others_here(session, draft_id, by, now - AWAY), row.revision


def _locked(session: Session, draft_id: str) -> Draft:
    return _open(session, draft_id, locked=True)


def _open(session: Session, draft_id: str, locked: bool = False) -> Draft:
    row = session.get(Draft, draft_id, with_for_update=locked)
    if row is None:
        raise NotFound(draft_id)
    if row.state != "open":
        raise InstanceChanged(
            say("这份草稿已经发布或作废，请从流程列表重新打开")
        )
    return row


def _require(session: Session, row: Draft, revision: int) -> None:
    if row.revision != revision:
        name = session.scalar(
            sa.select(Person.display_name).where(Person.id == row.updated_by)
        )
        raise InstanceChanged(
            say(
                "{name}刚刚保存了这份草稿，您的改动没有覆盖他的。请重新载入后再改，您的改动留在本机",
                name=name,
            )
        )


def _require_room(
    before: Mapping[str, str], content: Mapping[str, str]
) -> None:
    """Raises RuleViolated for too many files or characters; what makes a draft smaller is always kept."""
    if len(content) > max(MOST_FILES, len(before)):
        raise RuleViolated(
            [
                say(
                    "一份草稿最多 {most} 个文件，没有保存。请先放弃不用的文件，再保存这个",
                    most=MOST_FILES,
                )
            ]
        )
    if _length(content) > max(LARGEST_DRAFT, _length(before)):
        most = LARGEST_DRAFT // 10_000
        raise RuleViolated(
            [
                say(
                    "草稿的文件合计超过 {most} 万字，没有保存。请删减内容，或放弃不用的文件",
                    most=most,
                )
            ]
        )


def _length(content: Mapping[str, str]) -> int:
    return sum(len(text) for text in content.values())


def _keep(
    session: Session,
    row: Draft,
    content: dict[str, str],
    by: int,
    now: datetime,
    comment: str,
) -> None:
    _require_room(row.content, content)
    latest = session.scalars(
        sa.select(DraftRevision)
        .where(DraftRevision.draft_id == row.id)
        .order_by(DraftRevision.number.desc())
        .limit(1)
    ).one()
    if (
        not comment
        and latest.author_id == by
        and not latest.comment
        and now - latest.at < SOON
    ):
        latest.content = content
    else:
        enter(
            session,
            row,
            content,
            by,
            now,
            comment,
        )
    row.content = content
    row.revision = row.revision + 1
    row.updated_at = now
    row.updated_by = by
    take_back_proposal(session, row)
