"""What the profile says of late tasks and of priorities must name bodies and fields that exist."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)
from orchestrator.services.deployments.profile_checks.references import (
    objection,
)

FILE = "jurisdiction.toml"


def receiver_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A body that the profile has not would never be told."""
    for place, group in _told(deployed):
        if outcome := objection(deployed.profile, group):
            yield Finding(
                "receiver-unknown",
                None,
                say("“{place}”：{told}", place=place, told=outcome),
                resource=FILE,
            )


def promised_day_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A promised day that no form asks for would never come."""
    if not deployed.forms:
        return
    asked = {
        key for form in deployed.forms.values() for key in form.field_keys
    }
    for name, stages in deployed.profile.overdue.items():
        for stage in stages:
            if stage.after_day_in and stage.after_day_in not in asked:
                message = say(
                    "“overdue.{name}”的 after_day_in 写的“{field}”不是表单字段，请改为填承诺日期的字段",
                    name=name,
                    field=stage.after_day_in,
                )
                yield Finding(
                    "promised-day-unknown", None, message, resource=FILE
                )


def _told(deployed: CheckedDeployment) -> Iterator[tuple[str, str]]:
    """(setting, body) of every body that the two tables name."""
    profile = deployed.profile
    for name, stages in profile.overdue.items():
        for stage in stages:
            for group in (*stage.copy_to, *stage.escalate_to):
                yield f"overdue.{name}", group
    for name, rule in profile.priorities.items():
        for group in (*rule.tell, *rule.on_call):
            yield f"priorities.{name}", group
