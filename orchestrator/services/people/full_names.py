"""What a kind of body is called at a place, as far as its row can hold it."""

from __future__ import annotations

from orchestrator.domain.jurisdiction import Role
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say

LONGEST_NAME = 120
"""Characters of a body's name, as its row holds them."""


def name_at(role: Role, place: str, city: str) -> str:
    """The name of the role's body at the place of that name. Raises RuleViolated where it is too long."""
    name = role.body_name(place, city)
    if len(name) <= LONGEST_NAME:
        return name
    raise RuleViolated(
        [
            say(
                "机构“{role}”在{place}的全称有 {count} 个字，最长 {longest} 个字，请缩短机构全称的写法",
                role=role.name,
                place=place,
                count=len(name),
                longest=LONGEST_NAME,
            ),
        ],
    )
