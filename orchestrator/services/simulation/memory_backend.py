"""The pure engine as a backend: instances in memory, forms checked, registers left out. A whole city plays
in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import forms
from forms import Option
from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    RuleViolated,
    TooMuchWork,
)
from orchestrator.sentences import say
from orchestrator.services import instances
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import department_reach, form_checks
from orchestrator.services.execution.changes import Changes
from orchestrator.services.execution.events import MemoryEvents
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.jurisdictions.holidays import announced_calendars
from orchestrator.services.registers import list_changes
from orchestrator.services.simulation import (
    memory_choices,
    sample_files,
    vocabulary,
)
from orchestrator.services.simulation.backend import NOW, Offered
from orchestrator.services.simulation.memory_acts import MemoryActs
from orchestrator.services.simulation.memory_item_lists import MemoryItemLists
from orchestrator.services.simulation.memory_services import MemoryServices
from orchestrator.services.simulation.scenario_people import (
    FolderCandidates,
    FolderDirectory,
    KnownPerson,
)
from orchestrator.services.simulation.simulated import Simulated


class MemoryBackend(MemoryServices, MemoryActs):
    def __init__(
        self,
        folder: Folder,
        directory: FolderDirectory,
        bundles: dict[str, Bundle],
    ) -> None:
        self.folder = folder
        self.directory = directory
        self._bundles = bundles
        self.now = NOW
        self._crossed: dict[str, set[str]] = {}
        self._instances: dict[str, Simulated] = {}
        self._failing_next: dict[str, str] = {}
        self._calendar_of = folder.calendars or announced_calendars(
            folder.profile,
        )
        self._candidates = FolderCandidates(directory)
        self._events = MemoryEvents()
        self._lists = MemoryItemLists(
            folder.profile, self._asked, self._refused_at
        )

    def start(
        self,
        process: str,
        by: KnownPerson,
        filled: Mapping[str, Any],
        about: str | None,
    ) -> str:
        bundle = self._bundle(process)
        if not self.may_start(process, by):
            raise Forbidden(
                say(
                    "{name}不能发起“{process}”",
                    name=by.body.name,
                    process=bundle.definition.name,
                ),
            )
        subject = None
        if about:
            subject = self._instances[about]
        may_be_alone = bundle.definition.about_is_optional and about is None
        wanted = () if may_be_alone else bundle.definition.about
        if wanted and (subject is None or subject.process not in wanted):
            raise RuleViolated(
                [
                    say(
                        "“{name}”要从所涉事项的页面上发起",
                        name=bundle.definition.name,
                    ),
                ],
            )
        name = str(len(self._instances) + 1)
        simulated = Simulated(
            bundle=bundle,
            actor=Actor(0, by.username, by.name, by.body.id),
            now=self.now,
            id=name,
            tenant_id=self.folder.profile.key,
            title=bundle.definition.name,
            territory_path=subject.territory_path
            if subject
            else by.body.place.path,
            directory=self._candidates,
            calendars=self._calendar_of,
            process=process,
            about=about,
            failing=self._failing_next,
        )
        self._failing_next = {}
        values, derived = self._values(
            simulated, bundle.definition.start_form_key, filled
        )
        list_changes.refuse(
            self._lists,
            self._change(simulated, {**values, **derived}),
        )
        path = simulated.territory_path
        place = self.directory.places[path.strip("/").split("/")[-1]]
        circumstances = instances.circumstances(
            instances.Initiator(simulated.actor, by.body.name, by.body.role),
            place.name,
            path,
            self.now,
            bundle,
        )
        if bundle.definition.about:
            if subject is not None:
                known = subject.variables
            else:
                known = {}
            circumstances |= instances.about_variables(about or "", "", known)
        self._instances[name] = simulated
        self._advance(
            simulated,
            lambda: simulated.start(
                values,
                {**derived, **circumstances},
                self._serve,
            ),
        )
        self._relay()
        return name

    def complete(
        self,
        task: Offered,
        by: KnownPerson,
        filled: Mapping[str, Any],
    ) -> None:
        simulated = self._instances[task.id.partition(".")[0]]
        engine_id = c.EngineTaskId(task.id.partition(".")[2])
        opened = simulated.tasks[engine_id].effect
        form_key = opened.form_key
        if simulated.is_suspended(engine_id):
            raise RuleViolated([say("这项任务已挂账，恢复办理之前不能办结")])
        values, derived = self._values(
            simulated, form_key, filled, opened.variables
        )
        change = self._change(
            simulated,
            {**simulated.variables, **values, **derived},
        )
        form = simulated.bundle.forms.get(form_key or "")
        list_changes.refuse_completion(
            self._lists,
            change,
            simulated.variables,
            form,
            {**values, **derived},
        )
        done = {
            f"{task.element_id}_by": by.name,
            f"{task.element_id}_on": self._today().isoformat(),
        }
        simulated.actor = Actor(0, by.username, by.name, by.body.id)
        try:
            self._advance(
                simulated,
                lambda: simulated.complete(
                    engine_id,
                    values,
                    {**derived, **done},
                    self._serve,
                ),
            )
        except RuleViolated as refused:
            self._note(
                simulated,
                refused,
                {"command": "complete-user-task"},
                task.element_id,
            )
            raise
        self._relay()

    def urge(self, instance_id: str, by: KnownPerson, note: str) -> None:
        """Changes nothing that a diagram reads."""

    def merge(
        self,
        instance_id: str,
        into: str,
        by: KnownPerson,
        reason: str,
    ) -> None:
        self.void(instance_id, by, reason)

    def void(self, instance_id: str, by: KnownPerson, reason: str) -> None:
        self._instances[instance_id].close()
        self._relay()

    def let_fail(self, instance_id: str, element_id: str, code: str) -> None:
        self._instances[instance_id].failing[element_id] = code

    def let_next_fail(self, failing: Mapping[str, str]) -> None:
        """As `let_fail`, for the instance that is started next: its steps may run before it can be named."""
        self._failing_next = dict(failing)

    def fire(self, until: datetime) -> None:
        self.now = until
        while due := [
            clock for clock in self.clocks() if clock.due_at <= until
        ]:
            name, _dot, engine_id = due[0].id.partition(".")
            self._fire(self._instances[name], c.EngineTaskId(engine_id))
        self._relay()

    # ---- inside

    def _values(
        self,
        simulated: Simulated,
        form_key: str | None,
        filled: Mapping[str, Any],
        of_task: Mapping[str, Any] | None = None,
    ) -> tuple[Any, Any]:
        """The values as the form gives them, and what follows from them; a choice from a register that is not
        in the folder is believed. `of_task`: the variables that the task alone sees."""
        form = simulated.bundle.forms.get(form_key or "")
        if form is None:
            return {}, {}
        known = self._options(simulated)
        data = vocabulary.fill(form, filled, known)
        memory_choices.require_bodies(self.directory, form, data)
        department_reach.refuse_others(
            self.folder.profile,
            {**simulated.variables, **(of_task or {})},
            department_reach.chosen(form, data),
            {
                name: body.place.level
                for name, body in self.directory.bodies.items()
            },
        )
        believed = [
            Option(text, text)
            for text in sorted(
                _texts(data)
                - self._lists.gone(simulated.place, self._today()),
            )
        ]
        options = {
            source: [*known.get(source, ()), *believed]
            for source in form.sources
        }
        try:
            values = forms.validate(form, data, options)
        except forms.Invalid as invalid:
            raise FormInvalid(invalid.errors) from invalid
        sample_files.require(form, values)
        return values, form_checks.derive_from_values(
            simulated.bundle,
            form_key,
            values,
            self.now,
            simulated.variables,
        )

    def _options(self, simulated: Simulated) -> dict[str, list[Option]]:
        """The choices that the folder itself knows."""
        subject = self._instances.get(simulated.about or "")
        if subject:
            asked = [
                body for task in subject.tasks.values() for body in task.bodies
            ]
        else:
            asked = []
        items = self._lists.choices(simulated.place, self._today())
        return {
            **memory_choices.of_place(
                self.directory, simulated.territory_path
            ),
            "bodies_of_about": [
                Option(body, self.body_name(body))
                for body in dict.fromkeys(asked)
            ],
            "items_of_list": [Option(*item) for item in items],
            "own_items_of_list": [Option(*item) for item in items],
        }

    def _today(self) -> date:
        return self.now.astimezone(
            ZoneInfo(self.folder.profile.timezone),
        ).date()

    def _asked(self) -> Mapping[str, str | None]:
        """What each running instance asks for."""
        return {
            name: list_changes.asks_for(
                simulated.bundle,
                simulated.variables,
                simulated.territory_path,
            )
            for name, simulated in self._instances.items()
            if simulated.ended is None
            and (
                simulated.tasks or simulated.timers or simulated.subscriptions
            )
        }

    def _refused_at(self, asks_for: str) -> datetime | None:
        """When the same was refused last, of what the profile bars then."""
        refused = [
            simulated.history[-1].at
            for simulated in self._instances.values()
            if simulated.ended is not None
            and list_changes.bars(
                simulated.bundle,
                simulated.bundle.definition.topics,
                simulated.ended,
            )
            and asks_for
            == list_changes.asks_for(
                simulated.bundle,
                simulated.variables,
                simulated.territory_path,
            )
        ]
        return max(refused, default=None)

    def _advance(
        self,
        simulated: Simulated,
        act: Callable[[], Changes[Any]],
    ) -> None:
        """Does it, and gives the events that it throws to the other instances. Raises RuleViolated,
        TooMuchWork."""
        simulated.now = self.now
        lists = self._lists.remembered()
        try:
            changes = act()
        except RuleViolated:
            self._lists.restore(lists)
            raise
        except engine.WorkExhausted as exhausted:
            raise TooMuchWork([exhausted.message]) from exhausted
        except engine.EngineError as failure:
            raise RuleViolated([failure.message]) from failure
        self._events.throw(changes.thrown, simulated.id, self.now)
        flows = simulated.bundle.definition.flows
        self._crossed.setdefault(simulated.process, set()).update(
            flow for flow in changes.path if flow in flows
        )


def _texts(value: Any) -> set[str]:
    """Every text that was entered anywhere in the form."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return {text for part in value for text in _texts(part)}
    return set()
