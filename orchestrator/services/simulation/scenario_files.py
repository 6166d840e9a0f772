"""Scenario files as values: `bpmn/KEY/scenarios/*.yaml`, written in the city's own words; whatever is wrong
is told with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import yaml

from orchestrator.errors import RuleViolated
from orchestrator.sentences import Sentence, say
from orchestrator.services.simulation.step_shapes import (
    BESIDE,
    SHAPES,
    is_text,
    misshapen,
    moment,
)
from orchestrator.services.simulation.yaml_loader import (
    NumberedMapping,
    ScenarioLoader,
)
from orchestrator.store.writing import heavy

_HEAD = frozenset({"流程", "说明", "填写", "情景", "免走"})
_SCENARIO = frozenset({"名称", "开始时间", "步骤", "依据", "只在引擎"})
LARGEST = 300_000
"""Characters of a file."""


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    line: int
    verb: str
    """A key of BESIDE."""
    subject: Any
    """What stands after the verb."""
    details: Mapping[str, Any]

    @property
    def instance_name(self) -> str:
        """Which of the scenario's instances is meant; empty for the latest."""
        return str(self.details.get("事项") or "")


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    line: int
    name: str
    process: str
    """Process key: the file's stem, unless the file says otherwise."""
    steps: tuple[ScenarioStep, ...]
    fillings: Mapping[str, Mapping[str, Any]]
    """Named sets of form values that steps refer to."""
    start: datetime | None = None
    """Without offset: local time of the jurisdiction."""
    memory_only: str = ""
    """Why it is run in memory alone; empty when it is run on a database too."""
    ground: str = ""
    """The articles that it is about, as its author wrote them."""


@dataclass(frozen=True)
class ScenarioFile:
    process: str
    scenarios: tuple[Scenario, ...]
    waived: Mapping[str, str] = field(default_factory=dict)
    """Sequence flow id → why no scenario needs to cross it."""


def scenario_verbs() -> list[tuple[str, str, list[str]]]:
    """(verb, what it may be written with, what may be said beside it) of each step."""
    return [
        (verb, str(SHAPES[verb].example), sorted(beside))
        for verb, beside in BESIDE.items()
    ]


@heavy
def read_resources(
    key: str, resources: Mapping[str, bytes]
) -> list[ScenarioFile]:
    """The scenario files among deployed resources. Raises RuleViolated with every wrong line."""
    reasons: list[str] = []
    scenario_files = []
    for name in sorted(
        name for name in resources if name.startswith("scenarios/")
    ):
        try:
            text = resources[name].decode()
        except UnicodeDecodeError:
            reasons.append(
                say(
                    "{key}/{name}：文件不是 UTF-8，请另存为 UTF-8 后再放入",
                    key=key,
                    name=name,
                )
            )
            continue
        process = name.removeprefix("scenarios/").removesuffix(".yaml")
        try:
            scenario_files.append(_read(text, f"{key}/{name}", process))
        except RuleViolated as wrong:
            reasons += wrong.reasons
    if reasons:
        raise RuleViolated(reasons)
    return scenario_files


@heavy
def parse(text: str, name: str, process: str) -> ScenarioFile:
    """A scenario file's text. Raises RuleViolated with every wrong line, and for a file that has no
    scenario."""
    scenario_file = _read(text, name, process)
    if not scenario_file.scenarios:
        raise RuleViolated(
            [
                say(
                    "{name} 第 1 行：“情景”下面还没有情景，请至少写一个，写明“名称”和“步骤”",
                    name=name,
                )
            ]
        )
    return scenario_file


def legible(text: str, process: str) -> tuple[ScenarioFile | None, list[str]]:
    """What can be read of a procedure's file, None where nothing can, and the sentence of every wrong line.
    Scenarios and steps that cannot be read are left out."""
    reasons: list[str] = []
    return _parse(text, say("情景"), process, reasons), reasons


def line_of(reason: str) -> int | None:
    """The line, from 1, that a sentence of `parse` is about; None where it is about the whole file."""
    values = reason.values if isinstance(reason, Sentence) else {}
    line = values.get("line")
    return line if isinstance(line, int) else None


