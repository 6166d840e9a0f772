"""Sections of a profile about who sees which answers."""

from __future__ import annotations

from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    CITATION,
    ProfileSection,
    ProfileSetting,
)

_GROUND = ProfileSetting("citation", say("依据"), "citation", hint=CITATION)

DATA = ProfileSection(
    "data",
    say("数据使用分级"),
    ("data",),
    (
        ProfileSetting(
            "grantors",
            say("哪些机构可以授权查看"),
            "choices",
            "bodies",
            say("在本机构的区划内、限期授权；不选就没有人可以授权"),
        ),
        ProfileSetting("longest_grant", say("授权最长几天"), "number"),
        _GROUND,
    ),
)
DATA_GRADES = ProfileSection(
    "data-grades",
    say("分级的数据"),
    ("data", "grades"),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting(
            "fields", say("哪些字段"), "words", hint=say("字段编号，一行一项")
        ),
        ProfileSetting(
            "forms",
            say("哪些表单"),
            "words",
            hint=say("表单编号，一行一项；不填是所有表单"),
        ),
        ProfileSetting(
            "processes",
            say("哪些流程"),
            "words",
            hint=say("流程编号，一行一项；不填是所有流程"),
        ),
        ProfileSetting(
            "registers",
            say("网格台账里的哪些"),
            "choices",
            "visited",
            say(
                "选了就只管台账：字段可写 phone、identity、remark，表单和流程不填"
            ),
        ),
        ProfileSetting(
            "seen_by",
            say("谁直接看到"),
            "choices",
            "readers",
            say("机构只看本区划内的事项"),
        ),
        ProfileSetting(
            "opened_by",
            say("谁写明理由后看到"),
            "choices",
            "readers",
            say("两栏都没有列出的人看不到"),
        ),
        _GROUND,
    ),
    "named",
    say("分级"),
    ("name", "fields"),
)
DATA_SECTIONS = (DATA, DATA_GRADES)
