"""One scenario on one backend: which instances it has begun, and what its words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.errors import FormInvalid, GridflowError, RuleViolated
from orchestrator.sentences import say, sentence_of
from orchestrator.services.execution.course import course_of
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.backend import Backend
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    KnownPerson,
)


class Failed(Exception):
    """A step did not come out as written; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Failure:
    file: str
    line: int
    scenario: str
    backend: str
    """`paper` or `office`."""
    message: str
    step: int = 0
    """Its number in the scenario, from 1; 0 where no step is meant."""
    act: str = ""
    """The step's verb and what stands after it."""

    @classmethod
    def at(
        cls,
        scenario: Scenario,
        line: int,
        backend: str,
        message: str,
    ) -> Failure:
        """The failure of the scenario's step on that line, or of the whole scenario."""
        number, act = 0, ""
        for place, step in enumerate(scenario.steps):
            if step.line == line:
                number, act = place + 1, _act(step)
        return cls(
            scenario.file,
            line,
            scenario.name,
            backend,
            message,
            number,
            act,
        )

    def __str__(self) -> str:
        if self.backend == "memory":
            where = say("引擎")
        else:
            where = say("数据库")
        return say(
            "{file} 第 {line} 行“{scenario}”（{where}）：{message}",
            file=self.file,
            line=self.line,
            scenario=self.scenario,
            where=where,
            message=self.message,
        )


@dataclass
class ScenarioRun:
    backend: Backend
    directory: FolderDirectory
    scenario: Scenario
    instances: dict[str, str] = field(default_factory=dict)
    """Name → id, in the order they were started."""
    seen: list[Any] = field(default_factory=list)
    """After each step: who was asked for what until when, the timers, and the course so far. Both stages must
    see the same."""

    expected: list[str] = field(default_factory=list)
    """Texts of the incidents that the steps so far have said."""

    def begin(self) -> None:
        if self.scenario.start is not None:
            self.backend.now = self.instant(self.scenario.start)

    def situation(self, instance_id: str) -> Any:
        backend = self.backend
        tasks = sorted(
            (
                (offer.element_id, tuple(sorted(offer.bodies)), offer.due_at)
                for offer in backend.offered(instance_id)
            ),
            key=str,
        )
        timers = sorted(
            (clock.due_at, clock.element_id)
            for clock in backend.clocks(instance_id)
        )
        return (
            tasks,
            timers,
            backend.ended_as(instance_id),
            course_of(backend.history(instance_id)),
        )

    # ----
    # words

    def instance_of(self, step: ScenarioStep) -> str:
        if not self.instances:
            raise Failed(say("此前还没有发起任何事项"))
        if step.instance_name and step.instance_name not in self.instances:
            raise Failed(
                say("此前没有称为“{matter}”的事项", matter=step.instance_name),
            )
        if step.instance_name:
            return self.instances[step.instance_name]
        return list(self.instances.values())[-1]

    def element(self, instance_id: str, name: str) -> str:
        return vocabulary.element(
            self.backend.definition(self.backend.process_of(instance_id)),
            str(name),
        ).id

    def called(self, instance_id: str, element_id: str) -> str:
        return vocabulary.name_of(
            self.backend.definition(self.backend.process_of(instance_id)),
            element_id,
        )

    def filled(self, step: ScenarioStep) -> dict[str, Any]:
        """What `填写` says: values, the name of a filling, or several of these one over the other."""
        result: dict[str, Any] = {}
        given = step.details.get("填写") or {}
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, Mapping):
                result |= value
            elif value in self.scenario.fillings:
                result |= self.scenario.fillings[value]
            else:
                raise Failed(say("文件的“填写”里没有“{each}”", each=value))
        return result

    def person(self, step: ScenarioStep) -> KnownPerson:
        if not step.details.get("由"):
            raise Failed(say("没有写“由”谁"))
        return self.directory.person(str(step.details["由"]))

    def instant(self, moment: datetime) -> datetime:
        zone = ZoneInfo(self.directory.folder.profile.timezone)
        return (
            moment if moment.tzinfo else moment.replace(tzinfo=zone)
        ).astimezone(UTC)

    def told_instant(self, moment: datetime | None) -> str:
        zone = ZoneInfo(self.directory.folder.profile.timezone)
        if moment:
            return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
        return say("无期限")


def _act(step: ScenarioStep) -> str:
    if isinstance(step.subject, (Mapping, list)) or step.subject is None:
        return step.verb
    return f"{step.verb} {step.subject}"


def listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(entry) for entry in value]
    if value in (None, ""):
        return []
    return [str(value)]


def reasons_of(refused: GridflowError) -> str:
    if isinstance(refused, FormInvalid):
        return "；".join(
            sentence
            for sentences in refused.errors.values()
            for sentence in sentences
        )
    if isinstance(refused, RuleViolated):
        return "；".join(refused.reasons)
    return sentence_of(refused)
