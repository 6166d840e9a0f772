"""What a profile says of limits, late tasks, priorities and who answers for what, as an official reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.domain.data_grades import ANY_LEVEL, RELATIONS
from orchestrator.domain.deadlines import UNIT_NAMES, length_in_words
from orchestrator.domain.grid_work import REGISTERS
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.limits import DeadlineRule, LimitLength
from orchestrator.domain.reminders import USUAL, OverdueRule, priority_name
from orchestrator.domain.territory import ABOVE, PLACES

Lines = list[str]
HANDLING = "${handling_level}"


@dataclass(frozen=True, slots=True)
class ResponsibilityRow:
    """A row of the matrix in words."""

    items: str
    level: str
    lead: str
    assisting: str
    case_class: str
    priority: str
    ground: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A deadline in words."""

    label: str
    limits: tuple[str, ...]
    """What it is, and for whom else; each with its ground."""


@dataclass(frozen=True, slots=True)
class DataRow:
    """A grade of data in words."""

    name: str
    fields: str
    processes: tuple[str, ...]
    """Keys of the procedures; empty: all."""
    registers: str
    """Entries of the grids' registers of which it is, in words; empty: it is of procedures."""
    seen_by: str
    opened_by: str
    ground: str


def data_rows(
    profile: Jurisdiction, labels: Mapping[str, Mapping[str, str]]
) -> list[DataRow]:
    """Every grade. `labels`: key of a grade → field → what its form calls it."""
    return [
        DataRow(
            grade.name,
            "、".join(labels.get(grade.key, {}).values()),
            grade.processes,
            "、".join(REGISTERS[kind] for kind in grade.registers),
            readers_in_words(profile, grade.seen_by),
            readers_in_words(profile, grade.opened_by),
            in_words(grade.citation),
        )
        for grade in profile.data.grades
    ]


def readers_in_words(profile: Jurisdiction, readers: tuple[str, ...]) -> str:
    """Who sees something, as an official reads it; empty for nobody."""
    return "、".join(
        RELATIONS[reader] if reader in RELATIONS else _body(profile, reader)
        for reader in readers
    )


def responsibilities(profile: Jurisdiction) -> list[ResponsibilityRow]:
    """The matrix from which triage proposes, row by row."""
    return [
        ResponsibilityRow(
            "、".join((*row.items, *row.categories)) or "全部事项",
            profile.levels.name(row.level),
            profile.roles[row.lead].name,
            "、".join(profile.roles[role].name for role in row.assisting),
            profile.case_classes.get(row.case_class, ""),
            priority_name(profile.priorities, row.priority),
            in_words(row.citation),
        )
        for row in profile.responsibilities
    ]


def assigning_in_words(profile: Jurisdiction) -> Lines:
    """A line for each level whose office may hand a case to some departments alone."""
    level_name = profile.levels.name
    return [
        f"{level_name(level)}机构分流：{'、'.join(map(level_name, reach.levels))}部门"
        f"（{in_words(reach.citation)}）"
        for level, reach in profile.assigning.items()
    ]


def limits(profile: Jurisdiction) -> list[LimitRow]:
    """Every deadline of the profile with what changes it."""
    return [
        LimitRow(rule.label, tuple(limits_of(profile, rule)))
        for rule in profile.deadlines.values()
    ]


def limits_of(profile: Jurisdiction, rule: DeadlineRule) -> Lines:
    """The usual limit, later ones, those of classes, and what an office may set."""
    results = [_limit(rule.usual)]
    for change in rule.changes:
        results.append(f"{change.from_on} 起 {_limit(change.limit)}")
    for class_limit in rule.classes:
        values = [
            value for some in class_limit.when.values() for value in some
        ]
        names = [
            profile.case_classes.get(
                value, priority_name(profile.priorities, value)
            )
            for value in values
        ]
        results.append(f"{'、'.join(names)}的 {_limit(class_limit.limit)}")
    if rule.chosen_in:
        unit = UNIT_NAMES[rule.unit]
        results.append(
            f"分流时可另定 {rule.at_least} 至 {rule.at_most} {unit}"
        )
    return results


def _limit(limit: LimitLength) -> str:
    length = length_in_words(limit.amount, limit.unit, limit.until)
    return f"{length}（{in_words(limit.citation)}）"


def late_in_words(profile: Jurisdiction) -> Lines:
    """A line for each deadline that has its own row, the usual one first."""
    names = sorted(profile.overdue, key=lambda name: name != USUAL)
    return [
        f"{_label(profile, name)}："
        + "；".join(_stage(profile, value) for value in profile.overdue[name])
        for name in names
    ]


def priorities_in_words(profile: Jurisdiction) -> Lines:
    """A line for each priority that has a rule."""
    priorities = []
    for name, rule in profile.priorities.items():
        parts = []
        if rule.tell:
            parts.append(f"立即告知{_bodies(profile, rule.tell)}")
        if rule.repeat_minutes is not None:
            parts.append(
                f"没有人领取的每 {rule.repeat_minutes} 分钟再提醒一次，领取后停止"
            )
        if rule.on_call:
            parts.append(f"非工作时间同时告知{_bodies(profile, rule.on_call)}")
        ground = in_words(rule.citation)
        priorities.append(
            f"{priority_name(profile.priorities, name)}：{'，'.join(parts)}（{ground}）"
        )
    return priorities


def _label(profile: Jurisdiction, name: str) -> str:
    if name == USUAL:
        return "各项时限"
    return profile.deadlines[name].label


def _stage(profile: Jurisdiction, stage: OverdueRule) -> str:
    parts = []
    if stage.notice:
        parts.append("通知承办人")
    if stage.mark:
        parts.append("待办上标明并记入办理经过")
    if stage.copy_to:
        parts.append(f"抄送{_bodies(profile, stage.copy_to)}")
    if stage.escalate_to:
        parts.append(f"报{_bodies(profile, stage.escalate_to)}")
    if stage.bulletin:
        parts.append("列入通报")
    when = "到期时"
    if stage.after:
        when = f"逾期 {stage.after} {UNIT_NAMES[stage.unit]}"
    elif stage.after_day_in:
        when = "承诺的日期已过"
    again = ""
    if stage.repeat:
        again = (
            f"，此后每 {stage.repeat} {UNIT_NAMES[stage.unit]}一次，到办结为止"
        )
    return f"{when}{'、'.join(parts)}{again}（{in_words(stage.citation)}）"


def _bodies(profile: Jurisdiction, groups: tuple[str, ...]) -> str:
    return "、".join(_body(profile, group) for group in groups)


def _body(profile: Jurisdiction, group: str) -> str:
    name, _at, place = group.partition("@")
    roles = profile.roles_of(name)
    called = "、".join(profile.roles[role].name for role in roles) or name
    if place == HANDLING:
        return f"分流交办的{called}"
    if place == f"{ABOVE}{HANDLING}":
        return f"分流交办机构的上级{called}"
    if re.search(r"\$\{", place):
        return f"相应的{called}"
    levels = {**PLACES, **profile.levels.names, ANY_LEVEL: "各级"}
    where = levels.get(place, "")
    return f"{where}{called}"
