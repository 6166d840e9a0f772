"""Rows planted by hand, many at a time: people, matters, tasks and who they are offered to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store import search
from orchestrator.store.definitions import Deployment, ProcessDefinition
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
TENANT = "teston"
PATH = "990000/990100/"


def plant_people(*usernames: str) -> dict[str, int]:
    """Usernames → ids; the deployment that matters need comes with them."""
    with transaction() as session:
        session.add(
            Deployment(
                id="d",
                tenant_id=TENANT,
                sha256="0" * 64,
                deployed_at=NOW,
                effective_from=NOW,
            )
        )
        session.flush()
        session.add(
            ProcessDefinition(
                id=f"{TENANT}:errand:1",
                tenant_id=TENANT,
                key="errand",
                version=1,
                name="差事",
                deployment_id="d",
                resource_name="errand.bpmn",
                content_sha256="0" * 64,
                effective_from=NOW,
            )
        )
        people = [
            Person(
                tenant_id=TENANT,
                username=name,
                display_name=name,
                password_hash="x",
            )
            for name in usernames
        ]
        session.add_all(people)
        session.flush()
        return {person.username: person.id for person in people}


def plant_matters(
    titles: Sequence[str],
    candidate: str = "teston:grid-office:990100",
    *,
    prefix: str = "a",
    started_by: int | None = None,
    assignee: int | None = None,
    process_key: str = "errand",
    path: str = PATH,
    due: Sequence[datetime | None] = (),
    findable: bool = True,
) -> list[str]:
    """One open task a matter, due an hour after the one before it; returns the tasks' ids."""
    numbers = [f"{prefix}{number:06d}" for number in range(len(titles))]
    dues = list(due) or [
        NOW + timedelta(hours=number) for number in range(len(titles))
    ]
    instances = [
        {
            "id": number,
            "tenant_id": TENANT,
            "definition_id": f"{TENANT}:errand:1",
            "process_key": process_key,
            "business_key": f"差-2026-{number}",
            "title": title,
            "territory_code": path.strip("/").split("/")[-1],
            "territory_path": path,
            "state": "active",
            "revision": 1,
            "started_by": started_by,
            "started_at": NOW + timedelta(minutes=position),
            "history_seq": 0,
            "history_hash": bytes(32),
        }
        for position, (number, title) in enumerate(
            zip(numbers, titles, strict=True)
        )
    ]
    tasks = [
        {
            "id": f"{row['id']}.1",
            "tenant_id": TENANT,
            "instance_id": row["id"],
            "definition_id": row["definition_id"],
            "process_key": process_key,
            "element_id": "review",
            "name": "审核",
            "state": "open",
            "assignee_id": assignee,
            "due_at": due_at,
            "due_sort": due_at or NEVER,
            "business_key": row["business_key"],
            "title": row["title"],
            "territory_path": path,
            "opened_at": NOW,
        }
        for row, due_at in zip(instances, dues, strict=True)
    ]
    with transaction() as session:
        session.execute(sa.insert(ProcessInstance), instances)
        session.execute(sa.insert(UserTask), tasks)
        offer(session, tasks, candidate, offered=assignee is None)
        if findable:
            named = {
                row["id"]: f"{row['title']} {row['business_key']}"
                for row in instances
            }
            make_findable(
                session,
                [
                    search.entry(key, TENANT, name, also=[name])
                    for key, name in named.items()
                ],
            )
    return [task["id"] for task in tasks]


def make_findable(session: Session, entries: list[dict]) -> None:
    session.connection().execute(
        search.add(session.get_bind().dialect.name), entries
    )


def offer(
    session: Session,
    tasks: Sequence[dict],
    candidate: str,
    offered: bool = True,
) -> None:
    rows = [
        {
            "task_id": task["id"],
            "candidate": candidate,
            "instance_id": task["instance_id"],
            "offered": offered,
            "due_sort": task["due_sort"],
        }
        for task in tasks
    ]
    session.execute(sa.insert(UserTaskCandidate), rows)
