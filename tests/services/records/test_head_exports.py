"""Signed heads kept elsewhere tell what who has the database and the var directory changed."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.domain import hash_chain
from orchestrator.errors import RuleViolated
from orchestrator.services.installation.database import settings
from orchestrator.services.records import head_exports, history
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from tests.services.records.test_history_checks import cut, remove, rewrite


@pytest.fixture
def errands(world) -> list[str]:
    found = [world.start(subject=f"第{number}件") for number in range(3)]
    world.review(found[0])
    return found


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside of the installation's var directory."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture
def key(elsewhere: Path) -> Path:
    file = elsewhere / "heads.key"
    head_exports.make_key(file)
    return file


def row_rewritten(errands: list[str]) -> None:
    with transaction() as session:
        mine = (HistoryEntry.instance_id == errands[0], HistoryEntry.seq == 1)
        session.execute(
            sa.update(HistoryEntry).where(*mine).values(kind="cancelled")
        )


def tail_deleted(errands: list[str]) -> None:
    """The last entry goes, and the head is left as it was."""
    with transaction() as session:
        head = session.get_one(ProcessInstance, errands[0]).history_seq
        last = (
            HistoryEntry.instance_id == errands[0],
            HistoryEntry.seq == head,
        )
        session.execute(sa.delete(HistoryEntry).where(*last))


def number_changed(errands: list[str]) -> None:
    with transaction() as session:
        session.get_one(ProcessInstance, errands[0]).business_key = "伪-1"


def swapped(errands: list[str]) -> None:
    """The history of one matter is put in another's place, with hashes that fit."""
    with transaction() as session:
        source = session.scalars(
            sa.select(HistoryEntry)
            .where(HistoryEntry.instance_id == errands[1])
            .order_by(HistoryEntry.seq)
        ).all()
        session.execute(
            sa.delete(HistoryEntry).where(
                HistoryEntry.instance_id == errands[2]
            )
        )
        previous = hash_chain.GENESIS
        for row in source:
            what = (
                row.at,
                row.kind,
                row.element_id,
                row.actor_id,
                row.actor_body_id,
                row.data,
            )
            previous = history.link(previous, errands[2], row.seq, what)
            columns = {
                each.name: getattr(row, each.key)
                for each in sa.inspect(HistoryEntry).columns
                if each.key not in ("instance_id", "hash")
            }
            session.execute(
                sa.insert(HistoryEntry).values(
                    **columns, instance_id=errands[2], hash=previous
                )
            )
        moved = session.get_one(ProcessInstance, errands[2])
        moved.history_seq, moved.history_hash = len(source), previous


