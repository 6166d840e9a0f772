"""Whether a condition compares a form's answer with something that the form can give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import forms
from orchestrator.engine import expressions
from orchestrator.engine.comparisons import Comparison, comparisons
from orchestrator.engine.model import Process, Scope
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)
from orchestrator.services.deployments.profile_checks.reaching import reaching
from orchestrator.services.deployments.profile_checks.readings import (
    Reading,
    attributes,
    conditions,
)
from orchestrator.services.deployments.profile_checks.variables import (
    LEVELS,
    Setter,
    Variables,
)

_ORDER = ("<", "<=", ">", ">=")


_VERDICTS = {"!=": say("总是成立"), "==": say("不会成立")}
"""How the comparison is written → what never changes about it."""


def condition_never(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A comparison with an answer that the form does not offer, or of another type, is never true or cannot
    be worked out."""
    variables = deployed.variables
    for process in deployed.processes.values():
        if process.id in variables.open:
            severity = "note"
        else:
            severity = "error"
        places = {
            flow.id: (scope, flow.source)
            for scope in process.scopes.values()
            for flow in scope.flows
        }
        places |= {
            id_: (scope, id_)
            for scope in process.scopes.values()
            for id_ in scope.elements
        }
        for reading in (
            *conditions(variables, process),
            *attributes(variables, process),
        ):
            for comparison in _comparisons(reading):
                sentence = _objection(
                    deployed,
                    process,
                    places[reading.element_id],
                    comparison,
                )
                if sentence:
                    message = say(
                        "{what}“{text}”{verdict}：{told}",
                        what=reading.what,
                        text=reading.text.strip()[:60],
                        verdict=_VERDICTS.get(comparison.how)
                        or say("不会按本意判断"),
                        told=sentence,
                    )
                    yield Finding(
                        "condition-never",
                        reading.element_id,
                        message,
                        severity,
                        process.resource,
                    )


def _comparisons(reading: Reading) -> Sequence[Comparison]:
    try:
        row = comparisons(reading.text, reading.script)
    except expressions.ExpressionRefused:
        return ()
    return row


def _objection(
    deployed: CheckedDeployment,
    process: Process,
    place: tuple[Scope, str],
    compared: Comparison,
) -> str:
    """Why the comparison makes no sense for any form whose answer it may meet; empty when it does for one, or
    nobody can tell."""
    setters = reaching(deployed.variables, process, *place, compared.variable)
    if _is_level(deployed.variables, process, setters, compared.variable):
        return _level_fault(deployed.profile.levels.keys, compared)
    faults = [
        _fault(setter, compared) if setter.field is not None else ""
        for setter in setters
    ]
    if not faults or not all(faults):
        return ""
    if compared.how in ("==", "!=", "one of") and isinstance(
        compared.value,
        str,
    ):
        return _not_offered(setters, compared)
    return faults[0]


def _is_level(
    variables: Variables,
    process: Process,
    setters: Sequence[Setter],
    name: str,
) -> bool:
    """Whether the variable can be nothing but a level of the profile."""
    if setters:
        return all(setter.is_level for setter in setters)
    return name in LEVELS and process.id in variables.startable


def _level_fault(levels: Sequence[str], compared: Comparison) -> str:
    value = compared.value
    if not value or not isinstance(value, str) or value in levels:
        return ""
    if compared.how not in ("==", "!=", "one of"):
        return ""
    return say(
        "辖区配置的 [levels] 里没有“{value}”这一层级，只有 {listed}",
        value=value,
        listed=joined("、", levels),
    )


