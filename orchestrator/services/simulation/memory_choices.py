"""The choices of a form on paper on which it depends who is asked next: bodies that the folder names."""

from __future__ import annotations

from forms import Option
from orchestrator.domain.territory import body_id, codes_by_level
from orchestrator.services.simulation.scenario_people import Directory


def of_place(directory: Directory, path: str) -> dict[str, list[Option]]:
    """The departments of the place's county and city, and the governments of the townships below it."""
    profile, by_level = directory.folder.profile, codes_by_level(path)
    departments = [
        Option(body.id, body.name)
        for level in ("county", "city")
        if level in by_level
        for role in profile.roles.values()
        if role.family == "department"
        and (body := directory.bodies.get(body_id(profile.key, role.key, by_level[level])))
    ]
    townships = [
        Option(body.id, body.name)
        for body in directory.bodies.values()
        if body.role == "government" and body.place.level == "township" and body.place.path.startswith(path)
    ]
    return {"departments": departments, "township_governments": townships}
