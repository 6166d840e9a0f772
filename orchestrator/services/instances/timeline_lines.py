"""The lines of a story, and which of them are told as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from orchestrator.sentences import joined, say

URGED = "urged"
REMINDED = "reminded"
COPIED = "copied"
LATE = "overdue"
RANG = "timer-fired"


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
    step: str = ""
    """Id of the step that is late, or at whose border a clock rang that does not end it; of the task that is
    reminded of."""


def urged_once(lines: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The lines, where the same urging of many at once is one line with how many it reached."""
    return _runs_as_one(lines, _urging, _counted)


def in_fewer_lines(lines: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The lines as a page shows them, where what the clock says again and again is said once; a dossier keeps
    all of them.

    A step that is late, its clock and its urging are one line, so are copies of one moment; of reminders and
    copies that nothing interrupts the last of each kind stands for all.
    """
    copied_once = _runs_as_one(lines, _copying, _together)
    timeline_entries = list(_late_once(copied_once))
    result: list[TimelineEntry] = []
    for again, some in groupby(timeline_entries, key=_is_said_again):
        if again:
            result += _last_of_each(list(some))
        else:
            result += some
    return result


def _runs_as_one(
    lines: Sequence[TimelineEntry],
    key: Callable[[TimelineEntry], tuple[Any, ...]],
    as_one: Callable[[Sequence[TimelineEntry]], TimelineEntry],
) -> list[TimelineEntry]:
    """The lines, where those of one key in a row are one line."""
    timeline_entries: list[TimelineEntry] = []
    for _what, alike in groupby(lines, key=key):
        run = list(alike)
        if len(run) > 1:
            run = [as_one(run)]
        timeline_entries += run
    return timeline_entries


def _urging(line: TimelineEntry) -> tuple[Any, ...]:
    if line.kind == URGED:
        return (
            URGED,
            line.title,
            line.who,
            line.remark,
            _minute(line),
        )
    return (id(line),)


def _copying(line: TimelineEntry) -> tuple[Any, ...]:
    if line.kind == COPIED and line.actor_id is None:
        return (COPIED, _reason(line), _minute(line))
    return (id(line),)


def _minute(line: TimelineEntry) -> datetime:
    return line.at.replace(second=0, microsecond=0)


def _reason(line: TimelineEntry) -> str:
    """Why the copy was sent: what stands behind its receiver."""
    return line.remark.partition("：")[2]


def _counted(run: Sequence[TimelineEntry]) -> TimelineEntry:
    title = say(
        "{title}（{count} 处）",
        title=run[0].title,
        count=len(run),
    )
    return replace(run[0], title=title)


def _together(run: Sequence[TimelineEntry]) -> TimelineEntry:
    receivers = [line.remark.partition("：")[0] for line in run]
    told = joined("、", dict.fromkeys(receivers))
    remark = joined("：", [text for text in (told, _reason(run[0])) if text])
    return replace(run[0], remark=remark)


def _late_once(lines: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    """A step that is late takes the clock at its border, and the urging that this clock led to, into its
    line, where they stand before it and nothing stands between."""
    clock: list[TimelineEntry] = []
    for line in lines:
        if clock and line.kind == LATE and _is_of(clock[0], line):
            yield _with_urging(line, clock[1:])
            clock = []
            continue
        if len(clock) == 1 and _is_urged_by(clock[0], line):
            clock.append(line)
            continue
        yield from clock
        clock = []
        if line.kind == RANG and line.step:
            clock = [line]
        else:
            yield line
    yield from clock


def _is_of(clock: TimelineEntry, late: TimelineEntry) -> bool:
    return clock.step == late.step and _minute(clock) == _minute(late)


def _is_urged_by(clock: TimelineEntry, line: TimelineEntry) -> bool:
    by_clock = line.kind == URGED and line.actor_id is None
    return by_clock and _minute(line) == _minute(clock)


def _with_urging(
    late: TimelineEntry, urged: Sequence[TimelineEntry]
) -> TimelineEntry:
    if not urged:
        return late
    (line,) = urged
    said = say("{title}，{reason}", title=line.title, reason=line.remark)
    if not line.remark:
        said = line.title
    remark = joined("；", [text for text in (late.remark, said) if text])
    return replace(
        late,
        remark=remark,
        citations=(*late.citations, *line.citations),
    )


def _is_said_again(line: TimelineEntry) -> bool:
    return line.actor_id is None and line.kind in (REMINDED, COPIED)


def _last_of_each(run: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    many = Counter(map(_what, run))
    seen: Counter[tuple[str, ...]] = Counter()
    for line in run:
        seen[_what(line)] += 1
        count = many[_what(line)]
        if seen[_what(line)] < count:
            continue
        if count > 1:
            title = say(
                "{title}（共 {count} 次，这是最近一次）",
                title=line.title,
                count=count,
            )
            line = replace(line, title=title)
        yield line


def _what(line: TimelineEntry) -> tuple[str, ...]:
    return line.kind, line.title, line.remark, line.step
