"""Values of several parts, as Camunda 7 writes them into a parameter: lists, maps and scripts, as one
expression."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_import import scripts
from orchestrator.bpmn_import.names import local
from orchestrator.bpmn_import.texts import Text, refused
from orchestrator.engine import expressions, languages
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say, sentence_of

_WRAPPED = re.compile(
    r"^[$#]\{(?P<inner>[^{}]*)\}$",
    re.DOTALL,
)


def composed(parameter: Any) -> Text:
    """What stands in the parameter as one `${…}`; where something in it is not run here, the reason names
    it."""
    try:
        written = _value(parameter)
        expressions.compile_checked(written)
        if "{" in written or "}" in written:
            raise Untranslatable(say("文字里的花括号本系统读不到"))
    except Untranslatable as reason:
        return Text(
            refused("…"),
            str(reason),
        )
    except expressions.ExpressionRefused as reason:
        return Text(
            refused("…"),
            sentence_of(reason),
        )
    return Text(f"${{{written}}}")


def _elements(node: Any) -> list[Any]:
    """What stands in the node, without comments and processing instructions."""
    return [child for child in node if isinstance(child.tag, str)]


def _value(node: Any) -> str:
    """The expression of a parameter, of a `value` or an `entry`. Raises Untranslatable."""
    inside = _elements(node)
    if not inside:
        return _text((node.text or "").strip())
    if len(inside) > 1:
        raise Untranslatable(say("一处写了几个值"))
    return _part(inside[0])


def _part(node: Any) -> str:
    name = local(node.tag)
    inside = _elements(node)
    if name == "list":
        entries = [
            _value(element)
            if local(element.tag) == "value"
            else _part(element)
            for element in inside
        ]
        return f"[{', '.join(entries)}]"
    if name == "map":
        pairs = [
            f"{value.get('key') or ''!r}, {_value(value)}" for value in inside
        ]
        return f"put({', '.join(['null', *pairs])})"
    if name == "script":
        return _script(node)
    raise Untranslatable(
        say(
            "“{name}”处的写法本系统没有",
            name=name,
        )
    )


def _script(node: Any) -> str:
    """The value of a script of one line. Raises Untranslatable."""
    language = (node.get("scriptFormat") or "").lower()
    text = (node.text or "").strip()
    if node.get("resource"):
        raise Untranslatable(
            say(
                "脚本在文件“{file}”里",
                file=node.get("resource"),
            ),
        )
    if language == "feel":
        return languages.from_feel(text.removeprefix("="))
    if language == "juel":
        return _text(text)
    try:
        return scripts.value(text, scripts.language_of(language))
    except Untranslatable as reason:
        raise Untranslatable(
            say(
                "{language} 脚本“{text}”本系统不运行：{reason}",
                language=language or say("（未写语言）"),
                text=" ".join(text.split())[:60],
                reason=reason,
            ),
        ) from None


def _text(text: str) -> str:
    """A text, or what its `${…}` gives. Raises Untranslatable."""
    if not text:
        return "null"
    wrapped = _WRAPPED.match(text)
    if wrapped:
        return languages.from_juel(wrapped["inner"])
    if "${" in text or "#{" in text:
        raise Untranslatable(
            say(
                "“{text}”把文字和变量拼在一起",
                text=text[:60],
            ),
        )
    return repr(text)
