"""What forms and profile say of each other: limits that an office sets, proposals, joint decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)
from orchestrator.services.deployments.profile_checks.names import (
    meant,
    meant_or_all,
)

PROPOSALS = ("lead", "assisting", "class", "priority")


def limit_unset(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A limit that the profile lets an office set in a field that no form has is never set."""
    if not deployed.forms:
        return
    asked = {
        (field.limit_of, field.key)
        for form in deployed.forms.values()
        for field in form.inputs()
    }
    for name, rule in deployed.profile.deadlines.items():
        if rule.chosen_in and (name, rule.chosen_in) not in asked:
            message = say(
                "“deadlines.{name}”的 chosen_in 写的“{field}”，没有一个表单有这个字段（limit-of）",
                name=name,
                field=rule.chosen_in,
            )
            yield Finding(
                "limit-unset",
                None,
                message,
                "note",
                "jurisdiction.toml",
            )


def limit_class_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A limit for a class of instances that names a variable nobody sets, or a value it never has, holds for
    none of them."""
    if not deployed.forms:
        return
    known = _seen_anywhere(deployed)
    for name, rule in deployed.profile.deadlines.items():
        for class_limit in rule.classes:
            for variable, values in class_limit.when.items():
                for sentence in _unknown(deployed, known, variable, values):
                    message = say(
                        "“deadlines.{name}.classes”的 when：{told}",
                        name=name,
                        told=sentence,
                    )
                    yield Finding(
                        "limit-class-unknown",
                        None,
                        message,
                        resource="jurisdiction.toml",
                    )


def _seen_anywhere(deployed: CheckedDeployment) -> dict[str, str]:
    """Variable → label of all that forms and steps of the deployment set."""
    result: dict[str, str] = {}
    for entry in deployed.variables.known.values():
        result.update(entry)
    for form in deployed.forms.values():
        result.update({field.key: field.label for field in form.inputs()})
    return result


def _unknown(
    deployed: CheckedDeployment,
    known: Mapping[str, str],
    variable: str,
    values: Sequence[str],
) -> Iterator[str]:
    """Why the variable or one of its values is never met."""
    if variable not in known:
        yield say(
            "“{name}”没有哪张表单、哪一步会设置。{meant}",
            name=variable,
            meant=meant(variable, known),
        )
        return
    options = _options(deployed, variable)
    for value in values:
        if options and value not in options:
            yield say(
                "“{variable}”没有“{value}”这个值，{hint}",
                variable=variable,
                value=value,
                hint=meant_or_all(value, options),
            )


def _options(deployed: CheckedDeployment, variable: str) -> dict[str, str]:
    """Value → label of all that may be chosen for it; empty where anything may be, or nobody knows what."""
    options: dict[str, str] = {}
    for form in deployed.forms.values():
        for field in form.inputs():
            if field.key != variable:
                continue
            if field.options_source == "case_classes":
                options.update(deployed.profile.case_classes)
            elif field.options and not field.options_source:
                options.update(
                    {option.value: option.label for option in field.options}
                )
            else:
                return {}
    return options


def proposal_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A proposal of something that the matrix has not would leave the field empty."""
    known = dict.fromkeys(PROPOSALS, "")
    for key, form in deployed.forms.items():
        for field in form.inputs():
            if field.proposed and field.proposed not in PROPOSALS:
                message = say(
                    "字段“{field}”的 proposed 写的“{name}”不是责任清单的内容，{hint}",
                    field=field.label,
                    name=field.proposed,
                    hint=meant_or_all(field.proposed, known),
                )
                yield Finding(
                    "proposal-unknown", None, message, resource=f"{key}.form"
                )


def together_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A form that the profile lets decide several instances and that cannot would decide each by itself."""
    rule = deployed.profile.together
    if rule is None or not deployed.forms:
        return
    for key in rule.forms:
        form = deployed.forms.get(key)
        if form is None or not form.batch:
            message = say(
                "“together.forms”的“{key}”不是带有 batch 属性的表单，请改写表单名或给表单加上这个属性",
                key=key,
            )
            yield Finding(
                "together-unknown", None, message, resource="jurisdiction.toml"
            )
