"""The entries of a section: an article, a deadline, a role, a row of a list, by the name that the address of
its page has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.designing.regulation.offers import Offers, offered
from orchestrator.services.designing.regulation.profile_text import (
    ProfileText,
    read,
    section,
)
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSection,
)
from orchestrator.services.designing.regulation.typed import control_of

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
NEW = "new"
"""Name of a row that is to be added at the end of a list."""


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    section: str
    name: str
    """Its name in the file, or its place in the list, counted from 1; NEW for a row to be added."""

    @property
    def new(self) -> bool:
        """Whether it is a row to be added."""
        return self.name == NEW or self.name.endswith(f"/{NEW}")

    def placed(self, there: ProfileText) -> tuple[str | int, ...]:
        """Where it stands; a row to be added is added. Raises NotFound for a row that is not there."""
        of = section(self.section)
        if of.entries == "named":
            return (*of.path, self.name)
        path: tuple[str | int, ...] = of.path
        place = self.name
        if of.entries == "grouped":
            name, _slash, place = self.name.rpartition("/")
            path = (*of.path, name, *of.below)
        rows = there.value(path) or []
        if place == NEW:
            there.add(path)
            return (*path, len(rows))
        number = 0
        if re.fullmatch(r"[1-9]\d{0,4}", place, re.ASCII):
            number = int(place)
        if not isinstance(rows, list) or not 0 < number <= len(rows):
            raise NotFound(self.name)
        return (*path, number - 1)


def called(entry: ProfileEntry, groups: Offers) -> str:
    """The entry's name as people say it; `groups`: what a row of its section can be written for."""
    if entry.section == "articles":
        return in_words(entry.name)
    of = section(entry.section)
    if of.entries != "grouped":
        return entry.name
    group, _slash, place = entry.name.rpartition("/")
    if of.groups == "articles":
        name = in_words(group)
    else:
        name = dict(groups).get(group, group)
    if entry.new:
        return name
    return say("{name} 第 {place} 项", name=name, place=place)


def new_entry(
    of: ProfileSection,
    name: str,
    there: ProfileText,
) -> ProfileEntry:
    """The entry that is to be added. Raises RuleViolated for a name that cannot be used or is taken."""
    if of.entries == "listed":
        return ProfileEntry(of.name, NEW)
    if of.groups:
        known = [key for key, _label in groups_offered(of, there)]
        if name not in known:
            raise RuleViolated([say("请选择“{of}”写给哪一项", of=of.entry)])
    if of.entries == "grouped":
        return ProfileEntry(of.name, f"{name}/{NEW}")
    if of.name != "articles" and not _NAME.fullmatch(name):
        raise RuleViolated(
            [say("编号只能用小写字母、数字、连字符和下划线，以字母开头")],
        )
    if not name or len(name) > 30 or "/" in name:
        raise RuleViolated([say("请写编号，不超过 30 个字")])
    if there.value((*of.path, name)) is not None:
        raise RuleViolated(
            [say("已有编号“{name}”，请直接修改它", name=name)],
        )
    return ProfileEntry(of.name, name)


def listed(
    of: ProfileSection,
    there: ProfileText,
    profile: Jurisdiction,
) -> list[tuple[ProfileEntry, str, str]]:
    """(entry, its name, what it is listed by) of each entry of the section."""
    entries = [
        (ProfileEntry(of.name, name), row)
        for name, row in _rows(of, there)
        if isinstance(row, Mapping)
    ]
    groups = offered(profile, of.groups)
    return [
        (entry, called(entry, groups), heading(of, row, profile))
        for entry, row in entries
    ]


def _rows(
    of: ProfileSection,
    there: ProfileText,
) -> Iterator[tuple[str, Any]]:
    """(name, value) of each entry."""
    result = there.value(of.path)
    if of.entries == "listed":
        for place, row in enumerate(result or [], 1):
            yield str(place), row
    elif of.entries == "named":
        yield from (result or {}).items()
    else:
        for name in result or {}:
            rows = there.value((*of.path, name, *of.below))
            for place, row in enumerate(rows or [], 1):
                yield f"{name}/{place}", row


def groups_offered(of: ProfileSection, there: ProfileText) -> Offers:
    """(name, label) of what a new row of the section can be written for."""
    if not of.groups:
        return []
    return offered(read(str(there)), of.groups)


def heading(
    of: ProfileSection,
    values: Mapping[str, Any],
    profile: Jurisdiction,
) -> str:
    """What an entry with these values is listed by."""
    sentences = []
    for setting in of.settings:
        value = values.get(setting.key)
        if setting.key not in of.headings or value in (None, "", [], {}):
            continue
        labels = dict(offered(profile, setting.of))
        sentences.append(_in_short(value, labels))
    return " · ".join(sentences)


def _in_short(value: Any, labels: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        parts = [f"{key}＝{_in_short(value[key], {})}" for key in value]
    elif isinstance(value, str):
        parts = value.splitlines()
    elif isinstance(value, list | tuple):
        parts = [_in_short(entry, labels) for entry in value]
    else:
        parts = [str(value)]
    return "、".join(labels.get(part, part) for part in parts)


def begun(
    of: ProfileSection, entry: ProfileEntry, there: ProfileText
) -> dict[str, Any]:
    """What the page of a new entry begins with: where the section says so, what the last row of its list
    has, without its first heading. Raises NotFound for a list that cannot be."""
    group, _slash, _new = entry.name.rpartition("/")
    if group and group not in dict(groups_offered(of, there)):
        raise NotFound(entry.name)
    rows = there.value((*of.path, group, *of.below))
    if not of.copied or not rows:
        return {}
    place = ProfileEntry(of.name, f"{group}/{len(rows)}")
    values = shown(of, place, there)
    values[of.headings[0]] = ""
    return values


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
        setting.key: control_of(
            setting, there.value((*path, *setting.key.split(".")))
        )
        for setting in of.settings
    }
