"""What a recorded database has of the directory, reworked cases, archive packages and appeals of an
assessment."""

from __future__ import annotations

from typing import Any

from orchestrator.services.people import directory_groups, groups, provisioning
from orchestrator.services.people.body_names import TypedBody
from orchestrator.services.people.directory_groups import WantedGroup
from orchestrator.services.people.provisioning import WantedPerson
from tests.upgrades.people import People

MOST_STEPS = 12


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
    """A package that waits to be made."""
    rows = now.rows(
        "SELECT id FROM process_instance WHERE state = 'completed'"
        " AND process_key = 'case_handling' ORDER BY id"
    )
    act("zd-wgb", f"/dossier/{rows[0].id}/archive")


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
