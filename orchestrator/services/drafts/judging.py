"""Whether a draft may be published: the checks of deployment, and the jurisdiction's scenarios with their flow coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Finding, RuleViolated
from orchestrator.services import deployments
from orchestrator.services.drafts.comparing import Difference, compare
from orchestrator.services.scenarios import Report, rehearse
from orchestrator.store.definitions import files, newest_deployment
from orchestrator.store.drafts import Draft
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import UserTask

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


def findings(session: Session, draft: Draft, name: str = "", text: str = "") -> list[Finding]:
    """What deployment would say of the draft; with a name, with that file's text as it is being edited. Errors first."""
    own = {*draft.content, name}
    found = [each for each in deployments.findings(resources_of(session, draft, name, text)) if each.resource in own]
    return sorted(found, key=lambda each: each.severity)


def differences(session: Session, draft: Draft) -> list[Difference]:
    """What the draft changes against the version it began from; nothing while it cannot be read."""
    resources = resources_of(session, draft)
    if any(each.severity == "error" for each in deployments.findings(resources)):
        return []
    base = deployments.bundle(session, draft.base_definition_id)
    return compare(base.definition, deployments.assemble(resources, draft.process_key).definition, base.jurisdiction)


@dataclass(frozen=True, slots=True)
class Bystander:
    """A running instance of the procedure, which stays on its version, and whether it could stand in the draft as well."""

    instance_id: str
    business_key: str
    title: str
    gone: tuple[str, ...]
    """Names of the steps it stands at that the draft no longer has; empty when it could move."""


def bystanders(session: Session, draft: Draft, limit: int = 200) -> list[Bystander]:
    """The running instances of the procedure, the oldest first."""
    resources = resources_of(session, draft)
    if any(each.severity == "error" for each in deployments.findings(resources)):
        return []
    there = deployments.assemble(resources, draft.process_key).definition.elements
    rows = session.execute(
        sa.select(ProcessInstance.id, ProcessInstance.business_key, ProcessInstance.title)
        .where(
            ProcessInstance.tenant_id == draft.tenant_id,
            ProcessInstance.process_key == draft.process_key,
            ProcessInstance.state == "active",
        )
        .order_by(ProcessInstance.started_at)
        .limit(limit)
    ).all()
    standing: dict[str, list[tuple[str, str]]] = {}
    for instance_id, element_id, name in session.execute(
        sa.select(UserTask.instance_id, UserTask.element_id, UserTask.name).where(
            UserTask.instance_id.in_([row.id for row in rows]), UserTask.state == "open"
        )
    ):
        standing.setdefault(instance_id, []).append((element_id, name))
    return [
        Bystander(*row, tuple(name for element_id, name in standing.get(row.id, ()) if element_id not in there)) for row in rows
    ]


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


def diagram_name(draft: Draft) -> str:
    """Name of the draft's own diagram among its files."""
    return next(name for name in draft.content if name.endswith(".bpmn"))


def scenarios_of(session: Session, draft: Draft) -> str:
    """The procedure's scenarios as the draft has them, as text; those of the version it began from while it has none of its own."""
    return resources_of(session, draft).get(f"scenarios/{draft.process_key}.yaml", b"").decode()


def resources_of(session: Session, draft: Draft, name: str = "", text: str = "") -> Mapping[str, bytes]:
    """Everything that was last deployed in the jurisdiction, with the draft's own files in their new state.

    With a name, that file has this text: as it is being edited.
    """
    newest = newest_deployment(session, draft.tenant_id)
    there = files(session, newest.id) if newest else {}
    own = {each: content.encode() for each, content in draft.content.items()}
    return {**there, **own, **({name: text.encode()} if name else {})}


def overtaken(session: Session, draft: Draft) -> list[str]:
    """Names of its files that were published anew since the draft began: publishing it would undo that."""
    newest = newest_deployment(session, draft.tenant_id)
    if newest is None or newest.id == draft.base_deployment_id:
        return []
    there, then = files(session, newest.id), files(session, draft.base_deployment_id)
    return sorted(
        name
        for name, text in draft.content.items()
        if name in there and there[name] != then.get(name) and there[name] != text.encode()
    )
