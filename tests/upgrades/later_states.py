"""What a recorded database has of the directory, reworked cases, archive packages, appeals of an assessment,
yearly reviews and the days of a place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from orchestrator.domain.announcements import read
from orchestrator.services.assessment import recurring_work
from orchestrator.services.people import directory_groups, groups, provisioning
from orchestrator.services.people.body_names import TypedBody
from orchestrator.services.people.directory_groups import WantedGroup
from orchestrator.services.people.provisioning import WantedPerson
from orchestrator.services.registers import calendars
from orchestrator.services.registers.calendar_years import (
    CalendarChange,
    Validity,
)
from tests.upgrades.people import People
from web import archiving

MOST_STEPS = 12
COUNTY = "321102"
REVIEWS = 3


def directory(now: People, tenant: str) -> None:
    """Two people whom a directory pushed, with its group, which gives them a body; one account is closed
    again."""
    ((admin,),) = now.rows("SELECT id FROM person WHERE username = 'admin'")
    with now.app.app_context():
        pushed = [
            provisioning.add_person(
                tenant, WantedPerson(name, name, external_id=name), now.at
            )
            for name in ("pushed-one", "pushed-two")
        ]
        wanted = WantedGroup("信访", "g-1", frozenset(pushed), None)
        directory_groups.add(tenant, wanted, now.at)
        typed = TypedBody("petitions:321102", "科员")
        groups.put(admin, "信访", typed, now.at)
        provisioning.remove_person(tenant, pushed[1], now.at)


def rework(now: People, case: str, steps: int = 0) -> None:
    """Takes the case on until its check fails, and so many steps further."""
    for _number in range(MOST_STEPS):
        steps_open = [task.element_id for task in now.open_tasks(case)]
        if "verify_on_site" in steps_open:
            now.step(case, verdict="rework")
            break
        assert now.step(case), steps_open
    for _number in range(steps):
        now.step(case)


def archive(now: People, act: Any, tenant: str) -> None:
    """A package that is made, and one that waits to be made."""
    rows = now.rows(
        "SELECT id FROM process_instance WHERE state = 'completed'"
        " AND process_key = 'case_handling' ORDER BY id"
    )
    act("zd-wgb", f"/dossier/{rows[0].id}/archive")
    with now.app.app_context():
        assert archiving.make_next(now.at)
    act("zd-wgb", f"/dossier/{rows[1].id}/archive")


@contextmanager
def few_reviews() -> Iterator[None]:
    """The clock opens the yearly reviews of a few items alone."""
    with patch.object(recurring_work, "MOST_REVIEWS", REVIEWS):
        yield


def reviews(now: People) -> None:
    """Of the yearly reviews that the clock opened in January one is reported, one judged, one not begun."""
    begun = now.rows(
        "SELECT id FROM process_instance WHERE process_key = 'item_review' ORDER BY id"
    )
    for review, steps in zip(begun, range(REVIEWS), strict=True):
        for _number in range(steps):
            now.step(review.id)


def days_of_a_place(now: People, tenant: str) -> None:
    """A county has a day off of its own."""
    year = now.at.year
    with now.app.app_context():
        calendars.activate(
            tenant,
            CalendarChange(
                read(f"{year}-07-01,休,区庆", year),
                "区政府公告",
                Validity(COUNTY),
            ),
            None,
            now.at,
            year,
        )


def appeal(now: People, act: Any) -> None:
    """A department's appeal against its result, undecided."""
    rows = now.rows(
        "SELECT assessment_result.id, username FROM assessment_result"
        " JOIN membership ON body_id = assessment_result.key"
        " JOIN person ON person.id = person_id"
        " WHERE score IS NOT NULL AND until_on IS NULL ORDER BY score, username"
    )
    result = rows[0]
    reason = "其中一件系上级协调期间逾期，请核对后更正"
    act(
        result.username,
        f"/assessment/results/{result.id}/appeal",
        reason=reason,
    )
