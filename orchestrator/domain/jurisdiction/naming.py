"""[levels] and [functions] of the profile: which levels there are, and which roles the product's words
mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.domain.jurisdiction.functions import FUNCTIONS
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import Role
from orchestrator.domain.levels import LONGEST_KEY, Levels
from orchestrator.domain.territory import PLACES
from orchestrator.sentences import say

FORMER: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_name("former.toml").read_text("utf-8"),
)
"""What the names of roles and levels meant before profiles had these tables."""

_KEY = re.compile(rf"[a-z][a-z0-9-]{{0,{LONGEST_KEY - 1}}}")


def read_levels(top: Table) -> Levels:
    """The profile's levels, the widest first."""
    if "levels" not in top:
        return Levels(FORMER["levels"])
    levels = top.pairs("levels")
    for key in levels:
        if key in PLACES or not _KEY.fullmatch(key):
            top.refuse(
                say(
                    "“levels”的“{key}”不能作层级编号，应是不超过 {longest_key} 位的小写字母、"
                    "数字和连字符，且不是 {listed}",
                    key=key,
                    longest_key=LONGEST_KEY,
                    listed="、".join(PLACES),
                ),
                "levels",
            )
    if len(levels) < 2:
        top.refuse(
            say("“levels”至少要有两级，从大到小，最后一级是网格"),
            "levels",
        )
    return Levels(levels)


def read_functions(
    top: Table,
    roles: Mapping[str, Role],
) -> dict[str, tuple[str, ...]]:
    """Function → keys of the roles that have it."""
    families = {role.family for role in roles.values()}
    table = top.table("functions", required=False)
    if table is None:
        named = {
            name: [
                value for value in given if value in roles or value in families
            ]
            for name, given in _former()
        }
    else:
        named = {
            name: list(table.words(name, of=(*roles, *families)))
            for name in table.names()
        }
        for name in named.keys() - FUNCTIONS.keys():
            listed = "、".join(
                f"{key}（{label}）" for key, label in FUNCTIONS.items()
            )
            table.refuse(
                say(
                    "“functions”的“{name}”不是已知的职能，可用的有 {listed}",
                    name=name,
                    listed=listed,
                ),
                name,
            )
    return {
        name: tuple(
            role.key
            for role in roles.values()
            if role.key in given or role.family in given
        )
        for name, given in named.items()
        if given
    }


def _former() -> list[tuple[str, list[str]]]:
    return list(FORMER["functions"].items())
