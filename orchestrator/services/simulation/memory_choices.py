"""The choices of a form on paper on which it depends who is asked next: bodies that the folder names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import forms
from forms import Option
from orchestrator.domain.jurisdiction.functions import (
    CASE_DEPARTMENT,
    COMMUNITY_COMMITTEE,
    COMMUNITY_PARTY,
    LOCAL_GOVERNMENT,
)
from orchestrator.domain.territory import body_id
from orchestrator.services.simulation.scenario_people import FolderDirectory

OF_BODIES = frozenset(
    {
        "departments",
        "assisting_departments",
        "handling_departments",
        "township_governments",
        "community_committees",
        "community_parties",
    }
)
"""Those of the sources below whose choices are bodies."""


def require_bodies(
    directory: FolderDirectory, form: forms.Form, data: Mapping[str, Any]
) -> None:
    """Raises Unknown when a body was chosen that exists nowhere in the jurisdiction."""
    for field in form.inputs():
        if field.options_source in OF_BODIES:
            given = data.get(field.key) or []
            names = [given] if isinstance(given, str) else given
            for name in names:
                directory.require_body(str(name))


def of_place(directory: FolderDirectory, path: str) -> dict[str, list[Option]]:
    """The departments of the place and of every wider one, the lowest governments below it, grids, kinds."""
    profile = directory.folder.profile
    codes = path.strip("/").split("/")
    ids = [
        body_id(profile.key, role, code)
        for code in reversed(codes)
        for role in profile.roles_of(CASE_DEPARTMENT)
    ]
    departments = [
        directory.bodies[value] for value in ids if value in directory.bodies
    ]
    grids = [
        Option(row.place.code, f"{row.place.name}（{row.place.code}）")
        for row in directory.folder.grids
        if row.place.path.startswith(path)
    ]
    return {
        "grids": grids,
        "grid_kinds": [
            Option(key, name) for key, name in profile.grid.kinds.items()
        ],
        "member_posts": [
            Option(post.key, post.name) for post in profile.members.posts
        ],
        "member_educations": [
            Option(key, name)
            for key, name in profile.members.educations.items()
        ],
        "case_classes": [
            Option(key, name) for key, name in profile.case_classes.items()
        ],
        "departments": [Option(body.id, body.name) for body in departments],
        "assisting_departments": [
            Option(body.id, body.name) for body in departments
        ],
        "handling_departments": [
            Option(body.id, body.name) for body in departments
        ],
        "township_governments": _lowest(directory, path, LOCAL_GOVERNMENT),
        "community_committees": _lowest(directory, path, COMMUNITY_COMMITTEE),
        "community_parties": _lowest(directory, path, COMMUNITY_PARTY),
    }


def _lowest(
    directory: FolderDirectory, path: str, function: str
) -> list[Option]:
    """The bodies of that function below the place, at the lowest level that has it."""
    profile = directory.folder.profile
    roles = profile.roles_of(function)
    level = profile.levels_of(function)[-1:]
    return [
        Option(body.id, body.name)
        for body in directory.bodies.values()
        if body.role in roles
        and body.place.level in level
        and body.place.path.startswith(path)
    ]
