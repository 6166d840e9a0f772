"""Whether a draft may be published: the checks of deployment, and the jurisdiction's scenarios with their
flow coverage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.bpmn_checks.table_rows import row_remarks
from orchestrator.engine import Element, request_work
from orchestrator.errors import Finding, NotFound, RuleViolated
from orchestrator.sentences import Sentence, say
from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing.lost_rules import lost_rules
from orchestrator.services.instances.migration import Standing, verdicts
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.simulation import ScenarioReport, run_scenarios
from orchestrator.store.definitions import (
    Deployment,
    ProcessDefinition,
    files,
    newest_deployment,
    version_in_force,
)
from orchestrator.store.drafts import Draft, joined


@dataclass(frozen=True)
class Verdict:
    findings: tuple[Finding, ...]
    report: ScenarioReport | None
    """None where the checks already refuse it."""

    @property
    def errors(self) -> list[Finding]:
        return [
            finding for finding in self.findings if finding.severity == "error"
        ]

    def uncrossed(self, process_key: str) -> list[str]:
        """Sequence flows of the procedure that no scenario crosses and nobody waived."""
        if self.report:
            flows = self.report.uncrossed
        else:
            flows = ()
        return [
            flow.partition("/")[2]
            for flow in flows
            if flow.startswith(f"{process_key}/")
        ]

    def waived(self, process_key: str) -> list[str]:
        """Sequence flows of the procedure that need no scenario, as the scenario file says."""
        if self.report:
            flows = self.report.waived
        else:
            flows = {}
        return [
            flow.partition("/")[2]
            for flow in flows
            if flow.startswith(f"{process_key}/")
        ]

    def may_be_published(self, process_key: str) -> bool:
        failed = self.report is not None and self.report.failures
        return (
            not self.errors and not failed and not self.uncrossed(process_key)
        )


def findings(
    session: Session,
    draft: Draft,
    name: str = "",
    text: str = "",
) -> list[Finding]:
    """What deployment would say of the draft; with a name, with that file's text as it is being edited.
    Errors first: all that keep it from being published, in other procedures' files too, and the remarks about
    its own files."""
    resources = resources_of(session, draft, name, text)
    results = checked(draft, resources, name)
    return [*results, *lost_by(session, draft, resources, results)]


def checked(
    draft: Draft, resources: Mapping[str, bytes], name: str = ""
) -> list[Finding]:
    """What of `findings` the resources alone tell: whoever checks a file that was sent holds no connection
    while he does."""
    own = {*draft.content, name}
    row = [*all_findings(draft, resources), *_of_rows(own, resources)]
    return sorted(about(own, row), key=lambda finding: finding.severity)


def lost_by(
    session: Session,
    draft: Draft,
    resources: Mapping[str, bytes],
    results: Iterable[Finding],
) -> list[Finding]:
    """The remarks about rules that forms lost, where none of the other findings is an error."""
    if any(finding.severity == "error" for finding in results):
        return []
    own = {*draft.content, diagram_name(draft)}
    return about(own, _lost(session, draft, resources))


def about(names: Collection[str], found: Iterable[Finding]) -> list[Finding]:
    """Of what was found: every error, and the remarks about these files."""
    return [
        finding
        for finding in found
        if finding.severity == "error" or finding.resource in names
    ]


def _of_rows(
    names: Collection[str], resources: Mapping[str, bytes]
) -> Iterator[Finding]:
    """What is to be said of the rows of these decision tables."""
    for name in sorted(names):
        if name.endswith(".dmn") and name in resources:
            yield from row_remarks(name, resources[name])


def _lost(
    session: Session, draft: Draft, resources: Mapping[str, bytes]
) -> Iterator[Finding]:
    """The rules that the forms of a draft without errors lost."""
    base = None if draft.of_regulation else base_of(session, draft)
    if base is None:
        return
    before = bundles.bundle_of(session, base)
    after = assembled(session, draft, resources)
    yield from lost_rules(before, after, diagram_name(draft))


def all_findings(
    draft: Draft,
    resources: Mapping[str, bytes],
) -> list[Finding]:
    """What deployment would say of these resources, and whether the draft still holds its own procedure."""
    results = deployments.findings(resources)
    if draft.of_regulation:
        return results
    return [*results, *_of_procedure(draft, resources, results)]


def _of_procedure(
    draft: Draft,
    resources: Mapping[str, bytes],
    results: Sequence[Finding],
) -> list[Finding]:
    name = diagram_name(draft)
    broken = any(
        finding.resource == name and finding.severity == "error"
        for finding in results
    )
    if draft.base_definition_id is None:
        return _unused(draft, resources, broken)
    if not broken and draft.process_key not in deployments.process_keys(
        resources,
    ):
        message = say(
            "图中没有编号为 {process_key} 而且有机构可以发起的流程。"
            "流程编号和发起机构是事项、情景和登记册认它的依据，请在流程属性里改回，"
            "或从保存历史中恢复",
            process_key=draft.process_key,
        )
        return [Finding("process-key", None, message, resource=name)]
    return []


def _unused(
    draft: Draft,
    resources: Mapping[str, bytes],
    broken: bool,
) -> list[Finding]:
    """Of a process without versions: whether its key is still its own, and whether anybody would use it."""
    name = diagram_name(draft)
    key = draft.process_key
    if not engine.is_readable(name, resources[name]):
        return []
    if key not in engine.processes(resources):
        message = say(
            "图中没有编号为 {key} 的流程，请在流程属性里改回，或从保存历史中恢复",
            key=key,
        )
        return [Finding("process-key", None, message, resource=name)]
    if broken:
        startable = []
    else:
        startable = deployments.process_keys(resources)
    if (
        broken
        or key in startable
        or any(
            key in engine.load_definition(resources, value).processes
            for value in startable
        )
    ):
        return []
    message = say(
        "还没有机构可以发起它，也没有流程调用它。要由人发起的，请在流程属性里选“谁可以发起”；"
        "供别的流程调用的，发布后在那个流程的调用活动里选它",
    )
    return [Finding("process-unused", None, message, "note", name)]


def elements_before(session: Session, draft: Draft) -> Mapping[str, Element]:
    """The elements of the version that the draft is compared with; none where there is no version."""
    base = base_of(session, draft)
    if base:
        return bundles.bundle_of(session, base).definition.elements
    return {}


def base_of(session: Session, draft: Draft) -> str | None:
    """Id of the version that the draft is compared with: the one it began from, or where that was withdrawn,
    the one that counts instead; None where the process has no version of its own."""
    if draft.base_definition_id is None:
        return None
    base = session.get_one(ProcessDefinition, draft.base_definition_id)
    if session.get_one(Deployment, base.deployment_id).withdrawn_at is None:
        return base.id
    return (
        version_in_force(session, draft.tenant_id, draft.process_key, None)
        or base.id
    )


def bundle_of(session: Session, tenant_id: str, reference: str) -> Bundle:
    """The bundle of a deployed version, or of a draft by its id. Raises NotFound, RuleViolated with what is
    wrong in a draft."""
    draft = session.get(Draft, reference)
    if draft is None:
        if not reference.startswith(f"{tenant_id}:"):
            raise NotFound(reference)
        return bundles.bundle_of(session, reference)
    if draft.tenant_id != tenant_id:
        raise NotFound(reference)
    resources = resources_of(session, draft)
    wrong = [
        finding.message
        for finding in all_findings(draft, resources)
        if finding.severity == "error"
    ]
    if wrong:
        raise RuleViolated(wrong)
    return assembled(session, draft, resources)


def diagram_of(session: Session, tenant_id: str, reference: str) -> str:
    """The XML of a version's own diagram, or of a draft's. Raises NotFound."""
    draft = session.get(Draft, reference)
    if draft is None and reference.startswith(f"{tenant_id}:"):
        return bundles.diagram(session, reference).decode()
    if draft is None or draft.tenant_id != tenant_id:
        raise NotFound(reference)
    text: str = draft.content[diagram_name(draft)]
    return text


def bystanders(session: Session, draft: Draft) -> list[Standing]:
    """The running instances of the procedure, the oldest first, which stay on their versions, and whether
    each could be moved to the draft."""
    resources = resources_of(session, draft)
    if draft.of_regulation or any(
        finding.severity == "error"
        for finding in all_findings(draft, resources)
    ):
        return []
    return verdicts(
        session,
        draft.tenant_id,
        draft.process_key,
        assembled(session, draft, resources),
    )


def judge(session: Session, draft: Draft) -> Verdict:
    """Checks, and on paper the scenarios of all procedures that the draft changes."""
    resources = resources_of(session, draft)
    procedures = [
        value for value in together(session, draft) if not value.of_regulation
    ]
    row = (
        *deployments.findings(resources),
        *_of_rows(draft.content, resources),
    )
    for procedure in procedures:
        row = (*row, *_of_procedure(procedure, resources, row))
    if any(finding.severity == "error" for finding in row):
        return Verdict(row, None)
    for procedure in procedures:
        row = (*row, *_lost(session, procedure, resources))
    try:
        with request_work():
            changed = {
                *(procedure.process_key for procedure in procedures),
                *deployments.changed_keys(session, resources, draft.tenant_id),
            }
        return Verdict(
            row,
            run_scenarios(
                folder_of(session, draft, resources),
                None,
                changed,
            ),
        )
    except RuleViolated as wrong:
        lines = tuple(
            Finding("scenario-file", None, reason, resource=_scenarios(reason))
            for reason in wrong.reasons
        )
        return Verdict((*row, *lines), None)


def _scenarios(reason: str) -> str | None:
    """Name of the scenario file that the sentence is about."""
    values = reason.values if isinstance(reason, Sentence) else {}
    named = str(values.get("name") or values.get("file") or "")
    _city, found, stem = named.rpartition("scenarios/")
    return found + stem if found else None


def folder_of(
    session: Session, draft: Draft, resources: Mapping[str, bytes]
) -> Folder:
    """The jurisdiction with the draft, each process with the edition of the rules that it would have once it
    is published. Raises RuleViolated."""
    return replace(
        jurisdictions.parse(resources, draft.tenant_id),
        editions=deployments.older_editions(
            session, resources, draft.tenant_id
        ),
    )


def assembled(
    session: Session, draft: Draft, resources: Mapping[str, bytes]
) -> Bundle:
    """The bundle that the draft's process would have once it is published."""
    editions = deployments.older_editions(session, resources, draft.tenant_id)
    return bundles.assemble(
        resources,
        draft.process_key,
        editions.get(draft.process_key, engine.CURRENT),
    )


