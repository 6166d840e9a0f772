"""The registers' and the administrator's pages: what they show, to whom, and what strange addresses do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import ItemListEntry, ServiceItem
from orchestrator.store.session import transaction

KEYS = ["", "x", "_", "_x", "2026-01-01_x", "2026-01-01T00:00:00+00:00_x", "9999-99-99T00:00_x"]


@pytest.mark.parametrize("page", ["/", "/done", "/started", "/grids", "/cases"])
@pytest.mark.parametrize("key", KEYS)
def test_a_made_up_page_key_shows_a_page(signed_in, page: str, key: str) -> None:
    assert signed_in("jk-wgb").get(page, query_string={"after": key}).status_code == 200


def test_the_grids_are_those_of_ones_own_place(signed_in) -> None:
    assert "3211020010011001" in signed_in("jk-wgb").get("/grids").text
    assert "3211020010011001" not in signed_in("dy-wgb").get("/grids").text
    assert signed_in("dy-wgb").get("/grids/3211020010011001").status_code == 404


def test_only_the_administrator_sees_the_administrators_page(signed_in) -> None:
    assert signed_in("admin").get("/admin/").status_code == 200
    assert signed_in("jk-wgb").get("/admin/").status_code == 403


def test_an_administrator_unlocks_his_own_people_and_no_other_jurisdictions(application, signed_in) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    with application.app_context(), transaction() as session:
        stranger = Person(
            tenant_id="elsewhere", username="stranger", display_name="外地人", password_hash="x", locked_until=later
        )
        session.add(stranger)
        session.flush()
        own = session.scalars(sa.select(Person).where(Person.username == "jk-cg2")).one()
        own.locked_until = later
        ids = own.id, stranger.id
    client = signed_in("admin")
    assert [client.post(f"/admin/people/{person_id}/unlock").status_code for person_id in ids] == [302, 404]
    with application.app_context(), transaction() as session:
        assert session.get_one(Person, ids[0]).locked_until is None
        assert session.get_one(Person, ids[1]).locked_until == later


def test_a_dossier_reads_as_the_form_did_although_the_item_has_left_the_list(application, signed_in) -> None:
    with application.app_context():
        with transaction() as session:
            person = session.scalars(sa.select(Person).where(Person.username == "jk-mz")).one()
            item = session.scalars(
                sa.select(ServiceItem).where(ServiceItem.territory_code == "321102").order_by(ServiceItem.code)
            ).first()
            person_id, tenant, item_id, name = person.id, person.tenant_id, item.id, item.name
        data = {"item_id": item_id, "exit_reason": "工作已由部门直接承担", "approver": "government"}
        begun = instances.start(tenant, "item_exit", data, person_id, f"{tenant}:civil-affairs:321102", datetime.now(UTC))
        with transaction() as session:
            entry = session.scalars(sa.select(ItemListEntry).where(ItemListEntry.item_id == item_id)).one()
            entry.left_in = 2
            assert session.get_one(ProcessInstance, begun.instance_id).state == "active"
    shown = signed_in("jk-mz").get(f"/dossier/{begun.instance_id}").text
    assert name in shown and item_id not in shown
