"""A city's own word for its list of items stands wherever a page names the list; no page asks for it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest

from orchestrator.domain.list_compilation import compilation_objection
from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.store import definitions
from orchestrator.store.definitions import ProcessDefinition, version_in_force
from orchestrator.store.registers import ItemListVersion
from orchestrator.store.session import transaction
from tests.web.conftest import TENANT
from tests.web.counting import statements
from tests.web.test_item_register import PLACE, hydrant

__all__ = ["hydrant"]
OWN = "巡护事项目录"
SETTING = f'list_name = "{OWN}"\n'


@pytest.fixture(scope="module")
def renamed(application) -> None:
    """The city calls its list by another name from now on."""
    # Never earlier than the city that was loaded a moment ago: its profile would be in force.
    now = datetime.now(UTC)
    with application.app_context():
        with transaction(writing=False) as session:
            newest = version_in_force(session, TENANT, "item_admission", None)
            files = definitions.files(
                session,
                session.get_one(ProcessDefinition, newest).deployment_id,
            )
        profile = files[bundles.PROFILE].decode()
        files[bundles.PROFILE] = profile.replace(
            "[items]\n", f"[items]\n{SETTING}", 1
        ).encode()
        deployments.deploy(files, TENANT, None, now)
        with transaction() as session:
            jurisdictions.bodies_in_force(session, TENANT, now)
            session.add(
                ItemListVersion(
                    id="named-v",
                    tenant_id=TENANT,
                    territory_code=PLACE,
                    number=900,
                    effective_on=now.date(),
                    change="admission",
                    approved_by="丹阳市人民政府 王五",
                    created_at=now,
                )
            )


@pytest.mark.usefixtures("renamed")
@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("/", f">{OWN}</a>"),
        ("/items", f"<title>{OWN} · "),
        ("/items/{item}", f">丹阳市{OWN}</a>"),
        ("/public/", f'<h2 class="card-title">{OWN}</h2>'),
    ],
)
def test_pages_call_the_list_what_the_city_calls_it(
    signed_in, hydrant: str, page: str, shown: str
) -> None:
    text = signed_in("dy-wgb").get(page.format(item=hydrant)).text
    assert shown in text
    assert "事项清单" not in text


@pytest.mark.usefixtures("renamed", "hydrant")
def test_the_home_page_names_a_decision_by_that_word(signed_in) -> None:
    text = signed_in("dy-wgb").get("/home").text
    assert f"丹阳市{OWN}第" in text


@pytest.mark.usefixtures("renamed")
def test_the_workbook_is_named_by_that_word(signed_in, hydrant: str) -> None:
    sent = signed_in("dy-wgb").get(f"/items.xlsx?territory={PLACE}")
    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    assert book.sheetnames == [OWN]


@pytest.mark.usefixtures("renamed")
def test_the_word_costs_a_page_no_statement(application, signed_in) -> None:
    client = signed_in("dy-wgb")
    client.get("/help/")
    with statements(application) as asked:
        assert OWN in client.get("/help/").text
    assert [
        text for text in asked if text.startswith("SELECT deployment.")
    ] == []


def test_a_draft_is_refused_in_that_word() -> None:
    told = compilation_objection(
        [],
        {"list_kind": "addition", "listed_items": [{"name": "巡河"}]},
        datetime.now(UTC).date(),
        OWN,
    )
    assert told is not None
    assert told.sentence == f"本级还没有{OWN}，没有可以增补的，应为首份清单"
