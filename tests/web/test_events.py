"""What reaches matters from outside: messages, signals, triggers, conditions; by the administrator alone, and
bad requests get a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import deployments, jurisdictions
from orchestrator.services.clocks import messages
from orchestrator.services.instances import event_starts
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.session import transaction
from tests.engine.diagrams import START, document, flow, timer
from tests.web.conftest import ROOT, TENANT

BODY = (
    START
    + '<receiveTask id="r" name="等候回执"><documentation>依据：默认</documentation></receiveTask>'
    + '<startEvent id="m"><messageEventDefinition messageRef="ms"/></startEvent>'
    + '<startEvent id="s"><signalEventDefinition signalRef="sg"/></startEvent>'
    + '<startEvent id="c"><conditionalEventDefinition><condition>level == '
    "7</condition></conditionalEventDefinition></startEvent>"
    + '<startEvent id="t"><documentation>依据：'
    f"默认</documentation>{timer('0 0 8 * * ?', 'timeCycle')}</startEvent>"
    + "".join(flow(each, "r") for each in ("start", "m", "s", "c", "t"))
)
DEFINED = '<message id="ms" name="outside order"/><signal id="sg" name="outside flood"/>'


@pytest.fixture(scope="module")
def receipts(application) -> None:
    """A procedure that all kinds of events start, and that waits to be triggered."""
    files = dict(jurisdictions.resources(ROOT / "bpmn" / TENANT))
    files["receipts.bpmn"] = document(
        BODY, DEFINED, 'name="回执登记"', "receipts"
    )
    with application.app_context():
        deployments.deploy(files, TENANT, None, datetime.now(UTC))


def begun(application) -> int:
    with application.app_context(), transaction(writing=False) as session:
        return session.scalar(
            sa.select(sa.func.count()).where(
                ProcessInstance.process_key == "receipts"
            )
        )


def test_a_message_a_signal_and_a_condition_start_what_they_start(
    application, signed_in, receipts
) -> None:
    client, before = signed_in("admin"), begun(application)
    sent = {
        "messageName": "outside order",
        "processVariables": {"level": {"value": 2, "type": "Integer"}},
    }
    assert client.post("/api/message", json=sent).status_code == 204
    assert (
        client.post(
            "/api/signal",
            json={"name": "outside flood", "variables": {"level": 3}},
        ).status_code
        == 204
    )
    with application.app_context():
        messages.relay(datetime.now(UTC))
    assert client.post(
        "/api/condition", json={"variables": {"level": 7}}
    ).json == {"started": 1, "failed": []}
    assert client.post(
        "/api/condition", json={"variables": {"level": 8}}
    ).json == {"started": 0, "failed": []}
    assert begun(application) == before + 3


def test_an_event_that_is_sent_again_under_its_key_starts_nothing_more(
    application, signed_in, receipts
) -> None:
    client, before = signed_in("admin"), begun(application)
    for _time in range(2):
        for number, (address, sent) in enumerate(
            (
                ("/api/message", {"messageName": "outside order"}),
                ("/api/signal", {"name": "outside flood"}),
                ("/api/condition", {"variables": {"level": 7}}),
            )
        ):
            key = {"Idempotency-Key": f"order-{number}"}
            answer = client.post(address, json=sent, headers=key)
            assert answer.status_code in (200, 204)
    with application.app_context():
        messages.relay(datetime.now(UTC))
    assert begun(application) == before + 3


def test_a_step_is_triggered_by_the_page_and_by_the_interface(
    application, signed_in, receipts
) -> None:
    client = signed_in("admin")
    for _each in range(2):
        client.post("/api/message", json={"messageName": "outside order"})
    page = client.get("/admin/").text
    assert (
        "等待触发的步骤" in page
        and "等候回执" in page
        and "由定时发起的流程" in page
        and "回执登记" in page
    )
    with application.app_context(), transaction(writing=False) as session:
        first, second = session.scalars(
            sa.select(EventSubscription.id)
            .where(EventSubscription.kind == "trigger")
            .limit(2)
        )
    assert (
        "请写明触发的理由"
        in client.post(
            f"/admin/waiting/{first}/trigger", data={"reason": ""}
        ).text
    )
    assert (
        client.post(
            f"/admin/waiting/{first}/trigger", data={"reason": "回执已收到"}
        ).status_code
        == 302
    )
    wordy = client.post(
        f"/api/execution/{second}/signal", json={"reason": "理" * 201}
    )
    assert (
        wordy.status_code == 422 and "最多写 200 字" in wordy.json["told"]
    ), "refused, never cut"
    assert (
        client.post(
            f"/api/execution/{second}/signal", json={"variables": {"level": 1}}
        ).status_code
        == 204
    )
    assert (
        client.post(
            f"/admin/waiting/{first}/trigger", data={"reason": "再来"}
        ).status_code
        == 404
    )
    assert (
        client.post(f"/api/execution/{second}/signal", json={}).status_code
        == 404
    )


def test_what_waits_in_another_city_is_not_triggered_from_here(
    application, signed_in, receipts
) -> None:
    client = signed_in("admin")
    client.post("/api/message", json={"messageName": "outside order"})
    with application.app_context(), transaction() as session:
        waiting = session.scalars(
            sa.select(EventSubscription)
            .where(EventSubscription.kind == "trigger")
            .limit(1)
        ).one()
        waiting.tenant_id = "elsewhere"
        key = waiting.id
    try:
        assert (
            client.post(f"/api/execution/{key}/signal", json={}).status_code
            == 404
        )
        assert (
            client.post(
                f"/admin/waiting/{key}/trigger", data={"reason": "已收到"}
            ).status_code
            == 404
        )
    finally:
        with application.app_context(), transaction() as session:
            session.get_one(EventSubscription, key).tenant_id = TENANT


@pytest.mark.parametrize("address", ["message", "signal", "condition"])
@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "x",
        {"name": 3, "messageName": [], "variables": []},
        {"name": "x" * 500, "variables": {"a b": 1}},
    ],
)
def test_a_bad_request_gets_a_sentence(
    signed_in, address: str, sent: object
) -> None:
    if (
        address == "condition"
        and isinstance(sent, dict)
        and not sent.get("variables")
    ):
        sent = {"variables": 5}
    assert (
        400
        <= signed_in("admin").post(f"/api/{address}", json=sent).status_code
        < 500
    )


@pytest.mark.parametrize(
    "address",
    [
        "/api/message",
        "/api/signal",
        "/api/condition",
        "/api/execution/x/signal",
        "/admin/waiting/x/trigger",
    ],
)
def test_only_the_administrator_may(signed_in, address: str) -> None:
    assert signed_in("jk-sf").post(address, json={}).status_code in (403, 404)


def test_a_timer_starts_by_the_clock(application, receipts) -> None:
    before = begun(application)
    with application.app_context():
        assert (
            event_starts.fire_due(datetime.now(UTC) + timedelta(days=2)) == 1
        )
    assert begun(application) == before + 1
