"""Checking a whole jurisdiction's history and files: in stretches, by the clock, never while a page waits.

A chain alone proves nothing against who has the database: he counts the hashes anew. So every check that ends
notes the heads of all histories in a file outside of it, sealed with the secret key, and the next check
compares: a history that was rewritten, cut or deleted since is told. What was changed before the first check,
or by who has the file and the key as well, is not: `head_exports` signs heads with a key kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services.installation.database import settings
from orchestrator.services.records import (
    history,
    missing_numbers,
    stored_files,
)
from orchestrator.store.definitions import Deployment
from orchestrator.store.history_checks import HistoryCheck
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment

STRETCH = 200
"""Instances of one read transaction, and of one turn of the clock."""
TOLD = 50
"""Findings that are kept."""
EVERY = timedelta(days=1)
"""The clock begins a check by itself this long after the last one that ended."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Heads noted outside of the database, by an earlier check or an export."""

    at: datetime
    heads: dict[str, tuple[str, int, str]]
    """Instance's id → its number, its last entry and that entry's hash."""


class _Unsealed(Exception):
    """The file of heads is not as it was written."""


def ask(tenant_id: str, now: datetime) -> None:
    """Begins a check; one that runs goes on."""
    with transaction() as session:
        row = session.get(HistoryCheck, tenant_id, with_for_update=True)
        if row is not None and row.finished_at is None:
            return
        if row is not None:
            session.delete(row)
            session.flush()
        session.add(HistoryCheck(tenant_id=tenant_id, asked_at=now))


def last(session: Session, tenant_id: str) -> HistoryCheck | None:
    """The check that runs, or the last one."""
    return session.get(HistoryCheck, tenant_id)


def go_on(now: datetime) -> bool:
    """What the clock does: the next stretch of a check that runs; False when there is none. Each day it
    begins one for every jurisdiction."""
    with transaction(writing=False) as session:
        known = {
            row.tenant_id: row
            for row in session.scalars(sa.select(HistoryCheck))
        }
        # Each that was ever loaded: a city that came later has no row of a check yet.
        tenants = sorted(
            {
                *known,
                *session.scalars(sa.select(Deployment.tenant_id).distinct()),
            },
        )
    running = sorted(
        key for key, row in known.items() if row.finished_at is None
    )
    if running:
        _stretch(known[running[0]], now)
        return True
    for tenant_id in tenants:
        row = known.get(tenant_id)
        if row is None or (
            row.finished_at is not None and now - row.finished_at >= EVERY
        ):
            ask(tenant_id, now)
    return False


def _stretch(row: HistoryCheck, now: datetime) -> None:
    findings: list[str] = []
    entries = given = 0
    noted: list[tuple[str, str, int, str]] = []
    with transaction(writing=False) as session:
        heads = session.execute(_heads(row).limit(STRETCH)).all()
        for head in heads:
            broken = history.broken_link(
                session,
                head.id,
                head.history_seq,
                head.history_hash,
            )
            entries += head.history_seq
            noted.append(
                (
                    head.id,
                    head.business_key,
                    head.history_seq,
                    head.history_hash.hex(),
                ),
            )
            if broken is not None:
                findings.append(
                    say(
                        "{business_key} 第 {seq} 条：{reason}",
                        business_key=head.business_key,
                        seq=broken.seq,
                        reason=broken.reason,
                    ),
                )
        listed = session.execute(
            sa.select(
                Attachment.id,
                Attachment.sha256,
                Attachment.instance_id,
            ).where(Attachment.instance_id.in_([head.id for head in heads])),
        ).all()
    numbers = {head.id: head.business_key for head in heads}
    for file in listed:
        given += 1
        content = stored_files.read(file.sha256)
        if content is None:
            findings.append(
                say(
                    "{numbers} 的附件 {id}：文件缺失",
                    numbers=numbers[file.instance_id],
                    id=file.id,
                ),
            )
        elif hashlib.sha256(content).hexdigest() != file.sha256:
            findings.append(
                say(
                    "{numbers} 的附件 {id}：内容与上传时不符",
                    numbers=numbers[file.instance_id],
                    id=file.id,
                ),
            )
    _note(row.tenant_id, noted, begun=not row.after_id)
    done = {"matters": len(heads), "entries": entries, "files": given}
    if len(heads) < STRETCH:
        compared_with, more = _compare(row.tenant_id)
        with transaction(writing=False) as session:
            missing = missing_numbers.find(session, row.tenant_id)
            more += map(missing_numbers.sentence, missing)
        _keep(
            row,
            heads[-1].id if heads else row.after_id,
            done,
            [*findings, *more],
            now,
            compared_with,
        )
        if not (row.broken or findings or more):
            # Heads that do not agree are never taken for right by the next check.
            _seal(row.tenant_id, now)
    else:
        _keep(row, heads[-1].id, done, findings)


def _heads(row: HistoryCheck) -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        ProcessInstance.id,
        ProcessInstance.business_key,
        ProcessInstance.history_seq,
        ProcessInstance.history_hash,
    )
    mine = (
        ProcessInstance.tenant_id == row.tenant_id,
        ProcessInstance.id > row.after_id,
    )
    return sa.select(*columns).where(*mine).order_by(ProcessInstance.id)


