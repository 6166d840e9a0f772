"""Option lists that a form takes from the profile alone."""

from __future__ import annotations

from forms import Option
from orchestrator.domain.jurisdiction import Jurisdiction


def item_categories(profile: Jurisdiction) -> list[Option]:
    return [Option(category, category) for category in profile.item_categories]


def grid_kinds(profile: Jurisdiction) -> list[Option]:
    return [Option(key, name) for key, name in profile.grid.kinds.items()]


def secrecy_levels(profile: Jurisdiction) -> list[Option]:
    return [Option(key, name) for key, name in profile.secrecy.levels.items()]


def case_classes(profile: Jurisdiction) -> list[Option]:
    return [Option(key, name) for key, name in profile.case_classes.items()]


def member_posts(profile: Jurisdiction) -> list[Option]:
    return [Option(post.key, post.name) for post in profile.members.posts]


def member_educations(profile: Jurisdiction) -> list[Option]:
    educations = profile.members.educations
    return [Option(key, name) for key, name in educations.items()]
