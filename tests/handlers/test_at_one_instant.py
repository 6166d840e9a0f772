"""Two decisions about one list at one instant: one takes effect, the other comes back to a person, and none
is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import current_app

from orchestrator.errors import FormInvalid, GridflowError
from orchestrator.services.registers.registered_lists import RegisteredLists
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import db, transaction
from tests.handlers.office import COUNTY, Office

pytestmark = pytest.mark.both_databases

EXIT = {"exit_reason": "已由专业队伍承担", "approver": "party_committee"}


def at_one_instant(
    monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], Any]
) -> list[GridflowError | None]:
    """Does each in a thread and a connection of its own; on PostgreSQL all have read before one writes.

    What each was refused with, None where it was done.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    ready = threading.Barrier(len(acts), timeout=120)
    if db.engine.dialect.name == "postgresql":
        real, waited = RegisteredLists.lock, threading.local()

        def lock(self: RegisteredLists, place: str) -> None:
            if not getattr(waited, "once", False):
                waited.once = True
                ready.wait()
            real(self, place)

        monkeypatch.setattr(RegisteredLists, "lock", lock)
    found: list[GridflowError | None] = [None] * len(acts)
    failed: list[BaseException] = []

    def do(number: int) -> None:
        with app.app_context():
            try:
                acts[number]()
            except GridflowError as refused:
                found[number] = refused
            except BaseException as failure:
                failed.append(failure)
                ready.abort()
            finally:
                db.session.remove()

    threads = [
        threading.Thread(target=do, args=(number,))
        for number in range(len(acts))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return found


def unnoted(office: Office, matter: str) -> str:
    """The matter as one that was begun before it was kept who asks for what: another may ask for the same."""
    with transaction() as session:
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == matter)
            .values(asks_for=None)
        )
    return matter


def numbers(office: Office) -> list[tuple[int, str]]:
    rows = office.rows(
        sa.select(ItemListVersion)
        .where(ItemListVersion.territory_code == COUNTY)
        .order_by(ItemListVersion.number)
    )
    return [(row.number, row.change) for row in rows]


def decide(
    office: Office,
    matter: str,
    element: str,
    by: str,
    decision: str = "approve",
) -> Callable[[], None]:
    return lambda: office.complete(
        matter, element, by, decision=decision, opinion="同意"
    )


def one_done(found: list[GridflowError | None], matters: list[str]) -> str:
    """The one matter whose approval was refused, at the answer and with what to do."""
    (refused,) = [each for each in found if each is not None]
    assert isinstance(refused, FormInvalid)
    assert "请退回补正或不予同意" in refused.errors["decision"][0]
    return matters[found.index(refused)]


def reviewed(office: Office, name: str) -> str:
    matter = office.apply(name)
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意",
    )
    return unnoted(office, matter)


def test_of_two_admissions_of_one_name_one_takes_effect_and_the_other_is_still_somebodys(
    office, monkeypatch
):
    matters = [
        reviewed(office, "独居老人走访"),
        reviewed(office, "独居老人（走访）"),
    ]
    found = at_one_instant(
        monkeypatch,
        *(
            decide(office, each, "approve_by_government", "jk-zf")
            for each in matters
        ),
    )
    other = one_done(found, matters)
    assert numbers(office) == [(1, "seed"), (2, "admission")]
    assert (
        office.elements(other) == ["approve_by_government"]
        and office.incidents(other) == []
    )
    office.complete(
        other,
        "approve_by_government",
        "jk-zf",
        decision="supplement",
        opinion="同名事项已经纳入",
    )
    assert office.elements(other) == ["supplement_application"]


def test_of_two_exits_of_one_item_one_takes_effect_and_the_other_is_still_somebodys(
    office, monkeypatch
):
    item = office.seed_item()
    matters = [
        unnoted(
            office,
            office.start(
                "item_exit",
                "jk-wgb",
                "grid-office",
                COUNTY,
                item_id=item,
                **EXIT,
            ),
        )
        for _each in range(2)
    ]
    found = at_one_instant(
        monkeypatch,
        *(
            decide(office, each, "approve_by_party_committee", "jk-dw")
            for each in matters
        ),
    )
    other = one_done(found, matters)
    assert numbers(office) == [(1, "seed"), (2, "exit")]
    assert office.rows(
        sa.select(ItemListEntry.left_in).where(ItemListEntry.item_id == item)
    ) == [2]
    assert (
        office.elements(other) == ["approve_by_party_committee"]
        and office.incidents(other) == []
    )
    office.complete(
        other,
        "approve_by_party_committee",
        "jk-dw",
        decision="reject",
        opinion="该事项已经退出",
    )
    assert office.elements(other) == []


def test_an_admission_and_an_exit_both_take_effect_under_numbers_of_their_own(
    office, monkeypatch
):
    item = office.seed_item()
    leaving = office.start(
        "item_exit", "jk-wgb", "grid-office", COUNTY, item_id=item, **EXIT
    )
    coming = reviewed(office, "独居老人走访")
    found = at_one_instant(
        monkeypatch,
        decide(office, leaving, "approve_by_party_committee", "jk-dw"),
        decide(office, coming, "approve_by_government", "jk-zf"),
    )
    assert found == [None, None]
    assert [number for number, _change in numbers(office)] == [1, 2, 3]
    assert sorted(change for _number, change in numbers(office)) == [
        "admission",
        "exit",
        "seed",
    ]
    (left,) = office.rows(
        sa.select(ItemListEntry.left_in).where(ItemListEntry.item_id == item)
    )
    (came,) = office.rows(
        sa.select(ItemListEntry.entered_in)
        .join(ServiceItem, ServiceItem.id == ItemListEntry.item_id)
        .where(ServiceItem.name == "独居老人走访")
    )
    assert {left, came} == {2, 3}


def test_of_two_who_propose_one_exit_at_one_instant_the_second_reads_the_number_of_the_first(
    office, monkeypatch
):
    item = office.seed_item()

    def propose() -> None:
        office.start(
            "item_exit", "jk-wgb", "grid-office", COUNTY, item_id=item, **EXIT
        )

    found = at_one_instant(monkeypatch, propose, propose)
    (refused,) = [each for each in found if each is not None]
    (number,) = office.rows(
        sa.select(ProcessInstance.business_key).where(
            ProcessInstance.process_key == "item_exit"
        )
    )
    assert (
        isinstance(refused, FormInvalid)
        and number in refused.errors["item_id"][0]
    )
