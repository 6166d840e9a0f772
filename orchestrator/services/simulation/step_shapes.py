"""What may stand after a step's verb and its details; what cannot is told with an example of what can."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from orchestrator.sentences import say

LONGEST = timedelta(days=3660)
"""What one step lets pass: beyond ten years nothing that a regulation times is left, and repeating timers
fire by the thousand."""
YEARS = range(2000, 2100)
_SPAN = re.compile(r"(\d{1,9})\s*(分钟|小时|天)")
_UNITS = {"分钟": "minutes", "小时": "hours", "天": "days"}


@dataclass(frozen=True, slots=True)
class Shape:
    fits: Callable[[Any], bool]
    example: str


def span(given: Any) -> timedelta | None:
    """`24小时`, `3天`, `30分钟` as a time; None for anything else and for what is longer than LONGEST."""
    match = _SPAN.fullmatch(str(given).strip())
    length = None
    if match:
        length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if length is not None and length <= LONGEST:
        return length
    return None


def moment(given: Any) -> datetime | None:
    """`2026-11-20 09:00` as an instant, without offset unless it has one; None for anything else and for a
    year out of YEARS."""
    try:
        if isinstance(given, datetime):
            result = given
        else:
            result = datetime.fromisoformat(str(given))
    except ValueError:
        return None
    if result.year in YEARS:
        return result
    return None


def misshapen(
    verb: str, subject: Any, details: Mapping[str, Any]
) -> Iterator[str]:
    """A sentence for each part of a step that cannot be what it should say."""
    shapes = {verb: (SHAPES[verb], subject)} | {
        key: (_DETAILS.get(key, _TEXT), value)
        for key, value in details.items()
    }
    for key, (shape, value) in shapes.items():
        if not shape.fits(value):
            if value is not None:
                sentence = say("后面的“{short}”", short=_short(value))
            else:
                sentence = say("后面没有写内容，")
            yield say(
                "“{key}”{told}应写成 {example} 这样",
                key=key,
                told=sentence,
                example=shape.example,
            )


def is_text(given: Any) -> bool:
    """Whether it is words, a number or a day: something that can be a name or a sentence."""
    return isinstance(given, (str, int, float, date)) and bool(
        str(given).strip()
    )


def _nothing_or(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda given: given is None or fits(given)


def _texts(given: Any) -> bool:
    return is_text(given) or (
        isinstance(given, list) and all(map(is_text, given))
    )


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A mapping that says something, each value of which fits."""
    return lambda given: (
        isinstance(given, dict)
        and bool(given)
        and all(map(fits, given.values()))
    )


def _one_text(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and len(given) == 1
        and all(map(is_text, (*given, *given.values())))
    )


def _filling(given: Any) -> bool:
    return all(
        isinstance(value, dict) or is_text(value)
        for value in (given if isinstance(given, list) else [given])
    )


def _short(value: Any) -> str:
    text = str(value)
    if len(text) <= 40:
        return text
    return f"{text[:40]}…"


