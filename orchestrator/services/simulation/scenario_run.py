"""One scenario on one stage: which matters it has begun, and what its words mean."""

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
    stage: str
    """`paper` or `office`."""
    message: str

    def __str__(self) -> str:
        if self.stage == "paper":
            where = say("引擎")
        else:
            where = say("数据库")
        return say(
            "{file} 第 {line} 行「{scenario}」（{where}）：{message}",
            file=self.file,
            line=self.line,
            scenario=self.scenario,
            where=where,
            message=self.message,
        )


@dataclass
class ScenarioRun:
    stage: Backend
    directory: FolderDirectory
    scenario: Scenario
    matters: dict[str, str] = field(default_factory=dict)
    """Name → id, in the order they were started."""
    seen: list[Any] = field(default_factory=list)
    """After each step: who was asked for what until when, the timers, and the course so far. Both stages must
    see the same."""

    expected: list[str] = field(default_factory=list)
    """Texts of the incidents that the steps so far have said."""

    def begin(self) -> None:
        if self.scenario.start is not None:
            self.stage.now = self.instant(self.scenario.start)

    def situation(self, matter: str) -> Any:
        stage = self.stage
        tasks = sorted(
            (
                (each.element_id, tuple(sorted(each.bodies)), each.due_at)
                for each in stage.offered(matter)
            ),
            key=str,
        )
        timers = sorted(
            (each.due_at, each.element_id) for each in stage.clocks(matter)
        )
        return (
            tasks,
            timers,
            stage.ended_as(matter),
            course_of(stage.history(matter)),
        )

    # ----
    # words

    def matter(self, step: ScenarioStep) -> str:
        if not self.matters:
            raise Failed(say("此前还没有发起任何事项"))
        if step.matter and step.matter not in self.matters:
            raise Failed(
                say("此前没有称为「{matter}」的事项", matter=step.matter),
            )
        if step.matter:
            return self.matters[step.matter]
        return list(self.matters.values())[-1]

    def element(self, matter: str, name: str) -> str:
        return vocabulary.element(
            self.stage.definition(self.stage.process_of(matter)),
            str(name),
        ).id

    def called(self, matter: str, element_id: str) -> str:
        return vocabulary.name_of(
            self.stage.definition(self.stage.process_of(matter)),
            element_id,
        )

    def filled(self, step: ScenarioStep) -> dict[str, Any]:
        """What `填写` says: values, the name of a filling, or several of these one over the other."""
        found: dict[str, Any] = {}
        given = step.details.get("填写") or {}
        for each in given if isinstance(given, list) else [given]:
            if isinstance(each, Mapping):
                found |= each
            elif each in self.scenario.fillings:
                found |= self.scenario.fillings[each]
            else:
                raise Failed(say("文件的「填写」里没有「{each}」", each=each))
        return found

    def person(self, step: ScenarioStep) -> KnownPerson:
        if not step.details.get("由"):
            raise Failed(say("没有写「由」谁"))
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


def listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
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