def _keep(
    row: HistoryCheck,
    after_id: str,
    done: dict[str, int],
    findings: list[str],
    finished_at: datetime | None = None,
    compared_with: datetime | None = None,
) -> None:
    """Adds what the stretch did, unless another clock was quicker."""
    counted = {
        name: getattr(row, name) + count for name, count in done.items()
    }
    mine = (
        HistoryCheck.tenant_id == row.tenant_id,
        HistoryCheck.asked_at == row.asked_at,
        HistoryCheck.after_id == row.after_id,
    )
    with transaction() as session:
        session.execute(
            sa.update(HistoryCheck)
            .where(*mine)
            .values(
                after_id=after_id,
                broken=row.broken + len(findings),
                findings=[*row.findings, *findings][:TOLD],
                finished_at=finished_at,
                compared_with=compared_with,
                **counted,
            ),
        )


# ---- heads kept
# outside


def _compare(tenant_id: str) -> tuple[datetime | None, list[str]]:
    """When the heads of the last check were noted, and what does not agree with them."""
    try:
        anchor = _anchor(tenant_id)
    except _Unsealed:
        return None, [
            say(
                "上次校验留存的记录文件被改动，或者密钥已更换，无法对照；确已更换密钥的，"
                "请删除数据目录的 history-heads 后重新校验",
            ),
        ]
    if anchor is None:
        return None, []
    return anchor.at, list(departures(anchor, say("上次校验之后")))


def departures(anchor: Anchor, since: str) -> Iterator[str]:
    """What no longer agrees with the heads: a sentence for each history that was deleted, cut, swapped or
    rewritten up to its head. `since`: the words for when they were noted."""
    ids = sorted(anchor.heads)
    for start in range(0, len(ids), STRETCH):
        some = ids[start : start + STRETCH]
        at_head = sa.tuple_(HistoryEntry.instance_id, HistoryEntry.seq).in_(
            [(value, anchor.heads[value][1]) for value in some],
        )
        with transaction(writing=False) as session:
            numbers = sa.select(
                ProcessInstance.id,
                ProcessInstance.business_key,
            )
            there = dict(
                session.execute(
                    numbers.where(ProcessInstance.id.in_(some)),
                ).all(),
            )
            hashes = {
                row.instance_id: row.hash.hex()
                for row in session.execute(_HASHES.where(at_head))
            }
        for value in some:
            yield from _departure(
                anchor.heads[value],
                there.get(value),
                hashes.get(value),
                since,
            )


def _departure(
    head: tuple[str, int, str],
    number_now: str | None,
    digest_now: str | None,
    since: str,
) -> Iterator[str]:
    number, seq, digest = head
    if number_now is None:
        yield say("{number}：{since}整件被删除", number=number, since=since)
    elif seq and digest_now is None:
        yield say(
            "{number} 第 {seq} 条：{since}被删除",
            number=number,
            seq=seq,
            since=since,
        )
    elif seq and digest_now != digest:
        yield say(
            "{number}：第 {seq} 条以前的记录在{since}被改写",
            number=number,
            seq=seq,
            since=since,
        )
    elif number_now != number:
        yield say(
            "{number}：编号在{since}被改成 {number_now}",
            number=number,
            since=since,
            number_now=number_now,
        )


_HASHES = sa.select(HistoryEntry.instance_id, HistoryEntry.hash)


def _anchor(tenant_id: str) -> Anchor | None:
    """The heads that the last check noted; None before the first. Raises _Unsealed."""
    try:
        content, _newline, seal = (
            _file(tenant_id).read_bytes().rstrip(b"\n").rpartition(b"\n")
        )
    except FileNotFoundError:
        return None
    if not hmac.compare_digest(
        seal.decode("ascii", "replace"),
        _signed(content),
    ):
        raise _Unsealed
    *lines, at = content.decode().split("\n")
    heads = {
        value: (number, seq, digest)
        for value, number, seq, digest in map(json.loads, lines)
    }
    return Anchor(datetime.fromisoformat(at), heads)


def _note(
    tenant_id: str,
    heads: list[tuple[str, str, int, str]],
    begun: bool,
) -> None:
    part = _file(tenant_id).with_suffix(".part")
    part.parent.mkdir(mode=0o700, exist_ok=True)
    if begun or not part.exists():
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
    with part.open("a", encoding="utf-8") as target:
        target.writelines(f"{json.dumps(head)}\n" for head in heads)


def _seal(tenant_id: str, now: datetime) -> None:
    """What was noted becomes the heads that the next check compares with."""
    part = _file(tenant_id).with_suffix(".part")
    content = part.read_bytes() + now.isoformat().encode()
    part.write_bytes(content + f"\n{_signed(content)}\n".encode())
    part.replace(_file(tenant_id))


def _signed(content: bytes) -> str:
    return hmac.new(
        settings().secret_key.encode(),
        b"history-heads\n" + content,
        hashlib.sha256,
    ).hexdigest()


def _file(tenant_id: str) -> Path:
    return settings().var_dir / "history-heads" / f"{tenant_id}.heads"
