"""Deployment checks: CHECKS is the table of rules; all reasons are reported, not the first alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from orchestrator.bpmn_checks import (
    activities,
    ad_hoc,
    answers,
    countersigning,
    dialects,
    event_places,
    events,
    expressions,
    gateways,
    instance_variables,
    names,
    nesting,
    several,
    starts,
    structure,
    undoing,
    unread,
    unread_tables,
)
from orchestrator.bpmn_checks.diagram import DeployedDiagram, Diagram
from orchestrator.engine import CURRENT, decisions, xml
from orchestrator.engine.documents import document, kept_by_size, tables_of
from orchestrator.errors import Finding

OF_A_FILE: tuple[Callable[[Diagram], Iterator[Finding]], ...] = (
    structure.executable_process,
    structure.duplicate_ids,
    structure.dangling_flows,
    structure.flow_without_id,
    starts.start_events,
    structure.unreachable,
    structure.dead_end,
    structure.too_many_nodes,
    structure.unsupported_elements,
    structure.data_objects,
    activities.service_task_without_topic,
    activities.multi_instance,
    ad_hoc.ad_hoc_subprocess,
    activities.candidate_groups,
    activities.token_quantities,
    activities.implicit_split,
    gateways.exclusive_without_default,
    gateways.complex_gateway,
    gateways.event_gateway_targets,
    gateways.event_gateway_mixed,
    gateways.instantiating_gateway,
    events.timer_text,
    events.timer_standstill,
    events.event_reference,
    events.event_condition,
    events.boundary_attachment,
    events.link_events,
    events.event_subprocess_start,
    events.unsupported_event,
    events.throwing_escalation,
    event_places.event_place,
    event_places.event_definition,
    several.several_triggers,
    event_places.caught_twice,
    event_places.loop_kind,
    undoing.compensation,
    undoing.transaction_cancel,
    expressions.expressions_compile,
    expressions.expression_language,
    expressions.scripts_allowed,
    names.variable_names,
    dialects.foreign_dialect,
    unread.unread,
)
"""Rules that look at one file alone: what they find stays while the files beside it change."""
OF_A_DEPLOYMENT: tuple[Callable[[DeployedDiagram], Iterator[Finding]], ...] = (
    starts.one_start_a_message,
    structure.recursive_calls,
    nesting.too_deep,
    activities.called_process,
    activities.decision_table,
    countersigning.countersign,
    activities.user_task_without_form,
    instance_variables.kept_in_instance,
    answers.one_answer_of_several,
)
"""Rules that look at the files beside it too."""
CHECKS = (*OF_A_FILE, *OF_A_DEPLOYMENT)
"""Every rule; its name with hyphens is the rule named in its findings and has a line in docs/checks.md."""


def check(
    resources: Mapping[str, bytes],
    form_fields: Mapping[str, Collection[str]] | None = None,
) -> list[Finding]:
    """Everything wrong with, or remarkable about, the diagrams of a deployment.

    `form_fields` maps the form keys of the deployment to their field keys; without it forms are not compared.
    A finding of severity `error` refuses the deployment, a `note` tells what was made right or is ignored.
    """
    files = [
        (name, resources[name])
        for name in sorted(resources)
        if name.endswith((".bpmn", ".dmn"))
    ]
    findings = [
        finding for file in files for finding in _of_a_file(*file).findings
    ]
    known = [file for file in files if _of_a_file(*file).readable]
    drawn = {
        name: document(name, content)
        for name, content in known
        if name.endswith(".bpmn")
    }
    tabled = [
        tables_of(content, CURRENT)
        for name, content in known
        if name.endswith(".dmn")
    ]
    decided = {
        node.get("id")
        for root, _tables in tabled
        for node in root.iter()
        if _is_decision(node)
    }
    processes = {
        process.id: process
        for read in drawn.values()
        for process in read.processes
    }
    tables = {
        id_: table for _root, read in tabled for id_, table in read.items()
    }
    unread_forms = _form_keys(resources) - (form_fields or {}).keys()
    for name, read in drawn.items():
        diagram = DeployedDiagram(
            name,
            read.root,
            read.processes,
            frozenset(id_ for id_ in decided if id_),
            form_fields,
            unread_forms,
            processes,
            tables,
        )
        for rule in OF_A_DEPLOYMENT:
            findings += _at(name, rule(diagram))
    return findings


@dataclass(frozen=True, slots=True)
class _Checked:
    readable: bool
    findings: tuple[Finding, ...]


@kept_by_size(256)
def _of_a_file(name: str, content: bytes) -> _Checked:
    """What the file by itself is told. A designer's draft is checked at each save, and one file of it is
    another then."""
    if name.endswith(".bpmn"):
        read = document(name, content)
        root, refusals = read.root, read.refusals
    else:
        root, refused = xml.parse(content)
        refusals = tuple(refused)
    if root is not None:
        refusals = tuple(xml.overlong(root))
    if refusals:
        return _Checked(
            False,
            tuple(_at(name, refusals)),
        )
    if name.endswith(".bpmn"):
        diagram = Diagram(name, root, read.processes)
        results = [each for rule in OF_A_FILE for each in rule(diagram)]
    else:
        results = [*decisions.findings(root), *unread_tables.unread(root)]
    return _Checked(
        True,
        tuple(_at(name, results)),
    )


def _at(name: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings with the file that they are about."""
    return (replace(finding, resource=name) for finding in findings)


def _form_keys(resources: Iterable[str]) -> frozenset[str]:
    """Keys of all forms, whether they can be read or not."""
    return frozenset(
        name.rpartition("/")[2].removesuffix(".form")
        for name in resources
        if name.endswith(".form")
    )


def _is_decision(node: object) -> bool:
    tag = getattr(node, "tag", None)
    return isinstance(tag, str) and tag.endswith("}decision")
