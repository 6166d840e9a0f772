"""A procedure that is retired takes no new matters, what runs ends, and it can be brought back."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.store.definitions import version_in_force
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.retirements import Retirement
from orchestrator.store.session import transaction
from tests.web.test_registers import APPLICATION

PAGE = "/design/versions/item_admission"
START = "/start/item_admission/zhenjiang:justice:321102"


@pytest.fixture
def client(application, signed_in):
    """A designer; what he retires is forgotten afterwards."""
    yield signed_in("designer")
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(Retirement))


def test_a_retired_procedure_leaves_the_menu_and_its_matters_go_on(
    application, client, signed_in
) -> None:
    now = datetime.now(UTC)
    with application.app_context():
        with transaction(writing=False) as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        name = f"夜间巡查{secrets.token_hex(3)}"
        body = "zhenjiang:justice:321102"
        data = {**APPLICATION, "item_name": name}
        given = ("zhenjiang", "item_admission", data, person, body, now)
        running = instances.start(*given).instance_id
    applicant = signed_in("jk-sf")
    assert START in applicant.get("/start").text
    answer = client.post(f"{PAGE}/retire", data={"reason": "第 12 号令取消"})
    assert answer.status_code == 302, answer.text
    assert START not in applicant.get("/start").text
    refused = applicant.post(START, data={"item_name": "甲"})
    assert refused.status_code == 403 and "已经停用" in refused.text
    assert "第 12 号令取消" in client.get(PAGE).text
    assert "已停用" in client.get("/design/").text
    assert client.post("/design/open/item_admission").status_code == 302
    with application.app_context(), transaction(writing=False) as session:
        assert session.get_one(ProcessInstance, running).state == "active"
        assert not version_in_force(
            session, "zhenjiang", "item_admission", datetime.now(UTC)
        )
    assert name in signed_in("jk-wgb").get("/?sort=-arrived").text
    again = client.post(f"{PAGE}/retire", data={"reason": "再来一次"})
    assert again.status_code == 422 and "已经停用" in again.text
    assert client.post(f"{PAGE}/bring-back").status_code == 302
    assert START in applicant.get("/start").text
    assert "停用记录" in client.get(PAGE).text
    assert client.post(f"{PAGE}/bring-back").status_code == 404


def test_it_is_retired_from_a_later_day_on(
    application, client, signed_in
) -> None:
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    for wrong in ("1.1.", "2020-01-01", "2999-01-01"):
        given = {"reason": "取消", "effective_on": wrong}
        assert client.post(f"{PAGE}/retire", data=given).status_code == 422
    assert (
        client.post(
            f"{PAGE}/retire",
            data={"reason": "取消", "effective_on": day.isoformat()},
        ).status_code
        == 302
    )
    assert START in signed_in("jk-sf").get("/start").text
    assert f"已定于 {day} 停用，在此之前照常受理" in client.get(PAGE).text
    with application.app_context(), transaction(writing=False) as session:
        given = (session, "zhenjiang", "item_admission")
        then = datetime.now(UTC) + timedelta(days=10)
        assert not version_in_force(*given, then)
        assert version_in_force(*given, datetime.now(UTC))
    assert signed_in("jk-sf").post(f"{PAGE}/bring-back").status_code == 403


def test_a_new_procedure_that_was_never_published_is_gone_once_discarded(
    client,
) -> None:
    given = {"name": "临时流程", "key": "passing_idea", "copied": ""}
    draft = client.post("/design/new", data=given).location
    assert "临时流程" in client.get("/design/").text
    assert client.post(f"{draft}/discard").status_code == 302
    assert "passing_idea" not in client.get("/design/").text
    second = client.post("/design/new", data=given)
    assert second.status_code == 302
    client.post(f"{second.location}/discard")
