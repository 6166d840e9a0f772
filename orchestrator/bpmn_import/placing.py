"""Writing a thing that we have into the diagram, and telling what became of it: who, when, which form, and
the parts of extensionElements."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from orchestrator.bpmn_import import texts
from orchestrator.bpmn_import.report import Report
from orchestrator.bpmn_import.texts import Text
from orchestrator.engine import expressions
from orchestrator.engine.xml import BPMN, camunda, tag
from orchestrator.sentences import say

WORDS = {
    "assignee": say("办理人"),
    "candidateUsers": say("候选人"),
    "candidateGroups": say("办理机构"),
    "candidateStarterGroups": say("发起机构"),
    "dueDate": say("办理时限"),
    "followUpDate": say("跟进时间"),
    "priority": say("优先级"),
    "formKey": say("表单"),
    "collection": say("多实例的集合"),
}
_LANGUAGES: dict[str, Callable[[str], Text]] = {
    "dueDate": texts.due,
    "followUpDate": texts.follow_up,
    "collection": texts.condition,
}
_STANDING = {"$INITIATOR": "${initiator}"}
"""What Flowable's modeler writes for whoever started the instance."""
_GROUP = re.compile(r"^[\w-]+@[\w-]+$|^[\w-]+:[\w-]+:[\w-]+$|[$#]\{")
_FORM = re.compile(
    r"^(?:(?:camunda|operaton)-forms:(?:deployment|bpmn|app):|app:|deployment:)?(?P<name>[\w.-]*?)(?:\.form|\.json)?$",
)


def place(
    report: Report,
    node: Any,
    attribute: str,
    given: str,
    *,
    moved: bool = False,
    told_as: str = "",
) -> None:
    """Sets the camunda: attribute to what the given text becomes; `moved` when another name or place held
    it."""
    if not given.strip():
        return report.ignored(
            node,
            told_as or attribute,
            say("没有填写，已去掉"),
        )
    if attribute == "formKey":
        return place_form(report, node, given, told_as or attribute)
    word = WORDS[attribute]
    label = told_as or attribute
    text = _LANGUAGES.get(attribute, texts.names)(
        _STANDING.get(given.strip(), given),
    )
    node.set(camunda(attribute), text.text)
    if text.problem:
        return report.unsupported(
            node,
            label,
            say(
                "{word}“{short}”不能用：{problem}，请在属性面板中重新填写",
                word=word,
                short=_short(given),
                problem=text.problem,
            ),
        )
    if attribute in ("candidateGroups", "candidateStarterGroups"):
        strange = [
            group for group in groups(text.text) if not _GROUP.search(group)
        ]
        if strange:
            return report.mapped(
                node,
                label,
                say(
                    "{word}“{listed}”已保留，但不是本辖区的机构，请在属性面板中改选为本辖区的机构",
                    word=word,
                    listed="、".join(strange),
                ),
            )
    if text.text != given.strip():
        return report.mapped(
            node,
            label,
            say(
                "{word}由“{short}”改写为“{written}”{hint}",
                word=word,
                short=_short(given),
                written=_short(text.text),
                hint=_hint(attribute, text),
            ),
        )
    if moved:
        return report.mapped(
            node,
            label,
            say(
                "{word}“{short}”已改用本系统的属性{hint}",
                word=word,
                short=_short(given),
                hint=_hint(attribute, text),
            ),
        )
    return report.honoured(
        node,
        label,
        say(
            "{word}“{short}”照用{hint}",
            word=word,
            short=_short(given),
            hint=_hint(attribute, text),
        ),
    )


def place_form(report: Report, node: Any, given: str, label: str) -> None:
    """A form is named by a bare key; a page of the other tool's own is none of ours."""
    match = _FORM.match(given.strip())
    given = given.strip()
    translated = texts.template(given)
    if "{" in given and not translated.problem:
        node.set(camunda("formKey"), translated.text)
        return report.mapped(
            node,
            label,
            say(
                "表单编号“{given}”按变量取值，请确认对应的表单都已建好",
                given=given,
            ),
        )
    if match is None or not match["name"]:
        node.set(camunda("formKey"), translated.text)
        return report.unsupported(
            node,
            label,
            say(
                "表单“{given}”是原系统的页面，请另建表单，再在属性面板中选择",
                given=given,
            ),
        )
    node.set(camunda("formKey"), match["name"])
    if match["name"] != given:
        return report.mapped(
            node,
            label,
            say(
                "表单编号由“{given}”改写为“{name}”，请确认本系统已有这张表单",
                given=given,
                name=match["name"],
            ),
        )
    if label != "formKey":
        return report.mapped(
            node,
            label,
            say(
                "表单编号“{given}”已改用本系统的属性，请确认本系统已有这张表单",
                given=given,
            ),
        )
    return report.honoured(
        node,
        label,
        say("表单编号“{given}”照用，请确认本系统已有这张表单", given=given),
    )


