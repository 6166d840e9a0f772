"""An archive package is checked without a database, and every change to it is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)

from orchestrator.domain import archive_package, hash_chain
from orchestrator.domain.archive_package import PackedHistory
from orchestrator.errors import RuleViolated
from orchestrator.services.archives import zip_files

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
FACTS = {"number": "镇网事准〔2026〕7号", "title": "河道巡查"}
Files = dict[str, bytes]


def chain(texts: list[str]) -> tuple[list[list[object]], list[bytes]]:
    previous = hash_chain.GENESIS
    entries: list[list[object]] = []
    hashes = []
    for number, text in enumerate(texts, 1):
        at = f"2026-11-20T08:{number:02d}:00+00:00"
        entry = ["I1", number, at, "commented", None, 3, None, {"t": text}]
        previous = hash_chain.link(previous, entry)
        entries.append(entry)
        hashes.append(previous)
    return entries, hashes


def made(key: Ed25519PrivateKey = KEY) -> Files:
    # A line separator that is no end of a line in JSON.
    entries, hashes = chain(["受理", "转办\u2028乡镇", "办结"])
    history = archive_package.history_lines(entries, hashes)
    files = {
        "dossier-01.pdf": b"%PDF-1.7 ...",
        "attachments/001-照片.jpg": b"\xff\xd8jpeg",
        "history.jsonl": history,
        "metadata.xml": b"<x/>",
    }
    packed = PackedHistory(
        "history.jsonl", "I1", FACTS["number"], 3, hashes[-1].hex()
    )
    return _signed(files, packed, key)


def _signed(
    files: Files, packed: PackedHistory, key: Ed25519PrivateKey
) -> Files:
    listed = {
        path: archive_package.sized(content) for path, content in files.items()
    }
    return {**files, **archive_package.signed(FACTS, listed, [packed], key)}


def _changed_byte(files: Files) -> None:
    files["dossier-01.pdf"] = b"%PDF-1.8 ..."


def _missing(files: Files) -> None:
    del files["attachments/001-照片.jpg"]


def _extra(files: Files) -> None:
    files["attachments/002-后加.txt"] = b"x"


def _changed_index(files: Files) -> None:
    index = json.loads(files["index.json"])
    index["title"] = "别的事"
    files["index.json"] = json.dumps(index, ensure_ascii=False).encode()


def _without_index(files: Files) -> None:
    del files["index.json"]


def _without_signature(files: Files) -> None:
    del files["signature.json"]


def _foreign_signature(files: Files) -> None:
    files["signature.json"] = made(OTHER_KEY)["signature.json"].replace(
        archive_package.public_key(OTHER_KEY).encode(),
        archive_package.public_key(KEY).encode(),
    )


def _respaced_signature(files: Files) -> None:
    files["signature.json"] += b"\n"


def _rewritten_history(files: Files) -> None:
    """Who has no key cannot sign again, but a history is also told by itself."""
    history = files["history.jsonl"].replace("受理".encode(), "退回".encode())
    files["history.jsonl"] = history


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_changed_byte, "文件 dossier-01.pdf 的内容与目录不符"),
        (_missing, "缺少文件 attachments/001-照片.jpg"),
        (_extra, "目录里没有文件 attachments/002-后加.txt"),
        (_changed_index, "签名与目录文件不符"),
        (_without_index, "缺少目录文件"),
        (_without_signature, "缺少签名文件"),
        (_foreign_signature, "签名与目录文件不符"),
        (_respaced_signature, "签名文件 signature.json 读不出或者被改动"),
        (_rewritten_history, "的记录第 1 条与校验值不符"),
    ],
)
def test_each_way_of_changing_a_package_is_found(
    change: Callable[[Files], None], expected: str
) -> None:
    files = made()
    assert not archive_package.check(files).findings
    change(files)
    assert expected in "\n".join(archive_package.check(files).findings)


def _forged(change: Callable[[list[list[object]]], None]) -> Files:
    """Signed with the right key over a history that does not hold."""
    entries, hashes = chain(["受理", "转办", "办结"])
    change(entries)
    history = archive_package.history_lines(entries, hashes[: len(entries)])
    packed = PackedHistory("history.jsonl", "I1", "1号", 3, hashes[-1].hex())
    return _signed({"history.jsonl": history}, packed, KEY)


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[1].__setitem__(5, 4),
        lambda entries: entries.pop(),
        lambda entries: entries.reverse(),
        lambda entries: entries[0].__setitem__(2, "昨天"),
        lambda entries: entries[0].__setitem__(2, "0001-01-01T00:00:00+14:00"),
        lambda entries: entries[0].__setitem__(2, "9999-12-31T23:59:59-14:00"),
        lambda entries: entries[0].__setitem__(0, "I2"),
    ],
)
def test_a_signed_history_that_does_not_hold_is_found(change) -> None:
    findings = archive_package.check(_forged(change)).findings
    assert len(findings) == 1
    assert "1号 的记录" in findings[0]


def test_a_package_signed_by_another_key_is_found_by_who_names_the_right_one() -> (
    None
):
    files = made(OTHER_KEY)
    right = archive_package.public_key(KEY)
    assert not archive_package.check(files).findings
    (finding,) = archive_package.check(files, right).findings
    assert "另一把密钥" in finding
    assert not archive_package.check(made(), f" {right.upper()}\n").findings


def test_a_changed_byte_anywhere_in_the_file_is_found(tmp_path: Path) -> None:
    whole = zip_files.packed(made())
    file = tmp_path / "changed.zip"
    for place in range(0, len(whole), 5):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        file.write_bytes(changed)
        try:
            files, findings = zip_files.read(file)
        except RuleViolated:
            continue
        assert findings or archive_package.check(files).findings, place


_HISTORIES = {"path": "index.json", "instance": "I", "number": "1"}


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        b'{"format": "gridflow-archive-1"}',
        json.dumps({**FACTS, "format": "gridflow-archive-1", "files": 3}),
        json.dumps(
            {
                **FACTS,
                "format": "gridflow-archive-1",
                "files": [{"path": [], "size": 1, "sha256": ""}],
                "histories": [],
            }
        ),
        json.dumps(
            {
                **FACTS,
                "format": "gridflow-archive-1",
                "files": [],
                "histories": [{**_HISTORIES, "entries": 1, "head": "x"}],
            }
        ),
        json.dumps(
            {"format": "another", **FACTS, "files": [], "histories": []}
        ),
    ],
)
def test_whatever_a_stranger_gives_as_an_index_is_answered_with_a_finding(
    index: bytes | str,
) -> None:
    files = made()
    files["index.json"] = index.encode() if isinstance(index, str) else index
    assert archive_package.check(files).findings


def test_a_folder_is_read_as_a_zip_file_is_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = made()
    for path, content in files.items():
        target = tmp_path / "folder" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    assert zip_files.read(tmp_path / "folder") == (files, [])
    file = tmp_path / "package.zip"
    file.write_bytes(zip_files.packed(files))
    assert zip_files.read(file) == (files, [])
    for content in (b"", b"PK", b"x" * 100, file.read_bytes()[:-30]):
        file.write_bytes(content)
        with pytest.raises(RuleViolated, match="已经损坏，或者不是归档包"):
            zip_files.read(file)
    file.write_bytes(zip_files.packed(files))
    size = file.stat().st_size
    monkeypatch.setattr(zip_files, "MOST_BYTES", size)
    assert zip_files.read(file) == (files, [])
    monkeypatch.setattr(zip_files, "MOST_BYTES", size - 1)
    with pytest.raises(RuleViolated, match="太大，不是归档包"):
        zip_files.read(file)
    digest = hashlib.sha256(zip_files.packed(made())).hexdigest()
    assert digest == hashlib.sha256(zip_files.packed(made(KEY))).hexdigest()