CHANGES: dict[str, tuple[Callable[[list[str]], None], str]] = {
    "a rewritten row": (row_rewritten, "内容与校验值不符"),
    "a chain counted anew": (
        lambda errands: rewrite(errands[0], subject="伪造"),
        "在导出之后被改写",
    ),
    "a deleted last entry": (tail_deleted, "末尾记录缺失"),
    "a cut tail": (lambda errands: cut(errands[0]), "导出之后被删除"),
    "a removed matter": (
        lambda errands: remove(errands[0]),
        "导出之后整件被删除",
    ),
    "a swapped history": (swapped, "在导出之后被改写"),
    "another number": (number_changed, "编号在导出之后被改成 伪-1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_behind_the_product_is_told_by_the_export(
    world, errands, key, elsewhere, change: str
) -> None:
    file = elsewhere / "heads"
    assert head_exports.export(file, key, world.now).instances == len(errands)
    assert head_exports.verify(file, key)[1] == []
    world.review(errands[1])
    assert head_exports.verify(file, key)[1] == [], "what goes on is no change"
    act, told = CHANGES[change]
    act(errands)
    assert any(told in each for each in head_exports.verify(file, key)[1])


def test_an_export_is_neither_forged_nor_signed_over_what_does_not_hold(
    world, errands, key, elsewhere
):
    file, other = elsewhere / "heads", elsewhere / "other.key"
    head_exports.export(file, key, world.now)
    head_exports.make_key(other)
    for content, with_key in (
        (file.read_bytes(), other),
        (file.read_bytes().replace(b"1", b"2", 1), key),
    ):
        file.write_bytes(content)
        with pytest.raises(RuleViolated, match="不是用这把密钥签的"):
            head_exports.verify(file, with_key)
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(RuleViolated, match="写不进"):
        head_exports.make_key(key)
    with pytest.raises(RuleViolated, match="不能放在数据目录里"):
        head_exports.make_key(settings().var_dir / "heads.key")
    with pytest.raises(RuleViolated, match="不是 heads key 生成的密钥"):
        head_exports.export(elsewhere / "x", file, world.now)
    row_rewritten(errands)
    with pytest.raises(RuleViolated) as refused:
        head_exports.export(elsewhere / "x", key, world.now)
    assert (
        "没有导出" in str(refused.value.reasons[0])
        and not (elsewhere / "x").exists()
    )


def test_a_matter_that_came_and_went_between_two_exports_is_told(
    world, errands, key, elsewhere
) -> None:
    """No heads ever knew it; its number is missing."""
    file = elsewhere / "heads"
    head_exports.export(file, key, world.now)
    later = world.start(subject="后来的")
    number = world.instance(later).business_key
    world.start(subject="再后来的")
    assert head_exports.verify(file, key)[1] == []
    remove(later)
    (told,) = head_exports.verify(file, key)[1]
    assert f"“{number}”曾经立项，现在查不到" in told
    # What the next file knows as missing is no news to it.
    later_file = elsewhere / "next"
    assert head_exports.export(later_file, key, world.now).missing == (number,)
    held, findings = head_exports.verify(later_file, key)
    assert (held.missing, findings) == ((number,), [])


def test_exports_are_one_chain_across_instances_and_across_exports(
    world, errands, key, elsewhere
) -> None:
    """Each head is linked to the one before it, the first of an export to the last of the export before."""
    first, second = elsewhere / "first", elsewhere / "second"
    made = head_exports.export(first, key, world.now)
    lines = first.read_text().splitlines()[1:-1]
    link = ""
    for line in lines:
        *head, own = json.loads(line)
        link = sha256(f"{link}\n{json.dumps(head)}".encode()).hexdigest()
        assert own == link
    assert made.last_link == link
    assert head_exports.verify(first, key)[0].last_link == link
    world.review(errands[1])
    head_exports.export(second, key, world.now, after=first)
    begin = json.loads(second.read_text().splitlines()[0])
    assert begin[2] == link, "the next goes on where the last ended"
    cut(errands[0])
    with pytest.raises(RuleViolated, match="没有导出") as refused:
        head_exports.export(elsewhere / "third", key, world.now, after=second)
    assert any("被删除" in str(reason) for reason in refused.value.reasons)


def test_a_signed_line_that_was_taken_out_breaks_the_chain(
    world, errands, key, elsewhere
) -> None:
    """Even who has the key cannot take out a line and sign the rest anew without the chain telling it."""
    file = elsewhere / "heads"
    head_exports.export(file, key, world.now)
    begin, _first, *rest = file.read_text().splitlines()[:-1]
    content = "\n".join([begin, *rest]).encode()
    signature = hmac.new(
        base64.b64decode(key.read_bytes()),
        head_exports.FORMAT.encode() + b"\n" + content,
        sha256,
    ).hexdigest()
    file.write_bytes(content + f"\n{signature}\n".encode())
    with pytest.raises(RuleViolated, match="导出之后被改动"):
        head_exports.verify(file, key)


def test_an_export_of_before_the_chain_is_still_compared(
    world, errands, key, elsewhere
) -> None:
    file = elsewhere / "heads"
    head_exports.export(file, key, world.now)
    begin, *lines = file.read_text().splitlines()[:-1]
    _format, at, _link, *missing = json.loads(begin)
    content = "\n".join(
        [
            json.dumps([head_exports.UNCHAINED, at, *missing]),
            *(json.dumps(json.loads(line)[:4]) for line in lines),
        ]
    ).encode()
    signature = hmac.new(
        base64.b64decode(key.read_bytes()),
        head_exports.UNCHAINED.encode() + b"\n" + content,
        sha256,
    ).hexdigest()
    file.write_bytes(content + f"\n{signature}\n".encode())
    held, findings = head_exports.verify(file, key)
    assert (held.instances, held.last_link) == (len(errands), "")
    assert findings == []
    cut(errands[0])
    assert head_exports.verify(file, key)[1]
