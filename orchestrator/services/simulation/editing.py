"""A scenario file changed at one place: steps, remarks and order that are not meant stay byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.appending import HEAD
from orchestrator.services.simulation.yaml_loader import ScenarioLoader
from orchestrator.store.writing import heavy

STEPS = "步骤"


@dataclass(frozen=True, slots=True)
class StepPlace:
    """Counted from 0."""

    scenario: int
    step: int


@dataclass(frozen=True, slots=True, order=True)
class TextChange:
    """Takes the place of what stands from `start` to `end`, which are characters of the file."""

    start: int
    end: int
    new: str


@heavy
def put_step(
    text: str,
    process: str,
    place: StepPlace,
    said: Mapping[str, Any],
) -> str:
    """The text with the step saying this; what it says already stays as it is written. Raises RuleViolated
    with every wrong line, and for a place that is not there."""
    before = scenario_files.parse(text, HEAD, process)
    node = _step(text, place)
    now = before.scenarios[place.scenario].steps[place.step]
    then = {now.verb: now.subject, **now.details}
    keys = _keys(node)
    changes: list[TextChange] = []
    for key in then:
        if key not in said:
            changes.append(_without(text, *keys[key]))
    for key, value in said.items():
        if key not in then:
            changes.append(_added(text, node, key, value))
        elif value != then[key]:
            changes.append(_replaced(text, *keys[key], value))
    after = _changed(text, changes)
    return _read(after, process, before, place, said)


@heavy
def add_step(
    text: str,
    process: str,
    place: StepPlace,
    said: Mapping[str, Any],
) -> str:
    """The text with one more step before the one that stands at the place, or at the end. Raises
    RuleViolated."""
    before = scenario_files.parse(text, HEAD, process)
    steps = before.scenarios[place.scenario].steps
    if steps and place.step < len(steps):
        dash = _dash(text, _step(text, place))
        column = _column(text, dash)
        margin = " " * column
        block = _block(said, column).lstrip()
        change = TextChange(dash, dash, f"{block}{margin}")
    else:
        last = _step(text, StepPlace(place.scenario, len(steps) - 1))
        column = _column(text, _dash(text, last))
        block = _block(said, column).rstrip("\n")
        end = _end(text, last)
        change = TextChange(end, end, f"\n{block}")
    after = _changed(text, [change])
    return _read(after, process, before, place, said)


@heavy
def remove_step(text: str, process: str, place: StepPlace) -> str:
    """The text without the step. Raises RuleViolated, for the only step of a scenario too."""
    before = scenario_files.parse(text, HEAD, process)
    if len(before.scenarios[place.scenario].steps) < 2:
        raise RuleViolated([say("情景至少要有一步，请先加上别的步骤")])
    change = _without_entry(text, _step(text, place))
    after = _changed(text, [change])
    return _read(after, process, before, place, None)


@heavy
def remove_scenario(text: str, process: str, scenario: int) -> str:
    """The text without the scenario. Raises RuleViolated, for the only one too."""
    before = scenario_files.parse(text, HEAD, process)
    node = _scenario(text, scenario)
    if _value(yaml.compose(text, ScenarioLoader), HEAD).flow_style:
        raise RuleViolated([_strange()])
    if len(before.scenarios) < 2:
        raise RuleViolated([say("至少要有一个情景，请先加上别的情景")])
    change = _without_entry(text, node)
    after = _changed(text, [change])
    there = scenario_files.parse(after, HEAD, process)
    kept = [_told(one) for one in before.scenarios]
    del kept[scenario]
    if [_told(one) for one in there.scenarios] != kept:
        raise RuleViolated([_strange()])
    return after


@heavy
def put_head(
    text: str,
    process: str,
    scenario: int,
    said: Mapping[str, str],
) -> str:
    """The text with these settings of the scenario, such as its name and the articles it is about; an empty
    one is taken away. Raises RuleViolated."""
    before = scenario_files.parse(text, HEAD, process)
    node = _scenario(text, scenario)
    keys = _keys(node)
    changes: list[TextChange] = []
    for key, value in said.items():
        if key not in keys:
            if value:
                changes.append(_below_the_name(node, key, value))
            continue
        name, written = keys[key]
        if not value:
            changes.append(_without(text, name, written))
        elif value != str(written.value):
            changes.append(_replaced(text, name, written, value))
    after = _changed(text, changes)
    there = scenario_files.parse(after, HEAD, process)
    if len(there.scenarios) != len(before.scenarios):
        raise RuleViolated([_strange()])
    return after


def flow(value: Any) -> str:
    """The value on one line, as the file writes it."""
    written = yaml.safe_dump(
        value,
        allow_unicode=True,
        default_flow_style=True,
        sort_keys=False,
        width=100_000,
    )
    return written.removesuffix("\n").removesuffix("\n...").strip()


def _read(
    after: str,
    process: str,
    before: scenario_files.ScenarioFile,
    place: StepPlace,
    said: Mapping[str, Any] | None,
) -> str:
    """The text, once all of it but the step is read as before. Raises RuleViolated."""
    there = scenario_files.parse(after, HEAD, process)
    if not _same_but(before, there, place.scenario):
        raise RuleViolated([_strange()])
    if said is not None:
        step = there.scenarios[place.scenario].steps[place.step]
        if {step.verb: step.subject, **step.details} != dict(said):
            raise RuleViolated([_strange()])
    return after


def _same_but(
    before: scenario_files.ScenarioFile,
    after: scenario_files.ScenarioFile,
    changed: int,
) -> bool:
    """Whether all scenarios but the changed one say what they said."""
    if len(before.scenarios) != len(after.scenarios):
        return False
    pairs = zip(before.scenarios, after.scenarios, strict=True)
    for number, (old, new) in enumerate(pairs):
        if number != changed and _told(old) != _told(new):
            return False
    return before.waived == after.waived


def _told(scenario: scenario_files.Scenario) -> tuple[Any, ...]:
    steps = [
        (step.verb, step.subject, step.details) for step in scenario.steps
    ]
    return (scenario.name, scenario.ground, scenario.start, steps)


def _strange() -> str:
    return say(
        "情景文件这一处的写法特殊，改不准，请在“全文”里改",
    )


def _scenario(text: str, number: int) -> yaml.MappingNode:
    root = yaml.compose(text, ScenarioLoader)
    listed = _value(root, HEAD)
    if not 0 <= number < len(listed.value):
        raise RuleViolated([_gone()])
    mapping_node: yaml.MappingNode = listed.value[number]
    return mapping_node


def _step(text: str, place: StepPlace) -> yaml.MappingNode:
    steps = _value(_scenario(text, place.scenario), STEPS)
    if steps.flow_style:
        raise RuleViolated([_strange()])
    if not 0 <= place.step < len(steps.value):
        raise RuleViolated([_gone()])
    mapping_node: yaml.MappingNode = steps.value[place.step]
    return mapping_node


def _gone() -> str:
    return say("情景已经改过，这一步不在了，请回到情景页再看")


def _value(node: Any, name: str) -> Any:
    return next(value for key, value in node.value if key.value == name)


def _end(text: str, node: yaml.Node) -> int:
    """Where what the node says ends: blank lines and remarks behind it belong to what follows."""
    if isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">"):
        return int(node.end_mark.index)
    if getattr(node, "flow_style", False):
        return int(node.end_mark.index)
    if isinstance(node, yaml.CollectionNode) and node.value:
        last = node.value[-1]
        if isinstance(last, tuple):
            last = last[1]
        return _end(text, last)
    return len(text[: node.end_mark.index].rstrip())


def _line_end(text: str, at: int) -> int:
    """Behind the line's end, so that a remark on it goes too."""
    number = text.find("\n", at)
    if number < 0:
        return len(text)
    return number + 1


