"""What the service tasks of a scenario in memory answer: as the handlers do, without registers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator import engine
from orchestrator.domain.deadlines import LedgerRefused
from orchestrator.engine import commands as c
from orchestrator.errors import (
    RuleViolated,
)
from orchestrator.handlers.context import CannotCarryOut
from orchestrator.sentences import say
from orchestrator.services.execution import loop
from orchestrator.services.execution.answers import answer_of
from orchestrator.services.execution.changes import Changes
from orchestrator.services.registers import list_changes
from orchestrator.services.registers.list_changes import Change
from orchestrator.services.simulation import (
    memory_assignments,
)
from orchestrator.services.simulation.memory_looks import MemoryLooks
from orchestrator.services.simulation.simulated import Simulated


class MemoryServices(MemoryLooks):
    def _serve(
        self,
        changes: Changes[Simulated],
        effect: c.ExternalTaskWanted,
    ) -> engine.Outcome | None:
        """As the handlers do, without registers."""
        matter = changes.instance
        if code := matter.failing.pop(effect.element_id, ""):
            return matter.advance(loop.business_error(matter, effect, code))
        if effect.topic in (list_changes.ADMITS, list_changes.REMOVES):
            return self._change_list(changes, effect)
        if effect.topic in memory_assignments.ANSWERS:
            told = memory_assignments.ANSWERS[effect.topic](
                self.directory,
                effect.variables,
                self.now,
            )
            return matter.advance(loop.answer(matter, effect, told))
        if effect.topic != "deadline.extend":
            return matter.advance(
                loop.answer(
                    matter,
                    effect,
                    answer_of(effect, matter.bundle.jurisdiction),
                ),
            )
        try:
            extended = self._extend(matter, effect.variables)
        except LedgerRefused as refused:
            details = {"task": effect.task_id, "topic": effect.topic}
            changes.incident(
                effect.element_id,
                "handler-failed",
                say("不能延期：{refused}", refused=refused),
                details,
            )
            return None
        return matter.advance(
            loop.answer(matter, effect, {"extended": extended}),
        )

    def _change_list(
        self,
        changes: Changes[Simulated],
        effect: c.ExternalTaskWanted,
    ) -> engine.Outcome | None:
        matter = changes.instance
        change = self._change(matter, effect.variables)
        found = list_changes.objection(self._lists, change)
        if found is None:
            return matter.advance(
                loop.answer(matter, effect, self._lists.carry_out(change)),
            )
        if matter.bundle.definition.catches(
            effect.element_id,
            CannotCarryOut.CODE,
        ):
            return matter.advance(
                loop.business_error(
                    matter,
                    effect,
                    CannotCarryOut.CODE,
                    found.sentence,
                ),
            )
        message = say(
            "「{name}」现在不能执行：{sentence}",
            name=effect.name,
            sentence=found.sentence,
        )
        if matter.actor.person_id is not None:
            raise RuleViolated([message])
        changes.incident(
            effect.element_id,
            "handler-failed",
            message,
            {"task": effect.task_id, "topic": effect.topic},
        )
        return None

    def _extend(self, matter: Simulated, variables: Mapping[str, Any]) -> bool:
        """Extends the deadline of the task of that name in the matter this one is about; False when the task
        is done already."""
        subject = self._matters.get(matter.about or "")
        named = [
            task_id
            for task_id, task in (subject.tasks.items() if subject else ())
            if task.effect.name == variables.get("task")
            and task.deadline is not None
        ]
        if subject is None or not named:
            return False
        rule = self.folder.profile.extension
        amount = int(variables["amount"])
        if rule:
            unit = rule.unit
        else:
            unit = "working_days"
        subject.now = self.now
        subject.extend(named[0], amount, unit, rule)
        return True

    def _change(self, matter: Simulated, values: Mapping[str, Any]) -> Change:
        return Change(
            matter.bundle,
            values,
            matter.territory_path,
            self.now,
            matter.id,
        )
