"""Which addresses of a large table are offered for what is typed."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.store import address_search
from orchestrator.store import addresses as store
from orchestrator.store.addresses import Address
from orchestrator.store.base import table
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from tests.store.planting import TENANT

ESTATES = ("紫阳苑", "梧桐院", "江滨里")
CITY = "990000/"


@pytest.fixture
def estates(rows, monkeypatch) -> None:
    """Three estates of 48 doors each, where a pair that more than 10 have is common and 60 are compared."""
    monkeypatch.setattr(address_search, "MOST_OF_PAIR", 10)
    monkeypatch.setattr(address_search, "MOST_COMPARED", 60)
    texts = [
        f"京口区{name}{house}幢{door}室"
        for name in ESTATES
        for house in range(1, 13)
        for door in (101, 102, 201, 202)
    ]
    ids = {address_search.id_of(text): [text] for text in texts}
    with transaction() as session:
        session.execute(
            sa.insert(table(Address)),
            [
                {
                    "tenant_id": TENANT,
                    "id": ref,
                    "text": text,
                    "latitude": 32.0,
                    "longitude": 119.0,
                    "grid_code": "",
                }
                for ref, (text,) in ids.items()
            ],
        )
        store.index(session, TENANT, store.OF_ADDRESS, ids)


def _offered(text: str) -> list[str]:
    with transaction(writing=False) as session:
        rows = address_search.best(session, TENANT, CITY, text, 144, 6)
        return [row.Address.text for row in rows]


def test_a_door_is_offered_first_though_all_of_its_pairs_are_common(
    estates,
) -> None:
    for text in ("京口区梧桐院9幢202室", "京口区紫阳苑12幢101室"):
        assert _offered(text)[0] == text
        assert _offered(f"{text}漏水")[0] == text
        assert _offered(text.removeprefix("京口区"))[0] == text
    assert _offered("梧桐院9幢20")[0] == "京口区梧桐院9幢201室"


def test_of_an_estate_the_lowest_doors_are_offered(estates) -> None:
    assert _offered("京口区江滨里") == [
        f"京口区江滨里{house}幢{door}室"
        for house, door in (
            (1, 101),
            (1, 102),
            (1, 201),
            (1, 202),
            (2, 101),
            (2, 102),
        )
    ]


def test_a_rare_word_beside_an_address_does_not_hide_it(estates) -> None:
    text = "京口区漏水巷3号"
    with transaction() as session:
        ref = address_search.id_of(text)
        session.add(
            Address(
                tenant_id=TENANT,
                id=ref,
                text=text,
                latitude=32.0,
                longitude=119.0,
                grid_code="",
            )
        )
        store.index(session, TENANT, store.OF_ADDRESS, {ref: [text]})
    assert "京口区梧桐院9幢202室" in _offered("梧桐院9幢202室漏水")


def test_addresses_of_other_places_take_no_room(estates) -> None:
    with transaction() as session:
        session.execute(
            sa.insert(table(Grid)),
            [
                {
                    "tenant_id": TENANT,
                    "code": code,
                    "name": code,
                    "kind": "community",
                    "setting": "urban",
                    "community_code": "990101001",
                    "territory_path": f"{CITY}{county}/",
                    "households": 1,
                    "state": "active",
                    "valid_from": date(2026, 1, 1),
                }
                for code, county in (("here", "990101"), ("there", "990102"))
            ],
        )
        mine = "京口区紫阳苑12幢202室"
        where = sa.case((Address.text == mine, "here"), else_="there")
        session.execute(sa.update(Address).values(grid_code=where))
    with transaction(writing=False) as session:
        rows = address_search.best(
            session, TENANT, f"{CITY}990101/", "紫阳苑", 144, 6
        )
        assert [(row.Address.text, row.grid_name) for row in rows] == [
            (mine, "here")
        ]