# The files of a city are read at each check of its drafts and again when one is published. Nobody changes
# what was read.
@lru_cache(maxsize=32)
def _read(text: str, name: str, process: str) -> ScenarioFile:
    reasons: list[str] = []
    scenario_file = _parse(text, name, process, reasons)
    if scenario_file is None or reasons:
        raise RuleViolated(reasons)
    return scenario_file


def _parse(
    text: str, name: str, process: str, reasons: list[str]
) -> ScenarioFile | None:
    if len(text) > LARGEST:
        reasons.append(
            say(
                "{name}：文件超过 {largest} 万字，请删减情景，相同的内容写在“填写”里共用",
                name=name,
                largest=LARGEST // 10000,
            )
        )
        return None
    try:
        return _file(yaml.load(text, ScenarioLoader), name, process, reasons)
    except yaml.MarkedYAMLError as wrong:
        if wrong.problem_mark:
            line = wrong.problem_mark.line + 1
        else:
            line = 1
        reasons.append(
            say(
                "{name} 第 {line} 行：格式有误（{problem}），请检查缩进、冒号和引号",
                name=name,
                line=line,
                problem=wrong.problem,
            )
        )
    except yaml.reader.ReaderError as wrong:
        line = text.count("\n", 0, wrong.position) + 1
        reasons.append(
            say(
                "{name} 第 {line} 行：有不能使用的控制字符（U+{ord:04X}），请删除后再保存",
                name=name,
                line=line,
                ord=ord(text[wrong.position]),
            )
        )
    except (yaml.YAMLError, ValueError) as wrong:
        reasons.append(
            say(
                "{name}：格式有误（{wrong}），请检查缩进、冒号和引号",
                name=name,
                wrong=wrong,
            )
        )
    except RecursionError:
        reasons.append(
            say(
                "{name}：括号或缩进的层次太多，请按“情景、步骤、填写”逐层书写",
                name=name,
            )
        )
    return None


def _file(
    content: Any, name: str, process: str, reasons: list[str]
) -> ScenarioFile | None:
    if not isinstance(content, NumberedMapping) or not isinstance(
        content.get("情景"), list
    ):
        reasons.append(
            say("{name} 第 1 行：文件应写有“情景”，下面逐条列出", name=name)
        )
        return None
    reasons += [
        _unknown(name, content, key, _HEAD)
        for key in content
        if key not in _HEAD
    ]
    if content.get("流程") is not None and not is_text(content["流程"]):
        reasons.append(
            say(
                "{name} 第 {line} 行：“流程”应写流程编号，如 item_admission",
                name=name,
                line=content.lines["流程"],
            )
        )
    process = str(content.get("流程") or process)
    fillings = _fillings(content, name, reasons)
    scenarios = tuple(
        scenario
        for given in content["情景"]
        if (scenario := _scenario(given, name, process, fillings, reasons))
        is not None
    )
    return ScenarioFile(process, scenarios, _waivers(content, name, reasons))


def _fillings(
    content: NumberedMapping, name: str, reasons: list[str]
) -> dict[str, Any]:
    fillings = {}
    for key, line, given in _entries(
        content, "填写", name, "申请: {事项名称: 夜间巡查}", reasons
    ):
        if isinstance(given, dict):
            fillings[key] = _plain(given)
        else:
            reasons.append(
                say(
                    "{name} 第 {line} 行：“填写”里的“{key}”应写成 {key}: {{项目: 内容}} 这样",
                    name=name,
                    line=line,
                    key=key,
                )
            )
    return fillings


def _waivers(
    content: NumberedMapping, name: str, reasons: list[str]
) -> dict[str, str]:
    waivers = {}
    for flow, line, why in _entries(
        content, "免走", name, "连线编号: 免走的理由", reasons
    ):
        if isinstance(why, str) and why.strip():
            waivers[flow] = why
        else:
            reasons.append(
                say(
                    "{name} 第 {line} 行：免走“{flow}”没有写明理由，请写一句话说明为什么不必走这条连线",
                    name=name,
                    line=line,
                    flow=flow,
                )
            )
    return waivers


