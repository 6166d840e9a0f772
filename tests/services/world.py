"""A small city to try the services in: its bodies, its people, and the deployment of tests/services/city."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa
from flask import Flask

from orchestrator.handlers import TOPICS
from orchestrator.services import deployments, instances, user_tasks
from orchestrator.services.installation import database
from orchestrator.settings import Settings
from orchestrator.store.calendars import CalendarDay
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import Body, Territory
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.engine.diagrams import document

CITY = Path(__file__).parent / "city"
TENANT = "teston"
CITY_PATH, COUNTY_PATH = "990000/", "990000/990100/"
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday 2 March 2026, 09:00 in Shanghai."""

BODIES = {
    "grid-office:990000": ("grid-office", "city", CITY_PATH, "测试市网格中心"),
    "grid-office:990100": (
        "grid-office",
        "county",
        COUNTY_PATH,
        "试验县网格中心",
    ),
    "civil-affairs:990100": (
        "department",
        "county",
        COUNTY_PATH,
        "试验县民政局",
    ),
    "police:990100": ("department", "county", COUNTY_PATH, "试验县公安局"),
}
PEOPLE = {
    "wang": ("王主任", ["grid-office:990100"]),
    "li": ("李科长", ["grid-office:990100"]),
    "zhao": ("赵科员", ["civil-affairs:990100"]),
    "qian": ("钱科员", ["civil-affairs:990100"]),
    "sun": ("孙警官", ["police:990100"]),
    "zhou": ("周市长助理", ["grid-office:990000"]),
}


def settings_for(
    url: str, folder: Path, redis_url: str | None = None
) -> Settings:
    return Settings(
        var_dir=folder,
        database_url=url,
        redis_url=redis_url,
        secret_key="tests",
        max_attachment_mb=1,
        sign_in_attempts=5,
        lock_minutes=15,
        sweep_seconds=1,
        demo=False,
    )


def make_app(settings: Settings) -> Flask:
    """An application without pages: the services and their database."""
    app = Flask(__name__)
    app.extensions["gridflow"] = settings
    database.connect(app, settings)
    return app


def settle_city() -> None:
    """Bodies, people, calendar and deployment; the schema is there."""
    settle_people()
    with patch.dict(TOPICS, {"errand.record": lambda context: {}}):
        deployments.deploy(
            {path.name: path.read_bytes() for path in sorted(CITY.iterdir())},
            TENANT,
            None,
            MONDAY,
        )


def settle_people() -> None:
    """Bodies, people and calendar alone."""
    with transaction() as session:
        session.add(
            Territory(
                tenant_id=TENANT,
                code="990000",
                name="测试市",
                level="city",
                parent_code=None,
                path=CITY_PATH,
            )
        )
        session.add(
            Territory(
                tenant_id=TENANT,
                code="990100",
                name="试验县",
                level="county",
                parent_code="990000",
                path=COUNTY_PATH,
            )
        )
        for key, (family, level, path, name) in BODIES.items():
            add_body(session, key, family, level, path, name)
        for username, (name, bodies) in PEOPLE.items():
            person = Person(
                tenant_id=TENANT,
                username=username,
                display_name=name,
                password_hash="x",
            )
            session.add(person)
            session.flush()
            session.add_all(
                Membership(
                    person_id=person.id,
                    body_id=f"{TENANT}:{body}",
                    from_on=date(2024, 1, 1),
                )
                for body in bodies
            )
        session.add(
            CalendarDay(
                on="2026-03-04", kind="holiday", name="测试节", source="tests"
            )
        )
        session.add(
            CalendarDay(
                on="2026-10-01",
                kind="holiday",
                name="国庆节",
                source="tests",
            )
        )
        session.add(
            CalendarDay(
                on="2026-03-07", kind="workday", name="调休", source="tests"
            )
        )


def add_body(
    session, key: str, family: str, level: str, path: str, name: str
) -> None:
    role, code = key.split(":")
    session.add(
        Body(
            id=f"{TENANT}:{key}",
            tenant_id=TENANT,
            role=role,
            family=family if family == "department" else role,
            level=level,
            territory_code=code,
            territory_path=path,
            name=name,
        )
    )
    session.flush()


