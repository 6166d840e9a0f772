"""What forms and profile say of each other: limits that an office sets, proposals, joint decisions."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)
from orchestrator.services.deployments.profile_checks.names import meant_or_all

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
                "「deadlines.{name}」的 chosen_in 写的「{field}」，没有一个表单有这个字段（limit-of）",
                name=name,
                field=rule.chosen_in,
            )
            yield Finding(
                "limit-unset", None, message, "note", "jurisdiction.toml"
            )


def proposal_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A proposal of something that the matrix has not would leave the field empty."""
    known = dict.fromkeys(PROPOSALS, "")
    for key, form in deployed.forms.items():
        for field in form.inputs():
            if field.proposed and field.proposed not in PROPOSALS:
                message = say(
                    "字段「{field}」的 proposed 写的「{name}」不是责任清单的内容，{hint}",
                    field=field.label,
                    name=field.proposed,
                    hint=meant_or_all(field.proposed, known),
                )
                yield Finding(
                    "proposal-unknown", None, message, resource=f"{key}.form"
                )


def together_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A form that the profile lets decide several matters and that cannot would decide each by itself."""
    rule = deployed.profile.together
    if rule is None or not deployed.forms:
        return
    for key in rule.forms:
        form = deployed.forms.get(key)
        if form is None or not form.batch:
            message = say(
                "「together.forms」的「{key}」不是带有 batch 属性的表单，请改写表单名或给表单加上这个属性",
                key=key,
            )
            yield Finding(
                "together-unknown", None, message, resource="jurisdiction.toml"
            )
