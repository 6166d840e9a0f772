"""The pages of a draft with errors show what it changes and what is wrong beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services import designing
from orchestrator.store.drafts import Draft
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

# Another test may have deployed the step under another name before.
TOLD = "改为“复核准入申请”"


@pytest.fixture
def draft(application):
    """Id of a draft that renames a step and has errors, discarded afterwards."""
    with application.app_context():
        with transaction(writing=False) as session:
            designer = session.scalars(
                sa.select(Person.id).where(Person.username == "designer")
            ).one()
        made = designing.open_draft(
            "zhenjiang", "item_admission", designer, datetime.now(UTC)
        )
        with transaction() as session:
            row = session.get_one(Draft, made)
            text = row.content["item_admission.bpmn"].replace(
                ' default="review_passed"', "", 1
            )
            renamed = r'(id="review_application" name=)"[^"]+"'
            text, found = re.subn(renamed, r'\1"复核准入申请"', text)
            assert found == 1
            row.content = {"item_admission.bpmn": text, "approval.form": "{"}
    yield made
    with application.app_context(), transaction() as session:
        session.get_one(Draft, made).state = "discarded"


def test_publishing_shows_the_differences_beside_the_errors(
    signed_in, draft: str
) -> None:
    page = signed_in("designer").get(f"/design/{draft}/publish")
    assert page.status_code == 200 and TOLD in page.text
    assert (
        "“approval.form”还读不出来" in page.text
        and "没有实质差别" not in page.text
    )
    assert "表单不是有效的 JSON" in page.text


def test_the_comparison_shows_them_too(signed_in, draft: str) -> None:
    page = signed_in("designer").get(
        "/design/compare/item_admission", query_string={"after": draft}
    )
    assert page.status_code == 200 and TOLD in page.text
    assert (
        "改正之后才能发布" in page.text
        and "“approval.form”还读不出来" in page.text
    )
