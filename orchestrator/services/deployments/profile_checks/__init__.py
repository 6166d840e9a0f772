"""What diagrams, forms and profile of a deployment must agree on: CHECKS is the table of rules; all findings
are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Finding
from orchestrator.handlers import DECLARED, TOPICS
from orchestrator.services.deployments.profile_checks import (
    archives,
    assessments,
    beside,
    call_needs,
    candidate_reach,
    comparing,
    data_grades,
    functions,
    grounds,
    limits,
    names,
    oversights,
    pay_names,
    references,
    reminders,
)
from orchestrator.services.deployments.profile_checks import topics as topics_
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)

__all__ = [
    "CHECKS",
    "CheckedDeployment",
    "check",
    "topic_inputs",
    "topic_labels",
    "topic_results",
    "topic_values",
    "topics",
]

CHECKS: tuple[Callable[[CheckedDeployment], Iterator[Finding]], ...] = (
    references.body_unknown,
    candidate_reach.candidate_reach,
    references.deadline_unknown,
    grounds.citation_unknown,
    grounds.citation_missing,
    grounds.deadline_citation,
    grounds.platform_oversees,
    references.topic_unknown,
    topics_.topic_input_unknown,
    topics_.topic_input_missing,
    topics_.topic_input_value,
    topics_.topic_error_uncaught,
    functions.function_missing,
    functions.approver_unknown,
    functions.refused_end_unknown,
    limits.limit_unset,
    limits.limit_class_unknown,
    limits.proposal_unknown,
    limits.together_unknown,
    reminders.receiver_unknown,
    reminders.promised_day_unknown,
    assessments.assessor_unknown,
    assessments.indicator_figure,
    assessments.series_host,
    pay_names.pay_unknown,
    archives.retention_process,
    archives.retention_register,
    data_grades.data_unknown,
    data_grades.data_twice,
    data_grades.data_shown,
    references.form_source_unknown,
    references.form_rule,
    names.variable_unknown,
    names.variable_unset,
    call_needs.call_input_missing,
    comparing.condition_never,
    oversights.answer_unread,
    beside.answer_beside,
    oversights.timer_beside_limit,
    oversights.lane_of_another,
)
"""Every rule; its name with hyphens is the rule named in its findings and has a line in docs/checks.md."""


def check(deployed: CheckedDeployment) -> list[Finding]:
    """Everything that the parts do not agree on; an `error` refuses the deployment."""
    return [finding for rule in CHECKS for finding in rule(deployed)]


def topics() -> list[str]:
    """The topics that service tasks may name."""
    return list(TOPICS)


def topic_labels() -> dict[str, str]:
    """Topic → what it does, in Chinese."""
    return {topic: declared.label for topic, declared in DECLARED.items()}


def topic_inputs() -> dict[str, list[tuple[str, str, bool]]]:
    """Topic → (name, label, whether it is required) of each input that the diagram writes at the service
    task."""
    return {
        topic: [
            (field.name, field.label, field.required) for field in known.inputs
        ]
        for topic, known in DECLARED.items()
    }


def topic_results() -> dict[str, list[dict[str, str]]]:
    """Topic → the variables that it sets, as [{value, label}]."""
    return {
        topic: [{"value": name, "label": label} for name, label in known.gives]
        for topic, known in DECLARED.items()
    }


def topic_values(
    profile: Jurisdiction,
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Topic → input → all that may be written there under that profile; inputs that are free are left out."""
    values = {
        topic: {field.name: field.written(profile) for field in known.inputs}
        for topic, known in DECLARED.items()
    }
    return {
        topic: {name: may for name, may in inputs.items() if may}
        for topic, inputs in values.items()
    }