def together(session: Session, draft: Draft) -> list[Draft]:
    """The drafts that are published at once: the one, or with a draft of the regulation those that joined
    it."""
    if draft.of_regulation:
        return [draft, *joined(session, draft)]
    return [draft]


def diagram_name(draft: Draft) -> str:
    """Name of the draft's own diagram among its files."""
    return next(name for name in draft.content if name.endswith(".bpmn"))


def scenarios_of(session: Session, draft: Draft) -> str:
    """The procedure's scenarios as the draft has them, as text; those of the version it began from while it
    has none of its own."""
    return (
        resources_of(session, draft)
        .get(f"scenarios/{draft.process_key}.yaml", b"")
        .decode()
    )


def resources_of(
    session: Session,
    draft: Draft,
    name: str = "",
    text: str = "",
) -> Mapping[str, bytes]:
    """Everything that was last deployed in the jurisdiction, with the draft's own files in their new state,
    and those of the drafts that are published with it.

    With a name, that file has this text: as it is being edited.
    """
    newest = newest_deployment(session, draft.tenant_id)
    if newest:
        there = files(session, newest.id)
    else:
        there = {}
    changed = dict[str, str]()
    for value in joined(session, draft):
        changed |= value.content
    changed |= draft.content
    if name:
        changed[name] = text
    own = {value: content.encode() for value, content in changed.items()}
    return {**there, **own}


