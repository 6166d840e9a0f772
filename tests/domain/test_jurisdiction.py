"""The profile is read strictly: whatever is wrong in it is told at once, each with the line to look at."""

import re
from datetime import date
from pathlib import Path

import pytest

from orchestrator.domain.jurisdiction import (
    JurisdictionInvalid,
    parse_jurisdiction,
)

FOLDER = Path(__file__).parents[2] / "bpmn" / "zhenjiang"
TEXT = (FOLDER / "jurisdiction.toml").read_text(encoding="utf-8")
PROFILE = parse_jurisdiction(TEXT)


def told(text: str) -> list[str]:
    with pytest.raises(JurisdictionInvalid) as refused:
        parse_jurisdiction(text, "profile.toml")
    return list(refused.value.reasons)


def line_of(text: str, wanted: str) -> int:
    return next(
        number
        for number, line in enumerate(text.splitlines(), 1)
        if wanted in line
    )


WRONG = [
    (
        "[[overdue.urgent_triage]]",
        "[[overdue.urgent]]",
        "[[overdue.urgent]]",
        "“overdue.urgent”不是 [deadlines] 中的时限",
    ),
    (
        "[priorities.major]",
        "[priorities.huge]",
        "[priorities.huge]",
        "“huge”不是紧急程度",
    ),
    (
        "repeat_minutes = 15",
        "repeat_minutes = 1",
        "repeat_minutes = 1",
        "应是不小于 5 的整数",
    ),
    (
        "weight = 40",
        "weight = 45",
        "[[assessment.departments.formulas.indicators]]",
        "weight 合计是 105，应是 100",
    ),
    (
        "from_on = 2026-01-01",
        "from = 2026-01-01",
        "[[assessment.departments.formulas]]",
        "缺少“from_on”：从哪一天起施行",
    ),
    (
        '"优秀" = 90',
        '"优秀" = 70',
        '"优秀" = 70',
        "应从高到低写",
    ),
    (
        'name = "联动部门绩效评价"',
        f'name = "{"评" * 61}"',
        "评评评",
        "“assessment.departments.name”最多 60 个字",
    ),
    (
        '"优秀" = 90',
        f'"{"优" * 41}" = 90',
        "优优优",
        "等次名称最多 40 个字",
    ),
    (
        "appeal_days = 5",
        "appeal_days = 100000",
        "appeal_days = 100000",
        "应是不大于 60 的整数",
    ),
    (
        "closes_after = 10",
        "closes_after = 99999999999",
        "closes_after = 99999999999",
        "应是不大于 365 的整数",
    ),
    (
        "day = 5",
        "day = 30",
        "day = 30",
        "“series.bulletin.day”应是不大于 27 的整数",
    ),
    (
        'message = "series.item_review"\nevery = "year"',
        'message = "series.item_review"\nevery = "week"',
        'every = "week"',
        "“series.item_review.every”不能是 week",
    ),
    (
        "\n[items.exit]",
        "again_after_refusal = 6\n\n[items.exit]",
        "again_after_refusal = 6",
        "again_after_refusal 和 refused_ends 要一起写",
    ),
    (
        "after = 3\n",
        "after = 3\nrepeat = 0\n",
        "repeat = 0",
        "repeat”应是不小于 1 的整数",
    ),
    (
        '[grid_work.patrols]\nevery = "day"',
        '[grid_work.patrols]\ntimes = 0\nevery = "day"',
        "times = 0",
        "“grid_work.patrols.times”应是不小于 1 的整数",
    ),
    (
        'other = "thirty"',
        'other = "fifty"',
        'other = "fifty"',
        "“fifty”不在可选之列，应为 permanent、thirty、ten 之一",
    ),
    (
        '"routine_work"]',
        '"routine_work", "item_exit"]',
        "[retention]",
        "流程 item_exit 列在两类里",
    ),
    ("years = 10", "years = 0", "years = 0", "不小于 1 的整数"),
    # what is written, what is written instead, where the reader is sent, what he is told
    # what is written, what is written instead, where the reader is sent, what he is told
    (
        'unit = "working_hours"',
        'unit = "moons"',
        'unit = "moons"',
        "“moons”不在可选之列",
    ),
    (
        "amount = 4",
        "amount = true",
        "amount = true",
        "“deadlines.triage_case.amount”应是不小于 0 的整数",
    ),
    ("amount = 4", "amount = -4", "amount = -4", "整数"),
    ("amount = 4", 'amount = "4"', 'amount = "4"', "整数"),
    (
        'citation = "32"',
        'citation = "99"',
        'citation = "99"',
        "第 99 条不在 [articles] 中",
    ),
    (
        'citation = "32"',
        'citation = "第32条"',
        'citation = "第32条"',
        "应写成条号",
    ),
    (
        'label = "县级、市级分流"',
        'lable = "县级、市级分流"',
        'lable = "县级、市级分流"',
        "不认识的设置“deadlines.triage_case.lable”",
    ),
    (
        'label = "县级、市级分流"',
        "",
        "[deadlines.triage_case]",
        "“deadlines.triage_case”缺少“label”",
    ),
    (
        'status = "in-force"',
        'status = "valid"',
        'status = "valid"',
        "in-force、trial、draft",
    ),
    ("in_force_on = 2022-02-01", "", "[regulation]", "缺少“in_force_on”"),
    (
        "in_force_on = 2022-02-01",
        'in_force_on = "2022-02-01"',
        'in_force_on = "2022',
        "不加引号",
    ),
    (
        'timezone = "Asia/Shanghai"',
        'timezone = "Asia/Zhenjiang"',
        "timezone =",
        "不是时区名称",
    ),
    (
        'office_hours = [["09:00", "12:00"]',
        'office_hours = [["09:00", "15:00"]',
        "office_hours =",
        "不重叠",
    ),
    (
        'office_hours = [["09:00", "12:00"]',
        'office_hours = [["9 Uhr", "12:00"]',
        "office_hours =",
        "的样子",
    ),
    (
        'levels = ["community"]',
        'levels = ["hamlet"]',
        'levels = ["hamlet"]',
        "“hamlet”不在可选之列",
    ),
    (
        'levels = ["community"]',
        'levels = "community"',
        'levels = "community"',
        "文字的列表",
    ),
    (
        '"{territory}网格员"',
        '"{place}网格员"',
        "{place}",
        "里只能用 {territory}、{stem}、{city}",
    ),
    (
        '"{territory}网格员"',
        '"{territory网格员"',
        "{territory网格员",
        "花括号不成对",
    ),
    ('{ "区" = "{city}公安局', '{ "区" = "{town}公安局', "{town}", "里只能用"),
    (
        'general = "1", dedicated = "2"',
        'general = "1", dedicated = "1"',
        "kind_codes =",
        "重复",
    ),
    (
        'general = "1", dedicated = "2"',
        'general = "1"',
        "kind_codes =",
        "每一类写一个代码",
    ),
    (
        'general = "1", dedicated = "2"',
        'general = "1", dedicated = "22"',
        "kind_codes =",
        "不超过 1 位",
    ),
    ('{ name = "kind", length = 1 }, ', "", "code = [{", "正好各有一段"),
    ('rural = "any"', 'rural = "two"', "staffing =", "“rural = two”不对"),
    (
        'staffing_citation = "16"',
        'staffing_citation = "61"',
        'staffing_citation = "61"',
        "第 61 条不在",
    ),
    (
        'staffing_citation = "16"',
        'staffing_citation = "16"\nstaffing_citations = { rural = "61" }',
        "staffing_citations =",
        "第 61 条不在",
    ),
    (
        'staffing_citation = "16"',
        'staffing_citation = "16"\nstaffing_citations = { park = "16" }',
        "staffing_citations =",
        "“park”在“grid.staffing”里没有",
    ),
    (
        "[assigning.township]",
        "[assigning.village]",
        "[assigning.village]",
        "“assigning.village”不是有机构的层级",
    ),
    (
        'opened_by = ["started", "asked", "grid-office@any"]',
        'opened_by = ["started", "administrator@city"]',
        "opened_by =",
        "“administrator@city”应写成 角色@层级",
    ),
    (
        'opened_by = ["started", "asked", "grid-office@any"]',
        'opened_by = ["started", "village-committee@city"]',
        "opened_by =",
        "这一层级没有这个角色，可用 community、any",
    ),
    (
        'opened_by = ["started", "asked", "grid-office@any"]',
        'opened_by = ["started"]\nseen_by = ["started"]',
        "opened_by =",
        "既在 seen_by 又在 opened_by",
    ),
    (
        'grantors = ["grid-office@city", "grid-office@county"]',
        'grantors = ["started"]',
        "grantors =",
        "“started”应写成 角色@层级",
    ),
    (
        'fields = ["reporter_name", "reporter_phone"]',
        "fields = []",
        "fields = []",
        "没有列出字段",
    ),
    (
        'forms = ["case_report"]\nfields = ["reporter_name"',
        'registers = ["person"]\nfields = ["reporter_name"',
        "registers =",
        "写了 registers，就不能再写 forms、processes",
    ),
    (
        'processes = ["case_handling"]\nforms = ["case_report"]\nfields',
        'registers = ["people"]\nfields',
        "registers =",
        "不能写 people，网格台账和居民反映可用 household（户）",
    ),
    (
        'processes = ["case_handling"]\nforms = ["case_report"]\n',
        'registers = ["person"]\n',
        "fields =",
        "不能写 reporter_name、reporter_phone，网格台账和居民反映可用 phone（电话）",
    ),
    (
        'processes = ["case_handling"]\nforms = ["case_report"]\n'
        'fields = ["reporter_name", "reporter_phone"]',
        'registers = ["report"]\nfields = ["phone", "identity"]',
        "fields =",
        "不能写 identity，网格台账和居民反映可用 phone（电话）",
    ),
    (
        'processes = ["case_handling"]\nforms = ["case_report"]\n'
        'fields = ["reporter_name", "reporter_phone"]',
        'registers = ["person"]\nfields = ["phone"]',
        "opened_by =",
        "“started”应写成 角色@层级",
    ),
    (
        "longest_grant = 90",
        "longest_grant = 900",
        "longest_grant =",
        "应是不大于 366 的整数",
    ),
    (
        'departments = ["county"]',
        "departments = []",
        "departments = []",
        "“departments”至少列出一个层级",
    ),
    (
        'fields = ["name", "area"',
        'fields = ["name", "id_card"',
        'fields = ["name"',
        "“id_card”不在可选之列",
    ),
    (
        'languages = ["zh"]',
        'languages = ["zh", "fr"]',
        "languages =",
        "“fr”不在可选之列",
    ),
    (
        'category = "重点人群"',
        'category = "重点"',
        'category = "重点"',
        "“重点”不在可选之列",
    ),
    (
        'government = "government" }',
        'government = "goverment" }',
        "goverment",
        "角色“goverment”不在 [roles] 中",
    ),
    ('citation = "13.1"', 'citation = "113.1"', '"113.1"', "第 113.1 条不在"),
    (
        "max_times = 2",
        "max_time = 2",
        "max_time =",
        "不认识的设置“extension.max_time”",
    ),
    ("[articles.13]", "[articles.XIII]", "[articles.XIII]", "应是阿拉伯数字"),
    ("[notice]", "[notices]", "[notices]", "不认识的设置“notices”"),
]


