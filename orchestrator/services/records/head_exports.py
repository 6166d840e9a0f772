"""Heads of all histories in a file that leaves the machine, signed with a key that is kept elsewhere.

Who has the database and the var directory can count every hash anew and forge what lies beside them. He has
neither the key nor the file, so a later check against the file tells what he deleted, cut, swapped or
rewrote.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.installation.database import settings
from orchestrator.services.records import history, missing_numbers
from orchestrator.services.records.history_checks import Anchor, departures
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction

FORMAT = "gridflow-heads-1"
KEY_BYTES = 32
TOLD = 20
"""Broken histories that a refusal names."""


@dataclass(frozen=True, slots=True)
class HeadExport:
    """A signed file of heads."""

    at: datetime
    instances: int
    missing: tuple[str, ...] = ()
    """Numbers that were missing already."""


def make_key(file: Path) -> None:
    """Writes a new key, readable by its owner alone. Raises RuleViolated where the file exists or lies in the
    var directory."""
    _outside(file)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as reason:
        raise RuleViolated(
            [
                say(
                    "写不进 {file}：{reason}",
                    file=file,
                    reason=reason.strerror,
                )
            ],
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(
            f"{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n",
        )


def export(file: Path, key_file: Path, now: datetime) -> HeadExport:
    """Writes the head of every history and the numbers that are missing already, with the signature. Raises
    RuleViolated where a history does not hold now, the key is none, or the file can't be written."""
    key = _key(key_file)
    lines = list[str]()
    broken: list[str] = []
    query = sa.select(
        ProcessInstance.id,
        ProcessInstance.business_key,
        ProcessInstance.history_seq,
        ProcessInstance.history_hash,
    ).order_by(ProcessInstance.id)
    with transaction(writing=False) as session:
        for some in session.execute(query).partitions(500):
            for row in some:
                link = history.broken_link(
                    session,
                    row.id,
                    row.history_seq,
                    row.history_hash,
                )
                if link is not None:
                    broken.append(f"{row.business_key}：{link.reason}")
                head = [
                    row.id,
                    row.business_key,
                    row.history_seq,
                    row.history_hash.hex(),
                ]
                lines.append(json.dumps(head))
        missing = tuple(missing_numbers.find(session))
    if broken:
        # Signed, they would count as right from now on.
        raise RuleViolated([say("有记录校验不符，没有导出"), *broken[:TOLD]])
    begin = json.dumps([FORMAT, now.isoformat(), *missing])
    content = "\n".join([begin, *lines]).encode()
    try:
        file.write_bytes(content + f"\n{_signed(content, key)}\n".encode())
    except OSError as reason:
        raise RuleViolated(
            [
                say(
                    "写不进 {file}：{reason}",
                    file=file,
                    reason=reason.strerror,
                )
            ],
        ) from None
    return HeadExport(now, len(lines), missing)


def verify(file: Path, key_file: Path) -> tuple[HeadExport, list[str]]:
    """When the file was exported, and a sentence for each history that no longer agrees with it or does not
    hold in itself. Raises RuleViolated for a file that was not signed with this key."""
    anchor, missing = _read(file, _key(key_file))
    held = HeadExport(anchor.at, len(anchor.heads), missing)
    return held, list(_findings(anchor, missing))


def _findings(anchor: Anchor, missing: Collection[str]) -> Iterator[str]:
    yield from departures(anchor, say("导出之后"))
    # A row may be rewritten and its hash left: the chain itself tells that.
    for link in history.verify():
        number = anchor.heads.get(link.instance_id, (link.instance_id, 0, ""))[
            0
        ]
        yield say(
            "{business_key} 第 {seq} 条：{reason}",
            business_key=number,
            seq=link.seq,
            reason=link.reason,
        )
    with transaction(writing=False) as session:
        # One whose head the file has is told above.
        told = {
            *missing,
            *(number for number, *_rest in anchor.heads.values()),
        }
        for number in missing_numbers.find(session):
            if number not in told:
                yield missing_numbers.sentence(number)


def _read(file: Path, key: bytes) -> tuple[Anchor, tuple[str, ...]]:
    content, _newline, seal = file.read_bytes().rstrip(b"\n").rpartition(b"\n")
    if not hmac.compare_digest(seal, _signed(content, key).encode()):
        raise RuleViolated(
            [say("{file} 不是用这把密钥签的，或者导出之后被改动", file=file)],
        )
    begin, *lines = content.decode().split("\n")
    _format, at, *missing = json.loads(begin)
    heads = {
        value: (number, seq, digest)
        for value, number, seq, digest in map(json.loads, lines)
    }
    return Anchor(datetime.fromisoformat(at), heads), tuple(missing)


def _signed(content: bytes, key: bytes) -> str:
    return hmac.new(
        key,
        FORMAT.encode() + b"\n" + content,
        hashlib.sha256,
    ).hexdigest()


def _key(file: Path) -> bytes:
    _outside(file)
    try:
        key = base64.b64decode(file.read_bytes().strip(), validate=True)
    except (OSError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise RuleViolated(
            [say("{file} 不是 heads key 生成的密钥", file=file)],
        )
    return key


def _outside(file: Path) -> None:
    """A key beside the data proves nothing."""
    if file.resolve().is_relative_to(settings().var_dir.resolve()):
        raise RuleViolated(
            [say("密钥不能放在数据目录里，请放在别处，最好不在这台机器上")],
        )
