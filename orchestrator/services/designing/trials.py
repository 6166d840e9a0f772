"""Trying a draft out (试运行): an instance in memory with real forms and a clock of its own; what was done
can be kept as a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import yaml
from sqlalchemy.orm import Session

import forms
from orchestrator.engine import request_work
from orchestrator.engine.nameless import label
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.services.designing import (
    awaited_events,
    trial_data,
    waiting_calls,
)
from orchestrator.services.designing.trial_parts import (
    Task,
    Trial,
    TrialStep,
)
from orchestrator.services.designing.validation import (
    all_findings,
    folder_of,
    resources_of,
)
from orchestrator.services.execution import locked_instance
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.backend import Offered
from orchestrator.services.simulation.memory_backend import MemoryBackend
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    KnownPerson,
    Unknown,
    stand_in,
)
from orchestrator.store.drafts import Draft
from orchestrator.store.writing import heavy

MOST = 100
"""Steps of one trial."""


class TrialSetup:
    """A draft with the jurisdiction's people, ready to be tried."""

    @heavy
    def __init__(self, session: Session, draft: Draft) -> None:
        self.session = session
        self.draft = draft
        resources = resources_of(session, draft)
        findings = [
            finding
            for finding in all_findings(draft, resources)
            if finding.severity == "error"
        ]
        if findings:
            raise RuleViolated([finding.message for finding in findings])
        own = folder_of(session, draft, resources)
        self.bundle: Bundle = bundles.assemble(
            resources, draft.process_key, own.edition(draft.process_key)
        )
        # Whoever tries it reads the dates: they are those of his city, with its own festivals.
        calendar = locked_instance.calendar
        self.folder = replace(
            own,
            calendars=lambda counted_for: calendar(
                session,
                self.bundle,
                counted_for,
            ),
        )
        self.directory = FolderDirectory(self.folder, stand_ins=True)
        self.backend = MemoryBackend(self.folder, self.directory, {})
        self.instance_id: str | None = None
        self.taken = 0

    @heavy
    def replay(self, steps: Sequence[TrialStep]) -> None:
        """Does the steps one after the other; `taken` counts those that were done.

        Raises the GridflowError of the one that is refused, RuleViolated for a name or a value that means
        nothing and for a step too many.
        """
        with request_work():
            self._replay(steps)

    def _replay(self, steps: Sequence[TrialStep]) -> None:
        for step in steps:
            if self.taken >= MOST:
                raise RuleViolated(
                    [
                        say(
                            "一次试运行最多 {most} 步，请存为情景后重新开始",
                            most=MOST,
                        ),
                    ],
                )
            with _meaningful():
                self._do(step)
            self.taken += 1

    def trial(self) -> Trial:
        definition = self.bundle.definition
        if self.instance_id:
            offered = self.backend.offered(self.instance_id)
        else:
            offered = []
        ended = None
        if self.instance_id:
            ended = self.backend.ended_as(self.instance_id)
        flows = self.backend.crossed.get(self.draft.process_key, set())
        passed = {
            definition.flows[flow].source
            for flow in flows
            if flow in definition.flows
        }
        if self.instance_id:
            clocks = self.backend.clocks(self.instance_id)
        else:
            clocks = []
        waiting = [offer.element_id for offer in offered]
        if self.instance_id:
            waiting += [clock.element_id for clock in clocks]
            waiting += [
                awaited.element_id
                for awaited in self.backend.awaited(self.instance_id)
            ]
        calls = waiting_calls.around(definition, waiting)
        return Trial(
            now=self.backend.now,
            begun=self.instance_id is not None,
            starters=self._starters() if not self.instance_id else (),
            tasks=[self._task(offer) for offer in offered],
            clocks=[
                (
                    clock.element_id,
                    vocabulary.name_of(definition, clock.element_id),
                    clock.due_at,
                )
                for clock in clocks
            ],
            awaited=awaited_events.listed(
                self.backend, self.bundle, self.instance_id
            ),
            data=self._data(),
            ended=vocabulary.name_of(definition, ended) if ended else "",
            crossed=sorted(flows | passed),
            called=[
                (
                    label(call),
                    waiting_calls.process_name(definition, call),
                )
                for call in calls
            ],
            current=[
                *(offer.element_id for offer in offered),
                *(call.id for call in calls),
            ],
        )

    def _data(self) -> list[trial_data.Datum]:
        if not self.instance_id:
            return []
        setting = form_options.Setting(
            self.backend.path_of(self.instance_id), 0, self.backend.now
        )
        return trial_data.read(
            self.bundle,
            self.backend.variables(self.instance_id),
            partial(
                form_options.for_form,
                self.session,
                self.bundle,
                setting=setting,
            ),
            self.backend.body_name,
        )

    def form(
        self,
        step_of: str,
        by: str,
    ) -> tuple[forms.Form | None, dict[str, Any]]:
        """The form of the start (empty element) or of an open task, with its choices as that person would see
        them.

        Raises RuleViolated for a person who does not exist.
        """
        element = self.bundle.definition.elements.get(step_of)
        if element:
            key = element.form_key
        else:
            key = self.bundle.definition.start_form_key
        form = self.bundle.forms.get(key or "")
        person = self._person(by)
        if form is None:
            return None, {}
        if self.instance_id:
            path = self.backend.path_of(self.instance_id)
        else:
            path = person.body.place.path
        setting = form_options.Setting(
            path, 0, self.backend.now, person.body.id
        )
        return form, dict(
            form_options.for_form(self.session, self.bundle, form, setting),
        )

    def scenario(self, name: str, steps: Sequence[TrialStep]) -> str:
        """The trial as a scenario in the city's words, for `scenarios/PROCESS.yaml`.

        Raises as `replay`, and RuleViolated where nothing was done yet.
        """
        if not steps:
            raise RuleViolated(
                [say("还没有走任何一步，请先发起、办理，再存为情景")],
            )
        sentences: list[dict[str, Any]] = []
        self.instance_id, self.backend, self.taken = (
            None,
            MemoryBackend(self.folder, self.directory, {}),
            0,
        )
        for step in steps:
            with _meaningful():
                words = self._words(step)
            awaited = awaited_events.at(
                self.backend, self.instance_id, step.element
            )
            self.replay([step])
            definition = self.bundle.definition
            if step.by:
                body = self._person(step.by).body.name
            else:
                body = ""
            if step.act == "start":
                sentences.append(
                    {"发起": definition.name, "由": body}
                    | ({"填写": words} if words else {}),
                )
            elif step.act == "complete":
                task = vocabulary.name_of(definition, step.element)
                sentences.append(
                    {"办理": task, "由": body}
                    | ({"填写": words} if words else {}),
                )
            elif step.act == "expire":
                sentences.append(
                    {"到期": vocabulary.name_of(definition, step.element)},
                )
            else:
                sentences.append(
                    awaited_events.as_step(awaited, step.values or {})
                )
            sentences.append(self._expectation())
        text: str = yaml.safe_dump(
            [{"名称": name, "步骤": sentences}],
            allow_unicode=True,
            sort_keys=False,
            width=140,
        )
        return text

    # ---- inside

    def _do(self, step: TrialStep) -> None:
        if step.act == "start":
            self.instance_id = self.backend.start(
                self.draft.process_key,
                self.directory.person(step.by),
                step.values or {},
                None,
            )
        elif self.instance_id is None:
            raise RuleViolated([say("还没有发起，请先选谁来发起")])
        elif step.act == "complete":
            person = self.directory.person(step.by)
            offered = [
                offer
                for offer in self.backend.offered(self.instance_id)
                if offer.element_id == step.element
                and person.body.id in offer.bodies
            ]
            if not offered:
                raise RuleViolated([say("这个步骤此时不由他办理，请重新选择")])
            self.backend.complete(offered[0], person, step.values or {})
        elif step.act == "receive":
            awaited_events.receive(
                self.backend,
                self.instance_id,
                step.element,
                step.values or {},
            )
        else:
            due = [
                clock
                for clock in self.backend.clocks(self.instance_id)
                if clock.element_id == step.element
            ]
            if not due:
                raise RuleViolated([say("这个时限此时没有在走，请重新选择")])
            self.backend.fire(due[0].due_at + timedelta(minutes=1))
            if stopped := self.backend.stopped():
                raise RuleViolated(stopped)

    def _person(self, username: str) -> KnownPerson:
        with _meaningful():
            return self.directory.person(username)

    def _words(self, step: TrialStep) -> dict[str, Any]:
        """What was filled in, by labels."""
        if step.act in ("expire", "receive") or not step.values:
            return {}
        form, options = self.form(
            step.element if step.act == "complete" else "",
            step.by,
        )
        if form:
            return vocabulary.in_words(form, step.values, options)
        return {}

    def _expectation(self) -> dict[str, Any]:
        assert self.instance_id is not None
        ended = self.backend.ended_as(self.instance_id)
        if ended:
            return {
                "应办结": vocabulary.name_of(self.bundle.definition, ended),
            }
        result: dict[str, Any] = {}
        for offer in self.backend.offered(self.instance_id):
            name = vocabulary.name_of(self.bundle.definition, offer.element_id)
            result.setdefault(name, []).extend(
                self.backend.body_name(body) for body in offer.bodies
            )
        return {"应有待办": result or []}

    def _task(self, offered: Offered) -> Task:
        element = self.bundle.definition.elements[offered.element_id]
        people = [
            person
            for body in offered.bodies
            for person in self._people_of(body)
        ]
        ground = "、".join(
            self.bundle.jurisdiction.cite(citation)
            for citation in self.bundle.definition.grounds_of(element.id)
        )
        names = [self.backend.body_name(body) for body in offered.bodies]
        return Task(
            offered.element_id,
            element.name,
            names,
            people,
            offered.due_at,
            ground,
            waiting_calls.called_name(self.bundle.definition, element.id),
        )

    def _people_of(self, body_id: str) -> list[tuple[str, str]]:
        known = self.directory.bodies.get(body_id)
        if known is None:
            return []
        rows = [
            row
            for row in self.folder.people
            if (row.role, row.place) == (known.role, known.place.code)
        ]
        if not rows:
            return [(known.id, known.name)]
        return [
            (row.username, f"{row.display_name}（{known.name}）")
            for row in rows
        ]

    def _starters(self) -> list[tuple[str, str]]:
        from_folder: list[KnownPerson] = []
        for row in self.folder.people:
            person = self.directory.person(row.username)
            if self.backend.may_start(self.draft.process_key, person):
                from_folder.append(person)
        if from_folder:
            return [
                (person.username, f"{person.name}（{person.body.name}）")
                for person in from_folder
            ]
        return [
            (person.username, person.body.name) for person in self._stand_ins()
        ]

    def _stand_ins(self) -> list[KnownPerson]:
        """Of each role at each level the first body that may begin, where the folder has nobody who may."""
        first: dict[tuple[str, str], KnownPerson] = {}
        for body in self.directory.bodies.values():
            person = stand_in(body)
            kind = (body.role, body.place.level)
            if kind not in first and self.backend.may_start(
                self.draft.process_key, person
            ):
                first[kind] = person
        return list(first.values())


@contextmanager
def _meaningful() -> Iterator[None]:
    """The page carries the steps: whoever wrote them by hand may have written anything."""
    try:
        yield
    except Unknown as unknown:
        raise RuleViolated([str(unknown)]) from unknown
    except (
        TypeError,
        ValueError,
        AttributeError,
        LookupError,
        ArithmeticError,
        RecursionError,
    ) as meaningless:
        raise RuleViolated(
            [say("这一步填写的内容读不出来，请重新填写")],
        ) from meaningless
