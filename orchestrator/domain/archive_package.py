"""An archive package (归档包): its index, its signature, and what a later check finds changed. Needs no
database: who has the file and this module can check it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from orchestrator.domain import hash_chain
from orchestrator.domain.hash_chain import canonical
from orchestrator.sentences import say

FORMAT = "gridflow-archive-1"
INDEX = "index.json"
SIGNATURE = "signature.json"
ALGORITHM = "Ed25519"
FINGERPRINT_LETTERS = 16


@dataclass(frozen=True, slots=True)
class PackedHistory:
    """The history of one process instance in the package."""

    path: str
    instance_id: str
    number: str
    """What people call the instance."""
    entries: int
    head: str
    """Hash of the last entry, as hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class PackageReport:
    """What a check of a package says."""

    number: str
    title: str
    files: int
    entries: int
    fingerprint: str
    """Of the key that signed it; empty where no signature can be read."""
    findings: Sequence[str]
    """A sentence for everything that is not as it was packed; empty when all is."""


def signed(
    facts: Mapping[str, str],
    files: Mapping[str, tuple[int, str]],
    histories: Sequence[PackedHistory],
    key: Ed25519PrivateKey,
) -> dict[str, bytes]:
    """The index of the files and the signature over it, by their paths.

    `facts`: what the index says of the whole, among it `number` and `title`. `files`: path → size in bytes
    and SHA-256.
    """
    index = {
        "format": FORMAT,
        **facts,
        "histories": [
            {
                "path": history.path,
                "instance": history.instance_id,
                "number": history.number,
                "entries": history.entries,
                "head": history.head,
            }
            for history in histories
        ],
        "files": [
            {
                "path": path,
                "size": files[path][0],
                "sha256": files[path][1],
            }
            for path in sorted(files)
        ],
    }
    content = _text(index)
    signature = {
        "algorithm": ALGORITHM,
        "public_key": public_key(key),
        "signature": key.sign(content).hex(),
    }
    return {INDEX: content, SIGNATURE: _text(signature)}


def sized(content: bytes) -> tuple[int, str]:
    """The size in bytes and the SHA-256, as `signed` takes them."""
    return len(content), digest(content)


def digest(content: bytes) -> str:
    """The SHA-256, as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def public_key(key: Ed25519PrivateKey) -> str:
    """The public half, as hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def fingerprint(public: str) -> str:
    """The beginning of the SHA-256 of a public key: short enough to be read out."""
    return digest(bytes.fromhex(public))[:FINGERPRINT_LETTERS]


def check(files: Mapping[str, bytes], trusted: str = "") -> PackageReport:
    """What of the package's files is not as it was packed. `trusted`: the public key that must have signed
    it; without one any key may have."""
    try:
        index = _read_index(files)
    except _Unreadable as reason:
        return PackageReport(
            "",
            "",
            len(files),
            0,
            "",
            [str(reason)],
        )
    public, about_signature = _signature(files, trusted)
    findings = [
        *about_signature,
        *_changed_files(index["files"], files),
        *_broken_histories(index["histories"], files),
    ]
    return PackageReport(
        index["number"],
        index["title"],
        len(index["files"]),
        sum(history["entries"] for history in index["histories"]),
        fingerprint(public) if public else "",
        findings,
    )


class _Unreadable(ValueError):
    """The index cannot be read."""


