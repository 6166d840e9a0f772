"""The pages that begin a procedure: what was typed stays when it is refused, and a draft without a version
opens everywhere."""

from __future__ import annotations

import pytest

from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.web.test_workbench import PAGES

NEW = {"name": "法制审核", "key": "legal_review", "copied": ""}


@pytest.fixture
def begun(application, signed_in):
    """Begins drafts by the page; they are discarded afterwards."""
    known: list[str] = []

    def begin(address: str, **given: str):
        answer = signed_in("designer").post(address, data=given)
        if answer.status_code == 302:
            known.append(answer.location.rpartition("/")[2])
        return answer

    yield begin
    with application.app_context(), transaction() as session:
        for each in known:
            session.get_one(Draft, each).state = "discarded"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/design/new", NEW),
        ("/design/new", {**NEW, "copied": "item_exit"}),
        ("/design/open-called/publish", {}),
    ],
)
def test_a_draft_without_a_version_opens_on_every_page(
    begun, signed_in, address: str, given: dict
) -> None:
    draft = begun(address, **given).location
    client = signed_in("designer")
    for page in PAGES:
        # What cannot be played yet says why.
        unplayable = page in ("/try", "/backtest") and given == NEW
        no_scenario = page == "/cards/0/0"
        assert client.get(draft + page).status_code == (
            422 if unplayable or no_scenario else 200
        ), page
    assert "没有实质差别" not in client.get(f"{draft}/publish").text
    assert "还没有情景。" in client.get(f"{draft}/scenarios").text
    listed = client.get("/design/").text
    assert "继续编辑" in listed
    assert (
        client.post(
            f"{draft}/check", json={"name": "legal_review.bpmn", "text": "<"}
        ).status_code
        == 200
    )


def test_what_was_typed_stays_when_it_is_refused(begun) -> None:
    answer = begun("/design/new", name="法制审核", key="Legal Review")
    assert answer.status_code == 422
    assert "编号只能用小写字母" in answer.text
    assert (
        'value="法制审核"' in answer.text
        and 'value="Legal Review"' in answer.text
    )


@pytest.mark.parametrize("key", ["item_exit", "publish"])
def test_a_key_that_is_taken_leads_to_what_has_it(begun, key: str) -> None:
    answer = begun("/design/new", name="法制审核", key=key)
    assert answer.status_code == 422
    assert f'href="#procedure-{key}"' in answer.text
    assert answer.text.count(f'id="procedure-{key}"') == 1


def test_only_designers_begin_procedures_and_only_in_their_city(
    signed_in,
) -> None:
    assert signed_in("jk-cg").post("/design/new", data=NEW).status_code == 403
    assert (
        signed_in("designer").post("/design/open-called/no_such").status_code
        == 404
    )
