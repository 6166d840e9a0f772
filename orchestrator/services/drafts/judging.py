"""Whether a draft may be published: the checks of deployment, and the jurisdiction's scenarios with their flow coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Finding, NotFound, RuleViolated
from orchestrator.services import deployments
from orchestrator.services.drafts.comparing import Difference, compare
from orchestrator.services.moving import Standing, verdicts
from orchestrator.services.scenarios import Report, rehearse
from orchestrator.store.definitions import DeploymentResource, ProcessDefinition, Resource
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction

BPMN = Path(__file__).parents[3] / "bpmn"


@dataclass(frozen=True)
class Verdict:
    findings: tuple[Finding, ...]
    report: Report | None
    """None where the checks already refuse it."""

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    def uncrossed(self, process_key: str) -> list[str]:
        """Sequence flows of the procedure that no scenario crosses and nobody waived."""
        flows = self.report.uncrossed if self.report else ()
        return [flow.partition("/")[2] for flow in flows if flow.startswith(f"{process_key}/")]

    def may_be_published(self, process_key: str) -> bool:
        failed = self.report is not None and self.report.failures
        return not self.errors and not failed and not self.uncrossed(process_key)


def findings(session: Session, draft: Draft, diagram: str | None = None) -> list[Finding]:
    """What deployment would say of the draft, or of its diagram as it is being edited; errors first."""
    found = [each for each in deployments.findings(resources_of(session, draft, diagram)) if each.resource in draft.content]
    return sorted(found, key=lambda each: each.severity)


def differences(session: Session, draft: Draft) -> list[Difference]:
    """What the draft changes against the version it began from; nothing while it cannot be read."""
    resources = resources_of(session, draft)
    if any(each.severity == "error" for each in deployments.findings(resources)):
        return []
    base = deployments.bundle(session, draft.base_definition_id)
    return compare(base.definition, deployments.assemble(resources, draft.process_key).definition, base.jurisdiction)


def bystanders(session: Session, draft: Draft) -> list[Standing]:
    """The running instances of the procedure, the oldest first, which stay on their versions, and whether each could be moved to the draft."""
    resources = resources_of(session, draft)
    if any(each.severity == "error" for each in deployments.findings(resources)):
        return []
    return verdicts(session, draft.tenant_id, draft.process_key, deployments.assemble(resources, draft.process_key))


def judge(session: Session, draft: Draft) -> Verdict:
    """Checks and scenarios, on paper."""
    resources = resources_of(session, draft)
    found = tuple(deployments.findings(resources))
    if any(each.severity == "error" for each in found):
        return Verdict(found, None)
    try:
        return Verdict(found, rehearse(BPMN / draft.tenant_id, None, resources))
    except RuleViolated as wrong:
        lines = tuple(Finding("scenario-file", None, reason) for reason in wrong.reasons)
        return Verdict((*found, *lines), None)


def publish(draft_id: str, by: int, now: datetime) -> tuple[str, ...]:
    """Deploys the draft; returns the ids of the definitions that got a new version. Running instances stay where they are.

    Raises NotFound, RuleViolated with every reason why it may not be published.
    """
    with transaction(writing=False) as session:
        draft = session.get(Draft, draft_id)
        if draft is None or draft.state != "open":
            raise NotFound(draft_id)
        verdict, resources, key = judge(session, draft), resources_of(session, draft), draft.process_key
        revision, tenant_id = draft.revision, draft.tenant_id
    reasons = [finding.message for finding in verdict.errors]
    reasons += [str(failure) for failure in verdict.report.failures] if verdict.report else []
    reasons += [f"流转线「{flow}」没有情景走过，请补一个情景或写明免走的理由" for flow in verdict.uncrossed(key)]
    if reasons:
        raise RuleViolated(reasons)
    checked = deployments.inspect(resources)
    with transaction() as session:
        row = session.get_one(Draft, draft_id, with_for_update=True)
        if row.revision != revision:
            raise RuleViolated(["草稿在检查期间有了改动，请重新检查后再发布"])
        row.state = "published"
        return deployments.freeze(session, checked, tenant_id, by, now).definition_ids


def diagram_name(draft: Draft) -> str:
    """Name of the draft's own diagram among its files."""
    return next(name for name in draft.content if name.endswith(".bpmn"))


def scenarios_of(session: Session, draft: Draft) -> str:
    """The procedure's scenarios as the draft has them, as text; those of the version it began from while it has none of its own."""
    return resources_of(session, draft).get(f"scenarios/{draft.process_key}.yaml", b"").decode()


def resources_of(session: Session, draft: Draft, diagram: str | None = None) -> Mapping[str, bytes]:
    """Everything the base version was deployed with, with the draft's own files in their new state."""
    base = dict(
        session.execute(
            sa.select(DeploymentResource.name, Resource.content)
            .join(Resource, Resource.sha256 == DeploymentResource.sha256)
            .join(ProcessDefinition, ProcessDefinition.deployment_id == DeploymentResource.deployment_id)
            .where(ProcessDefinition.id == draft.base_definition_id)
        ).all()
    )
    own = {name: text.encode() for name, text in draft.content.items()}
    if diagram is not None:
        own[diagram_name(draft)] = diagram.encode()
    return {**base, **own}
