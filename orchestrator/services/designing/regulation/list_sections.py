"""Sections of the profile about item lists, as the regulation's page has them."""

from __future__ import annotations

from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    CITATION,
    LINES,
    ProfileSection,
    ProfileSetting,
)

ITEMS = ProfileSection(
    "items",
    say("事项清单"),
    ("items",),
    (
        ProfileSetting("list_name", say("清单名称"), "text"),
        ProfileSetting("categories", say("事项类别"), "words", hint=LINES),
        ProfileSetting(
            "admission.citation",
            say("准入的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "admission.approvers",
            say("准入由谁批准"),
            "pairs",
            "role_keys",
            say("左边写申请表里的选项值，右边写角色"),
        ),
        ProfileSetting(
            "admission.together", say("准入须各机关都批准"), "flag"
        ),
        ProfileSetting(
            "admission.again_after_refusal",
            say("准入未获同意后几个月内不得再提"),
            "number",
            hint=say("不填不限"),
        ),
        ProfileSetting(
            "admission.refused_ends",
            say("准入的哪些结束是未获同意"),
            "words",
            hint=say("流程图里结束事件的编号，每行一个"),
        ),
        ProfileSetting(
            "admission.again_after_exit",
            say("退出后几个月内不得再申请纳入"),
            "number",
            hint=say("不填不限"),
        ),
        ProfileSetting(
            "admission.again_citation",
            say("准入不得再提的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "exit.citation",
            say("退出的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "exit.approvers", say("退出由谁批准"), "pairs", "role_keys"
        ),
        ProfileSetting("exit.together", say("退出须各机关都批准"), "flag"),
        ProfileSetting(
            "exit.again_after_refusal",
            say("退出未获同意后几个月内不得再提"),
            "number",
            hint=say("不填不限"),
        ),
        ProfileSetting(
            "exit.refused_ends",
            say("退出的哪些结束是未获同意"),
            "words",
            hint=say("流程图里结束事件的编号，每行一个"),
        ),
        ProfileSetting(
            "exit.again_citation",
            say("退出不得再提的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "compilation.citation",
            say("编制清单的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "compilation.approvers",
            say("编制的清单由谁定"),
            "pairs",
            "role_keys",
            say("左边写流程图里的批准机关，首份清单由谁定的写在最前"),
        ),
        ProfileSetting(
            "compilation.together", say("增补清单须各机关都批准"), "flag"
        ),
        ProfileSetting(
            "catalogue.citation",
            say("准入目录的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "catalogue.categories",
            say("准入目录的类别"),
            "words",
            hint=say("一行一项；没有目录的连同依据一起留空"),
        ),
        ProfileSetting("negative_list_name", say("禁入清单的名称"), "text"),
        ProfileSetting(
            "seed_lists",
            say("一开始就有清单的地方"),
            "words",
            hint=say("区划代码，一行一项；别处的清单从空白开始"),
        ),
    ),
)
NEGATIVE = ProfileSection(
    "negative",
    say("禁入（负面）清单"),
    ("items", "negative_list", "rules"),
    (
        ProfileSetting(
            "id",
            say("编号"),
            "text",
            hint=say("小写字母、数字和下划线，以字母开头"),
        ),
        ProfileSetting("text", say("不得纳入的事项"), "long"),
        ProfileSetting("article", say("依据"), "citation", hint=CITATION),
        ProfileSetting("exception", say("法律、法规另有规定的除外"), "flag"),
    ),
    "listed",
    say("禁入事项"),
    ("text",),
)
