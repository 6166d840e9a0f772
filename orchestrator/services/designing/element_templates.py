"""Element templates (元素模板) for Camunda Modeler: the city's bodies and the handlers as kinds of tasks, in
the published JSON format for Camunda 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.domain.deadlines import length_in_words
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.values import Role
from orchestrator.domain.territory import PLACES
from orchestrator.engine import deadline_names
from orchestrator.sentences import say
from orchestrator.services.bundles import profile_of
from orchestrator.services.deployments import profile_checks

SCHEMA = "https://unpkg.com/@camunda/element-templates-json-schema/resources/schema.json"
_Choices = Sequence[tuple[str, str]]


def templates(resources: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """A template for each body's user task and each handler's service task, from the profile among these
    resources."""
    profile = profile_of(resources)
    forms = sorted(
        name.removesuffix(".form")
        for name in resources
        if name.endswith(".form")
    )
    return [
        *(_of_role(profile, role, forms) for role in profile.roles.values()),
        *_of_topics(profile),
    ]


def _template(
    key: str,
    name: str,
    kind: str,
    properties: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "name": name,
        "id": f"gridflow.{key}",
        "appliesTo": [kind],
        "properties": properties,
    }


def _of_role(
    profile: Jurisdiction, role: Role, forms: list[str]
) -> dict[str, Any]:
    places = {**PLACES, **profile.levels.names}
    levels = list(role.levels)
    if len(levels) > 1:
        levels = ["same", "above", *levels]
    bodies = [
        (f"{role.key}@{level}", f"{places[level]}{role.name}")
        for level in levels
    ]
    deadlines = [
        (
            f"{deadline_names.PREFIX}{rule.name}",
            say(
                "{label}（{length}）",
                label=rule.label,
                length=length_in_words(rule.amount, rule.unit, rule.until),
            ),
        )
        for rule in profile.deadlines.values()
    ]
    properties = [
        _chosen(say("办理机构"), "candidateGroups", bodies, required=True),
        _chosen(say("办理时限"), "dueDate", deadlines),
        _chosen(say("表单"), "formKey", [(form, form) for form in forms]),
    ]
    name = say("由{role}办理", role=role.name)
    return _template(f"role.{role.key}", name, "bpmn:UserTask", properties)


def _chosen(
    label: str,
    attribute: str,
    offered: _Choices,
    required: bool = False,
) -> dict[str, Any]:
    """An attribute of camunda: that is chosen from a list, by its value and label."""
    made: dict[str, Any] = {
        "label": label,
        "type": "Dropdown",
        "choices": [{"value": value, "name": name} for value, name in offered],
        "binding": {"type": "property", "name": f"camunda:{attribute}"},
    }
    if required:
        made["value"] = offered[0][0]
        made["constraints"] = {"notEmpty": True}
    else:
        made["choices"].insert(0, {"value": "", "name": say("（未选）")})
    return made


def _of_topics(profile: Jurisdiction) -> list[dict[str, Any]]:
    labels = profile_checks.topic_labels()
    inputs = profile_checks.topic_inputs()
    values = profile_checks.topic_values(profile)
    return [
        _template(
            f"topic.{topic}",
            labels.get(topic, topic),
            "bpmn:ServiceTask",
            [
                _fixed("camunda:type", "external"),
                _fixed("camunda:topic", topic),
                *(
                    _input(pair, values.get(topic, {}).get(pair[0], ()))
                    for pair in inputs.get(topic, [])
                ),
            ],
        )
        for topic in profile_checks.topics()
    ]


def _fixed(attribute: str, value: str) -> dict[str, Any]:
    return {
        "type": "Hidden",
        "value": value,
        "binding": {"type": "property", "name": attribute},
    }


def _input(
    given: tuple[str, str, bool], offered: Sequence[str]
) -> dict[str, Any]:
    """An input of a handler: its name, label, and whether it must be filled in."""
    name, label, required = given
    made: dict[str, Any] = {
        "label": label,
        "binding": {"type": "camunda:inputParameter", "name": name},
    }
    if offered:
        made["type"] = "Dropdown"
        made["choices"] = [
            {"value": value, "name": value} for value in offered
        ]
    else:
        made["type"] = "String"
    if required:
        made["constraints"] = {"notEmpty": True}
    return made
