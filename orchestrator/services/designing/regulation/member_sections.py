"""What the profile says of members beside their posts: teams of the grid, insurance, pay."""

from __future__ import annotations

from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    CITATION,
    LINES,
    ProfileSection,
    ProfileSetting,
)

_GROUND = ProfileSetting("citation", say("依据"), "citation", hint=CITATION)
GROUPS = ProfileSection(
    "groups",
    say("网格组织和队伍"),
    ("grid_work", "groups"),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("named", say("名称一栏叫什么"), "text"),
        ProfileSetting(
            "forms",
            say("有哪几种"),
            "pairs",
            hint=say("左边写编号，右边写名称"),
        ),
        ProfileSetting("head", say("负责人叫什么"), "text"),
        ProfileSetting("households", say("登记户数"), "flag"),
        ProfileSetting("at_least", say("每个网格至少几个"), "number"),
        _GROUND,
    ),
    "named",
    say("组织或队伍"),
    ("name",),
)
INSURANCES = ProfileSection(
    "insurances",
    say("网格员的保险"),
    ("members", "insurances"),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting(
            "posts",
            say("适用的岗位"),
            "words",
            "posts",
            say("岗位，一行一项"),
        ),
        ProfileSetting("encouraged", say("鼓励投保，不是必须"), "flag"),
        _GROUND,
    ),
    "named",
    say("保险"),
    ("name",),
)
PAY = ProfileSection(
    "pay",
    say("网格员的报酬"),
    ("members", "pay"),
    (
        ProfileSetting(
            "base",
            say("岗位基数（元）"),
            "numbers",
            hint=say("左边写岗位，右边写每月多少元"),
            left="posts",
        ),
        ProfileSetting(
            "grades",
            say("考核等次（元）"),
            "numbers",
            hint=say("左边写考核等次，右边写每月多少元"),
        ),
        ProfileSetting(
            "assessment", say("按哪一项考核"), "choice", "assessments"
        ),
        ProfileSetting("procedure", say("奖励的流程编号"), "text"),
        ProfileSetting(
            "allowances", say("算作补助的奖励种类"), "words", hint=LINES
        ),
        ProfileSetting("drafted_by", say("由谁编制"), "choices", "bodies"),
        ProfileSetting("approved_by", say("由谁批准"), "choices", "bodies"),
        _GROUND,
    ),
)
EQUIPMENT = ProfileSection(
    "equipment",
    say("网格员的装备"),
    ("members", "equipment"),
    (
        ProfileSetting(
            "citation",
            say("配发装备的依据"),
            "citation",
            "",
            say("写了就登记发给网格员的装备设备；不登记的留空"),
        ),
    ),
)
MEMBER_SECTIONS = (GROUPS, EQUIPMENT, INSURANCES, PAY)
