"""机构种类: one that the profile does not know is asked for by an administrator, published by a designer, and
then offered."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from orchestrator.domain.jurisdiction.functions import CASE_DEPARTMENT
from orchestrator.services import bundles
from orchestrator.services.designing.regulation import drafting
from orchestrator.store.drafts import Draft, regulation_draft
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
    application, signed_in, monkeypatch
) -> None:
    admin, designer = signed_in("admin"), signed_in("designer")
    wrong = {**TYPED, "levels": [], "name_template": "局", "name": "财政"}
    refused = admin.post(ASK, data=wrong)
    assert refused.status_code == 422 and 'value="财政"' in refused.text
    assert "请选择设在哪几级" in refused.text
    assert "机构全称应含" in refused.text
    assert "已有名称为“财政”的种类" in refused.text
    for given, told in (
        ({"key": "9tax"}, "编号只能用小写字母"),
        ({"name_template": "{territory}" + "税务局" * 40}, "最长 120 个字"),
        ({"name_template": "{territory}财政局"}, "机构全称与它相同"),
        ({"name_template": "{territory}{place}局"}, "name_template"),
    ):
        refused = admin.post(ASK, data={**TYPED, **given})
        assert refused.status_code == 422 and told in refused.text, told
    with monkeypatch.context() as small:
        small.setattr(drafting, "LARGEST", 1_000)
        refused = admin.post(ASK, data=TYPED)
        assert refused.status_code == 422 and "过大" in refused.text
    # What was refused began no draft.
    assert _draft(application) is None
    assert admin.post(ASK, data=TYPED).status_code == 302
    draft = _draft(application)
    for given, told in (
        ({"name": "国税"}, "已有编号“tax”"),
        ({"key": "tax-office"}, "已有名称为“税务”的种类"),
    ):
        twice = admin.post(ASK, data={**TYPED, **given})
        assert twice.status_code == 422 and told in twice.text, told
    _propose(application, draft.revision)
    waits = admin.post(ASK, data={**TYPED, "key": "sea", "name": "海关"})
    assert waits.status_code == 422
    assert "正等待另一位流程设计员确认" in waits.text
    _propose(application, None)
    address = f"/design/{draft.id}/publish"
    before = designer.post(address, data={"seen": f"{draft.id}:1"})
    assert before.status_code == 422
    assert "打开这一页以后草稿又有了改动" in before.text
    (seen,) = re.findall('name="seen" value="([^"]*)"', before.text)
    assert seen == f"{draft.id}:{draft.revision}"
    published = designer.post(address, data={"seen": seen})
    assert published.status_code == 302, published.text
    now = datetime.now(UTC)
    with application.app_context(), transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT, now)
    # What forms list as departments, and where diagrams look for one.
    assert "tax" in profile.roles_of(CASE_DEPARTMENT)
    assert 'value="tax"' in admin.get("/admin/bodies/new").text
    assert "京口区税务局" in admin.get("/admin/bodies/?q=税务局").text


def _draft(application) -> Draft | None:
    with application.app_context(), transaction(writing=False) as session:
        return regulation_draft(session, TENANT)


def _propose(application, revision: int | None) -> None:
    """As if a designer had asked another one to confirm it, or had it back."""
    with application.app_context(), transaction() as session:
        draft = regulation_draft(session, TENANT)
        draft.proposed_revision = revision


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
    assert ASK not in person.get("/admin/bodies/new").text
    assert ASK in signed_in("admin").get("/admin/bodies/new").text
    answer = person.post(ASK, data={**TYPED, "key": "other", "name": "海关"})
    assert answer.status_code == 403
