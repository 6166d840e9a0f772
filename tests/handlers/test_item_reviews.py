"""The yearly review of a list: opened by the clock for each item, answered by its department, judged by the
office, and read on the item's page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.figures import CaseCounts
from orchestrator.services.assessment import (
    due_periods,
    item_reviews,
    recurring_work,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.item_reviews import ItemReview
from orchestrator.store.registers import ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from tests.handlers.office import COUNTY as CODE
from tests.handlers.office import Office
from tests.handlers.test_figures import settle

pytestmark = pytest.mark.one_database
OFFICE = f"zhenjiang:grid-office:{CODE}"
BUREAU = f"zhenjiang:urban-management:{CODE}"
NAME = "夜间停车劝导"
ALL_KEPT = {
    "people_kept": "kept",
    "funds_kept": "kept",
    "training_kept": "kept",
}


@pytest.fixture(autouse=True)
def _one_county(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock opens the reviews of every county; one is enough to read."""
    whole = due_periods.manned

    def here(session: Session, bodies: Sequence[Body]) -> list[str]:
        return [
            body_id for body_id in whole(session, bodies) if CODE in body_id
        ]

    monkeypatch.setattr(due_periods, "manned", here)


@pytest.fixture
def item(office: Office) -> str:
    """An item that the bureau had admitted to the county's list."""
    office.admit(NAME, commitment_people="两名协管员")
    query = sa.select(ServiceItem.id).where(ServiceItem.name == NAME)
    (found,) = office.rows(query)
    return found


def _january(office: Office, month: int, day: int) -> None:
    office.now = datetime(2027, month, day, 2, tzinfo=UTC)
    settle(office)


def _reviews(office: Office) -> list[ProcessInstance]:
    return office.rows(
        sa.select(ProcessInstance).where(
            ProcessInstance.process_key == "item_review",
            ProcessInstance.territory_code == CODE,
        )
    )


def test_each_item_is_reviewed_once_a_year_and_a_promise_not_kept_gets_a_term(
    office: Office, item: str
) -> None:
    _january(office, 1, 9)
    recurring_work.settle(office.now)
    assert not _reviews(office), "its day has not come"
    _january(office, 1, 10)
    assert recurring_work.settle(office.now)
    assert recurring_work.settle(office.now) == 0
    opened = _reviews(office)
    on_list = office.rows(
        sa.select(ServiceItem.name).where(ServiceItem.territory_code == CODE)
    )
    assert sorted(row.title for row in opened) == sorted(
        f"2026年检查：{name}" for name in on_list
    )
    (review,) = [row for row in opened if NAME in row.title]
    assert "人员保障：两名协管员" in review.variables["commitments"]
    assert office.candidates(review.id) == {BUREAU}
    report = {**ALL_KEPT, "funds_kept": "partly", "report_note": "经费一半"}
    office.complete(review.id, "report_commitments", "jk-cg", **report)
    assert office.candidates(review.id) == {OFFICE}
    judged = {
        **ALL_KEPT,
        "funds_kept": "partly",
        "review_conclusion": "remedy",
        "review_opinion": "余下经费限期拨付",
    }
    office.complete(review.id, "judge_commitments", "jk-wgb", **judged)
    (row,) = office.rows(sa.select(ItemReview))
    assert (row.item_id, row.period) == (item, "2026")
    assert (row.funds, row.conclusion) == ("partly", "remedy")
    office.complete(
        review.id, "remedy_commitments", "jk-cg", remedy_note="已经拨付"
    )
    checked = {
        **ALL_KEPT,
        "review_conclusion": "keep",
        "review_opinion": "已补足",
    }
    office.complete(review.id, "check_remedy", "jk-wgb", **checked)
    (row,) = office.rows(sa.select(ItemReview))
    assert (row.funds, row.conclusion, row.opinion) == (
        "kept",
        "keep",
        "已补足",
    )
    assert not office.elements(review.id)
    # What the regulation lists has no department that promised anything.
    listed = next(row for row in opened if NAME not in row.title)
    assert office.elements(listed.id) == ["judge_commitments"]


def test_an_item_admitted_since_and_a_clock_that_comes_late_open_nothing(
    office: Office,
) -> None:
    _january(office, 2, 10)
    recurring_work.settle(office.now)
    assert not _reviews(office), "the month of the review is over"
    _january(office, 1, 5)
    office.admit(NAME)
    _january(office, 1, 12)
    recurring_work.settle(office.now)
    titles = [row.title for row in _reviews(office)]
    assert titles
    assert not any(NAME in title for title in titles)


def test_a_round_opens_so_many_and_the_next_goes_on_without_writing_at_the_end(
    office: Office, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurring_work, "MOST_REVIEWS", 3)
    _january(office, 1, 10)
    on_list = office.rows(
        sa.select(ServiceItem.id).where(ServiceItem.territory_code == CODE)
    )
    assert len(on_list) > 3
    counts = [0]
    while recurring_work.settle(office.now):
        counts.append(len(_reviews(office)))
        assert counts[-1] - counts[-2] <= 3
    assert len(_reviews(office)) == len(on_list)

    def never(*_: object) -> int:
        raise AssertionError("nothing is missing")

    monkeypatch.setattr(recurring_work, "_open_review", never)
    assert recurring_work.settle(office.now) == 0


def test_the_review_goes_to_the_body_that_took_over_or_to_the_office(
    office: Office, item: str
) -> None:
    heir = office.rows(
        sa.select(Body.id).where(
            Body.territory_code == CODE, Body.id.not_in([BUREAU, OFFICE])
        )
    )[0]
    for successor, expected in ((heir, heir), (None, "")):
        with transaction() as session:
            bureau = session.get_one(Body, BUREAU)
            bureau.dissolved_at = office.now
            bureau.successor_id = successor
            facts = item_reviews.facts_of(session, item, CaseCounts())
            session.rollback()
        assert facts["department_body"] == expected
