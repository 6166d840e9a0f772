"""What a process takes from its caller and gives back, for the panel of a step that calls it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from orchestrator import engine
from orchestrator.services import bundles
from orchestrator.services.deployments.profile_checks import call_needs
from orchestrator.services.deployments.profile_checks.variables import (
    Variables,
)

Offered = dict[str, list[dict[str, str]]]


def of(resources: Mapping[str, bytes], process_key: str) -> Offered:
    """`needs` and `gives` of the process, each as [{value, label}]; nothing of one that cannot be read."""
    read = (
        (name, content)
        for name, content in resources.items()
        if name.endswith((".bpmn", ".dmn", ".form"))
    )
    return _of_all(tuple(read)).get(process_key, {"needs": [], "gives": []})


# An editor is opened, reloaded and opened again with the same files.
@lru_cache(maxsize=4)
def _of_all(files: tuple[tuple[str, bytes], ...]) -> Mapping[str, Offered]:
    resources = dict(files)
    loaded, _wrong = bundles.load_forms(resources)
    definitions = []
    for key in engine.processes(resources):
        try:
            definitions.append(engine.load_definition(resources, key))
        except (KeyError, ValueError):
            continue
    variables = Variables(definitions, loaded)
    return {
        key: {
            "needs": [
                {"value": need.name, "label": need.label}
                for need in call_needs.needs(variables, process)
            ],
            "gives": [
                {"value": name, "label": label}
                for name, label in call_needs.gives(variables, process).items()
            ],
        }
        for key, process in variables.processes.items()
    }
