"""How deep a process goes: subprocesses and called processes inside each other."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from orchestrator.bpmn_checks.diagram import DeployedDiagram, refuse
from orchestrator.engine.commands import Environment
from orchestrator.engine.model import Process
from orchestrator.errors import Finding
from orchestrator.sentences import say

MOST = Environment().max_depth


def too_deep(diagram: DeployedDiagram) -> Iterator[Finding]:
    for process in diagram.processes:
        if _depth_inside(process) > MOST:
            sentence = say(
                "流程“{name}”里的子流程一层套一层，超过 {most} 层，请减少层数",
                name=process.name,
                most=MOST,
            )
            yield refuse("too-deep", process.id, sentence)
        elif _first_too_deep(diagram, process):
            sentence = say(
                "流程“{name}”调用的流程一个再调用一个，连同其中的子流程超过 {most} 层，请减少层数",
                name=process.name,
                most=MOST,
            )
            yield refuse("too-deep", process.id, sentence)


def _first_too_deep(diagram: DeployedDiagram, process: Process) -> bool:
    """Whether the process is the last of a chain that goes too deep: those that call it need no remark.

    False where calls lead back, which another rule tells.
    """
    if not _goes_too_deep(diagram, process):
        return False
    called = {key for key, _depth in process.calls}
    known = [
        diagram.known_processes[key]
        for key in called
        if key in diagram.known_processes
    ]
    if any(_goes_too_deep(diagram, process) for process in known):
        return False
    return _ends(diagram, process.id)


def _goes_too_deep(diagram: DeployedDiagram, start: Process) -> bool:
    """Whether calls from here on lead deeper than is run."""
    levels: list[set[str]] = [set() for _level in range(MOST + 1)]
    levels[0].add(start.id)
    for depth, keys in enumerate(levels):
        for key in keys:
            process = diagram.known_processes.get(key)
            if process is None:
                continue
            if depth + _depth_inside(process) > MOST:
                return True
            for called, deeper in process.calls:
                if called not in diagram.known_processes:
                    continue
                if depth + deeper > MOST:
                    return True
                levels[depth + deeper].add(called)
    return False


def _ends(diagram: DeployedDiagram, start: str) -> bool:
    """Whether no call of all that are reached leads back."""
    reached: dict[str, list[str]] = {}
    pending = [start]
    while pending:
        key = pending.pop()
        process = diagram.known_processes.get(key)
        if key in reached or process is None:
            continue
        reached[key] = [called for called, _depth in process.calls]
        pending += reached[key]
    try:
        TopologicalSorter(reached).prepare()
    except CycleError:
        return False
    return True


def _depth_inside(process: Process) -> int:
    return max(process.levels.values())
