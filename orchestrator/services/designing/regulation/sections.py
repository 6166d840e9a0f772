"""The parts of a jurisdiction's profile as a designer edits them: SECTIONS is the table; each setting has its
place in jurisdiction.toml."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.domain.jurisdiction import FUNCTIONS
from orchestrator.sentences import say
from orchestrator.services.designing.regulation.data_sections import (
    DATA_SECTIONS,
)
from orchestrator.services.designing.regulation.list_sections import (
    ITEMS,
    NEGATIVE,
)
from orchestrator.services.designing.regulation.member_sections import (
    MEMBER_SECTIONS,
)
from orchestrator.services.designing.regulation.retention_sections import (
    RETENTION_SECTIONS,
)
from orchestrator.services.designing.regulation.section_shapes import (
    CITATION,
    HOURS,
    LINES,
    UNTIL,
    ProfileSection,
    ProfileSetting,
)
from orchestrator.services.designing.regulation.work_sections import (
    ASSESSMENTS,
    ASSIGNING,
    CASES,
    FORMER,
    FORMULAS,
    HOURS_CHANGES,
    HOURS_OF_ROLES,
    LATER_LIMITS,
    LIMITS_OF_CLASSES,
    MEMBERS,
    OVERDUE,
    PLACE,
    PRIORITIES,
    RESPONSIBILITIES,
    SECRECY,
    SEED,
    SERIES,
    VISITS,
    WORK,
)

REGULATION = ProfileSection(
    "basis",
    say("法规"),
    ("regulation",),
    (
        ProfileSetting("title", say("名称"), "text"),
        ProfileSetting("citation", say("文号或公布令"), "text"),
        ProfileSetting("status", say("状态"), "choice", "statuses"),
        ProfileSetting("in_force_on", say("施行日期"), "day"),
        ProfileSetting("source", say("来源"), "text"),
        ProfileSetting(
            "documents",
            say("配套文件"),
            "pairs",
            hint=say("左边写引用时的简称，右边写全称"),
        ),
    ),
)
ARTICLES = ProfileSection(
    "articles",
    say("条文"),
    ("articles",),
    (
        ProfileSetting("heading", say("条目名称"), "text"),
        ProfileSetting(
            "summary",
            say("摘要"),
            "long",
            hint=say("用自己的话写，办理人会看到"),
        ),
        ProfileSetting(
            "text",
            say("条文原文"),
            "long",
            hint=say("一款一段；项写成（一）（二），跟在所属的款后面"),
        ),
    ),
    "named",
    say("条文"),
    ("heading",),
)
DEADLINES = ProfileSection(
    "deadlines",
    say("时限"),
    ("deadlines",),
    (
        ProfileSetting("label", say("名称"), "text"),
        ProfileSetting("amount", say("数量"), "number"),
        ProfileSetting("unit", say("单位"), "choice", "units"),
        UNTIL,
        ProfileSetting("citation", say("依据"), "citation", hint=CITATION),
        ProfileSetting(
            "from_on",
            say("从哪一天起"),
            "day",
            hint=say("只作说明；在办的期限不变"),
        ),
        ProfileSetting(
            "chosen_in",
            say("由办理人自定时限的字段"),
            "text",
            hint=say("表单里填时限的字段编号；不由人定的留空"),
        ),
        ProfileSetting("at_least", say("自定时最短"), "number"),
        ProfileSetting("at_most", say("自定时最长"), "number"),
    ),
    "named",
    say("时限"),
    ("label",),
)
OFFICE = ProfileSection(
    "office",
    say("办公和管理"),
    (),
    (
        ProfileSetting("office_hours", say("办公时间"), "hours", hint=HOURS),
        ProfileSetting(
            "head_titles", say("机构负责人的职务"), "words", hint=LINES
        ),
        ProfileSetting("urge_after", say("隔几个工作日可以再催办"), "number"),
        ProfileSetting(
            "publishing.second_designer",
            say("发布须另一位设计人员确认"),
            "flag",
        ),
        ProfileSetting("extension.max_times", say("最多延期几次"), "number"),
        ProfileSetting(
            "extension.max_amount", say("每次最多延多少"), "number"
        ),
        ProfileSetting("extension.unit", say("延期的单位"), "choice", "units"),
        ProfileSetting(
            "extension.citation",
            say("延期的依据"),
            "citation",
            hint=CITATION,
        ),
        ProfileSetting(
            "deadline_approvers",
            say("谁批准延期和挂账"),
            "lists",
            "roles",
            say("左边写承办的角色或类别，右边写可以批准的角色，用顿号隔开"),
            left="roles",
        ),
        ProfileSetting(
            "numbering",
            say("编号前缀"),
            "pairs",
            hint=say("左边写流程编号，右边写前缀"),
        ),
    ),
)
ROLES = ProfileSection(
    "roles",
    say("机构和角色"),
    ("roles",),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("short_name", say("简称"), "text"),
        ProfileSetting("levels", say("设在哪几级"), "choices", "levels"),
        ProfileSetting(
            "name_template",
            say("机构全称"),
            "text",
            hint=say("{territory} 处填地名，如 {territory}司法局"),
        ),
        ProfileSetting(
            "name_by_ending",
            say("地名结尾不同时的全称"),
            "pairs",
            hint=say(
                "左边写地名的结尾，右边写全称；{stem} 是去掉结尾的地名，{city} 是本市"
            ),
        ),
        ProfileSetting(
            "family",
            say("类别"),
            "text",
            hint=say("同一类机构写同一个编号，职能部门写 department"),
        ),
        ProfileSetting("oversees", say("可以查看本辖区全部事项"), "flag"),
        ProfileSetting(
            "office_hours", say("另行规定的办公时间"), "hours", "", HOURS
        ),
    ),
    "named",
    say("角色"),
    ("name",),
)
TASKS = ProfileSection(
    "functions",
    say("职能分工"),
    ("functions",),
    tuple(
        ProfileSetting(key, label, "choices", "roles")
        for key, label in FUNCTIONS.items()
    ),
)
NOTICE = ProfileSection(
    "notice",
    say("公示"),
    ("notice",),
    (
        ProfileSetting("fields", say("公示哪些内容"), "choices", "notice"),
        ProfileSetting("duties", say("网格员职责"), "words", hint=LINES),
        ProfileSetting(
            "labels",
            say("第二种文字的栏目名称"),
            "pairs",
            hint=say("左边写栏目编号，右边写译名"),
        ),
        ProfileSetting(
            "supervision_phones",
            say("监督电话"),
            "pairs",
            hint=say("左边写区划代码，右边写电话"),
        ),
    ),
)
GRIDS = ProfileSection(
    "grids",
    say("网格"),
    ("grid",),
    (
        ProfileSetting(
            "kinds",
            say("网格种类"),
            "pairs",
            hint=say("左边写编号，右边写名称"),
        ),
        ProfileSetting(
            "kind_codes",
            say("种类代码"),
            "pairs",
            hint=say("网格编码里用的数字"),
        ),
        ProfileSetting(
            "staffing",
            say("人员配备"),
            "pairs",
            "staffed",
            say(
                "左边写城市、农村或网格种类，右边写专职至少一名、至少一名或不要求"
            ),
            left="settings",
        ),
        ProfileSetting(
            "staffing_citation",
            say("配备的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "staffing_citations",
            say("各类网格配备的依据"),
            "pairs",
            "no_article",
            say("依据与上面不同的才写：左边同人员配备，右边写条文编号"),
            left="settings",
        ),
        ProfileSetting(
            "managed",
            say("由部门和属地双重管理的网格种类"),
            "words",
            "settings",
            say("网格种类，一行一项；没有的留空"),
        ),
        ProfileSetting(
            "managed_citation",
            say("双重管理的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting("min_households", say("最少户数"), "number"),
        ProfileSetting("max_households", say("最多户数"), "number"),
        ProfileSetting("min_people", say("或者最少人数"), "number"),
        ProfileSetting("max_people", say("或者最多人数"), "number"),
        ProfileSetting(
            "size_citation",
            say("户数的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting(
            "size_settings", say("户数标准用于"), "choices", "settings"
        ),
    ),
)
CODES = ProfileSection(
    "codes",
    say("网格编码"),
    (*GRIDS.path, "code"),
    (
        ProfileSetting("name", say("哪一段"), "choice", "code_segments"),
        ProfileSetting("length", say("位数"), "number"),
    ),
    "listed",
    say("编码段"),
    ("name", "length"),
)
POSTS = ProfileSection(
    "posts",
    say("网格队伍的岗位"),
    ("members", "posts"),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("role", say("角色"), "choice", "role_keys"),
        ProfileSetting("employment", say("用工方式"), "choice", "employments"),
        ProfileSetting(
            "at_least",
            say("每个网格至少几人"),
            "numbers",
            hint=say("左边写城市、农村或网格种类"),
            left="settings",
        ),
        ProfileSetting("citation", say("依据"), "citation", hint=CITATION),
        ProfileSetting(
            "grids", say("只用于哪些网格"), "words", "settings", LINES
        ),
        ProfileSetting(
            "recruited_in",
            say("在哪些网格公开招聘"),
            "words",
            "settings",
            LINES,
        ),
        ProfileSetting(
            "recruited_citation",
            say("公开招聘的依据"),
            "citation",
            "",
            CITATION,
        ),
    ),
    "named",
    say("岗位"),
    ("name",),
)
CONDITIONS = ProfileSection(
    "conditions",
    say("任职条件"),
    ("members", "conditions"),
    (
        ProfileSetting("text", say("条件"), "long"),
        ProfileSetting(
            "posts", say("适用的岗位"), "words", "posts", say("岗位，一行一项")
        ),
        ProfileSetting("at_least_age", say("年龄不小于"), "number"),
        ProfileSetting("at_most_age", say("年龄不大于"), "number"),
        ProfileSetting("schooling", say("学历不低于"), "text"),
        ProfileSetting("usual", say("一般应当，可以有例外"), "flag"),
        ProfileSetting("citation", say("依据"), "citation", hint=CITATION),
    ),
    "named",
    say("条件"),
    ("text",),
)
FIGURES = ProfileSection(
    "figures",
    say("统计和考核"),
    ("figures",),
    (
        ProfileSetting(
            "told_by",
            say("算作反馈的步骤"),
            "words",
            hint=say("步骤编号，一行一项"),
        ),
        ProfileSetting("told_where", say("填了才要反馈的字段"), "text"),
        ProfileSetting("rated_in", say("填满意度的字段"), "text"),
        ProfileSetting(
            "content", say("算作满意的选项值"), "words", hint=LINES
        ),
        ProfileSetting(
            "targets",
            say("应达到的百分比"),
            "numbers",
            hint=say("左边写指标编号，右边写 0 到 100"),
        ),
        ProfileSetting("citation", say("依据"), "citation", hint=CITATION),
    ),
)
SECTIONS: Mapping[str, ProfileSection] = {
    section.name: section
    for section in (
        PLACE,
        REGULATION,
        ARTICLES,
        FORMER,
        DEADLINES,
        LATER_LIMITS,
        LIMITS_OF_CLASSES,
        OVERDUE,
        PRIORITIES,
        OFFICE,
        HOURS_CHANGES,
        ROLES,
        HOURS_OF_ROLES,
        TASKS,
        CASES,
        RESPONSIBILITIES,
        ASSIGNING,
        ITEMS,
        SEED,
        NEGATIVE,
        NOTICE,
        GRIDS,
        CODES,
        WORK,
        VISITS,
        MEMBERS,
        POSTS,
        CONDITIONS,
        *MEMBER_SECTIONS,
        FIGURES,
        ASSESSMENTS,
        FORMULAS,
        SERIES,
        SECRECY,
        *DATA_SECTIONS,
        *RETENTION_SECTIONS,
    )
}