def flows_in_words(
    session: Session,
    draft: Draft,
    flows: Sequence[str],
) -> list[str]:
    """“审核申请”→“审核结果？” for each flow of the draft."""
    if not flows:
        return []
    definition = bundles.assemble(
        resources_of(session, draft),
        draft.process_key,
    ).definition
    names = {
        key: element.name or say("（未命名）")
        for key, element in definition.elements.items()
    }
    known = definition.flows
    return [
        f"“{names[known[flow].source]}”→“{names[known[flow].target]}”"
        + (f"（{known[flow].name}）" if known[flow].name else "")
        for flow in flows
        if flow in known
    ]


def overtaken(session: Session, draft: Draft) -> list[str]:
    """Names of its files that were published anew since the draft began: publishing it would undo that."""
    newest = newest_deployment(session, draft.tenant_id)
    if newest is None or newest.id == draft.base_deployment_id:
        return []
    if (
        session.get_one(Deployment, draft.base_deployment_id).withdrawn_at
        is not None
    ):
        # What the draft began from was taken back since: nobody's later work stands in its way.
        return []
    there = files(session, newest.id)
    then = files(session, draft.base_deployment_id)
    return sorted(
        name
        for name, text in draft.content.items()
        if name in there
        and there[name] != then.get(name)
        and there[name] != text.encode()
    )
