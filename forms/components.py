"""COMPONENTS: the form-js components we support, on one page. What else a form-js file may hold is refused by
name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class Component:
    verb: str = ""
    """What a person does with it: 填写, 选择, 上传, 勾选; empty when it carries no value."""
    several: bool = False
    """Whether its value is always a list of choices."""
    offers_options: bool = False

    @property
    def carries_value(self) -> bool:
        return bool(self.verb)


COMPONENTS: Mapping[str, Component] = {
    "textfield": Component(say("填写")),
    "textarea": Component(say("填写")),
    "number": Component(say("填写")),
    "datetime": Component(say("选择")),
    "checkbox": Component(say("勾选")),
    "radio": Component(say("选择"), offers_options=True),
    "select": Component(say("选择"), offers_options=True),
    "checklist": Component(say("选择"), several=True, offers_options=True),
    "taglist": Component(say("选择"), several=True, offers_options=True),
    "filepicker": Component(say("上传")),
    "dynamiclist": Component(say("填写")),
    "group": Component(),
    "text": Component(),
    "separator": Component(),
    "spacer": Component(),
}
"""Component type → what it is; validation and drawing have a table each with the same keys."""

IN_WORDS: Mapping[str, str] = {
    "textfield": say("单行文字"),
    "textarea": say("多行文字"),
    "number": say("数字"),
    "datetime": say("日期时间"),
    "checkbox": say("勾选"),
    "radio": say("单选"),
    "select": say("下拉选择"),
    "checklist": say("多选"),
    "taglist": say("标签多选"),
    "filepicker": say("附件"),
    "dynamiclist": say("可增减的列表"),
    "group": say("分组"),
    "text": say("说明文字"),
    "separator": say("分隔线"),
    "spacer": say("留白"),
}
"""Component type → what the form editor calls it."""

INSTEAD: Mapping[str, str] = {
    "button": say("页面自带提交按钮，请从表单中删除"),
    "html": say("请改用文本（text）"),
    "table": say("请改用动态列表（dynamiclist）"),
    "image": say("请改用附件或删除"),
    "iframe": say("请改用文本（text）写明地址"),
    "expression": say("计算请放在流程图中"),
    "documentPreview": say("附件在办理页面自动列出，请删除"),
}
"""Component we do not support → what to do instead."""

REFUSED_PROPERTIES: Mapping[str, str] = {
    "valuesExpression": say(
        "选项表达式不受支持，请列出选项或填写选项来源（valuesKey）"
    ),
    "disabled": say("停用的控件不受支持，请删除或改用文本"),
    "readonly": say("只读的控件不受支持，请改用文本"),
}
"""Property that would change what a person may enter → what to do instead."""
