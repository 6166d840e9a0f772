"""Which files of a deployment a process reads: what makes a version of it a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from orchestrator import engine
from orchestrator.services.bundles import PROFILE


def digest(
    definition: engine.Definition,
    resources: Mapping[str, bytes],
    digests: Mapping[str, str],
) -> str:
    """One digest over everything an instance of the process reads."""
    used = sorted(_read_by(definition, resources))
    return hashlib.sha256(
        "\n".join(f"{name} {digests[name]}" for name in used).encode(),
    ).hexdigest()


def _read_by(
    definition: engine.Definition,
    resources: Mapping[str, bytes],
) -> set[str]:
    """Names of the files that an instance of the process reads: diagrams, their forms, decision tables, the
    profile."""
    keys = {element.form_key for element in _elements(definition)} | {
        definition.start_form_key,
    }
    forms_used = {
        n
        for n in resources
        if n.endswith(".form")
        and n.rpartition("/")[2].removesuffix(".form") in keys
    }
    logic = read_by_edition(definition, resources)
    return logic | forms_used | {PROFILE} & resources.keys()


def read_by_edition(
    definition: engine.Definition,
    resources: Mapping[str, bytes],
) -> set[str]:
    """Names of the files that conditions, scripts and templates stand in: diagrams and decision tables."""
    diagrams = {process.resource for process in definition.processes.values()}
    decisions = {
        element.decision
        for element in _elements(definition)
        if element.decision
    }
    tables = {
        n
        for n in resources
        if n.endswith(".dmn")
        and decisions & {key for key, _ in engine.decision_names(resources[n])}
    }
    return diagrams | tables


def _elements(definition: engine.Definition) -> list[engine.Element]:
    return [
        element
        for process in definition.processes.values()
        for element in process.elements.values()
    ]
