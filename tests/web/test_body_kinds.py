"""机构种类: one that the profile does not know is asked for by an administrator, published by a designer, and
then offered."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from orchestrator.domain.jurisdiction.functions import CASE_DEPARTMENT
from orchestrator.services import bundles
from orchestrator.store.drafts import regulation_draft
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from tests.web.conftest import TENANT, made

ASK = "/admin/body-kinds/new"
TYPED = {
    "key": "tax",
    "name": "税务",
    "name_template": "{territory}税务局",
    "levels": ["county"],
    "family": "department",
}


@pytest.fixture(scope="module")
def application(tmp_path_factory, sqlite_schema):
    """A city of its own: the kind stays. Some seconds to load."""
    folder = tmp_path_factory.mktemp("kinds")
    yield from made(folder, sqlite_schema, (TENANT,))


def test_a_kind_of_department_is_asked_for_published_and_offered(
    application, signed_in
) -> None:
    admin, designer = signed_in("admin"), signed_in("designer")
    wrong = {**TYPED, "levels": [], "name_template": "局", "name": "财政"}
    refused = admin.post(ASK, data=wrong)
    assert refused.status_code == 422 and 'value="财政"' in refused.text
    assert "请选择设在哪几级" in refused.text
    assert "机构全称应含" in refused.text
    assert "已有名称为「财政」的种类" in refused.text
    assert admin.post(ASK, data=TYPED).status_code == 302
    twice = admin.post(ASK, data={**TYPED, "name": "国税"})
    assert twice.status_code == 422 and "已有编号「tax」" in twice.text
    with application.app_context(), transaction(writing=False) as session:
        draft_id = regulation_draft(session, TENANT).id
    published = designer.post(f"/design/{draft_id}/publish", data={})
    assert published.status_code == 302, published.text
    now = datetime.now(UTC)
    with application.app_context(), transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT, now)
    # What forms list as departments, and where diagrams look for one.
    assert "tax" in profile.roles_of(CASE_DEPARTMENT)
    assert 'value="tax"' in admin.get("/admin/bodies/new").text
    assert "京口区税务局" in admin.get("/admin/bodies/?q=税务局").text


def test_only_administrators_of_the_whole_city_ask(
    application, signed_in
) -> None:
    county = {"role": "administrator", "place": "321102"}
    assert (
        signed_in("admin")
        .post("/admin/bodies/new", data=county)
        .location.endswith("zhenjiang:administrator:321102")
    )
    assert signed_in("jk-cg").get(ASK).status_code == 403
    with application.app_context(), transaction() as session:
        wanted = sa.select(Person.id).where(Person.username == "jk-cg")
        body = "zhenjiang:administrator:321102"
        of_body = {"person_id": session.scalar(wanted), "body_id": body}
        session.add(Membership(**of_body, from_on=date(2026, 1, 1)))
    person = signed_in("jk-cg")
    assert "由全辖区的管理员申请新增" in person.get(ASK).text
    answer = person.post(ASK, data={**TYPED, "key": "other", "name": "海关"})
    assert answer.status_code == 403