def _not_offered(setters: Sequence[Setter], compared: Comparison) -> str:
    """One sentence over all forms it may meet, where each is a choice; else the first one's reason."""
    fields = [setter.field for setter in setters if setter.field is not None]
    if not all(_is_single_choice(field) for field in fields):
        return next(
            _fault(setter, compared)
            for setter in setters
            if setter.field and not _is_single_choice(setter.field)
        )
    offered = {
        option.value: option.label
        for field in fields
        for option in field.options
    }
    asked = joined(
        "、",
        dict.fromkeys(
            say("“{name}”", name=setter.form or setter.label)
            for setter in setters
        ),
    )
    listed = joined(
        "、",
        [
            say("{name}（{meaning}）", name=value, meaning=label)
            for value, label in offered.items()
        ],
    )
    return say(
        "表单{asked}的“{label}”没有“{value}”这个选项，只有 {listed}",
        asked=asked,
        label=fields[0].label,
        value=compared.value,
        listed=listed,
    )


def _fault(setter: Setter, compared: Comparison) -> str:
    """Why this answer can never equal the value, or not be compared with it; empty when it can."""
    field = setter.field
    value = compared.value
    if field is None or value is None:
        return ""
    label = say("“{name}”", name=field.label or field.key)
    name = compared.variable
    is_text = isinstance(value, str)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if _is_list(field):
        return _list_fault(field, compared)
    if compared.how == "holds":
        return ""
    if _is_single_choice(field):
        if compared.how in _ORDER and not is_text:
            return say("{label}是选项，不能与数字比大小", label=label)
        known = {option.value for option in field.options} | (
            {""} if not field.required else set()
        )
        wanted = compared.how not in _ORDER and value not in known
        if wanted:
            return say(
                "{label}没有“{value}”这个选项，只有 {listed}",
                label=label,
                value=value,
                listed=joined(
                    "、",
                    [
                        say(
                            "{name}（{meaning}）",
                            name=o.value,
                            meaning=o.label,
                        )
                        for o in field.options
                    ],
                ),
            )
        return ""
    if field.type == "number" and (is_text or isinstance(value, bool)):
        return say(
            "{label}填的是数字，请去掉引号，写成 {name} {symbol} 5 这样",
            label=label,
            name=name,
            symbol=_symbol(compared),
        )
    if field.type == "checkbox" and (is_text or is_number):
        return say(
            "{label}是勾选框，值只有 true（已勾选）和 false（未勾选），请写成 {name} 或 not {name}",
            label=label,
            name=name,
        )
    if field.type in ("textfield", "textarea") and not is_text:
        return say(
            '{label}填的是文字，不能与{part}相比，文字请加引号，写成 {name} == "…"',
            label=label,
            part=say("数字") if is_number else say("真假"),
            name=name,
        )
    if field.type == "datetime" and not is_text:
        return say(
            '{label}填的是日期，请写成 {name} {symbol} "2027-01-01" 这样',
            label=label,
            name=name,
            symbol=_symbol(compared),
        )
    return ""


def _list_fault(field: forms.Field, compared: Comparison) -> str:
    label = say("“{name}”", name=field.label or field.key)
    name = compared.variable
    value = compared.value
    if compared.how != "holds":
        if field.options or field.options_source:
            return say(
                '{label}可以选多项，值是一组，请写成 "{value}" in {name}',
                label=label,
                value=value,
                name=name,
            )
        return say(
            "{label}的值是一组，请写成 len({name}) > 0 这样",
            label=label,
            name=name,
        )
    if (
        field.options
        and not field.options_source
        and value not in {option.value for option in field.options}
    ):
        return say(
            "{label}没有“{value}”这个选项，只有 {listed}",
            label=label,
            value=value,
            listed=joined(
                "、",
                [
                    say("{name}（{meaning}）", name=o.value, meaning=o.label)
                    for o in field.options
                ],
            ),
        )
    return ""


def _is_list(field: forms.Field) -> bool:
    return field.multiple or field.type in (
        "checklist",
        "taglist",
        "filepicker",
        "dynamiclist",
    )


def _is_single_choice(field: forms.Field) -> bool:
    return (
        field.type in ("radio", "select")
        and bool(field.options)
        and not field.options_source
        and not _is_list(field)
    )


def _symbol(compared: Comparison) -> str:
    if compared.how in ("==", "!=", *_ORDER):
        return compared.how
    return "=="
