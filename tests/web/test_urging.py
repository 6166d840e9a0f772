"""The applicant's page of a matter: urge it once a working day, and then from which day on again."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.test_registers import APPLICATION


def test_the_applicant_urges_once_and_is_told_from_when_on_again_and_the_handler_sees_it(
    application, signed_in
) -> None:
    with application.app_context():
        with transaction() as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            APPLICATION,
            by,
            "zhenjiang:justice:321102",
            datetime.now(UTC),
        )
    applicant, handler = signed_in("jk-sf"), signed_in("jk-wgb")
    address = f"/instance/{begun.instance_id}"
    assert f"{address}/oversee/urge" in applicant.get(address).text
    assert (
        "催办"
        not in handler.get(
            "/", query_string={"q": APPLICATION["item_name"]}
        ).text.split("<main", 1)[1]
    )
    assert (
        applicant.post(
            f"{address}/oversee/urge", data={"reason": "汛期将至，请尽快审核"}
        ).status_code
        == 302
    )
    page = applicant.get(address).text
    assert f"{address}/oversee/urge" not in page and re.search(
        r"已催办，\d{4}-\d\d-\d\d 起可以再催", page
    )
    assert "汛期将至，请尽快审核" in handler.get(address).text
    assert (
        "催办"
        in handler.get(
            "/", query_string={"q": APPLICATION["item_name"]}
        ).text.split("<main", 1)[1]
    )
    again = applicant.post(
        f"{address}/oversee/urge", data={"reason": "请今天审核"}
    )
    assert (
        again.status_code == 422
        and "一个工作日催办一次" in again.text
        and "请今天审核" in again.text
    )
    assert signed_in("jk-cg").post(
        f"{address}/oversee/urge", data={"reason": "试试"}
    ).status_code in (
        403,
        404,
    )