_TEXT = Shape(is_text, say("一句话或一个名称"))
BESIDE: Mapping[str, frozenset[str]] = {
    "发起": frozenset(
        {"由", "填写", "称为", "关于", "出错", "事件", "数据", "异常", "被拒"}
    ),
    "办理": frozenset({"由", "填写", "事项", "被拒"}),
    "领取": frozenset({"由", "事项", "被拒"}),
    "催办": frozenset({"由", "事项", "被拒"}),
    "并案": frozenset({"由", "事项", "并入", "被拒"}),
    "作废": frozenset({"由", "事项", "被拒"}),
    "挂账": frozenset({"由", "理由", "复查", "事项", "被拒"}),
    "恢复": frozenset({"由", "事项", "被拒"}),
    "发消息": frozenset({"关联", "数据", "称为", "异常", "被拒"}),
    "发信号": frozenset({"数据", "称为", "异常"}),
    "触发": frozenset({"由", "理由", "数据", "事项", "异常", "被拒"}),
    "选流向": frozenset({"由", "理由", "事项", "异常", "被拒"}),
    "到期": frozenset({"事项", "异常"}),
    "经过": frozenset({"异常"}),
    "时间": frozenset({"异常"}),
    "应出错": frozenset({"事项"}),
    "应有待办": frozenset({"事项"}),
    "应在期限": frozenset({"事项"}),
    "应办结": frozenset({"事项"}),
    "应有数据": frozenset({"事项"}),
    "应有记载": frozenset({"事项"}),
    "应无记载": frozenset({"事项"}),
    "备案应报": frozenset({"事项"}),
    "清单应有": frozenset(),
    "清单应无": frozenset(),
    "网格应有": frozenset(),
    "网格应无": frozenset(),
    "公示应有": frozenset(),
}
"""A step's verb → what else may be said beside it. docs/scenarios.md explains each."""

_DETAILS: Mapping[str, Shape] = {
    "填写": Shape(
        _nothing_or(_filling),
        "申请、{审核意见: 同意} 或 [申请, {审核意见: 同意}]",
    ),
    "出错": Shape(_each(is_text), "{移出清单: cannot-carry-out}"),
    "数据": Shape(_each(lambda given: True), "{subject: 路灯}"),
    "复查": Shape(lambda given: moment(given) is not None, "2026-12-01"),
}
SHAPES: Mapping[str, Shape] = {
    "发起": Shape(_nothing_or(is_text), "事项准入"),
    "办理": Shape(is_text, "审核申请"),
    "领取": Shape(is_text, "审核申请"),
    "催办": Shape(_nothing_or(is_text), "请于今日办结"),
    "并案": Shape(is_text, "同一事件重复上报"),
    "作废": Shape(is_text, "经核实不属实"),
    "挂账": Shape(is_text, "审核申请"),
    "恢复": Shape(is_text, "审核申请"),
    "发消息": Shape(is_text, "办理结果"),
    "发信号": Shape(is_text, "防汛响应"),
    "触发": Shape(is_text, "等候回执"),
    "选流向": Shape(
        _one_text, "{审核结论: 退回补正}，关卡和要走的流转线或下一步各写一个"
    ),
    "到期": Shape(is_text, "审核超过时限"),
    "经过": Shape(
        lambda given: span(given) is not None,
        "24小时、3天、30分钟（一次不超过 3660 天）",
    ),
    "时间": Shape(
        lambda given: moment(given) is not None,
        "2026-11-20 09:00（2000 年至 2099 年）",
    ),
    "应出错": Shape(_each(is_text), "{网格生效: plan-outdated}"),
    "应有待办": Shape(
        lambda given: (
            given is None
            or _texts(given)
            or given == {}
            or _each(_nothing_or(_texts))(given)
        ),
        "{审核申请: 京口区网格化服务管理中心} 或 []",
    ),
    "应在期限": Shape(
        _each(lambda given: moment(given) is not None),
        "{审核申请: 2026-11-20 17:00}",
    ),
    "应办结": Shape(is_text, "已准入"),
    "应有数据": Shape(_each(lambda given: True), "{decision: approve}"),
    "应有记载": Shape(_texts, "[同意，报请批准]"),
    "应无记载": Shape(_texts, "[到期没有办结]"),
    "备案应报": Shape(_nothing_or(_texts), "[市综治中心] 或 []"),
    "清单应有": Shape(_each(_texts), "{京口区: [夜间巡查]}"),
    "清单应无": Shape(_each(_texts), "{京口区: [夜间巡查]}"),
    "网格应有": Shape(_texts, "[第一网格]"),
    "网格应无": Shape(_texts, "[第一网格]"),
    "公示应有": Shape(_each(_texts), "{事项清单: 夜间巡查}"),
}
"""Verb → what its subject must be."""
