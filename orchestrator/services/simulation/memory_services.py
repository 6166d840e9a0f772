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
        simulated = changes.instance
        if code := simulated.failing.pop(effect.element_id, ""):
            return simulated.advance(
                loop.business_error(simulated, effect, code)
            )
        if effect.topic in (list_changes.ADMITS, list_changes.REMOVES):
            return self._change_list(changes, effect)
        if effect.topic in memory_assignments.ANSWERS:
            answer = memory_assignments.ANSWERS[effect.topic](
                self.directory,
                effect.variables,
                self.now,
            )
            return simulated.advance(loop.answer(simulated, effect, answer))
        if effect.topic != "deadline.extend":
            return simulated.advance(
                loop.answer(
                    simulated,
                    effect,
                    answer_of(effect, simulated.bundle.jurisdiction),
                ),
            )
        try:
            extended = self._extend(simulated, effect.variables)
        except LedgerRefused as refused:
            details = {"task": effect.task_id, "topic": effect.topic}
            changes.incident(
                effect.element_id,
                "handler-failed",
                say("不能延期：{refused}", refused=refused),
                details,
            )
            return None
        return simulated.advance(
            loop.answer(simulated, effect, {"extended": extended}),
        )

    def _change_list(
        self,
        changes: Changes[Simulated],
        effect: c.ExternalTaskWanted,
    ) -> engine.Outcome | None:
        simulated = changes.instance
        change = self._change(simulated, effect.variables)
        objection = list_changes.objection(self._lists, change)
        if objection is None:
            return simulated.advance(
                loop.answer(simulated, effect, self._lists.carry_out(change)),
            )
        if simulated.bundle.definition.catches(
            effect.element_id,
            CannotCarryOut.CODE,
        ):
            return simulated.advance(
                loop.business_error(
                    simulated,
                    effect,
                    CannotCarryOut.CODE,
                    objection.sentence,
                ),
            )
        message = say(
            "「{name}」现在不能执行：{sentence}",
            name=effect.name,
            sentence=objection.sentence,
        )
        if simulated.actor.person_id is not None:
            raise RuleViolated([message])
        changes.incident(
            effect.element_id,
            "handler-failed",
            message,
            {"task": effect.task_id, "topic": effect.topic},
        )
        return None

    def _extend(
        self, simulated: Simulated, variables: Mapping[str, Any]
    ) -> bool:
        """Extends the deadline of the task of that name in the instance this one is about; False when the
        task is done already."""
        subject = self._instances.get(simulated.about or "")
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

    def _change(
        self, simulated: Simulated, values: Mapping[str, Any]
    ) -> Change:
        return Change(
            simulated.bundle,
            values,
            simulated.territory_path,
            self.now,
            simulated.id,
        )
