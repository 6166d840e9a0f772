"""Levels, territories and bodies: where `grid-office@county` leads for a given place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.sentences import say

LEVELS = ("city", "county", "township", "community", "grid")
"""From the widest to the narrowest (procedures: 市、县、乡镇街道、村社区、网格)."""

LEVEL_NAMES = {
    "city": say("市级"),
    "county": say("县级"),
    "township": say("镇（街道）"),
    "community": say("村（社区）"),
    "grid": say("网格"),
}


@dataclass(frozen=True, slots=True)
class BodyRef:
    """A candidate group as a diagram names it."""

    role: str
    place: str
    """A level, `same`, `above`, or a territory code."""
    tenant: str | None = None
    """Set when the diagram, or a variable, named the body itself."""


def parse_body_ref(text: str) -> BodyRef:
    """`role@place` or a whole body id `tenant:role:code`; raises ValueError with a Chinese sentence."""
    if text.count(":") == 2:
        tenant, role, code = text.split(":")
        return BodyRef(role, code, tenant)
    role, at, place = text.partition("@")
    if not at or not role or not place:
        raise ValueError(say("办理机构「{text}」应写成 角色@层级，如 grid-office@county", text=text))
    return BodyRef(role, place)


def body_id(tenant: str, role: str, code: str) -> str:
    return f"{tenant}:{role}:{code}"


def codes_by_level(path: str, start: str = "city") -> dict[str, str]:
    """Level → territory code for a path `321100/321102/…/`, counted from the city down."""
    return dict(zip(LEVELS[LEVELS.index(start) :], path.strip("/").split("/"), strict=False))


def candidate_codes(ref: BodyRef, path: str) -> list[str]:
    """Territory codes at which the body may stand for an instance at `path`, the preferred first.

    `same` is the instance's own territory, `above` every wider one from the next up (the first that has the
    body is meant).
    """
    codes = path.strip("/").split("/")
    if ref.place == "same":
        return codes[-1:]
    if ref.place == "above":
        return list(reversed(codes[:-1]))
    by_level = codes_by_level(path)
    if ref.place in LEVELS:
        return [by_level[ref.place]] if ref.place in by_level else []
    return [ref.place]


def missing_body_sentence(ref: BodyRef, path: str, names: Mapping[str, str], role_name: str) -> str:
    """What the administrator reads when a task's body does not exist."""
    places = candidate_codes(ref, path) or [path.strip("/").split("/")[-1]]
    place = names.get(places[0], places[0])
    return say(
        "{place}没有设置「{role_name}」，无法确定由谁办理。请在机构设置中补上该机构或改派办理人",
        place=place,
        role_name=role_name,
    )