@pytest.mark.parametrize(("right", "wrong", "where", "words"), WRONG)
def test_a_wrong_setting_is_told_with_its_line(
    right, wrong, where, words
) -> None:
    assert right in TEXT
    text = TEXT.replace(right, wrong, 1)
    reasons = told(text)
    assert any(
        reason.startswith(f"profile.toml 第 {line_of(text, where)} 行：")
        and words in reason
        for reason in reasons
    ), reasons


def test_everything_wrong_is_told_at_once() -> None:
    text = TEXT
    for right, wrong in (
        ("max_times = 2", "max_times = -1"),
        ('rural = "any"', 'rural = "x"'),
        ('"32"', '"320"'),
        ("key =", "kee ="),
    ):
        text = text.replace(right, wrong, 1)
    reasons = told(text)
    assert len(reasons) == 5
    assert all(
        re.match(r"profile\.toml 第 \d+ 行：", reason) for reason in reasons
    )


def test_a_file_that_is_not_toml_is_told_with_its_line() -> None:
    (reason,) = told(TEXT.replace("[regulation]", "[regulation", 1))
    assert (
        f"第 {line_of(TEXT, '[regulation]')} 行" in reason
        and "TOML 写法有误" in reason
    )


def test_an_empty_file_is_told_all_that_is_missing() -> None:
    reasons = "\n".join(told(""))
    for key in (
        "key",
        "name",
        "city_code",
        "regulation",
        "timezone",
        "office_hours",
        "roles",
        "articles",
        "deadlines",
        "grid",
    ):
        assert f"缺少“{key}”" in reasons