@dataclass
class World:
    """What a test says to the services, in few words, and what it reads back from the rows."""

    app: Flask
    now: datetime = MONDAY
    handled: list[str] = field(default_factory=list)

    def person(self, username: str) -> int:
        with transaction(writing=False) as session:
            return session.scalars(
                sa.select(Person.id).where(Person.username == username)
            ).one()

    def start(
        self,
        process: str = "errand",
        by: str = "zhao",
        key: str | None = None,
        **data: object,
    ) -> str:
        """Starts an instance and returns its id."""
        given = data or ({"subject": "路灯"} if process == "errand" else {})
        body = f"{TENANT}:{PEOPLE[by][1][0]}"
        return instances.start_at(
            instances.Beginning(
                TENANT,
                process,
                given,
                by=self.person(by),
                body_id=body,
                now=self.now,
                key=key,
            )
        ).instance_id

    def complete(
        self,
        task_id: str,
        by: str,
        key: str | None = None,
        revision: int | None = None,
        **data: object,
    ):
        return user_tasks.complete(
            task_id,
            data,
            by=self.person(by),
            now=self.now,
            sent=user_tasks.SubmittedWith(key=key, revision=revision),
        )

    def review(
        self,
        instance_id: str,
        by: str = "wang",
        decision: str = "pass",
        **named: object,
    ):
        return self.complete(
            self.task(instance_id, "review").id,
            by,
            decision=decision,
            opinion="材料齐全",
            **named,
        )

    def draw(
        self, key: str, body: str, extra: str = "", **attributes: str
    ) -> None:
        """Publishes a small diagram beside the city's; the county's departments may start it."""
        starters = {
            "camunda:candidateStarterGroups": "department@county",
            **attributes,
        }
        told = " ".join(
            f'{name}="{value}"' for name, value in starters.items()
        )
        files = {
            path.name: path.read_bytes() for path in sorted(CITY.iterdir())
        }
        files[f"{key}.bpmn"] = document(
            body.replace("office@county", "grid-office@county"),
            extra,
            told,
            key,
        )
        deployments.deploy(files, TENANT, None, self.now)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    # ----
    # rows

    def rows(self, query) -> list:
        with transaction(writing=False) as session:
            return list(session.scalars(query).all())

    def tasks(self, instance_id: str, state: str = "open") -> list[UserTask]:
        return self.rows(
            sa.select(UserTask)
            .where(
                UserTask.instance_id == instance_id, UserTask.state == state
            )
            .order_by(UserTask.id)
        )

    def task(
        self, instance_id: str, element_id: str, state: str = "open"
    ) -> UserTask:
        (found,) = [
            task
            for task in self.tasks(instance_id, state)
            if task.element_id == element_id
        ]
        return found

    def elements(self, instance_id: str) -> list[str]:
        """Elements of the open tasks."""
        return sorted(task.element_id for task in self.tasks(instance_id))

    def instance(self, instance_id: str) -> ProcessInstance:
        with transaction(writing=False) as session:
            return session.get_one(ProcessInstance, instance_id)

    def timers(
        self, instance_id: str | None = None, state: str | None = None
    ) -> list[TimerJob]:
        query = sa.select(TimerJob).order_by(TimerJob.id)
        if instance_id is not None:
            query = query.where(TimerJob.instance_id == instance_id)
        if state is not None:
            query = query.where(TimerJob.state == state)
        return self.rows(query)

    def history(self, instance_id: str) -> list[str]:
        """Kinds of the entries, in order."""
        from orchestrator.store.instances import HistoryEntry

        return self.rows(
            sa.select(HistoryEntry.kind)
            .where(HistoryEntry.instance_id == instance_id)
            .order_by(HistoryEntry.seq)
        )

    def snapshot(self, instance_id: str) -> tuple:
        """Everything a refused command must leave as it was."""
        instance = self.instance(instance_id)
        tasks = self.rows(
            sa.select(UserTask)
            .where(UserTask.instance_id == instance_id)
            .order_by(UserTask.id)
        )
        return (
            instance.revision,
            instance.history_hash,
            instance.engine_state,
            instance.variables,
            [
                (task.id, task.state, task.revision, task.assignee_id)
                for task in tasks
            ],
        )


def dialect() -> str:
    return db.engine.dialect.name