def _read_index(files: Mapping[str, bytes]) -> dict[str, Any]:
    if INDEX not in files:
        raise _Unreadable(say("缺少目录文件 {path}", path=INDEX))
    try:
        index = json.loads(files[INDEX])
        known = index["format"] == FORMAT
        shaped = all(
            (
                isinstance(index["number"], str),
                isinstance(index["title"], str),
                all(_is_file(row) for row in index["files"]),
                all(_is_history(row) for row in index["histories"]),
            )
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Unreadable(say("目录文件 {path} 读不出", path=INDEX)) from None
    if not known or not shaped:
        raise _Unreadable(
            say("目录文件 {path} 不是本产品的归档包目录", path=INDEX)
        )
    return dict(index)


def _is_file(row: Any) -> bool:
    return (
        isinstance(row["path"], str)
        and isinstance(row["size"], int)
        and isinstance(row["sha256"], str)
    )


def _is_history(row: Any) -> bool:
    return (
        isinstance(row["path"], str)
        and isinstance(row["instance"], str)
        and isinstance(row["number"], str)
        and isinstance(row["entries"], int)
        and isinstance(row["head"], str)
    )


def _signature(
    files: Mapping[str, bytes], trusted: str
) -> tuple[str, list[str]]:
    """The public key that the signature names, and what is wrong with it."""
    if SIGNATURE not in files:
        return "", [say("缺少签名文件 {path}", path=SIGNATURE)]
    unreadable = say("签名文件 {path} 读不出或者被改动", path=SIGNATURE)
    try:
        given = json.loads(files[SIGNATURE])
        public = str(given["public_key"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        made = bytes.fromhex(given["signature"])
        canonical_text = _text(given)
        expected_names = {"algorithm", "public_key", "signature"}
        whole = (
            set(given) == expected_names and given["algorithm"] == ALGORITHM
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", [unreadable]
    if not whole or canonical_text != files[SIGNATURE]:
        return "", [unreadable]
    try:
        key.verify(made, files[INDEX])
    except InvalidSignature:
        return public, [
            say("签名与目录文件不符：目录在签名以后被改动，或者签名是假的")
        ]
    if trusted and public != trusted.strip().lower():
        return public, [
            say(
                "签名用的是另一把密钥（指纹 {fingerprint}），不是指定的那一把",
                fingerprint=fingerprint(public),
            )
        ]
    return public, []


def _changed_files(
    listed: Sequence[Mapping[str, Any]], files: Mapping[str, bytes]
) -> Iterator[str]:
    paths = [row["path"] for row in listed]
    for row in listed:
        path = row["path"]
        if path not in files:
            yield say("缺少文件 {path}", path=path)
            continue
        content = files[path]
        if digest(content) != row["sha256"] or len(content) != row["size"]:
            yield say("文件 {path} 的内容与目录不符", path=path)
    for path in sorted(set(files) - {*paths, INDEX, SIGNATURE}):
        yield say("目录里没有文件 {path}，它是后来加进去的", path=path)
    if len(set(paths)) != len(paths):
        yield say("目录里有文件列了两次")


def _broken_histories(
    listed: Sequence[Mapping[str, Any]], files: Mapping[str, bytes]
) -> Iterator[str]:
    for row in listed:
        content = files.get(row["path"])
        if content is None:
            if row["path"] not in {INDEX, SIGNATURE}:
                yield say("缺少记录 {path}", path=row["path"])
            continue
        reason = _broken_link(row, content)
        if reason:
            yield say(
                "{number} 的记录{reason}", number=row["number"], reason=reason
            )


def _broken_link(row: Mapping[str, Any], content: bytes) -> str:
    """Why the history does not hold; empty when it does."""
    previous = hash_chain.GENESIS
    before: datetime | None = None
    # Other signs that end a line may stand in what was written.
    *lines, rest = content.split(b"\n")
    if rest:
        return say("末条不完整")
    for number, line in enumerate(lines, 1):
        try:
            *entry, expected = json.loads(line)
            instance_id, seq, at_text = entry[:3]
            at = datetime.fromisoformat(at_text).astimezone(UTC)
            previous = hash_chain.link(previous, entry)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return say("第 {seq} 条读不出", seq=number)
        if instance_id != row["instance"] or seq != number:
            return say("第 {seq} 条缺失或者被调换", seq=number)
        if previous.hex() != expected:
            return say("第 {seq} 条与校验值不符", seq=number)
        if before is not None and at < before - hash_chain.SKEW:
            return say("第 {seq} 条早于前一条", seq=number)
        before = at
    if len(lines) != row["entries"]:
        return say("条数与目录不符")
    if previous.hex() != row["head"]:
        return say("末条与目录的校验值不符")
    return ""


def history_lines(
    entries: Sequence[Sequence[Any]], hashes: Sequence[bytes]
) -> bytes:
    """A line for each entry, as hash_chain.link takes it, with its hash at the end."""
    lines = [
        canonical([*entry, made.hex()])
        for entry, made in zip(entries, hashes, strict=True)
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _text(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return f"{text}\n".encode()
