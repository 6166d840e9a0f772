"""The demonstration's people over a database, whatever version made it: who has which task, and what is
completed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from orchestrator.services.clocks import deadlines, messages
from orchestrator.store.session import db
from orchestrator.store.suspensions import is_suspended
from tests.upgrades.officials import Officials

MOST = 2_000
"""More tasks than any recorded database has before all its matters end."""

NAMING = ("determine_leader", "decide_recruitment")
"""Steps after which people are entered in the register."""

NEWCOMER = "zd-wgb2"
"""Is put into a body that has a task and nobody at work, as an administrator would do it."""


class People:
    """At work on one instant."""

    def __init__(self, app: Flask, at: datetime) -> None:
        self.app, self.at = app, at
        self.began = time.monotonic()
        self.officials = Officials(self.enter, at.date())

    def enter(self, username: str) -> Any:
        """A client in which that person is signed in."""
        client = self.app.test_client()
        answer = client.post(
            "/sign-in", data={"username": username, "password": "gridflow"}
        )
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.app.app_context(), db.engine.connect() as connection:
            return list(connection.execute(sa.text(query), values).all())

    def write(self, statement: str, **values: Any) -> None:
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def relay(self) -> None:
        """Brings messages at the instant that the pages' clock shows by now: no history goes back in time."""
        with self.app.app_context():
            messages.relay(
                self.at + timedelta(seconds=time.monotonic() - self.began)
            )

    def resume(self, task: str) -> None:
        """Ends the 挂账 of the task, by whoever decided it; nothing is completed before."""
        with self.app.app_context(), db.engine.connect() as connection:
            suspended = sa.select(sa.literal(1)).where(is_suspended(task))
            if connection.execute(suspended).first() is None:
                return
        ((by,),) = self.rows(
            "SELECT h.actor_id FROM history_entry h JOIN user_task t ON t.instance_id = h.instance_id "
            "WHERE t.id = :task AND h.kind = 'deadline-suspended' ORDER BY h.seq DESC LIMIT 1",
            task=task,
        )
        with self.app.app_context():
            at = self.at + timedelta(seconds=time.monotonic() - self.began)
            deadlines.resume(task, by, at)

    def open_tasks(self, matter: str) -> list[Any]:
        return self.rows(
            "SELECT id, element_id FROM user_task WHERE instance_id = :matter AND state = 'open' ORDER BY id",
            matter=matter,
        )

    def worker_of(self, task: str) -> str | None:
        """Whoever has the task, else the first to whom it is offered."""
        found = self.rows(
            "SELECT username FROM person JOIN user_task ON assignee_id = person.id WHERE user_task.id = :task"
            " UNION ALL SELECT * FROM (SELECT username FROM person JOIN membership ON person_id = person.id"
            " JOIN user_task_candidate ON candidate = body_id WHERE task_id = :task ORDER BY "
            "person.id) AS offered"
            " UNION ALL SELECT substr(candidate, 6) FROM user_task_candidate WHERE task_id = :task "
            "AND candidate LIKE 'user:%'",
            task=task,
        )
        return found[0].username if found else None

    def step(self, matter: str, attach: bool = False, **chosen: Any) -> bool:
        """Completes the matter's first open task; False when there is none, or nobody for it."""
        for task in self.open_tasks(matter):
            username = self.worker_of(task.id)
            if username:
                self.officials.do(
                    username, f"/task/{task.id}", attach, **chosen
                )
                self.relay()
                return True
        return False

    def _staff(self, task: str) -> str | None:
        """Puts a person into the body that has the task and nobody at work; returns who it is."""
        self.write(
            "INSERT INTO membership (person_id, body_id, title, employment, from_on)"
            " SELECT person.id, candidate, '', 'full_time', :today FROM person"
            " JOIN user_task_candidate ON task_id = :task"
            " JOIN body ON body.id = candidate WHERE username = :username",
            task=task,
            today=self.at.date().isoformat(),
            username=NEWCOMER,
        )
        return self.worker_of(task)

    def _turned_down(self, task: Any) -> dict[str, str]:
        """What is answered about people who were chosen before and could not be entered in the register."""
        before = task.element_id in NAMING and self.rows(
            "SELECT 1 FROM user_task WHERE instance_id = :instance AND element_id = :element"
            " AND state = 'completed'",
            instance=task.instance_id,
            element=task.element_id,
        )
        return {"decision": "reject"} if before else {}

    def work_off(self, but: Collection[str] = ()) -> Counter[str]:
        """Completes open tasks as long as there are any, except of these instances; returns how many of each
        step."""
        done: Counter[str] = Counter()
        while open_ones := [
            task
            for task in self.rows(
                "SELECT id, instance_id, element_id FROM user_task WHERE state = 'open' ORDER BY id"
            )
            if task.instance_id not in but
        ]:
            assert done.total() < MOST, f"goes round: {done}"
            for task in open_ones:
                # One that was completed may have ended the others of its matter.
                if self.rows(
                    "SELECT 1 FROM user_task WHERE id = :task AND state = 'open'",
                    task=task.id,
                ):
                    self.resume(task.id)
                    username = self.worker_of(task.id) or self._staff(task.id)
                    assert username, f"nobody for {task.element_id}"
                    self.officials.do(
                        username,
                        f"/task/{task.id}",
                        **self._turned_down(task),
                    )
                    done[task.element_id] += 1
            self.relay()
        return done