@pytest.mark.parametrize(
    ("role", "territory", "name"),
    [
        ("government", "镇江市", "镇江市人民政府"),
        ("government", "京口区", "京口区人民政府"),
        ("government", "镇江新区", "镇江新区管理委员会"),
        ("government", "司徒镇", "司徒镇人民政府"),
        ("government", "正东路街道", "正东路街道办事处"),
        ("party-committee", "丹阳市", "中共丹阳市委员会"),
        ("party-committee", "象山街道", "中共象山街道工作委员会"),
        ("public-security", "丹阳市", "丹阳市公安局"),
        ("public-security", "京口区", "镇江市公安局京口分局"),
        ("public-security", "镇江新区", "镇江市公安局镇江新区分局"),
        ("village-committee", "贺家弄社区居委会", "贺家弄社区居民委员会"),
        ("village-committee", "杏虎村委会", "杏虎村村民委员会"),
        ("village-committee", "雩北村村委会", "雩北村村民委员会"),
        ("village-committee", "宜和社区", "宜和社区居民委员会"),
        ("grid-office", "镇江市", "镇江市网格化服务管理中心"),
    ],
)
def test_a_body_is_called_as_the_place_calls_it(role, territory, name) -> None:
    assert PROFILE.roles[role].body_name(territory, PROFILE.name) == name


