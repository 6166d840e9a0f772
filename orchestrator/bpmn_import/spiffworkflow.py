"""SpiffWorkflow: extension elements with texts of their own, Python in scripts, and lanes that say who."""

from __future__ import annotations

import ast
import copy
from typing import Any

from orchestrator.bpmn_import import declared_data, placing, python_text
from orchestrator.bpmn_import.names import SPIFF, local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions
from orchestrator.engine.element_parts import OWN_VARIABLES, properties_of
from orchestrator.engine.xml import BPMN, camunda, tag
from orchestrator.sentences import say

_IGNORED = {
    "unitTests": say("脚本的单元测试不导入，请在本系统写情景"),
    "formUiSchemaFilename": say("表单的排版由本系统的表单定义决定"),
    "allowGuest": say("办理人都要登录，本系统没有访客办理"),
    "guestConfirmation": say("办理人都要登录，本系统没有访客办理"),
    "taskMetadataValues": say("任务的附加数据，本系统不用"),
    "category": say("分类标记，不影响运行"),
    "scriptsOnInstances": say("多实例的脚本设置，本系统不运行多实例的脚本"),
}
_LEFT = {
    "messagePayload": say("消息带出的内容本系统读不到，请改用消息的输入映射"),
    "messageVariable": say(
        "消息存入变量的写法本系统读不到，请改用关联键和输入映射",
    ),
    "payloadExpression": say("带出的内容本系统读不到，请改用输入映射"),
    "variableName": say(
        "收到的内容存入变量的写法本系统读不到，请改用输入映射",
    ),
    "processVariableCorrelation": say(
        "消息的关联写法本系统读不到，请在消息上填写关联键",
    ),
}
"""These stay in the file, where the deployment check refuses them."""


_LONGEST = 1_000
"""Characters, or parts, of a parameter that a script becomes."""


def convert(root: Any, report: Report) -> None:
    """Rewrites every spiffworkflow: extension, manual tasks and lanes."""
    ours = (
        any(
            namespace(node.tag) == SPIFF
            for node in root.iter()
            if isinstance(node.tag, str)
        )
        or SPIFF in root.nsmap.values()
    )
    for node in list(root.iter()):
        parent = node.getparent()
        if (
            isinstance(node.tag, str)
            and namespace(node.tag) == SPIFF
            and parent is not None
            and namespace(parent.tag) == BPMN
        ):
            _extension(
                node,
                parent.getparent()
                if parent.tag == tag("extensionElements")
                else parent,
                report,
            )
    if ours:
        for node in [*root.iter(tag("manualTask")), *root.iter(tag("task"))]:
            report.mapped(
                node,
                local(node.tag),
                say("原系统由人确认后才往下走，已改为人工任务"),
            )
            node.tag = tag("userTask")
        for node in [
            *root.iter(tag("inputDataItem")),
            *root.iter(tag("outputDataItem")),
        ]:
            _item(node, report)
        for reference in root.iter(tag("loopDataOutputRef")):
            results_alone(reference, report)
        _lanes(root, report)
        declared_data.convert(root, report)


def _extension(node: Any, owner: Any, report: Report) -> None:
    name = local(node.tag)
    if name in _LEFT:
        return report.unsupported(owner, name, _LEFT[name])
    if name in ("preScript", "postScript"):
        return _script(node, owner, name, report)
    if name == "properties":
        return _properties(node, owner, report)
    if name not in (
        "instructionsForEndUser",
        "serviceTaskOperator",
        "calledDecisionId",
    ):
        return report.ignored(
            owner,
            name,
            _IGNORED.get(name)
            or say(
                "“{name}”在本系统没有对应，不影响由谁办、何时办",
                name=name,
            ),
        )
    placing.remove(node)
    if name == "instructionsForEndUser":
        placing.document(owner, (node.text or "").strip())
        if "{{" in (node.text or "") or "{%" in (node.text or ""):
            filled = say("，其中的 {{变量}} 不会替换，请改写")
        else:
            filled = ""
        return report.mapped(
            owner,
            name,
            say("办理说明已放入元素的说明{filled}", filled=filled),
        )
    if name == "serviceTaskOperator":
        return report.unsupported(
            owner,
            name,
            say(
                "“{node}”由原系统的连接器执行，本系统没有，请在属性面板中改选自动处理的主题（topic）",
                node=node.get("id") or say("（未命名）"),
            ),
        )
    owner.set(camunda("decisionRef"), (node.text or "").strip())
    return report.mapped(
        owner,
        name,
        say(
            "决策表“{text}”，发布时要一并发布",
            text=(node.text or "").strip(),
        ),
    )


