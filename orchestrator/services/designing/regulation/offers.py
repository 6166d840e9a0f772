"""What the settings of a profile are chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.domain import assessment, grid_work
from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.data_grades import RELATIONS
from orchestrator.domain.deadlines import UNIT_NAMES
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.jurisdiction.functions import PLATFORM
from orchestrator.domain.jurisdiction.grid_rules import STAFFING
from orchestrator.domain.jurisdiction.reading import NOTICE_FIELDS
from orchestrator.domain.jurisdiction.reminders import RAISED
from orchestrator.domain.jurisdiction.values import SETTINGS
from orchestrator.domain.reminders import USUAL
from orchestrator.domain.series import SERIES_PERIODS
from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSetting,
)

Offers = list[tuple[str, str]]
"""(value, label) of each choice."""

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
NO_ARTICLE: Offers = [("default", say("默认"))]
"""What a citation may be beside an article."""
_FIXED: dict[str, Offers] = {
    "statuses": [
        ("in-force", say("施行")),
        ("trial", say("试行")),
        ("draft", say("草案，尚未施行")),
    ],
    "units": list(UNIT_NAMES.items()),
    "notice": [(key, _NOTICE_NAMES[key]) for key in NOTICE_FIELDS],
    "employments": [
        ("full_time", say("专职")),
        ("part_time", say("兼职")),
    ],
    "staffed": list(STAFFING.items()),
    "no_article": NO_ARTICLE,
    "priorities": list(PRIORITIES.items()),
    "raised": [(key, PRIORITIES[key]) for key in RAISED],
    "periods": list(grid_work.PERIOD_NAMES.items()),
    "assessed_periods": [
        (key, grid_work.PERIOD_NAMES[key]) for key in assessment.PERIODS
    ],
    "series_periods": [
        (key, grid_work.PERIOD_NAMES[key]) for key in SERIES_PERIODS
    ],
    "visited": list(grid_work.KIND_NAMES.items()),
    "assessed": [
        (assessment.DEPARTMENTS, say("联动部门")),
        (assessment.OFFICES, say("下级网格化机构")),
        (assessment.MEMBERS, say("网格员")),
    ],
    "excluded": [
        (assessment.SUSPENDED, say("挂账过的")),
        (assessment.EXTENDED, say("延期过的")),
    ],
    "languages": [
        ("zh", say("中文")),
        ("en", say("英文")),
        ("bo", say("藏文")),
    ],
    "code_segments": [
        ("administrative", say("区划代码")),
        ("kind", say("种类代码")),
        ("serial", say("顺序码")),
    ],
}


def offered(profile: Jurisdiction, name: str) -> Offers:
    """(value, label) of what a setting chooses from; `name` is its `of`."""
    if name in _FIXED:
        return _FIXED[name]
    return _of_profile(profile).get(name, [])


def offered_for(
    profile: Jurisdiction,
    setting: ProfileSetting,
    value: Any,
) -> Offers:
    """(value, label) of what the setting chooses from, and of what it has already besides."""
    results = offered(profile, setting.of)
    if setting.kind != "choices":
        return results
    known = {key for key, _label in results}
    chosen: Sequence[str] = value or ()
    return results + [(value, value) for value in chosen if value not in known]


def _of_profile(profile: Jurisdiction) -> dict[str, Offers]:
    roles = [(role.key, role.name) for role in profile.roles.values()]
    families = {
        role.family
        for role in profile.roles.values()
        if role.family != role.key
    }
    platform = {
        key for name in PLATFORM for key in profile.functions.get(name, ())
    }
    deadlines = [
        (deadline.name, deadline.label)
        for deadline in profile.deadlines.values()
    ]
    names = profile.levels.names
    bodies = [
        (f"{role.key}@{level}", f"{names[level]}{role.name}")
        for role in profile.roles.values()
        for level in role.levels
        if role.key not in platform
    ]
    settings = {**SETTINGS, **profile.grid.kinds}
    return {
        "levels": list(names.items()),
        "role_keys": roles,
        "roles": [
            (family, say("类别 {key}", key=family))
            for family in sorted(families)
        ]
        + roles,
        "bodies": bodies,
        "readers": [*RELATIONS.items(), *bodies],
        "settings": list(settings.items()),
        "articles": [
            (number, f"{in_words(number)} {article.heading}")
            for number, article in profile.articles.items()
        ],
        "deadlines": deadlines,
        "overdue": [(USUAL, say("没有单列的时限")), *deadlines],
        "categories": [
            (category, category) for category in profile.item_categories
        ],
        "classes": list(profile.case_classes.items()),
        "attentions": list(profile.grid_work.attentions.items()),
        "assessments": [(rule.key, rule.name) for rule in profile.assessment],
        "educations": list(profile.members.educations.items()),
        "posts": [(post.key, post.name) for post in profile.members.posts],
    }
