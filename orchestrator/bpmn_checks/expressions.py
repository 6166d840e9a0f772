"""Rules about expressions, templates and scripts."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    Diagram,
    flow_name,
    named,
    owner_id,
    quoted,
    refuse,
)
from orchestrator.engine import expressions, vain_comparisons, written_in
from orchestrator.engine.model import Element
from orchestrator.engine.xml import BPMN, camunda, tag
from orchestrator.errors import Finding
from orchestrator.sentences import say


def expressions_compile(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        for flow in scope.flows:
            if flow.condition is not None:
                yield from _compiles(
                    flow.id,
                    say(
                        "连线“{name}”的条件",
                        name=flow_name(flow, scope.elements),
                    ),
                    flow.condition,
                )
        for element in scope.elements.values():
            for what, text in expressions_of(element):
                yield from _compiles(
                    element.id,
                    say("{named}的{what}", named=named(element), what=what),
                    text,
                )
            for what, template in templates_of(element):
                for text in expressions.template_expressions(template):
                    yield from _compiles(
                        element.id,
                        say(
                            "{named}的{what}",
                            named=named(element),
                            what=what,
                        ),
                        text,
                    )
    for process in diagram.processes:
        for text in expressions.template_expressions(
            process.properties.get("title", ""),
        ):
            yield from _compiles(
                process.id,
                say("流程“{name}”的标题", name=process.name),
                text,
            )


def expression_language(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.root.iter():
        if not isinstance(node.tag, str) or not node.tag.startswith(
            f"{{{BPMN}}}",
        ):
            continue
        owner = owner_id(node)
        if (
            node.get("language")
            and written_in.language(node.get("language")) != written_in.OURS
        ):
            sentence = say(
                '表达式语言“{node}”不受支持，请用本系统的写法，如 decision == "approve"，并去掉语言一项',
                node=node.get("language"),
            )
            yield refuse("expression-language", owner, sentence)
        if node.get(camunda("resource")):
            if node.tag in (tag("scriptTask"), tag("script")):
                what = say("脚本")
            else:
                what = say("条件")
            yield refuse(
                "expression-language",
                owner,
                say("{what}不能引用外部脚本文件，请直接写在图中", what=what),
            )
    whole = diagram.root.get("expressionLanguage")
    if (
        whole
        and written_in.language(whole) != written_in.OURS
        and whole.lower() != written_in.XPATH
    ):
        sentence = say(
            "整个文件写明用“{whole}”书写，本系统不运行它，请从“导入”载入，"
            "或改用本系统的写法并去掉 expressionLanguage",
            whole=whole,
        )
        yield refuse("expression-language", None, sentence)


def scripts_allowed(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.type != "scriptTask":
            continue
        written = diagram.attribute(element.id, "scriptFormat")
        if written_in.language(written) != written_in.OURS:
            sentence = say(
                "脚本任务{named}用 {written} 书写，本系统只运行自己的赋值，"
                '请改写成 level = "county" 这样的赋值，脚本格式改为 python',
                named=quoted(element),
                written=written,
            )
            yield refuse("scripts-allowed", element.id, sentence)
            continue
        if not element.script:
            yield refuse(
                "scripts-allowed",
                element.id,
                say("脚本任务{named}没有脚本", named=quoted(element)),
            )
            continue
        try:
            expressions.compile_script(element.script)
        except expressions.ExpressionRefused as refused:
            yield refuse(
                "scripts-allowed",
                element.id,
                say(
                    '脚本任务{named}：{refused}。脚本只能逐行赋值，如 level = "county"',
                    named=quoted(element),
                    refused=refused,
                ),
            )


def expressions_of(element: Element) -> list[tuple[str, str]]:
    """(what it says, expression) of every attribute that is an expression."""
    results: list[tuple[str, str | None]] = []
    if element.multi is not None:
        multi = element.multi
        results += [
            (say("数量"), multi.cardinality),
            (say("集合"), multi.collection),
            (say("完成条件"), multi.condition),
            (say("循环条件"), multi.loop_condition),
        ]
    if element.ad_hoc is not None:
        results.append((say("办结条件"), element.ad_hoc.condition))
    for event in element.events:
        results += [(say("关联键"), event.correlation)]
        results += [
            (
                say("条件"),
                expressions.unwrap(event.condition)
                if event.condition
                else None,
            ),
        ]
        results += [
            (say("传出的值"), source)
            for _target, source, is_expression in event.payload
            if is_expression
        ]
    results += [
        (say("输入"), source)
        for _target, source, is_expression in element.call_inputs
        if is_expression
    ]
    results += [
        (say("输出"), source)
        for _target, source, is_expression in element.call_outputs
        if is_expression
    ]
    return [(what, text) for what, text in results if text]


def templates_of(element: Element) -> list[tuple[str, str]]:
    """(what it says, text) of every attribute that is a text with `${…}` in it."""
    templates: list[tuple[str, str | None]] = [
        (say("办理人"), element.assignee),
        (say("候选人"), element.candidate_users),
        (say("办理机构"), element.candidate_groups),
        (say("截止时间"), element.due),
        (say("跟进时间"), element.follow_up),
        (say("优先级"), element.priority),
        (say("表单"), element.form_key),
        (say("名称"), element.name),
        (say("被调用的流程"), element.called),
    ]
    for event in element.events:
        templates.append(
            (say("时间"), event.timer[1] if event.timer else None)
        )
        templates += [
            (say("事件名称"), event.reference),
            (say("错误说明"), event.message),
        ]
    templates += [
        (say("输入参数"), text)
        for _name, text in (*element.inputs, *element.outputs)
    ]
    return [(what, text) for what, text in templates if text]


def _compiles(element_id: str, what: str, text: str) -> Iterator[Finding]:
    try:
        word = vain_comparisons.compared_in_vain(text, with_written=True)
        if word:
            sentence = say(
                "{what}“{text}”拿“{word}”作比较：它是表达式里的真假或空值，不是变量。"
                "变量若叫这个名字，请改名",
                what=what,
                text=text[:80],
                word=word,
            )
            yield refuse("expressions-compile", element_id, sentence)
    except expressions.ExpressionRefused as refused:
        yield refuse(
            "expressions-compile",
            element_id,
            say(
                "{what}“{text}”不能用：{refused}",
                what=what,
                text=text[:80],
                refused=refused,
            ),
        )
