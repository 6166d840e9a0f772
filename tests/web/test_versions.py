"""The page of a procedure's versions: what may be moved can be ticked, the report says what became of
each."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services import deployments, instances
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from tests.handlers.redeploy import files
from tests.web.test_registers import APPLICATION


@pytest.fixture(scope="module")
def matters(application) -> Iterator[list[str]]:
    """Two running admissions, where a version that names a step otherwise has been published since.

    Afterwards the city's own counts again, which other tests of this database read.
    """
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        begun = [
            instances.start(
                "zhenjiang",
                "item_admission",
                {**APPLICATION, "item_name": name},
                person,
                "zhenjiang:justice:321102",
                now,
            ).instance_id
            for name in (
                f"夜间巡查{secrets.token_hex(3)}",
                f"晨间巡查{secrets.token_hex(3)}",
            )
        ]
        resources = files()
        changed = (
            resources["item_admission.bpmn"]
            .decode()
            .replace('name="审核申请" ', 'name="审核准入申请" ', 1)
        )
        deployments.deploy(
            {**resources, "item_admission.bpmn": changed.encode()},
            "zhenjiang",
            person,
            datetime.now(UTC),
        )
    yield begun
    with application.app_context():
        deployments.deploy(resources, "zhenjiang", person, datetime.now(UTC))


def published(application) -> int:
    """Number of the newest version of the admission."""
    with application.app_context(), transaction(writing=False) as session:
        newest = sa.select(sa.func.max(ProcessDefinition.version)).where(
            ProcessDefinition.tenant_id == "zhenjiang",
            ProcessDefinition.key == "item_admission",
        )
        return session.scalar(newest)


def version_of(application, matter: str) -> str:
    with application.app_context(), transaction() as session:
        return session.get_one(ProcessInstance, matter).definition_id


def test_matters_are_listed_moved_and_reported(
    application, signed_in, matters: list[str]
) -> None:
    client, newest = signed_in("designer"), published(application)
    before = version_of(application, matters[0]).rpartition(":")[2]
    page = client.get("/design/versions/item_admission").get_data(as_text=True)
    assert all(f'value="{matter}"' in page for matter in matters)
    assert "可以移动" in page
    there = f"/design/versions/item_admission?version={newest}"
    nothing = client.post(there, follow_redirects=True).get_data(as_text=True)
    assert "请先勾选要移动的事项" in nothing
    report = client.post(
        there,
        data={"instance": [matters[0], "unknown"]},
        follow_redirects=True,
    )
    told = re.sub(r"\s+", " ", report.get_data(as_text=True))
    assert "移动 1 件，未动 1 件" in told
    assert "“审核申请”改称“审核准入申请”" in told
    assert "本辖区的这个流程没有这件事项" in told
    address = report.request.path
    assert client.get(address).get_data(as_text=True).count(
        "未动"
    ) == report.text.count("未动")
    assert (
        address
        in client.get(f"/design/versions/item_admission?version={before}").text
    )
    assert signed_in("jk-wgb").get(address).status_code == 403
    assert (
        client.get(address.replace("item_admission", "item_exit")).status_code
        == 404
    )
    assert (
        version_of(application, matters[0])
        == f"zhenjiang:item_admission:{newest}"
    )
    assert (
        version_of(application, matters[1])
        == f"zhenjiang:item_admission:{before}"
    )
    matter = (
        signed_in("jk-wgb")
        .get(f"/instance/{matters[0]}")
        .get_data(as_text=True)
    )
    assert "移到新版流程" in matter
    assert f"由第 {before} 版移到第 {newest} 版" in matter
    back = client.get(
        f"/design/versions/item_admission?version={before}"
    ).get_data(as_text=True)
    assert f'value="{matters[0]}"' in back
    assert f'value="{matters[1]}"' not in back


def test_a_designer_reads_titles_of_what_he_may_see_alone(
    application, signed_in, matters: list[str]
) -> None:
    """He moves what runs by number and step. A title is there for who works on the instance, too."""
    newest = published(application)
    there = f"/design/versions/item_admission?version={newest}"
    client = signed_in("designer")
    with application.app_context(), transaction(writing=False) as session:
        rows = session.scalars(
            sa.select(ProcessInstance).where(ProcessInstance.id.in_(matters))
        ).all()
        numbers = [row.business_key for row in rows]
        titles = [row.title for row in rows]
    page = client.get("/design/versions/item_admission").text
    report = client.post(
        there, data={"instance": matters}, follow_redirects=True
    )
    draft = client.post("/design/open/item_admission", follow_redirects=True)
    publishing = f"{draft.request.path.rstrip('/')}/publish"
    seen = [page, report.text, client.get(publishing).text]
    assert any(number in page for number in numbers)
    assert all(number in report.text for number in numbers)
    assert not [title for title in titles for text in seen if title in text]
    with application.app_context(), transaction() as session:
        designer = session.scalars(
            sa.select(Person.id).where(Person.username == "designer")
        ).one()
        session.add(
            Membership(
                person_id=designer,
                body_id="zhenjiang:justice:321102",
                from_on=date(2020, 1, 1),
            )
        )
    client = signed_in("designer")
    assert all(
        title in client.get(report.request.path).text for title in titles
    )
    refused = client.get(publishing).text
    assert "不能一个人发布自己要执行的流程" in refused
    assert "提交另一位设计人员确认" in refused
    with application.app_context(), transaction() as session:
        session.execute(
            sa.delete(Membership).where(
                Membership.person_id == designer,
                Membership.body_id == "zhenjiang:justice:321102",
            )
        )


def test_a_version_that_is_not_there_is_not_found(signed_in) -> None:
    client = signed_in("designer")
    assert client.get("/design/versions/nothing").status_code == 404
    assert (
        client.get("/design/versions/item_admission?version=99").status_code
        == 404
    )
    assert (
        client.post(
            "/design/versions/item_admission?version=99",
            data={"instance": "x"},
        ).status_code
        == 404
    )
