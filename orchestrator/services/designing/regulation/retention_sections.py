"""Sections of a profile about how long dossiers are kept."""

from __future__ import annotations

from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    LINES,
    ProfileSection,
    ProfileSetting,
)

RETENTION = ProfileSection(
    "retention",
    say("档案保管期限"),
    ("retention",),
    (
        ProfileSetting("source", say("划分的依据"), "text"),
        ProfileSetting(
            "other",
            say("没有列出的流程属于哪一类"),
            "text",
            hint=say("类别编号"),
        ),
    ),
)
RETENTION_CLASSES = ProfileSection(
    "retention-classes",
    say("档案保管期限的类别"),
    ("retention", "classes"),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting(
            "years",
            say("保管几年"),
            "number",
            hint=say("不填是永久；从办结的下一年起算"),
        ),
        ProfileSetting(
            "processes",
            say("哪些流程"),
            "words",
            hint=say("流程编号，一行一项"),
        ),
        ProfileSetting(
            "priorities",
            say("哪些紧急程度的事件"),
            "words",
            "priorities",
            LINES,
        ),
    ),
    "named",
    say("类别"),
    ("name", "years"),
)
RETENTION_SECTIONS = (RETENTION, RETENTION_CLASSES)
