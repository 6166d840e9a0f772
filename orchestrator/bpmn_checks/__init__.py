"""Deployment checks: CHECKS is the table of rules; all reasons are reported, not the first alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

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
from orchestrator.bpmn_checks.diagram import Diagram
from orchestrator.engine import decisions, xml
from orchestrator.errors import Finding

CHECKS: tuple[Callable[[Diagram], Iterator[Finding]], ...] = (
    structure.executable_process,
    structure.duplicate_ids,
    structure.dangling_flows,
    structure.flow_without_id,
    starts.start_events,
    starts.one_start_a_message,
    structure.unreachable,
    structure.dead_end,
    structure.too_many_nodes,
    structure.unsupported_elements,
    structure.data_objects,
    structure.recursive_calls,
    nesting.too_deep,
    activities.service_task_without_topic,
    activities.called_process,
    activities.decision_table,
    activities.multi_instance,
    countersigning.countersign,
    ad_hoc.ad_hoc_subprocess,
    activities.user_task_without_form,
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
    instance_variables.kept_in_instance,
    answers.one_answer_of_several,
    expressions.expressions_compile,
    expressions.expression_language,
    expressions.scripts_allowed,
    names.variable_names,
    dialects.foreign_dialect,
    unread.unread,
)
"""Every rule; its name with hyphens is the rule named in its findings and has a line in docs/checks.md."""


def check(
    resources: Mapping[str, bytes],
    form_fields: Mapping[str, Collection[str]] | None = None,
) -> list[Finding]:
    """Everything wrong with, or remarkable about, the diagrams of a deployment.

    `form_fields` maps the form keys of the deployment to their field keys; without it forms are not compared.
    A finding of severity `error` refuses the deployment, a `note` tells what was made right or is ignored.
    """
    findings: list[Finding] = []
    parsed = {}
    for name, content in sorted(resources.items()):
        if not name.endswith((".bpmn", ".dmn")):
            continue
        root, problems = xml.parse(content, is_new=True)
        findings += [
            Finding(p.rule, p.element_id, p.message, p.severity, name)
            for p in problems
        ]
        if root is not None:
            parsed[name] = root
    of_tables = [
        root for name, root in parsed.items() if name.endswith(".dmn")
    ]
    tables = {
        node.get("id")
        for root in of_tables
        for node in root.iter()
        if _is_decision(node)
    }
    for name, root in parsed.items():
        if name.endswith(".dmn"):
            facts = (*decisions.findings(root), *unread_tables.unread(root))
            findings += [
                Finding(f.rule, f.element_id, f.message, f.severity, name)
                for f in facts
            ]
    unread_forms = _form_keys(resources) - (form_fields or {}).keys()
    diagrams = [
        Diagram.read(
            name,
            root,
            frozenset(t for t in tables if t),
            form_fields,
            unread_forms,
        )
        for name, root in parsed.items()
        if name.endswith(".bpmn")
    ]
    known = {
        process.id: process
        for diagram in diagrams
        for process in diagram.processes
    }
    known_tables = {
        id_: t
        for name, root in parsed.items()
        if name.endswith(".dmn")
        for id_, t in decisions.read_tables(root).items()
    }
    for diagram in diagrams:
        diagram.known_processes.update(known)
        diagram.known_tables.update(known_tables)
        for rule in CHECKS:
            findings += [
                Finding(
                    f.rule,
                    f.element_id,
                    f.message,
                    f.severity,
                    diagram.resource,
                )
                for f in rule(diagram)
            ]
    return findings


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
