"""What a section of a jurisdiction's profile is, as a designer edits it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class ProfileSetting:
    key: str
    """Its place below the section or the entry, with dots."""
    label: str
    kind: str
    """How it is typed: see values.KINDS."""
    of: str = ""
    """What is offered, or what may be named in each line or on the right: see offers.py."""
    hint: str = ""
    columns: tuple[ProfileSetting, ...] = ()
    """`table`: what a row of it has; rows are told apart by the first."""
    left: str = ""
    """What may be named on the left of a row of two."""


@dataclass(frozen=True, slots=True)
class ProfileSection:
    name: str
    """Its part of the page's address."""
    title: str
    path: tuple[str, ...]
    """The table of the file that holds its settings or its entries; empty: the file itself."""
    settings: tuple[ProfileSetting, ...]
    entries: str = ""
    """`named`: tables that each have a name; `listed`: tables of a list; `grouped`: tables of lists, each
    list under a name; empty: the settings stand there once."""
    entry: str = ""
    """What one entry is called."""
    headings: tuple[str, ...] = ()
    """The settings that an entry is listed by."""
    below: tuple[str, ...] = ()
    """`grouped`: where the list stands below each name; empty: there itself."""
    groups: str = ""
    """`grouped`: what the names are chosen from, see offers.py."""
    copied: bool = False
    """`grouped`: whether a new row begins as a copy of the last one of its list."""
    first_list: str = ""
    """`named`: the list that a new entry cannot be without, and what its first row has."""
    first: tuple[ProfileSetting, ...] = ()

    def asked(self, new: bool) -> tuple[ProfileSetting, ...]:
        """The settings of the page of an entry, which may be a new one."""
        if new:
            return (*self.settings, *self.first)
        return self.settings


HOURS = say("一行一段，如 09:00-12:00")
LINES = say("一行一项")
CITATION = say("条号或条号.款号，如 13.1；法规没有规定的写 默认")
LIMITS = say(
    "左边写字段编号，右边写选项值，用顿号隔开，如 case_class 和 simple"
)


UNTIL = ProfileSetting(
    "until",
    say("到那一天几点"),
    "text",
    hint=say("如 12:00，一天结束是 24:00；只用于以日、工作日计的"),
)
