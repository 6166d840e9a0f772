"""What is checked before a deployment: diagrams, tables, forms and profile against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import forms
from orchestrator import bpmn_checks, engine
from orchestrator.domain.jurisdiction import JurisdictionInvalid
from orchestrator.errors import DeploymentRefused, Finding
from orchestrator.services import bundles
from orchestrator.services.deployments import profile_checks, table_tests
from orchestrator.store.writing import heavy


@dataclass(frozen=True)
class Inspected:
    """Resources that may be deployed, with what was noted about them."""

    resources: Mapping[str, bytes]
    notes: tuple[Finding, ...]


def inspect(resources: Mapping[str, bytes]) -> Inspected:
    """Checks diagrams, tables and forms against each other. Raises DeploymentRefused with all reasons."""
    results = findings(resources)
    if any(finding.severity == "error" for finding in results):
        raise DeploymentRefused(results)
    return Inspected(resources, tuple(results))


@heavy
def findings(resources: Mapping[str, bytes]) -> list[Finding]:
    """Everything there is to say about diagrams, tables, forms and profile together."""
    return list(_findings(tuple(resources.items())))


# A draft is checked while it is written, at each of its pages, and again when it is published.
@lru_cache(maxsize=4)
def _findings(files: tuple[tuple[str, bytes], ...]) -> tuple[Finding, ...]:
    resources = dict(files)
    loaded, results = bundles.load_forms(resources)
    results += bpmn_checks.check(
        resources,
        {key: form.field_keys for key, form in loaded.items()},
    )
    agreement = _agreement(resources, loaded, results)
    return (*results, *agreement, *table_tests.findings(resources))


def _agreement(
    resources: Mapping[str, bytes],
    loaded: Mapping[str, forms.Form],
    known: Sequence[Finding],
) -> list[Finding]:
    """What the profile's own rules find, once the diagrams can be read at all."""
    broken = {
        finding.resource for finding in known if finding.severity == "error"
    }
    if bundles.PROFILE not in resources or any(
        str(name).endswith(".bpmn") for name in broken
    ):
        return []
    try:
        profile = bundles.profile_of(resources)
    except JurisdictionInvalid as invalid:
        return [
            Finding("profile-invalid", None, reason, resource=bundles.PROFILE)
            for reason in invalid.reasons
        ]
    definitions = [
        engine.load_definition(resources, key)
        for key in process_keys(resources)
    ]
    return profile_checks.check(
        profile_checks.CheckedDeployment(profile, loaded, definitions),
    )


def process_keys(resources: Mapping[str, bytes]) -> list[str]:
    """Keys of the processes that start by themselves or by people: those that say who may, and those that an
    event starts."""
    read = (
        (name, content)
        for name, content in resources.items()
        if name.endswith((".bpmn", ".dmn"))
    )
    return list(_process_keys(tuple(read)))


# Whoever publishes, compares or runs a back-test asks several times for the same files.
@lru_cache(maxsize=8)
def _process_keys(files: tuple[tuple[str, bytes], ...]) -> tuple[str, ...]:
    resources = dict(files)
    keys = []
    for name in resources:
        if not name.endswith(".bpmn"):
            continue
        key = name.rpartition("/")[2].removesuffix(".bpmn")
        try:
            definition = engine.load_definition(resources, key)
        except KeyError:
            continue
        if definition.starter_groups or definition.triggered_starts:
            keys.append(key)
    return tuple(sorted(keys))
