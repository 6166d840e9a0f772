"""What [members.pay] of the profile names must exist: who draws up and approves, the assessment with its
grades, the procedure of rewards with its kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.domain.assessment import MEMBERS
from orchestrator.domain.pay import PayRules
from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.assessments import FILE
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)
from orchestrator.services.deployments.profile_checks.references import (
    objection,
)

_KIND = "reward_kind"


def pay_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """What is misspelt would bring nobody anything, or leave the sheets with nobody."""
    rules = deployed.profile.members.pay
    if rules is None:
        return
    told = [
        *_bodies(deployed, "drafted_by", rules.drafted_by),
        *_bodies(deployed, "approved_by", rules.approved_by),
        *_assessed(deployed, rules),
        *_procedure(deployed, rules),
    ]
    for key, sentence in told:
        message = say("“members.pay.{key}”：{told}", key=key, told=sentence)
        yield Finding("pay-unknown", None, message, resource=FILE)


def _bodies(
    deployed: CheckedDeployment, key: str, groups: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for group in groups:
        sentence = objection(deployed.profile, group)
        level = group.partition("@")[2]
        if not sentence and level not in deployed.profile.levels.keys:
            sentence = say("“{group}”应写明层级，写成 角色@层级", group=group)
        if sentence:
            yield key, sentence


def _assessed(
    deployed: CheckedDeployment, rules: PayRules
) -> Iterator[tuple[str, str]]:
    if not rules.grades:
        return
    rule = next(
        (
            rule
            for rule in deployed.profile.assessment
            if rule.key == rules.assessment and rule.of == MEMBERS
        ),
        None,
    )
    if rule is None:
        yield (
            "assessment",
            say("没有考核网格员的规则“{name}”", name=rules.assessment),
        )
        return
    known = {
        grade for formula in rule.formulas for grade, _from in formula.grades
    }
    for grade in rules.grades:
        if grade not in known:
            yield "grades", say("考核没有等次“{name}”", name=grade)


def _procedure(
    deployed: CheckedDeployment, rules: PayRules
) -> Iterator[tuple[str, str]]:
    if not deployed.definitions:
        return
    keys = {definition.key for definition in deployed.definitions}
    if rules.procedure and rules.procedure not in keys:
        yield (
            "procedure",
            say("“{name}”不是本辖区的流程", name=rules.procedure),
        )
    kinds = {
        option.value
        for form in deployed.forms.values()
        for field in form.inputs()
        if field.key == _KIND
        for option in field.options
    }
    for kind in rules.allowances:
        if kind not in kinds:
            yield (
                "allowances",
                say("奖励和补助的表单里没有“{name}”这一种", name=kind),
            )
