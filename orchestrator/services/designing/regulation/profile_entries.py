"""The entries of a section: an article, a deadline, a role, a row of a list, by the name that the address of
its page has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.domain.jurisdiction import in_words
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.designing.regulation.profile_text import (
    ProfileText,
    section,
)
from orchestrator.services.designing.regulation.sections import ProfileSection
from orchestrator.services.designing.regulation.typed import KINDS

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
NEW = "new"
"""Name of a row that is to be added at the end of a list."""


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    section: str
    name: str
    """Its name in the file, or its place in the list, counted from 1; NEW for a row to be added."""

    @property
    def shown(self) -> str:
        """The name as people say it."""
        if self.section == "articles":
            return in_words(self.name)
        return self.name

    def placed(self, there: ProfileText) -> tuple[str | int, ...]:
        """Where it stands; a row to be added is added. Raises NotFound for a row that is not there."""
        of = section(self.section)
        if of.entries == "named":
            return (*of.path, self.name)
        rows = there.value(of.path) or []
        if self.name == NEW:
            there.add(of.path)
            return (*of.path, len(rows))
        number = 0
        if re.fullmatch(r"[1-9]\d{0,4}", self.name, re.ASCII):
            number = int(self.name)
        if not 0 < number <= len(rows):
            raise NotFound(self.name)
        return (*of.path, number - 1)


def new_entry(
    of: ProfileSection,
    name: str,
    there: ProfileText,
) -> ProfileEntry:
    """The entry that is to be added. Raises RuleViolated for a name that cannot be used or is taken."""
    if of.entries == "listed":
        return ProfileEntry(of.name, NEW)
    if of.name != "articles" and not _NAME.fullmatch(name):
        raise RuleViolated(
            [say("编号只能用小写字母、数字、连字符和下划线，以字母开头")],
        )
    if not name or len(name) > 30 or "/" in name:
        raise RuleViolated([say("请写编号，不超过 30 个字")])
    if there.value((*of.path, name)) is not None:
        raise RuleViolated(
            [say("已有编号「{name}」，请直接修改它", name=name)],
        )
    return ProfileEntry(of.name, name)


def listed(
    of: ProfileSection,
    there: ProfileText,
) -> list[tuple[ProfileEntry, str]]:
    """(entry, what it is listed by) of each entry of the section."""
    found = there.value(of.path)
    if of.entries == "listed":
        rows = [(str(place), row) for place, row in enumerate(found or [], 1)]
    else:
        rows = list((found or {}).items())
    return [
        (ProfileEntry(of.name, name), str(row.get(of.heading, "")))
        for name, row in rows
        if isinstance(row, Mapping)
    ]


def shown(
    of: ProfileSection,
    entry: ProfileEntry | None,
    there: ProfileText,
) -> dict[str, Any]:
    """Key of each setting → what its control shows. Raises NotFound for an entry that is not there."""
    path: tuple[str | int, ...] = of.path
    if entry is not None:
        path = entry.placed(there)
        if there.value(path) is None:
            raise NotFound(entry.name)
    return {
        setting.key: KINDS[setting.kind].shown(
            there.value((*path, *setting.key.split("."))),
        )
        for setting in of.settings
    }
