"""Zhenjiang's people at work, through the services alone: start a matter, complete a task, look at the
rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.services import instances, user_tasks
from orchestrator.store.incidents import Incident
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, GridArea, GridCase, ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

CITY = Path(__file__).parents[2] / "bpmn" / "zhenjiang"
TENANT = "zhenjiang"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""Friday 20 November 2026, 10:00 in Shanghai."""

COUNTY, TOWNSHIP, COMMUNITY = "321102", "321102001", "321102001001"
EAST, WEST, PARK = "3211020010011001", "3211020010011002", "3211020010012001"
"""The grids of the community: two general ones, one dedicated."""


@dataclass
class Office:
    now: datetime = NOW

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def start(
        self, process: str, by: str, role: str, place: str, **data: Any
    ) -> str:
        """Starts a matter and returns its id."""
        body = f"{TENANT}:{role}:{place}"
        return instances.start(
            TENANT,
            process,
            data,
            by=self.person(by),
            body_id=body,
            now=self.now,
        ).instance_id

    def complete(
        self, instance: str, element: str, by: str, **data: Any
    ) -> None:
        (task,) = [
            each
            for each in self.open_tasks(instance)
            if each.element_id == element
        ]
        user_tasks.complete(task.id, data, by=self.person(by), now=self.now)

    # ---- whole
    # procedures

    def apply(
        self,
        name: str,
        by: str = "jk-cg",
        role: str = "urban-management",
        place: str = COUNTY,
        **data: Any,
    ) -> str:
        """An urban management, Jingkou's where none is named, applies for an item."""
        application = {
            "item_name": name,
            "category": "治安安全",
            "legal_basis": "《江苏省消防条例》",
            "why_grids": "点多面广，需要日常巡查",
            "served": "辖区居民",
            "commitment_people": "每个街道二人",
            "commitment_funds": "每年五万元",
            "advice_and_training": "每季度培训一次",
            **data,
        }
        return self.start(
            "item_admission",
            by,
            role,
            place,
            **application,
        )

    def admit(
        self, name: str, approver: str = "government", **data: Any
    ) -> str:
        """An item that Jingkou's urban management applies for, reviewed and approved."""
        matter = self.apply(name, **data)
        self.complete(
            matter,
            "review_application",
            "jk-wgb",
            decision="approve",
            approver=approver,
            opinion="材料齐全，同意上报",
        )
        by = {"government": "jk-zf", "party_committee": "jk-dw"}[approver]
        self.complete(
            matter,
            f"approve_by_{approver}",
            by,
            decision="approve",
            opinion="同意纳入清单",
        )
        return matter

    def exit(self, item: str, **data: Any) -> str:
        """Jingkou's grid office proposes, the party committee approves."""
        given = {
            "item_id": item,
            "exit_reason": "该项工作已由专业队伍承担",
            "approver": "party_committee",
            **data,
        }
        matter = self.start(
            "item_exit", "jk-wgb", "grid-office", COUNTY, **given
        )
        self.complete(
            matter,
            "approve_by_party_committee",
            "jk-dw",
            decision="approve",
            opinion="同意退出清单",
        )
        return matter

    def report(
        self, item: str, by: str = "zd-wgy1", grid: str = EAST, **data: Any
    ) -> str:
        """A case that a member reports to the township."""
        given = {
            "item_id": item,
            "case_title": "楼道堆放杂物",
            "description": "三号楼二单元楼道堆放杂物，影响通行",
            "location": "三号楼二单元",
            "priority": "normal",
            "disposal": "report",
            "area_id": self.areas(grid)[0],
            **data,
        }
        return self.start("case_handling", by, "grid-member", grid, **given)

    def adjust(
        self,
        kind: str,
        sources: list[str],
        after: list[dict[str, Any]],
        boundaries: str = "",
    ) -> str:
        """An adjustment that Zhengdonglu applies for, with the opinion asked and the approval given."""
        matter = self.start(
            "grid_adjustment",
            "zd-wgb",
            "grid-office",
            TOWNSHIP,
            kind=kind,
            source_grids=sources,
            after=after,
            boundaries=boundaries,
            reason="户数增加，便于服务管理",
        )
        self.complete(
            matter,
            "give_opinion",
            "jk-mz",
            stance="agree",
            civil_affairs_opinion="没有不同意见",
        )
        self.complete(
            matter,
            "approve_adjustment",
            "jk-wgb",
            decision="approve",
            opinion="同意调整方案",
        )
        return matter

    # ---- rows

    def rows(self, query: Any) -> list[Any]:
        with transaction() as session:
            return list(session.scalars(query).all())

    def person(self, username: str) -> int:
        return self.rows(
            sa.select(Person.id).where(Person.username == username)
        )[0]

    def forget_area(self, case: str) -> None:
        """The case lies nowhere in particular, as one taken over from another system may."""
        with transaction() as session:
            session.execute(
                sa.update(GridCase)
                .where(GridCase.instance_id == case)
                .values(area_id=None)
            )

    def open_tasks(self, instance: str) -> list[UserTask]:
        return self.rows(
            sa.select(UserTask).where(
                UserTask.instance_id == instance, UserTask.state == "open"
            )
        )

    def elements(self, instance: str) -> list[str]:
        return sorted(task.element_id for task in self.open_tasks(instance))

    def candidates(self, instance: str) -> set[str]:
        """Who may take the matter's open tasks."""
        open_tasks = [task.id for task in self.open_tasks(instance)]
        return set(
            self.rows(
                sa.select(UserTaskCandidate.candidate).where(
                    UserTaskCandidate.task_id.in_(open_tasks)
                )
            )
        )

    def incidents(self, instance: str) -> list[str]:
        return self.rows(
            sa.select(Incident.message).where(Incident.instance_id == instance)
        )

    def seed_item(self, territory: str = COUNTY) -> str:
        """An item that stands on the first version of that territory's list."""
        return self.rows(
            sa.select(ServiceItem.id)
            .where(ServiceItem.territory_code == territory)
            .order_by(ServiceItem.code)
        )[0]

    def areas(self, grid: str) -> list[str]:
        return self.rows(
            sa.select(GridArea.id)
            .where(GridArea.grid_code == grid)
            .order_by(GridArea.id)
        )

    def grid(self, code: str) -> Grid:
        return self.rows(sa.select(Grid).where(Grid.code == code))[0]

    def people_of(self, grid: str) -> set[str]:
        """Usernames that serve the grid now."""
        return set(
            self.rows(
                sa.select(Person.username)
                .join(Membership, Membership.person_id == Person.id)
                .where(
                    Membership.body_id.endswith(f":{grid}"),
                    Membership.until_on.is_(None),
                )
            )
        )