def _column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)


def _dash(text: str, entry: yaml.Node) -> int:
    """Where the dash of the list's entry stands."""
    return text.rindex("-", 0, entry.start_mark.index)


def _keys(node: yaml.MappingNode) -> dict[str, tuple[Any, Any]]:
    """Each key's text → where it and its value stand."""
    return {key.value: (key, value) for key, value in node.value}


def _without_entry(text: str, entry: yaml.Node) -> TextChange:
    """Takes an entry of a list away with its lines."""
    dash = _dash(text, entry)
    start = text.rindex("\n", 0, dash) + 1
    end = _line_end(text, _end(text, entry))
    return TextChange(start, end, "")


def _without(text: str, key: yaml.Node, value: yaml.Node) -> TextChange:
    """Takes a key away with its line; in brackets with its comma."""
    start = int(key.start_mark.index)
    end = _end(text, value)
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip():
        return TextChange(line, _line_end(text, end), "")
    before = text[:start].rstrip()
    if before.endswith(","):
        return TextChange(len(before) - 1, end, "")
    raise RuleViolated([_strange()])


def _replaced(
    text: str,
    key: yaml.Node,
    value: yaml.Node,
    new: Any,
) -> TextChange:
    colon = key.end_mark.index
    end = _end(text, value)
    return TextChange(colon + 1, end, f" {flow(new)}")


def _added(
    text: str,
    node: yaml.MappingNode,
    key: str,
    value: Any,
) -> TextChange:
    _last_key, last = node.value[-1]
    end = _end(text, last)
    entry = f"{key}: {flow(value)}"
    if node.flow_style:
        return TextChange(end, end, f", {entry}")
    margin = " " * node.start_mark.column
    return TextChange(end, end, f"\n{margin}{entry}")


def _below_the_name(
    node: yaml.MappingNode, key: str, value: str
) -> TextChange:
    """Adds a key of a scenario."""
    _key, name = _keys(node)["名称"]
    end = int(name.end_mark.index)
    margin = " " * node.start_mark.column
    return TextChange(end, end, f"\n{margin}{key}: {flow(value)}")


def _changed(text: str, changes: list[TextChange]) -> str:
    # From the end, so that what stands before keeps its place.
    for change in sorted(changes, reverse=True):
        text = text[: change.start] + change.new + text[change.end :]
    return text


def _block(said: Mapping[str, Any], column: int) -> str:
    """A step on lines of its own, each thing it says on one."""
    margin = " " * column
    lines = [f"{key}: {flow(value)}" for key, value in said.items()]
    body = f"\n{margin}  ".join(lines)
    return f"{margin}- {body}\n"