def _entries(
    content: NumberedMapping,
    head: str,
    name: str,
    example: str,
    reasons: list[str],
) -> Iterator[tuple[str, int, Any]]:
    """Key, line and value of what stands under that head; nothing where nothing does."""
    given = content.get(head)
    if isinstance(given, NumberedMapping):
        yield from (
            (str(key), given.lines[key], value) for key, value in given.items()
        )
    elif given is not None:
        reasons.append(
            say(
                "{name} 第 {line} 行：“{head}”下面应逐条写成 {example} 这样",
                name=name,
                line=content.lines[head],
                head=head,
                example=example,
            )
        )


def _scenario(
    given: Any,
    file: str,
    process: str,
    fillings: Mapping[str, Any],
    reasons: list[str],
) -> Scenario | None:
    if (
        not isinstance(given, NumberedMapping)
        or not is_text(given.get("名称"))
        or not isinstance(given.get("步骤"), list)
    ):
        if isinstance(given, NumberedMapping):
            line = given.line
        else:
            line = 1
        reasons.append(
            say(
                "{file} 第 {line} 行：情景应写有“名称”和“步骤”",
                file=file,
                line=line,
            )
        )
        return None
    reasons += [
        _unknown(file, given, key, _SCENARIO)
        for key in given
        if key not in _SCENARIO
    ]
    steps = [
        step
        for value in given["步骤"]
        if (step := _step(value, file, given.line, reasons)) is not None
    ]
    begins = given.get("开始时间")
    start = moment(begins)
    if begins is not None and start is None:
        reasons.append(
            say(
                "{file} 第 {line} 行：开始时间“{begins}”应写成 2026-11-16 10:00 这样",
                file=file,
                line=given.line,
                begins=begins,
            )
        )
    memory_only = given.get("只在引擎")
    if "只在引擎" in given and not is_text(memory_only):
        reasons.append(
            say(
                "{file} 第 {line} 行：“只在引擎”后面应写明为什么不在数据库上演练",
                file=file,
                line=given.lines["只在引擎"],
            )
        )
    return Scenario(
        file,
        given.line,
        str(given["名称"]),
        process,
        tuple(steps),
        fillings,
        start,
        str(memory_only or ""),
        str(given.get("依据") or ""),
    )


def _step(
    given: Any, file: str, line: int, reasons: list[str]
) -> ScenarioStep | None:
    if not isinstance(given, NumberedMapping):
        reasons.append(
            say(
                "{file} 第 {line} 行起的情景里，“{given}”不是一步；每一步应以“- 发起:”“- 办理:”等开头",
                file=file,
                line=line,
                given=given,
            )
        )
        return None
    verb = next((key for key in given if key in BESIDE), None)
    if verb is None:
        reasons.append(
            say(
                "{file} 第 {line} 行：看不出这一步做什么，应写有 {listed} 之一",
                file=file,
                line=given.line,
                listed="、".join(BESIDE),
            )
        )
        return None
    subject = _plain(given[verb])
    details = {
        key: _plain(value) for key, value in given.items() if key != verb
    }
    unknown = details.keys() - BESIDE[verb]
    reasons += [
        _unknown(file, given, key, BESIDE[verb])
        for key in details
        if key in unknown
    ]
    known = {
        key: value for key, value in details.items() if key not in unknown
    }
    reasons += [
        say(
            "{file} 第 {line} 行：{told}",
            file=file,
            line=given.line,
            told=sentence,
        )
        for sentence in misshapen(verb, subject, known)
    ]
    return ScenarioStep(given.line, verb, subject, details)


def _unknown(
    file: str, given: NumberedMapping, key: Any, known: frozenset[str]
) -> str:
    return say(
        "{file} 第 {line} 行：不认识“{key}”，这里可以写 {listed}",
        file=file,
        line=given.line,
        key=key,
        listed="、".join(sorted(known)) or say("的只有一项"),
    )


def _plain(value: Any) -> Any:
    """The value without the lines' numbers."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value
