"""Diagrams made with other tools: rewritten into our dialect (camunda: attributes), with a line for each
thing and what became of it."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import (
    beginnings,
    calls_apart,
    camunda_like,
    catching,
    checked,
    codes,
    cron_days,
    decision_tasks,
    default_flows,
    event_names,
    file_parts,
    first_values,
    fitting,
    jbpm,
    layout,
    names,
    plain,
    prefixes,
    renaming,
    service_scripts,
    spiff_times,
    spiffworkflow,
    strict_texts,
    texts,
    unreached,
    zeebe,
)
from orchestrator.bpmn_import.report import (
    VERDICTS,
    Conversion,
    Fidelity,
    Report,
)
from orchestrator.engine import xml
from orchestrator.engine.xml import BPMN, CAMUNDA, tag
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say

__all__ = [
    "VERDICTS",
    "Conversion",
    "Fidelity",
    "as_checked",
    "convert",
    "fit",
    "renamed",
]

as_checked = checked.as_checked
fit = fitting.fit
renamed = fitting.renamed
LARGEST = 3_000_000
"""Bytes of a file, as many as a draft may have."""
_OTHERS = {
    "DMN": say(
        "这是决策表（DMN），不是流程图。决策表随流程一起发布，请导入 .bpmn 文件",
    ),
    "CMMN": say("这是案例模型（CMMN），本系统不运行，请导入 .bpmn 文件"),
}
_TOLD_ALREADY = {
    *(
        "expressions-compile",
        "expression-language",
        "scripts-allowed",
        "timer-text",
        "event-reference",
        "foreign-dialect",
    ),
    *(
        "service-task-without-topic",
        "user-task-without-form",
        "called-process",
        "decision-table",
        "multi-instance",
    ),
}
"""Rules that refuse the very thing which an `unsupported` line of the element has told of."""
_TOLD_AS = {
    "candidate-groups": "candidateGroups",
    "called-process": "calledElement",
    "decision-table": "decisionRef",
}
"""Rules that ask for something of the jurisdiction's own: a line that has told of it is enough."""


def convert(content: bytes) -> Conversion:
    """The file in our dialect with its report. Raises RuleViolated with a sentence for a file that is no
    diagram to edit."""
    read = _read(content)
    dialect = names.dialect_of(read)
    exporter = names.exporter_of(read)
    report = Report()
    root = _with_camunda(read)
    prefixes.strip(root)
    renaming.rename_initiator(root)
    renaming.rename_reserved(root, report)
    steps = (
        jbpm.into_our_words,
        decision_tasks.convert,
        first_values.convert,
        service_scripts.convert,
        codes.convert,
        event_names.convert,
        plain.convert,
        camunda_like.convert,
        jbpm.convert,
        zeebe.convert,
        spiffworkflow.convert,
        file_parts.strangers,
    )
    if not names.is_ours(root):
        unreached.convert(root, dialect, report)
        default_flows.unconditioned(root, report)
        catching.convert(root, dialect, report)
        spiff_times.convert(root, dialect, report)
    if dialect == names.DIALECTS[names.ZEEBE]:
        cron_days.convert(root, report)
    with texts.written_here(names.is_ours(root)):
        for step in steps:
            step(root, report)
    if not names.is_ours(root):
        default_flows.convert(root, dialect, report)
        strict_texts.convert(root, dialect, report)
        beginnings.convert(root, report)
    apart = (*names.CAMUNDA_LIKE, names.DROOLS)
    if dialect in [names.DIALECTS[value] for value in apart]:
        calls_apart.convert(root, report)
    layout.draw(root, report)
    file_parts.undrawn(root, report)
    names.mark(root)
    diagram = _written(root)
    lines = report.lines(root)
    return Conversion(
        dialect,
        exporter,
        diagram,
        (*lines, *_refusals(diagram, lines, root)),
    )


def _read(content: bytes) -> Any:
    if len(content) > LARGEST:
        raise RuleViolated(
            [
                say(
                    "文件 {count:.1f} MB，超过 3 MB 上限，请拆分流程或删除嵌入的图片",
                    count=len(content) / 1000000,
                ),
            ],
        )
    root, findings = xml.parse(content, is_new=True)
    if root is None:
        raise RuleViolated([finding.message for finding in findings])
    for word, sentence in _OTHERS.items():
        if f"/{word}/" in names.namespace(root.tag):
            raise RuleViolated([sentence])
    if root.tag != tag("definitions"):
        raise RuleViolated(
            [say("这不是 BPMN 2.0 流程图，请在原工具中导出为 .bpmn 文件")],
        )
    if root.find(tag("process")) is None:
        raise RuleViolated([say("文件里没有流程，请确认导出的是流程图")])
    etree.strip_tags(
        root,
        etree.Comment,
        etree.ProcessingInstruction,
    )  # they cut the texts that they stand in
    return root


def _with_camunda(root: Any) -> Any:
    """The document with the prefix that our attributes are written with."""
    if root.nsmap.get("camunda") == CAMUNDA:
        return root
    nsmap = {
        prefix: uri
        for prefix, uri in root.nsmap.items()
        if prefix != "camunda" and uri != CAMUNDA
    }
    renewed = etree.Element(
        root.tag,
        attrib=dict(root.attrib),
        nsmap={**nsmap, "camunda": CAMUNDA},
    )
    renewed.text = root.text
    renewed.extend(list(root))
    return renewed


def _written(root: Any) -> str:
    """The document as text; what other tools declared and nobody uses any more goes."""
    declared = {
        (prefix, uri)
        for node in root.iter()
        if isinstance(node.tag, str)
        for prefix, uri in node.nsmap.items()
    }
    ours = [
        prefix
        for prefix, uri in declared
        if prefix
        and (uri == CAMUNDA or uri not in (*names.DIALECTS, names.MODELER))
    ]
    etree.cleanup_namespaces(root, keep_ns_prefixes=ours)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + etree.tostring(root, encoding="unicode")
        + "\n"
    )


def _refusals(
    diagram: str,
    lines: tuple[Fidelity, ...],
    root: Any,
) -> list[Fidelity]:
    """What deployment would refuse besides: a gateway without a way out, elements that we do not run."""
    sentences = {
        line.element_id for line in lines if line.verdict == "unsupported"
    }
    known = {
        (line.element_id, attribute)
        for line in lines
        for attribute in _attributes(line)
    }
    refusals = {
        node.get("id"): node.get("name") or ""
        for node in root.iter()
        if isinstance(node.tag, str) and node.tag.startswith(f"{{{BPMN}}}")
    }
    return [
        Fidelity(
            finding.element_id,
            " ".join(refusals.get(finding.element_id, "").split()),
            finding.rule,
            "unsupported",
            finding.message,
        )
        for finding in check({"imported.bpmn": diagram.encode()})
        if finding.severity == "error"
        and not (
            finding.element_id in sentences and finding.rule in _TOLD_ALREADY
        )
        and (finding.element_id, _TOLD_AS.get(finding.rule, "")) not in known
    ]


def _attributes(line: Fidelity) -> tuple[str, ...]:
    """The names that the line's thing has with us."""
    ours = {
        "lane": "candidateGroups",
        "potentialOwner": "candidateGroups",
        "GroupId": "candidateGroups",
        "ActorId": "candidateGroups",
        "calledDecisionId": "decisionRef",
    }
    return (line.attribute, ours.get(line.attribute, line.attribute))
