"""What steps of a draft's scenarios say that is not there: told of every step, where a play stops at the
first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import forms
from orchestrator.engine import Definition
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say, sentence_of
from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.services.bundles import Bundle
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    Unknown,
)
from orchestrator.services.simulation.scenario_run import listed

NAMES_STEP = frozenset(
    ("办理", "领取", "挂账", "恢复", "触发", "到期", "应办结"),
)
"""Verbs after which a task or event of the diagram stands."""
NAMES_STEPS = frozenset(("应有待办", "应在期限", "应出错", "选流向"))
"""Verbs with tasks or events on the left side."""
MAY_START = frozenset(("发消息", "发信号"))
"""Verbs that may begin an instance of a procedure that the step does not name; so may a start by an event."""


def wrong_steps(
    resources: Mapping[str, bytes],
    jurisdiction: str,
    scenarios: Sequence[Scenario],
) -> dict[int, list[str]]:
    """Line of a step → what it names or fills in that the diagrams, the forms or the jurisdiction do not
    have. Empty where these cannot be read."""
    try:
        directory = FolderDirectory(
            jurisdictions.parse(resources, jurisdiction),
            stand_ins=True,
        )
        procedures = _Procedures(resources)
    except (RuleViolated, LookupError, ValueError):
        return {}
    wrong: dict[int, list[str]] = {}
    for scenario in scenarios:
        try:
            steps = list(_with_process(scenario, procedures))
        except (RuleViolated, LookupError, ValueError):
            # A diagram that cannot be read is told by the checks.
            return {}
        for step, process in steps:
            reasons = list(_reasons(step, process, scenario, directory))
            if reasons:
                wrong[step.line] = reasons
    return wrong


class _Procedures:
    """The procedures that people can start, read when they are asked for."""

    def __init__(self, resources: Mapping[str, bytes]) -> None:
        self._resources = resources
        self._bundles: dict[str, Bundle] = {}

    def bundle(self, key: str) -> Bundle:
        if key not in self._bundles:
            self._bundles[key] = bundles.assemble(self._resources, key)
        return self._bundles[key]

    def called(self, name: str) -> Bundle | None:
        """The one of that key or name; None where no procedure is called so."""
        keys = deployments.process_keys(self._resources)
        for reading in vocabulary.readings(name):
            if reading in keys:
                return self.bundle(reading)
            for key in keys:
                if self.bundle(key).definition.name == reading:
                    return self.bundle(key)
        return None


def _with_process(
    scenario: Scenario,
    procedures: _Procedures,
) -> Iterator[tuple[ScenarioStep, Bundle | None]]:
    """Each step with the procedure of the instance that it is about; None where only a play can tell."""
    begun: dict[str, Bundle | None] = {}
    for step in scenario.steps:
        about = None
        if step.verb == "发起":
            name = str(step.subject or scenario.process)
            about = procedures.called(name)
            called = step.details.get("称为") or f"第{len(begun) + 1}件"
            if "被拒" not in step.details:
                begun[str(called)] = about
        elif step.instance_name:
            about = begun.get(step.instance_name)
        elif begun:
            about = list(begun.values())[-1]
        yield step, about
        if step.verb in MAY_START or "事件" in step.details:
            begun[str(step.details.get("称为") or f"?{step.line}")] = None


def _reasons(
    step: ScenarioStep,
    process: Bundle | None,
    scenario: Scenario,
    directory: FolderDirectory,
) -> Iterator[str]:
    by = step.details.get("由")
    if by:
        yield from _told(directory.person, str(by))
    if step.verb == "应有待办" and isinstance(step.subject, Mapping):
        for bodies in step.subject.values():
            for name in listed(bodies):
                yield from _unknown_body(directory, name)
    if step.verb == "发起" and process is None:
        called = step.subject or scenario.process
        yield say("没有叫“{name}”的流程", name=called)
    if process is None:
        return
    for name in _named_steps(step):
        yield from _told(
            lambda name: vocabulary.element(process.definition, name), name
        )
    yield from _filled_wrongly(step, process, scenario)


def _told(look: Any, name: str) -> Iterator[str]:
    try:
        look(name)
    except Unknown as unknown:
        yield sentence_of(unknown)


def _unknown_body(directory: FolderDirectory, name: str) -> Iterator[str]:
    if any(body.name == name for body in directory.bodies.values()):
        return
    people = directory.folder.people
    if any(name in (row.username, row.display_name) for row in people):
        return
    yield from _told(directory.body, name)


def _named_steps(step: ScenarioStep) -> list[str]:
    if step.verb in NAMES_STEP:
        return [str(step.subject)]
    if step.verb in NAMES_STEPS and isinstance(step.subject, Mapping):
        return [str(name) for name in step.subject]
    if step.verb == "应有待办":
        return listed(step.subject)
    if step.verb == "发起":
        failing = step.details.get("出错") or {}
        return [str(name) for name in failing]
    return []


def _filled_wrongly(
    step: ScenarioStep,
    process: Bundle,
    scenario: Scenario,
) -> Iterator[str]:
    """Sets that the file does not have, fields that the form does not have, and what does not fit into
    them."""
    given = step.details.get("填写")
    key = _form_key(step, process.definition)
    if given is None or key is None:
        return
    words: dict[str, Any] = {}
    for part in given if isinstance(given, list) else [given]:
        if isinstance(part, Mapping):
            words |= part
        elif part in scenario.fillings:
            words |= scenario.fillings[part]
        else:
            yield say("文件的“填写”里没有“{each}”", each=part)
    form = process.forms.get(key)
    if form is None:
        return
    known: dict[str, Any] = {}
    for name, answer in words.items():
        try:
            known |= vocabulary.fill(form, {name: answer}, {})
        except Unknown as unknown:
            yield sentence_of(unknown)
        except (TypeError, ValueError, AttributeError):
            yield say("“{name}”填写的内容读不出来，请重新填写", name=name)
    if "被拒" not in step.details:
        yield from _misfits(form, known)


def _form_key(step: ScenarioStep, definition: Definition) -> str | None:
    if step.verb == "发起" and "事件" not in step.details:
        return definition.start_form_key
    if step.verb != "办理":
        return None
    try:
        return vocabulary.element(definition, str(step.subject)).form_key
    except Unknown:
        return None


def _misfits(form: forms.Form, known: Mapping[str, Any]) -> Iterator[str]:
    """What the form says of these fields. What comes from a register, and files, a play alone can tell."""
    try:
        forms.validate(form, known, {})
    except forms.Invalid as invalid:
        for field in form.inputs():
            if (
                field.key in known
                and not field.options_source
                and field.type not in ("filepicker", "dynamiclist")
            ):
                for reason in invalid.errors.get(field.key, ()):
                    yield say(
                        "“{label}”：{reason}",
                        label=field.label,
                        reason=reason,
                    )
