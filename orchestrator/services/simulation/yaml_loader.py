"""The YAML that a scenario file may use: nested lists and mappings of short values, counted while they are
read.

Aliases make a short text as large as one likes, so anchors, aliases and merge keys are refused at the place
where they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from orchestrator.sentences import say

MOST_NODES = 8_000
"""Values, lists and mappings of one file: five times those of the largest that the cities have."""
DEEPEST = 20
"""Lists and mappings inside each other."""
LONGEST_NUMBER = 40
"""Characters of a number."""
_NO_SIGN = say(
    "引号里的反斜杠后面不是可以使用的字符，请删去，或直接写出这个字"
)
_MERGE = "tag:yaml.org,2002:merge"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class NumberedMapping(dict[Any, Any]):
    """A mapping that knows the line it begins on, and the line of each of its keys."""

    line: int
    lines: Mapping[Any, int]


class ScenarioLoader(yaml.SafeLoader):
    """Raises yaml.MarkedYAMLError with a Chinese sentence, before anything that stands behind the place is
    read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        anchor = getattr(event, "anchor", None)
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or anchor is not None:
            raise _refused(
                say(
                    "不使用 & 和 * 引用别处的内容，相同的内容请写在“填写”里共用",
                ),
                event.start_mark,
            )
        if tag is not None:
            raise _refused(
                say("不使用 ! 开头的类型标记，请直接写内容"),
                event.start_mark,
            )
        self._nodes += 1
        self._depth += 1
        if self._nodes > MOST_NODES:
            raise _refused(
                say(
                    "内容超过 {most_nodes} 项，请把情景分到几个流程或删减",
                    most_nodes=MOST_NODES,
                ),
                event.start_mark,
            )
        if self._depth > DEEPEST:
            raise _refused(
                say(
                    "括号或缩进超过 {deepest} 层，请按“情景、步骤、填写”逐层书写",
                    deepest=DEEPEST,
                ),
                event.start_mark,
            )
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, yaml.ScalarNode):
            _require_plain(node)
        return node

    def scan_flow_scalar(self, style: str) -> Any:
        """A text in quotes: signs behind a backslash that no database keeps are told where they stand."""
        mark = self.get_mark()
        try:
            token = super().scan_flow_scalar(style)
        except (ValueError, OverflowError):
            raise _refused(_NO_SIGN, mark) from None
        if any(
            sign == "\0" or "\ud800" <= sign <= "\udfff"
            for sign in token.value
        ):
            raise _refused(_NO_SIGN, mark)
        return token

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A day that does not exist, a number that is none: told where it stands."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError) as wrong:
            raise _refused(
                say(
                    "“{value}”不是有效的日期、时间或数字",
                    value=str(node.value)[:40],
                ),
                node.start_mark,
            ) from wrong


def _require_plain(node: yaml.ScalarNode) -> None:
    if node.tag == _MERGE:
        raise _refused(
            say("不使用 << 合并别处的内容，请逐项写出"),
            node.start_mark,
        )
    if node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
        raise _refused(
            say(
                "“{value}…”是超过 {longest_number} 位的数字，文字请加引号",
                value=node.value[:20],
                longest_number=LONGEST_NUMBER,
            ),
            node.start_mark,
        )


def _refused(problem: str, mark: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _numbered(
    loader: ScenarioLoader,
    node: yaml.MappingNode,
) -> NumberedMapping:
    numbered_mapping = NumberedMapping(
        loader.construct_mapping(node, deep=True)
    )
    numbered_mapping.line = node.start_mark.line + 1
    numbered_mapping.lines = {
        loader.construct_object(key): key.start_mark.line + 1
        for key, _value in node.value
    }
    return numbered_mapping


ScenarioLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
    _numbered,
)
