"""The lines of a story, and which of them are told as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from orchestrator.sentences import say

URGED = "urged"
REMINDED = "reminded"


@dataclass(frozen=True)
class Citation:
    text: str
    heading: str = ""
    summary: str = ""
    draft: bool = False
    """Whether the text cited is only a draft."""
    own_text: str = ""
    """What the regulation itself says there; empty where the city has not entered it."""


@dataclass(frozen=True)
class TimelineEntry:
    """A line of the story."""

    at: datetime
    kind: str
    title: str
    who: str
    body: str
    facts: Sequence[tuple[str, str]] = ()
    citations: Sequence[Citation] = ()
    remark: str = ""
    due: datetime | None = None
    """When a completed task was due."""
    late: bool = False
    masked: bool = False
    """Whether personal data among its facts are masked, and may be opened."""
    graded: bool = False
    """Whether something among its facts is shown to those alone who are named for it."""
    signature: str = ""
    """Id of the attachment that is the signature under it; empty where it was not signed."""
    actor_id: int | None = None
    """Who acted; None for the system."""


def in_fewer_lines(lines: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The lines, where the same urging of many at once is one line with how many it reached, and of reminders
    that nothing interrupts the last of each step stands for all: its number says how many there were."""
    timeline_entries: list[TimelineEntry] = []
    for _what, alike in groupby(lines, key=_alike):
        run = list(alike)
        if run[0].kind == REMINDED:
            timeline_entries += _last_of_each(run)
        elif run[0].kind == URGED and len(run) > 1:
            timeline_entries.append(_counted(run))
        else:
            timeline_entries += run
    return timeline_entries


def _alike(line: TimelineEntry) -> tuple[Any, ...]:
    if line.kind == REMINDED:
        return (REMINDED,)
    if line.kind == URGED:
        minute = line.at.replace(second=0, microsecond=0)
        return (URGED, line.title, line.who, line.remark, minute)
    return (id(line),)


def _counted(run: Sequence[TimelineEntry]) -> TimelineEntry:
    title = say("{title}（{count} 处）", title=run[0].title, count=len(run))
    return replace(run[0], title=title)


def _last_of_each(run: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    last = {line.title: line for line in run}
    return (line for line in run if last[line.title] is line)
