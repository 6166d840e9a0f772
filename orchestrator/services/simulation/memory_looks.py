"""What a scenario in memory sees: instances, tasks, clocks and history."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from orchestrator import engine
from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.engine import commands
from orchestrator.services import instances
from orchestrator.services.bundles import Bundle, assemble
from orchestrator.services.execution.events import MemoryEvents
from orchestrator.services.execution.memory import Recorded
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.simulation.backend import Clock, Offered
from orchestrator.services.simulation.memory_item_lists import MemoryItemLists
from orchestrator.services.simulation.scenario_people import (
    FolderCandidates,
    FolderDirectory,
    KnownPerson,
)
from orchestrator.services.simulation.simulated import Simulated


class MemoryLooks(ABC):
    folder: Folder
    directory: FolderDirectory
    now: datetime
    _instances: dict[str, Simulated]
    _events: MemoryEvents
    _candidates: FolderCandidates
    _calendar_of: Callable[[CountedFor], WorkCalendar]
    _crossed: dict[str, set[str]]
    _bundles: dict[str, Bundle]
    _lists: MemoryItemLists

    def may_start(self, process: str, by: KnownPerson) -> bool:
        """Whether the person's body is among those that the diagram lets begin."""
        bundle = self._bundle(process)
        body = by.body
        groups = bundle.jurisdiction.spelled_out(
            bundle.definition.starter_groups,
        )
        if bundle.jurisdiction.platform(body.role):
            return False
        return instances.may_start_as(
            groups,
            body.role,
            body.family,
            body.place.level,
            body.place.code,
        )

    def path_of(self, instance_id: str) -> str:
        """Path of the instance's territory."""
        return self._instances[instance_id].territory_path

    @property
    def crossed(self) -> Mapping[str, set[str]]:
        return self._crossed

    def definition(self, process: str) -> engine.Definition:
        return self._bundle(process).definition

    def process_of(self, instance_id: str) -> str:
        return self._instances[instance_id].process

    def offered(self, instance_id: str) -> list[Offered]:
        return [
            Offered(
                f"{instance_id}.{task_id}",
                task.effect.element_id,
                tuple(task.candidates),
                task.due_at,
            )
            for task_id, task in self._instances[instance_id].tasks.items()
        ]

    def clocks(self, instance_id: str | None = None) -> list[Clock]:
        chosen = (
            [self._instances[instance_id]]
            if instance_id
            else self._instances.values()
        )
        planned = [
            Clock(
                f"{instance.id}.{timer_id}",
                timer.effect.element_id,
                timer.due_at,
            )
            for instance in chosen
            for timer_id, timer in instance.timers.items()
        ]
        return sorted(planned, key=lambda clock: (clock.due_at, clock.id))

    def awaited(self, instance_id: str) -> list[commands.SubscriptionOpened]:
        """The messages and signals for which the instance waits."""
        return [
            subscription
            for subscription in self._instances[
                instance_id
            ].subscriptions.values()
            if subscription.kind in ("message", "signal")
        ]

    def ended_as(self, instance_id: str) -> str | None:
        return self._instances[instance_id].ended

    def variables(self, instance_id: str) -> Mapping[str, Any]:
        return self._instances[instance_id].variables

    def history(self, instance_id: str) -> Sequence[Recorded]:
        """What has happened to it, in order."""
        return self._instances[instance_id].history

    def one_reading(self) -> AbstractContextManager[None]:
        """Nobody else changes what is in memory."""
        return nullcontext()

    def instances(self) -> list[str]:
        return list(self._instances)

    def body_name(self, body_id: str) -> str:
        known = self.directory.bodies.get(body_id)
        if known:
            return known.name
        return body_id

    def remembered(self) -> Any:
        kept = {
            name: simulated.snapshot()
            for name, simulated in self._instances.items()
        }
        crossed = {
            process: set(flows) for process, flows in self._crossed.items()
        }
        return (
            kept,
            crossed,
            self._events.waiting(),
            self._lists.remembered(),
        )

    def restore(self, kept: Any) -> None:
        self._instances, self._crossed, waiting, lists = kept
        self._lists.restore(lists)
        self._events = MemoryEvents(waiting)

    def troubles(self) -> list[str]:
        return [
            trouble.message
            for simulated in self._instances.values()
            for trouble in simulated.troubles
        ]

    def _bundle(self, process: str) -> Bundle:
        if process not in self._bundles:
            self._bundles[process] = assemble(
                self.folder.resources,
                process,
                self.folder.edition(process),
            )
        return self._bundles[process]

    def stopped(self) -> list[str]:
        """Why timers and events could not go on, where they could not."""
        troubles = [
            trouble
            for simulated in self._instances.values()
            for trouble in simulated.troubles
        ]
        return [
            trouble.message
            for trouble in troubles
            if {"timer", "event"} & set(trouble.details)
        ]
