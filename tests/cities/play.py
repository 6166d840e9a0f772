"""A city's people at work, through the services alone: start a matter, do a task, let a deadline pass, look
at the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.services import bundles, instances, user_tasks
from orchestrator.services.bundles import Bundle
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import GridArea, ItemListEntry, ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

BPMN = Path(__file__).parents[2] / "bpmn"
NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
"""Monday 16 November 2026, 10:00 in Shanghai."""


@dataclass
class Play:
    tenant: str
    now: datetime = NOW

    def start(self, process: str, by: str, **data: Any) -> str:
        """Starts a matter in the name of the person's first body; returns its id."""
        body = self.rows(
            sa.select(Membership.body_id)
            .join(Person, Person.id == Membership.person_id)
            .where(Person.username == by)
            .order_by(Membership.id)
        )[0]
        return instances.start(
            self.tenant,
            process,
            data,
            by=self.person(by),
            body_id=body,
            now=self.now,
        ).instance_id

    def do(self, matter: str, element: str, by: str, **data: Any) -> None:
        """The person completes the matter's task; by must be one to whom it is offered."""
        (task,) = [
            each
            for each in self.open_tasks(matter)
            if each.element_id == element and self.offered(each.id, by)
        ]
        user_tasks.complete(task.id, data, by=self.person(by), now=self.now)

    # ---- rows

    def rows(self, query: Any) -> list[Any]:
        with transaction(writing=False) as session:
            return list(session.scalars(query).all())

    def person(self, username: str) -> int:
        return self.rows(
            sa.select(Person.id).where(Person.username == username)
        )[0]

    def offered(self, task_id: str, username: str) -> bool:
        bodies = self.rows(
            sa.select(Membership.body_id).where(
                Membership.person_id == self.person(username)
            )
        )
        return bool(
            set(bodies)
            & set(
                self.rows(
                    sa.select(UserTaskCandidate.candidate).where(
                        UserTaskCandidate.task_id == task_id
                    )
                )
            )
        )

    def open_tasks(self, matter: str) -> list[UserTask]:
        return self.rows(
            sa.select(UserTask).where(
                UserTask.instance_id == matter, UserTask.state == "open"
            )
        )

    def elements(self, matter: str) -> list[str]:
        return sorted(task.element_id for task in self.open_tasks(matter))

    def bundle(self, process: str) -> Bundle:
        with transaction(writing=False) as session:
            return bundles.bundle_of(
                session,
                bundles.definition_in_force(
                    session, self.tenant, process, self.now
                ),
            )

    def list_of(self, territory: str) -> set[str]:
        """Names of the items on the territory's list now."""
        query = sa.select(ServiceItem.name).join(
            ItemListEntry, ItemListEntry.item_id == ServiceItem.id
        )
        return set(
            self.rows(
                query.where(
                    ItemListEntry.territory_code == territory,
                    ItemListEntry.left_in.is_(None),
                )
            )
        )

    def item(self, name: str, territory: str) -> str:
        query = sa.select(ServiceItem.id).where(
            ServiceItem.name == name, ServiceItem.territory_code == territory
        )
        return self.rows(query)[0]

    def areas(self, grid: str) -> list[str]:
        return self.rows(
            sa.select(GridArea.id)
            .where(GridArea.grid_code == grid)
            .order_by(GridArea.id)
        )

    # ----
    # filled in

    def application(
        self, name: str, category: str, **more: Any
    ) -> dict[str, Any]:
        """An application whose answers to the negative list are all no."""
        answers = {
            key: value
            for rule in self.bundle(
                "item_admission"
            ).jurisdiction.negative_list
            for key, value in (
                (f"negative_{rule.id}", "no"),
                (f"negative_{rule.id}_reason", "不涉及"),
            )
        }
        return {
            "item_name": name,
            "category": category,
            "legal_basis": "《中华人民共和国消防法》第三十二条",
            "why_grids": "点多面广，需要日常巡查",
            "served": "辖区居民",
            "commitment_people": "每个乡镇街道二人",
            "commitment_funds": "每年五万元，随事项拨付",
            "advice_and_training": "每季度培训一次",
            **answers,
            **more,
        }

    def report(self, by: str, grid: str, item: str, **more: Any) -> str:
        """A case that the member of the grid found; reported to the office unless said otherwise."""
        found = {
            "item_id": item,
            "case_title": "楼道堆放杂物",
            "description": "三号楼二单元楼道堆放杂物，影响通行",
            "location": "三号楼二单元",
            "priority": "normal",
            "disposal": "report",
            "area_id": self.areas(grid)[0],
        }
        return self.start("case_handling", by, **{**found, **more})
