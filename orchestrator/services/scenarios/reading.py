"""Scenario files as values: `bpmn/KEY/scenarios/*.yaml`, written in the city's own words; whatever is wrong is told with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from orchestrator.errors import RuleViolated

DETAILS: Mapping[str, frozenset[str]] = {
    "发起": frozenset({"由", "填写", "称为", "关于", "被拒"}),
    "办理": frozenset({"由", "填写", "事项", "被拒"}),
    "催办": frozenset({"由", "事项", "被拒"}),
    "并案": frozenset({"由", "事项", "并入", "被拒"}),
    "作废": frozenset({"由", "事项", "被拒"}),
    "到期": frozenset({"事项"}),
    "经过": frozenset(),
    "时间": frozenset(),
    "应出错": frozenset({"事项"}),
    "应有待办": frozenset({"事项"}),
    "应在期限": frozenset({"事项"}),
    "应办结": frozenset({"事项"}),
    "应有数据": frozenset({"事项"}),
    "应有记载": frozenset({"事项"}),
    "备案应报": frozenset({"事项"}),
    "清单应有": frozenset(),
    "清单应无": frozenset(),
    "网格应有": frozenset(),
    "网格应无": frozenset(),
    "公示应有": frozenset(),
}
"""A step's verb → what else may be said beside it. docs/scenarios.md explains each."""

_HEAD = frozenset({"流程", "说明", "填写", "情景", "免走"})
_SCENARIO = frozenset({"名称", "开始时间", "步骤", "依据"})
_LINE = "__line__"


@dataclass(frozen=True, slots=True)
class Step:
    line: int
    verb: str
    """A key of DETAILS."""
    subject: Any
    """What stands after the verb."""
    details: Mapping[str, Any]

    @property
    def matter(self) -> str:
        """Which of the scenario's matters is meant; empty for the latest."""
        return str(self.details.get("事项") or "")


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    line: int
    name: str
    process: str
    """Process key: the file's stem, unless the file says otherwise."""
    steps: tuple[Step, ...]
    fillings: Mapping[str, Mapping[str, Any]]
    """Named sets of form values that steps refer to."""
    start: datetime | None = None
    """Without offset: local time of the jurisdiction."""


@dataclass(frozen=True)
class ScenarioFile:
    process: str
    scenarios: tuple[Scenario, ...]
    waived: Mapping[str, str] = field(default_factory=dict)
    """Sequence flow id → why no scenario needs to cross it."""


def read(folder: Path) -> list[ScenarioFile]:
    """The scenario files of a jurisdiction folder, in the order of their names. Raises RuleViolated with every wrong line."""
    reasons: list[str] = []
    found = [_read(path, reasons) for path in sorted((folder / "scenarios").glob("*.yaml"))]
    if reasons:
        raise RuleViolated(reasons)
    return [each for each in found if each is not None]


def read_resources(key: str, resources: Mapping[str, bytes]) -> list[ScenarioFile]:
    """The scenario files among deployed resources. Raises RuleViolated with every wrong line."""
    reasons: list[str] = []
    found = []
    for name in sorted(name for name in resources if name.startswith("scenarios/")):
        text = resources[name].decode(errors="replace")
        found.append(_parse(text, f"{key}/{name}", name.removeprefix("scenarios/").removesuffix(".yaml"), reasons))
    if reasons:
        raise RuleViolated(reasons)
    return [each for each in found if each is not None]


def parse(text: str, name: str, process: str) -> ScenarioFile:
    """A scenario file's text. Raises RuleViolated with every wrong line."""
    reasons: list[str] = []
    found = _parse(text, name, process, reasons)
    if found is None or reasons:
        raise RuleViolated(reasons)
    return found


def _read(path: Path, reasons: list[str]) -> ScenarioFile | None:
    name = f"{path.parent.parent.name}/scenarios/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        reasons.append(f"{name}：文件不是 UTF-8，请另存为 UTF-8 后再放入")
        return None
    return _parse(text, name, path.stem, reasons)


def _parse(text: str, name: str, process: str, reasons: list[str]) -> ScenarioFile | None:
    try:
        content = yaml.load(text, _Lines)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        reasons.append(f"{name} 第 {line} 行：格式有误（{wrong.problem}），请检查缩进、冒号和引号")
        return None
    if not isinstance(content, dict) or not isinstance(content.get("情景"), list):
        reasons.append(f"{name} 第 1 行：文件应写有「情景」，下面逐条列出")
        return None
    reasons += [_unknown(name, content, key, _HEAD) for key in _keys(content) if key not in _HEAD]
    process = str(content.get("流程") or process)
    fillings = {key: _plain(each) for key, each in _items(content.get("填写"))}
    scenarios = tuple(
        each for given in content["情景"] if (each := _scenario(given, name, process, fillings, reasons)) is not None
    )
    return ScenarioFile(process, scenarios, {key: str(why) for key, why in _items(content.get("免走"))})


def _scenario(given: Any, file: str, process: str, fillings: Mapping[str, Any], reasons: list[str]) -> Scenario | None:
    if not isinstance(given, dict) or not given.get("名称") or not isinstance(given.get("步骤"), list):
        line = given.get(_LINE, 1) if isinstance(given, dict) else 1
        reasons.append(f"{file} 第 {line} 行：情景应写有「名称」和「步骤」")
        return None
    reasons += [_unknown(file, given, key, _SCENARIO) for key in _keys(given) if key not in _SCENARIO]
    steps = [step for each in given["步骤"] if (step := _step(each, file, given[_LINE], reasons)) is not None]
    start = given.get("开始时间")
    if start is not None and not isinstance(start, datetime):
        try:
            start = datetime.fromisoformat(str(start))
        except ValueError:
            reasons.append(f"{file} 第 {given[_LINE]} 行：开始时间「{start}」应写成 2026-11-16 10:00 这样")
            start = None
    return Scenario(file, given[_LINE], str(given["名称"]), process, tuple(steps), fillings, start)


def _step(given: Any, file: str, line: int, reasons: list[str]) -> Step | None:
    if not isinstance(given, dict):
        reasons.append(f"{file} 第 {line} 行起的情景里，「{given}」不是一步；每一步应以「- 发起:」「- 办理:」等开头")
        return None
    line = given[_LINE]
    verb = next((key for key in _keys(given) if key in DETAILS), None)
    if verb is None:
        reasons.append(f"{file} 第 {line} 行：看不出这一步做什么，应写有 {'、'.join(DETAILS)} 之一")
        return None
    details = {key: _plain(value) for key, value in given.items() if key not in (verb, _LINE)}
    reasons += [_unknown(file, given, key, DETAILS[verb]) for key in details if key not in DETAILS[verb]]
    return Step(line, verb, _plain(given[verb]), details)


def _unknown(file: str, given: Mapping[str, Any], key: str, known: frozenset[str]) -> str:
    return f"{file} 第 {given[_LINE]} 行：不认识「{key}」，这里可以写 {'、'.join(sorted(known)) or '的只有一项'}"


def _keys(given: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in given if key != _LINE)


def _items(given: Any) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in given.items() if key != _LINE) if isinstance(given, dict) else iter(())


def _plain(value: Any) -> Any:
    """The value without the lines' numbers."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key != _LINE}
    return [_plain(each) for each in value] if isinstance(value, list) else value


class _Lines(yaml.SafeLoader):
    """A mapping knows the line it begins on."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        found[_LINE] = node.start_mark.line + 1
        return found


def _numbered(loader: _Lines, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_Lines.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _numbered)