def own_form(report: Report, node: Any, label: str, fields: list[str]) -> None:
    """A form written into the diagram: it has to be built here, and until then the form key names none."""
    if not node.get(camunda("formKey")):
        node.set(camunda("formKey"), node.get("id") or "form")
    if fields:
        listed = say("，字段有 {listed}", listed="、".join(fields))
    else:
        listed = ""
    report.unsupported(
        node,
        label,
        say(
            "表单写在流程图里{listed}。请另建表单“{node}”，或在属性面板中选择已有的表单",
            listed=listed,
            node=node.get(camunda("formKey")),
        ),
    )


def topic(
    report: Report,
    node: Any,
    name: str,
    label: str,
    *,
    moved: bool = True,
) -> None:
    """Has an external topic do the work; on a throwing event its definition holds it."""
    message = node.find(tag("messageEventDefinition"))
    if message is None:
        holder = node
    else:
        holder = message
    holder.set(camunda("type"), "external")
    holder.set(camunda("topic"), name)
    if moved:
        tell = report.mapped
    else:
        tell = report.honoured
    tell(
        node,
        label,
        say(
            "由主题“{name}”自动办理，请在属性面板中核对本系统有没有这个主题",
            name=name,
        ),
    )


def parameter(
    report: Report,
    node: Any,
    kind: str,
    name: str,
    given: str,
    label: str,
) -> None:
    """An input or output parameter."""
    text = texts.template(given)
    if not name.isidentifier():
        text = Text(
            texts.refused(given),
            say("“{name}”不是变量名", name=name),
        )
    child = hold(node, "inputOutput", f"{kind}Parameter", name)
    child.text = text.text or None
    if kind == "input":
        way = say("输入")
    else:
        way = say("输出")
    if text.problem:
        return report.unsupported(
            node,
            label,
            say(
                "{way}参数“{name}”不能用：{problem}，请改写后重新导入",
                way=way,
                name=name,
                problem=text.problem,
            ),
        )
    return report.mapped(
        node,
        label,
        say(
            "{way}参数“{name}”改写为“{short}”",
            way=way,
            name=name,
            short=_short(text.text),
        ),
    )


def passed(
    report: Report,
    node: Any,
    kind: str,
    name: str,
    given: str,
    label: str,
) -> None:
    """A variable handed into or out of a called process."""
    text = texts.condition(given)
    if not name.isidentifier():
        text = Text(
            f"= {given.strip().removeprefix('=')}…",
            say("“{name}”不是变量名", name=name),
        )
        name = name or "unnamed"
    child = etree.SubElement(
        extensions(node),
        camunda("in" if kind == "input" else "out"),
    )
    child.set("sourceExpression", text.text)
    child.set("target", name)
    if kind == "input":
        way = say("传入")
    else:
        way = say("带回")
    if text.problem:
        return report.unsupported(
            node,
            label,
            say(
                "{way}的变量“{name}”不能用：{problem}，请改写后重新导入",
                way=way,
                name=name,
                problem=text.problem,
            ),
        )
    return report.mapped(
        node,
        label,
        say(
            "{way}被调用流程的变量“{name}”取“{short}”",
            way=way,
            name=name,
            short=_short(text.text),
        ),
    )


def prop(node: Any, name: str, value: str) -> None:
    """An extension property."""
    hold(node, "properties", "property", name).set("value", value)


def hold(node: Any, holder: str, kind: str, name: str) -> Any:
    """A new part of that kind and name in the node's extensions."""
    return etree.SubElement(_holder(node, holder), camunda(kind), name=name)


def document(node: Any, text: str) -> None:
    """Adds to the element's documentation, which tells officials what to do."""
    result = node.find(tag("documentation"))
    if result is None:
        result = etree.Element(tag("documentation"))
        node.insert(0, result)
    result.text = "\n".join(filter(None, ((result.text or "").strip(), text)))


def extensions(node: Any) -> Any:
    """The element's extensionElements, made where BPMN wants it."""
    result = node.find(tag("extensionElements"))
    if result is None:
        result = etree.Element(tag("extensionElements"))
        node.insert(len(node.findall(tag("documentation"))), result)
    return result


def remove(node: Any) -> None:
    """Takes the XML node out; extensionElements that hold nothing any more go with it."""
    parent = node.getparent()
    if parent is None:
        return
    parent.remove(node)
    if (
        parent.tag == f"{{{BPMN}}}extensionElements"
        and not len(parent)
        and parent.getparent() is not None
    ):
        parent.getparent().remove(parent)


def groups(text: str) -> list[str]:
    """The groups of a list; a comma inside `${…}` separates nothing."""
    return expressions.split_list(text)


def _holder(node: Any, name: str) -> Any:
    outer = extensions(node)
    result = outer.find(camunda(name))
    if result is not None:
        return result
    return etree.SubElement(outer, camunda(name))


def _hint(attribute: str, text: Text) -> str:
    """A person named outright works in the other tool's organisation, not necessarily in ours."""
    named = (
        attribute in ("assignee", "candidateUsers") and "{" not in text.text
    )
    if named:
        return say("，请确认本系统有这个账号，或改选办理机构")
    return ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= 60:
        return text
    return f"{text[:59]}…"
