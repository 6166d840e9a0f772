"""Heads of all histories in a file that leaves the machine, signed with a key that is kept elsewhere.

Who has the database and the var directory can count every hash anew and forge what lies beside them. He has
neither the key nor the file, so a later check against the file tells what he deleted, cut, swapped or
rewrote.

The heads are a chain across all instances: each line holds the hash of the line before and its own head, and
an export may go on from the last link of the one before it. The last link alone, written down elsewhere, is
enough to tell whether a file is the one that was exported.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
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

FORMAT = "gridflow-heads-2"
UNCHAINED = "gridflow-heads-1"
"""Files of before the heads were a chain."""
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
    last_link: str = ""
    """The end of the chain; empty in a file of before there was one."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a signed file holds."""

    anchor: Anchor
    missing: tuple[str, ...]
    last_link: str


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


def export(
    file: Path,
    key_file: Path,
    now: datetime,
    after: Path | None = None,
) -> HeadExport:
    """Writes the head of every history and the numbers that are missing already, with the signature.

    `after`: the export before, whose chain goes on. Raises RuleViolated where a history does not hold now or
    departs from that export, a file was not signed with the key, the key is none, or the file can't be
    written.
    """
    key = _key(key_file)
    link = ""
    if after is not None:
        before = _read(after, key)
        link = before.last_link
        departed = list(departures(before.anchor, say("导出之后")))
        if departed:
            raise RuleViolated(
                [say("与上一次导出不符，没有导出"), *departed[:TOLD]]
            )
    beginning = link
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
                fault = history.broken_link(
                    session,
                    row.id,
                    row.history_seq,
                    row.history_hash,
                )
                if fault is not None:
                    broken.append(f"{row.business_key}：{fault.reason}")
                head = [
                    row.id,
                    row.business_key,
                    row.history_seq,
                    row.history_hash.hex(),
                ]
                link = _link(link, head)
                lines.append(json.dumps([*head, link]))
        missing = tuple(missing_numbers.find(session))
    if broken:
        # Signed, they would count as right from now on.
        raise RuleViolated([say("有记录校验不符，没有导出"), *broken[:TOLD]])
    begin = json.dumps([FORMAT, now.isoformat(), beginning, *missing])
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
    return HeadExport(now, len(lines), missing, link)


def verify(file: Path, key_file: Path) -> tuple[HeadExport, list[str]]:
    """When the file was exported, and a sentence for each history that no longer agrees with it or does not
    hold in itself. Raises RuleViolated for a file that was not signed with this key."""
    read = _read(file, _key(key_file))
    held = HeadExport(
        read.anchor.at, len(read.anchor.heads), read.missing, read.last_link
    )
    return held, list(_findings(read.anchor, read.missing))


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


def _read(file: Path, key: bytes) -> _Read:
    content, _newline, seal = file.read_bytes().rstrip(b"\n").rpartition(b"\n")
    begin, *lines = content.decode(errors="replace").split("\n")
    signatures = [
        _signed(content, key, name).encode() for name in (FORMAT, UNCHAINED)
    ]
    if not any(hmac.compare_digest(seal, own) for own in signatures):
        raise _foreign(file)
    name, at, *rest = json.loads(begin)
    chained = name == FORMAT
    link = ""
    missing = rest
    if chained:
        link, *missing = rest
    heads = {}
    for instance_id, number, seq, digest, *links in map(json.loads, lines):
        heads[instance_id] = (number, seq, digest)
        if chained:
            link = _link(link, [instance_id, number, seq, digest])
            if links != [link]:
                raise _foreign(file)
    anchor = Anchor(datetime.fromisoformat(at), heads)
    return _Read(anchor, tuple(missing), link)


def _foreign(file: Path) -> RuleViolated:
    return RuleViolated(
        [say("{file} 不是用这把密钥签的，或者导出之后被改动", file=file)],
    )


def _link(before: str, head: Sequence[str | int]) -> str:
    """SHA-256 of the link before and the head."""
    return hashlib.sha256(f"{before}\n{json.dumps(head)}".encode()).hexdigest()


def _signed(content: bytes, key: bytes, name: str = FORMAT) -> str:
    return hmac.new(
        key,
        name.encode() + b"\n" + content,
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
