"""Which bodies are ranked among each other."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import (
    CASE_DEPARTMENT,
    CASE_OFFICE,
)

OFFICES = "offices"
DEPARTMENTS = "departments"
UNITS = "units"
"""Who handles cases and is no department: water, gas, heat."""


def ranked_roles(profile: Jurisdiction) -> dict[str, Sequence[str]]:
    """Title of bodies that are ranked → their roles. The departments are the largest family; the roles
    that name none are one."""
    ranked = profile.roles_of(CASE_DEPARTMENT)
    families: dict[str, list[str]] = {}
    for key in ranked:
        family = profile.roles[key].family
        named = "" if family == key else family
        families.setdefault(named, []).append(key)
    departments = max(families.values(), key=len, default=[])
    units = [key for key in ranked if key not in departments]
    return {
        DEPARTMENTS: departments,
        UNITS: units,
        OFFICES: profile.roles_of(CASE_OFFICE),
    }