def _properties(node: Any, owner: Any, report: Report) -> None:
    for child in list(node):
        name = child.get("name") or say("（未命名）")
        value = str(child.get("value") or "")
        if name == "formJsonSchemaFilename":
            key = (
                value.rpartition("/")[2]
                .removesuffix(".json")
                .removesuffix("-schema")
            )
            owner.set(camunda("formKey"), key)
            node.remove(child)
            report.mapped(
                owner,
                name,
                say(
                    "表单编号由“{value}”改写为“{key}”，请在本系统照样建这张表单",
                    value=value,
                    key=key,
                ),
            )
        else:
            report.ignored(
                owner,
                name,
                _IGNORED.get(name)
                or say("扩展属性“{name}”本系统不用", name=name),
            )
    if not len(node):
        placing.remove(node)


def _script(node: Any, owner: Any, name: str, report: Report) -> None:
    """Plain assignments are parameters; anything more stays, and the check refuses it."""
    results = _assignments((node.text or "").strip(), name == "postScript")
    if owner.find(tag("multiInstanceLoopCharacteristics")) is not None:
        sentence = say(
            "多实例的脚本在原系统里对全部实例只运行一次，请在这一步前后画一个脚本任务，再重新导入",
        )
        return report.unsupported(owner, name, sentence)
    if results is None:
        if name == "preScript":
            where = say("办理前")
        else:
            where = say("办理后")
        return report.unsupported(
            owner,
            name,
            say(
                "{where}的脚本不只是赋值，请在这一步旁边画一个脚本任务，再重新导入",
                where=where,
            ),
        )
    placing.remove(node)
    for variable, value in results:
        if name == "preScript":
            placing.parameter(
                report,
                owner,
                "input",
                variable,
                f"${{{value}}}",
                name,
            )
            placing.parameter(
                report,
                owner,
                "output",
                variable,
                f"${{{variable}}}",
                name,
            )
        else:
            placing.parameter(
                report,
                owner,
                "output",
                variable,
                f"${{{value}}}",
                name,
            )
    return None


def _assignments(
    script: str, one_by_one: bool
) -> list[tuple[str, str]] | None:
    """(variable, expression) of each line; None when it is anything but assignments.

    `one_by_one`: a later line reads what an earlier one has set, as output parameters do; input parameters
    are all taken before any is set, so that what a line reads stands in it written out.
    """
    script = python_text.script(script) or script
    try:
        expressions.compile_script(script)
        lines = ast.parse(script).body
    except (expressions.ExpressionRefused, SyntaxError):
        return None
    assignments: dict[str, ast.expr] = {}
    for line in lines:
        assigned = _assigned(line)
        if assigned is None:
            return None
        variable, value = assigned
        if one_by_one and variable in assignments:
            return None
        if not one_by_one:
            value = _WrittenOut(assignments).visit(value)
        if sum(1 for _node in ast.walk(value)) > _LONGEST:
            return None
        assignments[variable] = value
    written = [
        (variable, ast.unparse(ast.fix_missing_locations(value)))
        for variable, value in assignments.items()
    ]
    if any("{" in value or len(value) > _LONGEST for _name, value in written):
        return None
    return written


def _assigned(line: ast.stmt) -> tuple[str, ast.expr] | None:
    if isinstance(line, ast.AugAssign) and isinstance(line.target, ast.Name):
        before = ast.Name(line.target.id, ast.Load())
        return line.target.id, ast.BinOp(before, line.op, line.value)
    if (
        isinstance(line, ast.Assign)
        and len(line.targets) == 1
        and isinstance(line.targets[0], ast.Name)
    ):
        return line.targets[0].id, line.value
    return None


class _WrittenOut(ast.NodeTransformer):
    """Puts in the place of a variable what has been assigned to it."""

    def __init__(self, assigned: dict[str, ast.expr]) -> None:
        self.assigned = assigned

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.assigned.get(node.id, node))


def _item(node: Any, report: Report) -> None:
    """The variable is called by the item's id there, by its name here."""
    variable = node.get("id") or node.get("name") or ""
    if node.get("name") != variable:
        node.set("name", variable)
        report.mapped(
            node,
            local(node.tag),
            say("每一项的变量按编号“{variable}”取名", variable=variable),
        )


def results_alone(reference: Any, report: Report) -> None:
    """Where results are collected, nothing else leaves an instance there."""
    activity = reference.getparent().getparent()
    if OWN_VARIABLES in properties_of(activity):
        return
    placing.prop(activity, OWN_VARIABLES, "true")
    report.mapped(
        reference,
        "loopDataOutputRef",
        say("结果汇总到集合，每个实例填写的其他内容不带出，与原系统相同"),
    )


def _lanes(root: Any, report: Report) -> None:
    """Who does a task is the lane it stands in."""
    lanes = {
        (ref.text or "").strip(): lane.get("name") or ""
        for lane in root.iter(tag("lane"))
        for ref in lane.findall(tag("flowNodeRef"))
    }
    for node in root.iter(tag("userTask")):
        lane = lanes.get(node.get("id") or "")
        if lane and not any(
            node.get(camunda(value))
            for value in ("assignee", "candidateUsers", "candidateGroups")
        ):
            placing.place(
                report,
                node,
                "candidateGroups",
                lane,
                moved=True,
                told_as="lane",
            )
