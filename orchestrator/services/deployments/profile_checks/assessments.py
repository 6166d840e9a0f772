"""What [assessment] of the profile says must be countable: bodies that exist, figures that exist, expressions
that make a number."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.domain.assessment import (
    OFFICES,
    AssessmentRule,
    Indicator,
    figure_names,
)
from orchestrator.engine.expressions import (
    ExpressionError,
    ExpressionRefused,
    compile_checked,
    evaluate,
    names_read,
)
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)
from orchestrator.services.deployments.profile_checks.names import (
    meant_or_all,
)
from orchestrator.services.deployments.profile_checks.references import (
    objection,
)

FILE = "jurisdiction.toml"
_SAMPLES = (1.0, 50.0)


def assessor_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A body that there is not would never close a period."""
    for rule in deployed.profile.assessment:
        for group in rule.by:
            sentence = objection(deployed.profile, group)
            if not sentence and _is_relative(deployed, group):
                sentence = say(
                    "“{group}”应写明层级，写成 角色@层级", group=group
                )
            if sentence:
                yield Finding(
                    "assessor-unknown",
                    None,
                    say(
                        "“assessment.{key}.by”：{told}",
                        key=rule.key,
                        told=sentence,
                    ),
                    resource=FILE,
                )
        if rule.of == OFFICES and _has_none_below(deployed, rule):
            yield Finding(
                "assessor-unknown",
                None,
                say(
                    "“assessment.{key}”考核下级机构，by 写的机构没有下级机构",
                    key=rule.key,
                ),
                resource=FILE,
            )


def series_host(deployed: CheckedDeployment) -> Iterator[Finding]:
    """Work that recurs for a body that there is not, or by a message that no procedure begins by, would never
    begin."""
    heard = {
        event.reference
        for definition in deployed.definitions
        for start in definition.triggered_starts
        for event in start.events
        if event.kind == "message"
    }
    for rule in deployed.profile.series:
        sentences = [
            objection(deployed.profile, group)
            or say("“{group}”应写明层级，写成 角色@层级", group=group)
            for group in rule.hosts
            if objection(deployed.profile, group)
            or _is_relative(deployed, group)
        ]
        if rule.message not in heard and deployed.definitions:
            sentences.append(
                say("没有流程由消息“{name}”开始", name=rule.message)
            )
        for value in sentences:
            yield Finding(
                "series-host",
                None,
                say("“series.{key}”：{told}", key=rule.key, told=value),
                resource=FILE,
            )


def _is_relative(deployed: CheckedDeployment, group: str) -> bool:
    level = group.partition("@")[2]
    return level not in deployed.profile.levels.keys


def _has_none_below(deployed: CheckedDeployment, rule: AssessmentRule) -> bool:
    handling = deployed.profile.handling_levels
    last = handling[-1:] if handling else ()
    return all(group.partition("@")[2] in last for group in rule.by)


def indicator_figure(deployed: CheckedDeployment) -> Iterator[Finding]:
    """An indicator that cannot be counted would give nobody points."""
    for rule in deployed.profile.assessment:
        for formula in rule.formulas:
            for indicator in formula.indicators:
                sentence = _objection(rule, indicator)
                if sentence:
                    message = say(
                        "“assessment.{key}”从 {day} 起的指标“{name}”：{told}",
                        key=rule.key,
                        day=formula.from_on,
                        name=indicator.name,
                        told=sentence,
                    )
                    yield Finding(
                        "indicator-figure", None, message, resource=FILE
                    )


def _objection(rule: AssessmentRule, indicator: Indicator) -> str:
    known = dict.fromkeys(figure_names(rule.of), "")
    try:
        compile_checked(indicator.value)
    except ExpressionRefused as refused:
        return str(refused)
    unknown = sorted(names_read(indicator.value) - known.keys())
    if unknown:
        return say(
            "没有叫“{names}”的数，{hint}",
            names=joined("、", unknown),
            hint=meant_or_all(unknown[0], known),
        )
    values = []
    for sample in _SAMPLES:
        try:
            values.append(
                evaluate(indicator.value, dict.fromkeys(known, sample))
            )
        except ExpressionError:
            # Of these samples alone there may be nothing to divide by.
            continue
    if any(
        isinstance(value, bool) or not isinstance(value, int | float)
        for value in values
    ):
        return say("算出来的不是数")
    return ""