def test_a_role_without_a_short_name_is_called_by_its_name() -> None:
    assert PROFILE.roles["justice"].short_name == "司法行政"


def test_the_statutory_hours_are_those_of_the_regulation() -> None:
    statutory = {
        name: (rule.amount, rule.unit, rule.citation)
        for name, rule in PROFILE.deadlines.items()
        if rule.citation != "default"
    }
    assert statutory == {
        "report_case": (24, "hours", "32"),
        "escalate_case": (24, "hours", "33.1"),
        "verify_case": (24, "hours", "35"),
    }


def test_a_citation_is_written_as_officials_write_it() -> None:
    assert (
        PROFILE.cite("13.1")
        == "《镇江市城乡网格化服务管理实施细则》第十三条第一款"
    )
    assert (
        PROFILE.cite("35") == "《镇江市城乡网格化服务管理实施细则》第三十五条"
    )
    assert "法规未作规定" in PROFILE.cite("default")
    assert PROFILE.article("13.2") is PROFILE.articles["13"]


def test_a_draft_says_that_it_is_one() -> None:
    text = TEXT.replace('status = "in-force"', 'status = "draft"').replace(
        "in_force_on = 2022-02-01\n", ""
    )
    assert parse_jurisdiction(text).regulation.draft
    assert not PROFILE.regulation.draft


def _changed(place: str, day: str, opens: str) -> str:
    return (
        f"\n[[{place}office_hours_changes]]\nfrom_on = {day}\n"
        f'office_hours = [["{opens}", "17:00"]]\n'
    )


def test_a_role_follows_the_citys_hours_until_its_own_first_change() -> None:
    role = "roles.justice."
    text = (
        TEXT
        + _changed("", "2026-06-01", "08:30")
        + _changed("", "2027-06-01", "08:45")
        + _changed(role, "2027-01-01", "10:00")
    )
    found = parse_jurisdiction(text)
    assert [each.from_on for each in found.hours_changes_of("justice")] == [
        date(2026, 6, 1),
        date(2027, 1, 1),
    ]
    assert len(found.hours_changes_of("finance")) == 2
    twice = text + _changed(role, "2027-01-01", "11:00")
    assert any(
        "2027-01-01 起的办公时间写了两次" in each for each in told(twice)
    )
