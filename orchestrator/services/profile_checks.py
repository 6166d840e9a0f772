"""What diagrams, forms and profile of a deployment must agree on: CHECKS is the table of rules; all findings are reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import forms
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.territory import LEVEL_NAMES, LEVELS, parse_body_ref
from orchestrator.engine import Definition, Element
from orchestrator.errors import Finding
from orchestrator.handlers import TOPICS
from orchestrator.services import form_options, form_questions


@dataclass(frozen=True)
class Deployed:
    """What is checked: the processes with the file each stands in, beside profile and forms."""

    profile: Jurisdiction
    forms: Mapping[str, forms.Form]
    definitions: Sequence[Definition]

    def elements(self) -> Iterator[tuple[str, Element]]:
        """(file, element) of every process, called ones once."""
        seen = set()
        for definition in self.definitions:
            for process in definition.processes.values():
                for element in process.elements.values():
                    if (process.resource, element.id) not in seen:
                        seen.add((process.resource, element.id))
                        yield process.resource, element


def check(deployed: Deployed) -> list[Finding]:
    """Everything that the parts do not agree on; an `error` refuses the deployment."""
    return [finding for rule in CHECKS for finding in rule(deployed)]


def topics() -> list[str]:
    """The topics that service tasks may name."""
    return list(TOPICS)


def body_unknown(deployed: Deployed) -> Iterator[Finding]:
    """A body that the profile has not, or not at that level, would leave the task with nobody."""
    for definition in deployed.definitions:
        for group in definition.starter_groups:
            if told := _objection(deployed.profile, group):
                yield Finding(
                    "body-unknown", None, f"「{definition.name}」的发起机构：{told}", resource=definition.process.resource
                )
    for file, element in deployed.elements():
        for group in _groups(element.candidate_groups or ""):
            if "${" not in group and (told := _objection(deployed.profile, group)):
                yield Finding("body-unknown", element.id, f"「{element.name}」：{told}", resource=file)


def deadline_unknown(deployed: Deployed) -> Iterator[Finding]:
    """A deadline that the profile has not would never fall due."""
    for file, element in deployed.elements():
        timer = element.event.timer[1] if element.event and element.event.timer else ""
        for text in (element.due or "", timer):
            name = text.strip().removeprefix("deadline:")
            if text.strip().startswith("deadline:") and name not in deployed.profile.deadlines:
                message = f"「{element.name}」的时限「{name}」不在辖区配置的 [deadlines] 中，请从已有的时限中选，或在配置中补上"
                yield Finding("deadline-unknown", element.id, message, resource=file)


def citation_unknown(deployed: Deployed) -> Iterator[Finding]:
    """An article that the profile has not cannot be shown to whoever asks why."""
    for file, element in deployed.elements():
        for citation in element.citations:
            if citation != "default" and deployed.profile.article(citation) is None:
                message = f"「{element.name}」引用的{in_words(citation)}不在辖区配置的 [articles] 中，请核对条文编号或补上条文"
                yield Finding("citation-unknown", element.id, message, resource=file)


def citation_missing(deployed: Deployed) -> Iterator[Finding]:
    """Whoever does a step may ask on what ground; where the regulation is silent it says so."""
    for file, element in deployed.elements():
        if element.type in ("userTask", "serviceTask", "callActivity") and not element.citations:
            message = f"「{element.name}」没有写依据。请在说明的第一行写「依据：第十三条」，法规没有规定的写「依据：默认」"
            yield Finding("citation-missing", element.id, message, "note", file)


def topic_unknown(deployed: Deployed) -> Iterator[Finding]:
    """A topic without a handler stops the matter there."""
    for file, element in deployed.elements():
        if element.topic is not None and element.topic not in TOPICS:
            message = f"「{element.name}」的主题「{element.topic}」没有处理程序，可用的有 {'、'.join(TOPICS)}"
            yield Finding("topic-unknown", element.id, message, resource=file)


def form_source_unknown(deployed: Deployed) -> Iterator[Finding]:
    """A choice without options could never be made."""
    for key, form in deployed.forms.items():
        for source in sorted(form.sources - form_options.SOURCES.keys()):
            message = f"选项来源「{source}」不存在，可用的有 {'、'.join(form_options.SOURCES)}"
            yield Finding("form-source-unknown", None, message, resource=f"{key}.form")
        asked = {each.questions_source for each in form.fields if each.questions_source}
        for source in sorted(asked - form_questions.LISTS.keys()):
            message = f"问题清单「{source}」不存在，可用的有 {'、'.join(form_questions.LISTS)}"
            yield Finding("form-source-unknown", None, message, resource=f"{key}.form")


CHECKS: tuple[Callable[[Deployed], Iterator[Finding]], ...] = (
    body_unknown,
    deadline_unknown,
    citation_unknown,
    citation_missing,
    topic_unknown,
    form_source_unknown,
)


def _groups(text: str) -> list[str]:
    """The groups of a list; a comma inside `${…}` separates nothing."""
    return [each.strip() for each in re.split(r",(?![^{]*\})", text) if each.strip()]


def _objection(profile: Jurisdiction, group: str) -> str:
    """Why no body can be meant; empty when one can."""
    try:
        reference = parse_body_ref(group)
    except ValueError as invalid:
        return str(invalid)
    roles = [role for role in profile.roles.values() if reference.role in (role.key, role.family)]
    if not roles:
        return f"角色「{reference.role}」不在辖区配置的 [roles] 中，可用的有 {'、'.join(profile.roles)}"
    if reference.place in LEVELS and not any(reference.place in role.levels for role in roles):
        return f"「{roles[0].name}」不设在{LEVEL_NAMES[reference.place]}，请改选层级，或在辖区配置中给这个角色加上该层级"
    return ""
