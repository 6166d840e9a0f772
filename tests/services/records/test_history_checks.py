"""A whole history is checked in stretches by the clock, with its files; and who rewrites it with the database
alone is noticed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain import hash_chain
from orchestrator.services.installation.database import settings
from orchestrator.services.records import attachments, history, history_checks
from orchestrator.services.records.purposes import of_start
from orchestrator.store.definitions import Deployment
from orchestrator.store.history_checks import HistoryCheck
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import (
    Attachment,
    UserTask,
    UserTaskCandidate,
)
from tests.services.world import TENANT


@pytest.fixture
def errands(world) -> list[str]:
    found = [world.start(subject=f"第{number}件") for number in range(5)]
    world.review(found[0])
    return found


def check(world) -> HistoryCheck:
    history_checks.ask(TENANT, world.now)
    while history_checks.go_on(world.now):
        pass
    (row,) = world.rows(sa.select(HistoryCheck))
    return row


def rewrite(errand: str, **changed) -> None:
    """As who has the database does: the first entry is another one, and every hash and the head fit."""
    with transaction() as session:
        rows = session.scalars(
            sa.select(HistoryEntry)
            .where(HistoryEntry.instance_id == errand)
            .order_by(HistoryEntry.seq)
        ).all()
        previous = hash_chain.GENESIS
        for row in rows:
            data = {**row.data, **changed} if row.seq == 1 else row.data
            what = (
                row.at,
                row.kind,
                row.element_id,
                row.actor_id,
                row.actor_body_id,
                data,
            )
            previous = history.link(previous, errand, row.seq, what)
            mine = (
                HistoryEntry.instance_id == errand,
                HistoryEntry.seq == row.seq,
            )
            session.execute(
                sa.update(HistoryEntry)
                .where(*mine)
                .values(data=data, hash=previous)
            )
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == errand)
            .values(history_hash=previous)
        )


def cut(errand: str) -> None:
    """The last entry goes, and the head is set back."""
    with transaction() as session:
        instance = session.get_one(ProcessInstance, errand)
        last = (
            HistoryEntry.instance_id == errand,
            HistoryEntry.seq == instance.history_seq,
        )
        session.execute(sa.delete(HistoryEntry).where(*last))
        before = (
            HistoryEntry.instance_id == errand,
            HistoryEntry.seq == instance.history_seq - 1,
        )
        instance.history_seq -= 1
        instance.history_hash = session.scalars(
            sa.select(HistoryEntry.hash).where(*before)
        ).one()


def remove(errand: str) -> None:
    """Nothing of the matter is left."""
    with transaction() as session:
        for kind in (UserTaskCandidate, HistoryEntry):
            session.execute(sa.delete(kind).where(kind.instance_id == errand))
        for table in sa.inspect(session.connection()).get_table_names():
            columns = {
                each["name"]
                for each in sa.inspect(session.connection()).get_columns(table)
            }
            if "instance_id" in columns and table not in (
                "user_task",
                "process_instance",
            ):
                session.execute(
                    sa.text(f"DELETE FROM {table} WHERE instance_id = :id"),
                    {"id": errand},
                )
        session.execute(
            sa.delete(UserTask).where(UserTask.instance_id == errand)
        )
        session.execute(
            sa.delete(ProcessInstance).where(ProcessInstance.id == errand)
        )


def test_a_check_goes_stretch_by_stretch_and_says_what_it_looked_at(
    world, errands, monkeypatch
):
    monkeypatch.setattr(history_checks, "STRETCH", 2)
    history_checks.ask(TENANT, world.now)
    assert history_checks.go_on(world.now)
    (row,) = world.rows(sa.select(HistoryCheck))
    assert (row.matters, row.finished_at) == (2, None)
    history_checks.ask(TENANT, world.now)  # pressed again: it goes on
    row = check(world)
    entries = world.rows(sa.select(sa.func.count()).select_from(HistoryEntry))[
        0
    ]
    assert (row.matters, row.entries, row.broken, row.finished_at) == (
        5,
        entries,
        0,
        world.now,
    )
    assert row.compared_with is None
    first = world.now
    world.later(hours=1)
    world.review(errands[1])
    row = check(world)
    assert (row.broken, row.compared_with, row.findings) == (0, first, [])


def test_a_rewritten_history_is_told_by_the_next_check_and_by_every_one_after(
    world, errands
):
    check(world)
    world.later(hours=1)
    rewrite(errands[0], submitted={"subject": "别的"})
    assert history.verify() == [], "the chain alone does not show it"
    number = world.instance(errands[0]).business_key
    for _again in range(2):
        row = check(world)
        assert row.broken == 1
        assert (
            number in row.findings[0]
            and "在上次校验之后被改写" in row.findings[0]
        )


def test_a_cut_tail_and_a_deleted_matter_are_told(world, errands):
    check(world)
    numbers = [world.instance(errand).business_key for errand in errands]
    cut(errands[0])
    remove(errands[1])
    assert history.verify() == []
    told = check(world).findings
    assert any(
        numbers[0] in each and "上次校验之后被删除" in each for each in told
    )
    assert f"{numbers[1]}：上次校验之后整件被删除" in told


def test_a_deleted_matter_is_told_by_the_first_check_too(
    world, errands
) -> None:
    number = world.instance(errands[2]).business_key
    remove(errands[2])
    (told,) = check(world).findings
    assert f"“{number}”曾经立项，现在查不到" in told


def test_what_was_noted_outside_cannot_be_changed_without_the_key(
    world, errands
):
    check(world)
    (noted,) = (settings().var_dir / "history-heads").glob("*.heads")
    noted.write_bytes(noted.read_bytes().replace(b'"', b" ", 1))
    assert "被改动，或者密钥已更换" in check(world).findings[0]


def test_a_broken_link_a_missing_file_and_a_damaged_one_are_told(world):
    purpose, given = (
        of_start("errand", f"{TENANT}:civil-affairs:990100", None),
        [],
    )
    for name in ("甲.pdf", "乙.pdf", "丙.pdf"):
        content = b"%PDF-1.7" + name.encode()
        given.append(
            attachments.keep(
                content,
                name,
                "files",
                attachments.Claim(TENANT, world.person("zhao"), purpose),
                world.now,
            )
        )
    errand = world.start(subject="路灯", files=given)
    folder = settings().var_dir / "attachments"
    digests = {row.id: row.sha256 for row in world.rows(sa.select(Attachment))}
    (folder / digests[given[0]][:2] / digests[given[0]]).unlink()
    (folder / digests[given[1]][:2] / digests[given[1]]).write_bytes(
        b"%PDF-1.7 other"
    )
    with transaction() as session:
        session.execute(
            sa.update(HistoryEntry)
            .where(HistoryEntry.instance_id == errand, HistoryEntry.seq == 1)
            .values(kind="x")
        )
    row = check(world)
    number = world.instance(errand).business_key
    assert (row.files, row.broken) == (3, 3)
    assert set(row.findings) == {
        f"{number} 第 1 条：内容与校验值不符",
        f"{number} 的附件 {given[0]}：文件缺失",
        f"{number} 的附件 {given[1]}：内容与上传时不符",
    }


def test_an_entry_that_is_earlier_than_the_one_before_is_told(world):
    errand = world.start()
    world.later(hours=-1)
    world.review(errand)
    (broken,) = history.verify(errand)
    assert broken.reason == "时间早于前一条"


def test_the_clock_checks_every_day_by_itself(world, errands):
    assert not history_checks.go_on(world.now)
    assert history_checks.go_on(world.now)
    assert not history_checks.go_on(world.now + timedelta(hours=23))
    assert not history_checks.go_on(world.now + timedelta(hours=24))
    assert history_checks.go_on(world.now + timedelta(hours=24))
    (row,) = world.rows(sa.select(HistoryCheck))
    assert row.compared_with == world.now


def test_the_daily_check_takes_in_a_city_that_was_loaded_later(
    world, errands
) -> None:
    check(world)
    with transaction() as session:
        first = session.scalars(
            sa.select(Deployment).where(Deployment.tenant_id == TENANT)
        ).first()
        session.add(
            Deployment(
                id="later",
                tenant_id="later",
                sha256=first.sha256,
                deployed_at=world.now,
                effective_from=world.now,
            )
        )
    assert not history_checks.go_on(world.now), "it only begins"
    while history_checks.go_on(world.now):
        pass
    done = {
        row.tenant_id: row.finished_at
        for row in world.rows(sa.select(HistoryCheck))
    }
    assert done["later"] == world.now
