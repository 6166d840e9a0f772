"""What the service tasks of a scenario in memory answer: as the handlers do, without registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        """Does what the handler of the topic does, without registers."""
        simulated = changes.instance
        if code := simulated.failing.pop(effect.element_id, ""):
            return simulated.advance(
                loop.business_error(simulated, effect, code)
            )
        if effect.topic in list_changes.TOPICS:
            return self._change_list(changes, effect)
        if effect.topic in memory_assignments.ANSWERS:
            answer = memory_assignments.ANSWERS[effect.topic](
                self.directory,
                effect.variables,
                self.now,
            )
            return simulated.advance(loop.answer(simulated, effect, answer))
        if effect.topic not in self.OF_ANOTHER:
            return simulated.advance(
                loop.answer(
                    simulated,
                    effect,
                    answer_of(effect, simulated),
                ),
            )
        try:
            given = self.OF_ANOTHER[effect.topic](
                self, simulated, effect.variables
            )
        except LedgerRefused as refused:
            details = {"task": effect.task_id, "topic": effect.topic}
            changes.incident(
                effect.element_id,
                "handler-failed",
                say("不能延期：{refused}", refused=refused),
                details,
            )
            return None
        return simulated.advance(loop.answer(simulated, effect, given))

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
            "“{name}”现在不能执行：{sentence}",
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
    ) -> dict[str, Any]:
        """Extends the deadline of the task of that name in the instance this one is about; not when the task
        is done already."""
        step = self._step_of_another(simulated, variables)
        if step is None:
            return {"extended": False}
        subject, task_id = step
        rule = self.folder.profile.extension
        if rule:
            unit = rule.unit
        else:
            unit = "working_days"
        subject.extend(task_id, int(variables["amount"]), unit, rule)
        return {"extended": True}

    def _suspend(
        self, simulated: Simulated, variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        reviewer = variables.get("reviewing_body") or simulated.actor.body_id
        step = self._step_of_another(simulated, variables)
        if step is not None and not step[0].is_suspended(step[1]):
            step[0].suspend(step[1])
        return {"suspended": step is not None, "reviewing_body": reviewer}

    def _resume(
        self, simulated: Simulated, variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        step = self._step_of_another(simulated, variables)
        if step is None or not step[0].is_suspended(step[1]):
            return {"resumed": False}
        step[0].resume(step[1])
        return {"resumed": True}

    def _step_of_another(
        self, simulated: Simulated, variables: Mapping[str, Any]
    ) -> tuple[Simulated, c.EngineTaskId] | None:
        """The instance this one is about, and its open task with a deadline of the name that was chosen."""
        subject = self._instances.get(simulated.about or "")
        if subject is None:
            return None
        subject.now = self.now
        for task_id, task in subject.tasks.items():
            if (
                task.effect.name == variables.get("task")
                and task.deadline is not None
            ):
                return subject, task_id
        return None

    OF_ANOTHER: Mapping[
        str,
        Callable[
            [MemoryServices, Simulated, Mapping[str, Any]], dict[str, Any]
        ],
    ] = {
        "deadline.extend": _extend,
        "deadline.suspend": _suspend,
        "deadline.resume": _resume,
    }
    """Topic → what it does to the instance that this one is about."""

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
