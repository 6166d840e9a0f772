"""The history's chain: any change, gap, reordering or cut of what was written is found, and told with its
place."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.session import transaction


@pytest.fixture
def errands(world) -> list[str]:
    """Two matters with a story each."""
    found = [world.start(), world.start()]
    for errand in found:
        world.review(errand)
    return found


def tamper(statement) -> None:
    with transaction() as session:
        session.execute(statement)


def entry(errand: str, seq: int):
    return sa.and_(HistoryEntry.instance_id == errand, HistoryEntry.seq == seq)


def last(errand: str) -> int:
    with transaction(writing=False) as session:
        return session.scalars(
            sa.select(sa.func.max(HistoryEntry.seq)).where(
                HistoryEntry.instance_id == errand
            )
        ).one()


def test_what_was_written_is_intact(errands):
    assert history.verify() == []
    assert history.verify(errands[0]) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {"submitted": {"decision": "reject"}}},
        {"actor_id": 2},
        {"actor_body_id": "teston:police:990100"},
        {"kind": "claimed"},
        {"element_id": "confirm"},
    ],
)
def test_a_changed_entry_is_found_where_it_stands_and_other_matters_are_not_blamed(
    errands, changed
):
    tamper(
        sa.update(HistoryEntry).where(entry(errands[1], 2)).values(**changed)
    )
    assert [(link.instance_id, link.seq) for link in history.verify()] == [
        (errands[1], 2)
    ]
    assert history.verify(errands[0]) == []


def test_an_instant_that_was_moved_is_found(world, errands):
    tamper(
        sa.update(HistoryEntry)
        .where(entry(errands[0], 1))
        .values(at=world.now - timedelta(minutes=1))
    )
    assert [link.seq for link in history.verify()] == [1]


def test_a_missing_entry_and_a_cut_end_are_found(errands):
    tamper(sa.delete(HistoryEntry).where(entry(errands[0], 2)))
    tamper(sa.delete(HistoryEntry).where(entry(errands[1], last(errands[1]))))
    told = {link.instance_id: str(link) for link in history.verify()}
    assert "第 2 条：记录缺失" in told[errands[0]]
    assert "末尾记录缺失" in told[errands[1]]


def test_an_entry_added_at_the_end_is_found_although_its_own_hash_is_right(
    world, errands
):
    errand = errands[0]
    with transaction() as session:
        newest = session.scalars(
            sa.select(HistoryEntry).where(entry(errand, last(errand)))
        ).one()
        seq = newest.seq + 1
        digest = history.link(
            newest.hash,
            errand,
            seq,
            (world.now, "claimed", None, None, None, {}),
        )
        session.add(
            HistoryEntry(
                instance_id=errand,
                seq=seq,
                at=world.now,
                kind="claimed",
                data={},
                hash=digest,
            )
        )
    assert [link.instance_id for link in history.verify()] == [errand]
