"""What the settings of a profile are chosen from."""

from __future__ import annotations

from orchestrator.domain.deadlines import UNIT_NAMES
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.reading import NOTICE_FIELDS
from orchestrator.sentences import say

_NOTICE_NAMES = {
    "name": say("名称"),
    "area": say("范围"),
    "members": say("人员"),
    "phone": say("电话"),
    "duties": say("职责"),
    "photo": say("照片"),
    "supervision_phone": say("监督电话"),
    "community": say("所在村（社区）"),
    "kind": say("网格种类"),
}


def offered(profile: Jurisdiction, name: str) -> list[tuple[str, str]]:
    """(value, label) of what a setting chooses from; `name` is its `of`."""
    roles = [(role.key, role.name) for role in profile.roles.values()]
    families = {
        role.family
        for role in profile.roles.values()
        if role.family != role.key
    }
    known = {
        "statuses": [
            ("in-force", say("施行")),
            ("trial", say("试行")),
            ("draft", say("草案，尚未施行")),
        ],
        "units": list(UNIT_NAMES.items()),
        "levels": list(profile.levels.names.items()),
        "role_keys": roles,
        "roles": [
            (each, say("类别 {key}", key=each)) for each in sorted(families)
        ]
        + roles,
        "notice": [(key, _NOTICE_NAMES[key]) for key in NOTICE_FIELDS],
        "settings": [
            *{
                "urban": say("城市"),
                "rural": say("农村"),
                **profile.grid.kinds,
            }.items(),
        ],
        "employments": [
            ("full_time", say("专职")),
            ("part_time", say("兼职")),
        ],
    }
    return known.get(name, [])
