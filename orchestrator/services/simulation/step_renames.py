"""Where a scenario file means a step of its procedure by name: there alone a renamed step is renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from orchestrator.services.simulation import scenario_files, vocabulary
from orchestrator.services.simulation.appending import HEAD
from orchestrator.services.simulation.editing import STEPS, flow
from orchestrator.services.simulation.scenario_instances import of_others
from orchestrator.services.simulation.yaml_loader import ScenarioLoader
from orchestrator.store.writing import heavy

NAMED = frozenset(
    ("办理", "领取", "挂账", "恢复", "触发", "到期", "应办结", "事件"),
)
"""What is followed by the name of a step or event."""
LEFT = frozenset(("应有待办", "应在期限", "应出错", "出错"))
"""What has such names on the left side; of `应有待办` a list may hold them too."""
QUOTED = frozenset(("被拒", "异常", "应有记载", "应无记载"))
"""What may quote a sentence of the program, in which a step's name stands in brackets."""


@heavy
def renamed(
    text: str,
    process: str,
    own: set[str],
    names: Mapping[str, str],
) -> str:
    """The text with the steps called by their new names (`names`: old → new) wherever a step of the procedure
    is meant; `own`: what the procedure itself is called. Raises RuleViolated for a text that is no scenario
    file."""
    changes = []
    for node, whole in _places(text, process, own):
        now = str(node.value)
        then = names.get(now, now) if whole else _quoting(now, names)
        if then != now:
            start, end = node.start_mark.index, node.end_mark.index
            changes.append((start, end, flow(then)))
    for start, end, put in sorted(changes, reverse=True):
        text = text[:start] + put + text[end:]
    return text


def means(text: str, process: str, own: set[str], name: str) -> bool:
    """Whether some step of the file means the procedure's step of that name. Raises as `renamed`."""
    return any(
        whole and node.value == name
        for node, whole in _places(text, process, own)
    )


def _quoting(sentence: str, names: Mapping[str, str]) -> str:
    if sentence in names:
        return names[sentence]
    for old, new in names.items():
        for opens, closes in vocabulary.QUOTES:
            sentence = sentence.replace(
                f"{opens}{old}{closes}", f"{opens}{new}{closes}"
            )
    return sentence


def _places(
    text: str, process: str, own: set[str]
) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """(node, whether it is a step's name as a whole; else it may quote one) in the order of the file."""
    scenarios = scenario_files.parse(text, HEAD, process).scenarios
    listed = _under(yaml.compose(text, ScenarioLoader), HEAD)
    for scenario, node in zip(scenarios, listed.value, strict=True):
        foreign = of_others(scenario, own)
        for place, step in enumerate(_under(node, STEPS).value):
            if place not in foreign:
                yield from _of_step(step)


def _of_step(step: yaml.MappingNode) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    for key, value in step.value:
        if key.value in NAMED:
            yield from _scalars(value, True)
        elif key.value == "选流向":
            for pair in value.value:
                yield from _scalars(pair[0], True)
                yield from _scalars(pair[1], True)
        elif key.value in LEFT and isinstance(value, yaml.MappingNode):
            for pair in value.value:
                yield from _scalars(pair[0], True)
        elif key.value in LEFT:
            yield from _scalars(value, True)
        elif key.value in QUOTED:
            yield from _scalars(value, False)


def _scalars(
    node: yaml.Node, whole: bool
) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    if isinstance(node, yaml.ScalarNode):
        # A text of several lines is nobody's name.
        if node.style not in ("|", ">"):
            yield node, whole
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _scalars(entry, whole)


def _under(node: Any, name: str) -> Any:
    return next(value for key, value in node.value if key.value == name)
