"""Drafts of processes that have no version of their own: a new procedure, and a process that others call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import bpmn_import, engine
from orchestrator.engine.model import Process
from orchestrator.errors import KeyTaken, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import deployments
from orchestrator.services.designing.drafts import start_history
from orchestrator.services.designing.first_diagram import first_diagram
from orchestrator.store.definitions import Deployment, files, newest_deployment
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction

LONGEST_NAME = 60
"""Characters of a procedure's name."""
_KEY = re.compile(r"[a-z][a-z0-9_]{1,58}")
_UNWRITABLE = re.compile(
    "[^\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]",
)
"""Characters that XML has no place for."""


@dataclass(frozen=True, slots=True)
class CalledProcess:
    """A process that no body starts: others call it, or may."""

    key: str
    name: str
    callers: tuple[str, ...]
    """Names of the procedures that call it."""


def called_processes(session: Session, tenant_id: str) -> list[CalledProcess]:
    """The processes of the newest deployment that are no procedures of their own, by key."""
    resources = _deployed(session, tenant_id)
    startable = {
        key: engine.load_definition(resources, key)
        for key in deployments.process_keys(resources)
    }
    processes = [
        process
        for process in _processes(resources).values()
        if process.id not in startable
    ]
    return [
        CalledProcess(
            value.id,
            value.name or value.id,
            _callers(value.id, startable),
        )
        for value in sorted(processes, key=lambda process: process.id)
    ]


def begin(
    tenant_id: str,
    key: str,
    name: str,
    copied: str,
    by: int,
    now: datetime,
) -> str:
    """Id of a draft of a new procedure, which begins with three steps or as a copy of the process `copied`.

    Raises KeyTaken, RuleViolated for a key or a name that cannot be used, NotFound for an unknown process to
    copy.
    """
    wrong = _wrong_name(key, name)
    if wrong:
        raise RuleViolated(wrong)
    with transaction() as session:
        _one_at_a_time(session, tenant_id)
        resources = _deployed(session, tenant_id)
        taken = key in _processes(resources) or f"{key}.bpmn" in resources
        if taken or _draft_of(session, tenant_id, key) is not None:
            raise KeyTaken(key)
        text = first_diagram(key, name)
        if copied:
            diagram = _diagram(resources, copied)[1]
            if f'id="{key}"'.encode() in diagram:
                raise KeyTaken(key)
            text = bpmn_import.renamed(diagram, copied, key, name)
        if copied:
            sentence = say("从“{copied}”复制", copied=copied)
        else:
            sentence = say("新建流程")
        return start_history(
            session,
            tenant_id,
            (key, name),
            {f"{key}.bpmn": text},
            (by, now, sentence),
        )


def open_called(tenant_id: str, key: str, by: int, now: datetime) -> str:
    """Id of the open draft of a process that others call; a new one as it was last deployed where there is
    none. Raises NotFound."""
    with transaction() as session:
        _one_at_a_time(session, tenant_id)
        text = _draft_of(session, tenant_id, key)
        if text is not None:
            return text
        resources = _deployed(session, tenant_id)
        resource, diagram = _diagram(resources, key)
        name = _processes(resources)[key].name or key
        sentence = say("从现行版本开始")
        content = {resource: diagram.decode()}
        return start_history(
            session,
            tenant_id,
            (key, name),
            content,
            (by, now, sentence),
        )


def _wrong_name(key: str, name: str) -> list[str]:
    wrong = []
    if not _KEY.fullmatch(key):
        wrong.append(
            say(
                "编号只能用小写字母、数字和下划线，以字母开头，如 legal_review",
            ),
        )
    if not name or len(name) > LONGEST_NAME or _UNWRITABLE.search(name):
        wrong.append(
            say("请写流程的名称，不超过 {most} 个字", most=LONGEST_NAME),
        )
    return wrong


def _deployed(session: Session, tenant_id: str) -> Mapping[str, bytes]:
    newest = newest_deployment(session, tenant_id)
    if newest is None:
        raise NotFound(tenant_id)
    return files(session, newest.id)


def _one_at_a_time(session: Session, tenant_id: str) -> None:
    """Two who begin the same draft at the same time get one."""
    newest = newest_deployment(session, tenant_id)
    if newest is not None:
        session.get_one(Deployment, newest.id, with_for_update=True)


def _processes(resources: Mapping[str, bytes]) -> dict[str, Process]:
    return {
        key: process
        for key, process in engine.processes(resources).items()
        if process.executable
    }


def _callers(
    key: str,
    startable: Mapping[str, engine.Definition],
) -> tuple[str, ...]:
    callers = {
        definition.name or definition.key
        for definition in startable.values()
        if key in definition.processes
    }
    return tuple(sorted(callers))


def _diagram(resources: Mapping[str, bytes], key: str) -> tuple[str, bytes]:
    """Name and content of the file that has the process. Raises NotFound."""
    process = _processes(resources).get(key)
    if process is None:
        raise NotFound(key)
    return process.resource, resources[process.resource]


def _draft_of(session: Session, tenant_id: str, key: str) -> str | None:
    return session.scalar(
        sa.select(Draft.id).where(
            Draft.tenant_id == tenant_id,
            Draft.process_key == key,
            Draft.state == "open",
        ),
    )
