"""Territories and bodies: where `role@level` leads for a given place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestrator.domain.levels import Levels
from orchestrator.sentences import say

PLACES: Mapping[str, str] = {
    "same": say("同级"),
    "above": say("上级"),
    "any": say("各级"),
    "top": say("最高一级"),
}
"""What may stand in place of a level → how a designer reads it. No level has such a key.

`same` is where the instance began, `above` the nearest wider place that has the body, `any` the nearest one
there or above it, `top` the widest level.
"""
ABOVE = "above-"
"""Before a level: the nearest wider place than that level's which has the body; at the widest level none."""


@dataclass(frozen=True, slots=True)
class BodyRef:
    """A candidate group as a diagram names it."""

    role: str
    """A role, a family of roles or a function."""
    place: str
    """A level, ABOVE and a level, one of PLACES, or a territory code."""
    tenant: str | None = None
    """Set when the diagram, or a variable, named the body itself."""


def parse_body_ref(text: str) -> BodyRef:
    """`role@place` or a whole body id `tenant:role:code`; raises ValueError with a Chinese sentence."""
    if text.count(":") == 2:
        tenant, role, code = text.split(":")
        return BodyRef(role, code, tenant)
    role, at, place = text.partition("@")
    if not at or not role or not place:
        raise ValueError(
            say(
                "办理机构“{text}”应写成 角色@层级，编号见辖区配置",
                text=text,
            ),
        )
    return BodyRef(role, place)


def body_id(tenant: str, role: str, code: str) -> str:
    return f"{tenant}:{role}:{code}"


def candidate_codes(ref: BodyRef, path: str, levels: Levels) -> list[str]:
    """Territory codes at which the body may stand for an instance at `path`, the preferred first."""
    codes = path.strip("/").split("/")
    by_level = levels.codes(path)
    places = {
        "same": codes[-1:],
        "above": list(reversed(codes[:-1])),
        "any": list(reversed(codes)),
        "top": codes[:1],
        **{
            level: [by_level[level]] if level in by_level else []
            for level in levels.keys
        },
        **{
            f"{ABOVE}{level}": [
                by_level[wider]
                for wider in levels.above(level)
                if wider in by_level
            ]
            for level in levels.keys
        },
    }
    return places.get(ref.place, [ref.place])


def paths_to(path: str) -> list[str]:
    """The paths of the places around that one, the widest first, and its own: `a/b/` → `a/`, `a/b/`."""
    codes = path.strip("/").split("/")
    lengths = range(1, len(codes) + 1)
    paths = ["/".join(codes[:length]) for length in lengths]
    return [path + "/" for path in paths]


def missing_body_sentence(
    ref: BodyRef,
    path: str,
    levels: Levels,
    role_name: str,
    place_name: Callable[[str], str],
) -> str:
    """What the administrator reads when a task's body does not exist; `place_name` gives a code's name, or
    nothing."""
    places = candidate_codes(ref, path, levels) or [
        path.strip("/").split("/")[-1],
    ]
    return say(
        "{place}没有设置“{role_name}”，无法确定由谁办理。请在机构设置中补上该机构或改派办理人",
        place=place_name(places[0]) or places[0],
        role_name=role_name,
    )
