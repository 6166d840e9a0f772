"""Sections of a profile about what is done every day and what follows when it is late: handling of cases,
overdue tasks, priorities, the matrix of responsibilities, work in the grids, the people there."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    CITATION,
    HOURS,
    LIMITS,
    LINES,
    UNTIL,
    ProfileSection,
    ProfileSetting,
)

_GROUND = ProfileSetting("citation", say("依据"), "citation", hint=CITATION)
_AMOUNT = ProfileSetting("amount", say("数量"), "number")
_UNIT = ProfileSetting("unit", say("单位"), "choice", "units")
PLACE = ProfileSection(
    "place",
    say("辖区"),
    (),
    (
        ProfileSetting(
            "name",
            say("名称"),
            "text",
            hint=say("最大一级的区划、机构和清单都按这个名称"),
        ),
        ProfileSetting(
            "levels",
            say("层级的名称"),
            "pairs",
            hint=say("左边的编号和顺序不能改：区划和机构按它登记"),
        ),
        ProfileSetting("languages", say("文字"), "choices", "languages"),
    ),
)
FORMER = ProfileSection(
    "former",
    say("旧条文"),
    ("articles",),
    (
        ProfileSetting("until", say("修改后的从哪一天起施行"), "day"),
        ProfileSetting("amended_by", say("修改的决定或文件"), "text"),
        ProfileSetting("text", say("旧条文原文"), "long"),
    ),
    "grouped",
    say("旧条文"),
    ("until", "amended_by"),
    ("former",),
    "articles",
)
LATER_LIMITS = ProfileSection(
    "later-limits",
    say("以后的时限"),
    ("deadlines",),
    (
        ProfileSetting("from_on", say("从哪一天起"), "day"),
        _AMOUNT,
        _UNIT,
        UNTIL,
        _GROUND,
    ),
    "grouped",
    say("以后的时限"),
    ("from_on", "amount", "unit"),
    ("changes",),
    "deadlines",
)
LIMITS_OF_CLASSES = ProfileSection(
    "limits-of-classes",
    say("分类的时限"),
    ("deadlines",),
    (
        ProfileSetting("when", say("哪一类"), "lists", hint=LIMITS),
        _AMOUNT,
        _UNIT,
        UNTIL,
        _GROUND,
    ),
    "grouped",
    say("分类的时限"),
    ("when", "amount", "unit"),
    ("classes",),
    "deadlines",
)
OVERDUE = ProfileSection(
    "overdue",
    say("逾期处理"),
    ("overdue",),
    (
        ProfileSetting(
            "after",
            say("到期以后多久"),
            "number",
            hint=say("不填是一到期就做"),
        ),
        _UNIT,
        ProfileSetting(
            "after_day_in",
            say("从承诺的日期起算的字段"),
            "text",
            hint=say("填了它就不填上面的多久"),
        ),
        ProfileSetting("repeat", say("此后每隔多久再做，到办结"), "number"),
        ProfileSetting("notice", say("提醒承办机构"), "flag"),
        ProfileSetting("mark", say("在待办里标明催办，并记入经过"), "flag"),
        ProfileSetting("copy_to", say("抄送哪些机构"), "choices", "bodies"),
        ProfileSetting("escalate_to", say("报哪些机构"), "choices", "bodies"),
        ProfileSetting("bulletin", say("列入下一期通报"), "flag"),
        _GROUND,
    ),
    "grouped",
    say("逾期处理"),
    ("after", "unit", "copy_to", "escalate_to"),
    (),
    "overdue",
)
PRIORITIES = ProfileSection(
    "priorities",
    say("紧急程度"),
    ("priorities",),
    (
        ProfileSetting("name", say("本地怎样称呼"), "text"),
        ProfileSetting("tell", say("立即告知"), "choices", "bodies"),
        ProfileSetting(
            "on_call", say("办公时间以外另告知"), "choices", "bodies"
        ),
        ProfileSetting(
            "repeat_minutes",
            say("没有人领取时隔几分钟再告知"),
            "number",
            hint=say("不少于 5；不填只告知一次"),
        ),
        _GROUND,
    ),
    "named",
    say("紧急程度"),
    ("tell", "on_call"),
    groups="raised",
)
CASES = ProfileSection(
    "cases",
    say("事件办理"),
    (),
    (
        ProfileSetting(
            "case_classes",
            say("事件类别"),
            "pairs",
            hint=say("左边写编号，右边写名称"),
        ),
        ProfileSetting(
            "together.forms",
            say("可以一起办理的表单"),
            "words",
            hint=say("表单编号，一行一项"),
        ),
        ProfileSetting(
            "together.citation",
            say("一起办理的依据"),
            "citation",
            hint=CITATION,
        ),
    ),
)
RESPONSIBILITIES = ProfileSection(
    "responsibilities",
    say("职责清单"),
    ("responsibilities",),
    (
        ProfileSetting("level", say("哪一级分流"), "choice", "levels"),
        ProfileSetting("categories", say("事项类别"), "choices", "categories"),
        ProfileSetting(
            "items",
            say("事项"),
            "words",
            hint=say("一行一项；事项和类别都不写，就用于全部事项"),
        ),
        ProfileSetting("lead", say("牵头部门"), "choice", "role_keys"),
        ProfileSetting("assisting", say("协办部门"), "choices", "role_keys"),
        ProfileSetting("class", say("建议的事件类别"), "choice", "classes"),
        ProfileSetting(
            "priority", say("建议的紧急程度"), "choice", "priorities"
        ),
        _GROUND,
    ),
    "listed",
    say("职责"),
    ("level", "categories", "items", "lead"),
)
ASSIGNING = ProfileSection(
    "assigning",
    say("分流到哪几级部门"),
    ("assigning",),
    (
        ProfileSetting(
            "departments", say("可以交给哪几级的部门"), "choices", "levels"
        ),
        _GROUND,
    ),
    "named",
    say("哪一级分流"),
    ("departments",),
    groups="levels",
)
SEED = ProfileSection(
    "seed",
    say("首版清单的事项"),
    ("items", "seed"),
    (
        ProfileSetting("category", say("事项类别"), "choice", "categories"),
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("article", say("依据"), "citation", hint=CITATION),
    ),
    "listed",
    say("事项"),
    ("category", "name"),
)
WORK = ProfileSection(
    "grid-work",
    say("网格日常工作"),
    ("grid_work",),
    (
        ProfileSetting(
            "attentions",
            say("重点走访的对象"),
            "pairs",
            hint=say("左边写编号，右边写名称"),
        ),
        ProfileSetting(
            "patrols.every", say("多久巡查一次"), "choice", "periods"
        ),
        ProfileSetting("patrols.times", say("其间至少几次"), "number"),
        ProfileSetting(
            "patrols.citation",
            say("巡查的依据"),
            "citation",
            "",
            CITATION,
        ),
        ProfileSetting("meetings.name", say("会议名称"), "text"),
        ProfileSetting(
            "meetings.every", say("多久开一次会"), "choice", "periods"
        ),
        ProfileSetting(
            "meetings.citation",
            say("会议的依据"),
            "citation",
            "",
            CITATION,
        ),
    ),
)
VISITS = ProfileSection(
    "visits",
    say("走访要求"),
    ("grid_work", "visits"),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("every", say("多久一次"), "choice", "periods"),
        ProfileSetting("kinds", say("走访哪些"), "choices", "visited"),
        ProfileSetting(
            "attentions", say("哪些重点对象"), "choices", "attentions"
        ),
        _GROUND,
    ),
    "named",
    say("走访要求"),
    ("name", "every"),
)
INDICATORS = ProfileSetting(
    "indicators",
    say("指标"),
    "table",
    hint=say("一行一项，各项的权重合计应是 100；清空一行就是删去"),
    columns=(
        ProfileSetting("key", say("编号"), "text"),
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("value", say("算式"), "text"),
        ProfileSetting("weight", say("权重"), "number"),
        ProfileSetting("full_at", say("得满分的值"), "number"),
        ProfileSetting("zero_at", say("不得分的值"), "number"),
        _GROUND,
    ),
)
FORMULAS = ProfileSection(
    "formulas",
    say("考核指标"),
    ("assessment",),
    (
        ProfileSetting("from_on", say("从哪一天起"), "day"),
        INDICATORS,
        ProfileSetting("exclude", say("不计入的事件"), "choices", "excluded"),
        ProfileSetting(
            "grades",
            say("分档"),
            "numbers",
            hint=say("左边写档次，右边写最低分，从高到低"),
        ),
        _GROUND,
    ),
    "grouped",
    say("版本"),
    ("from_on", "grades"),
    ("formulas",),
    "assessments",
    copied=True,
)
ASSESSMENTS = ProfileSection(
    "assessments",
    say("考核办法"),
    ("assessment",),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting("of", say("考核谁"), "choice", "assessed"),
        ProfileSetting("every", say("多久一次"), "choice", "assessed_periods"),
        ProfileSetting("by", say("由谁考核"), "choices", "bodies"),
        ProfileSetting(
            "closers", say("哪些职务可以结账"), "words", hint=LINES
        ),
        ProfileSetting(
            "closes_after",
            say("期满几天自动结账"),
            "number",
            hint=say("0 不自动"),
        ),
        ProfileSetting("appeal_days", say("申诉期的工作日"), "number"),
        _GROUND,
    ),
    "named",
    say("考核办法"),
    ("name", "every"),
    first_list="formulas",
    first=tuple(
        replace(setting, key=f"formulas.0.{setting.key}")
        for setting in FORMULAS.settings
    ),
)
SERIES = ProfileSection(
    "series",
    say("定期工作"),
    ("series",),
    (
        ProfileSetting("name", say("名称"), "text"),
        ProfileSetting(
            "message",
            say("流程开始的消息"),
            "text",
            hint=say("流程图里开始事件的消息名称，如 series.bulletin"),
        ),
        ProfileSetting("every", say("多久一次"), "choice", "series_periods"),
        ProfileSetting(
            "day",
            say("期满后第几天发起"),
            "number",
            hint=say("不填是第 1 天"),
        ),
        ProfileSetting("hosts", say("由哪些机构办"), "choices", "bodies"),
        ProfileSetting("only_with_work", say("没有事件的不发起"), "flag"),
        _GROUND,
    ),
    "named",
    say("定期工作"),
    ("name", "every"),
)
HOURS_CHANGES = ProfileSection(
    "hours-changes",
    say("以后的办公时间"),
    ("office_hours_changes",),
    (
        ProfileSetting("from_on", say("从哪一天起"), "day"),
        ProfileSetting("office_hours", say("办公时间"), "hours", hint=HOURS),
    ),
    "listed",
    say("办公时间"),
    ("from_on",),
)
HOURS_OF_ROLES = ProfileSection(
    "hours-of-roles",
    say("机构以后的办公时间"),
    ("roles",),
    HOURS_CHANGES.settings,
    "grouped",
    say("办公时间"),
    ("from_on",),
    ("office_hours_changes",),
    "role_keys",
)
MEMBERS = ProfileSection(
    "members",
    say("网格队伍"),
    ("members",),
    (
        ProfileSetting(
            "educations",
            say("学历的分档"),
            "pairs",
            hint=say("从低到高；左边写编号，右边写名称"),
        ),
        ProfileSetting("average_age", say("平均年龄不大于"), "number"),
        ProfileSetting("educated", say("学历标准"), "choice", "educations"),
        ProfileSetting(
            "educated_percent", say("达到学历标准的百分比"), "number"
        ),
        _GROUND,
        ProfileSetting("training.hours_per_year", say("每年学时"), "number"),
        ProfileSetting(
            "training.hours_citation",
            say("学时的依据"),
            "citation",
            hint=CITATION,
        ),
        ProfileSetting(
            "training.warn_from_month", say("从几月起提醒"), "number"
        ),
        ProfileSetting("training.pre_post", say("先培训后上岗"), "flag"),
        ProfileSetting(
            "training.pre_post_citation",
            say("岗前培训的依据"),
            "citation",
            hint=CITATION,
        ),
    ),
)
SECRECY = ProfileSection(
    "secrecy",
    say("知悉范围"),
    ("secrecy",),
    (
        ProfileSetting(
            "levels",
            say("级别"),
            "pairs",
            hint=say("第一级是没有注明时的级别"),
        ),
        ProfileSetting(
            "restricted",
            say("限知悉的级别"),
            "words",
            hint=say("级别编号，一行一项"),
        ),
        ProfileSetting("citation", say("依据"), "citation", hint=CITATION),
    ),
)
