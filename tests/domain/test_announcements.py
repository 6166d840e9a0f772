"""A year's holidays as an administrator pastes them: what is read, and what is told about wrong lines."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date

import chinese_calendar
import pytest

from orchestrator.domain.announced_days import Day
from orchestrator.domain.announcements import decode, differences, read

NOTICE = """国务院办公厅关于2026年部分节假日安排的通知
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
"""


def test_the_notice_itself_is_read_as_the_seeded_table_has_it() -> None:
    found = read(NOTICE)
    assert (found.year, found.errors, found.warnings) == (2026, (), ())
    for kind, known in (
        ("holiday", chinese_calendar.constants.holidays),
        ("workday", chinese_calendar.constants.workdays),
    ):
        assert [day.on for day in found.days if day.kind == kind] == sorted(
            on for on in known if on.year == 2026
        )
    assert Counter(day.name for day in found.days)["国庆节"] == 7


def test_lines_are_read_with_or_without_header_in_many_spellings() -> None:
    text = (
        "日期,类型,名称\r\n2027-01-01,休,元旦\n2027/2/5至2027/2/11，放假，春节\n\n# 备注\n"
        "20270214\t班\t春节调休\n2027年5月1日 休 劳动节\n"
    )
    found = read(text)
    assert (found.year, found.errors) == (2027, ())
    assert found.days[0] == Day(date(2027, 1, 1), "holiday", "元旦")
    assert [day.on.day for day in found.days if day.name == "春节"] == [
        5,
        6,
        7,
        8,
        9,
        10,
        11,
    ]
    assert Day(date(2027, 2, 14), "workday", "春节调休") in found.days


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_file_may_be_saved_as_excel_likes(encoding: str) -> None:
    assert (
        decode("2027-01-01,休,元旦".encode(encoding)) == "2027-01-01,休,元旦"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2027-02-30,休,春节", "没有 2027 年 2 月 30 日这一天"),
        ("2027-02-15,班,春节调休", "2027-02-15 是周一，本来就上班"),
        ("2027-02-07,玩,春节", "“玩”不是放假或上班"),
        ("2027-02-07,休,", "缺少节日名称"),
        ("二月七日,休,春节", "没有日期"),
        ("7/2,休,春节", "不是日期"),
        ("2026-12-31,休,元旦", "2026-12-31 不在 2027 年"),
        ("2027-01-01,休,元旦", "2027-01-01 已在第 1 行出现过"),
        ("2027-02-05至2027-04-11,休,春节", "超过 31 天"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(line: str, told: str) -> None:
    (error,) = read(f"2027-01-01,休,元旦\n{line}", 2027).errors
    assert error.line == 2
    assert told in str(error)
    assert str(error).startswith("第 2 行：")


def test_a_year_that_lacks_a_festival_is_doubted_but_not_refused() -> None:
    found = read(
        NOTICE.replace(
            "六、中秋节：9月25日（周五）至27日（周日）放假，共3天。\n", ""
        )
    )
    assert found.errors == ()
    assert [str(each) for each in found.warnings] == [
        "没有读到中秋的放假日，请核对是否漏行",
        "9月25日（中秋节）没有标为放假，请核对",
        "放假的工作日比调休上班多 12 天，按规定全年应多 13 天，请核对有没有漏行或多行",
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("共9天", "共8天", "通知说共 8 天，但读出的是 9 天"),
        ("1月4日（周日）", "1月4日（周六）", "2026-01-04 是周日"),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused(
    was: str, becomes: str, told: str
) -> None:
    (error,) = read(NOTICE.replace(was, becomes)).errors
    assert told in str(error)


def test_a_holiday_that_begins_in_the_old_year_is_imported_from_new_year_on_and_the_rest_is_told() -> (
    None
):
    found = read(
        "现将2023年放假安排通知如下。\n一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。"
    )
    assert (found.year, found.errors, [day.on.day for day in found.days]) == (
        2023,
        (),
        [1, 2],
    )
    assert "2022-12-31 属于 2022 年，没有一并导入" in str(found.warnings[0])


def test_nothing_at_all_is_told_what_to_write() -> None:
    assert "没有读到任何日期" in str(read("", 2027).errors[0])
    assert read("请看附件", 2027).errors


def test_the_days_told_differently_are_named() -> None:
    old = [
        Day(date(2027, 1, 1), "holiday", "元旦"),
        Day(date(2027, 1, 2), "holiday", "元旦"),
    ]
    new = [
        Day(date(2027, 1, 2), "workday", "调休"),
        Day(date(2027, 1, 3), "holiday", "元旦"),
    ]
    assert [
        (each.on.day, bool(each.before), bool(each.after))
        for each in differences(old, new)
    ] == [
        (1, True, False),
        (2, True, True),
        (3, False, True),
    ]


@pytest.mark.parametrize(
    "text",
    [
        " " * 190_000 + "x",
        "2027-01-01," + " " * 150_000 + "休,元旦",
        "1" * 190_000,
        "：" * 190_000,
        "x" * 200_001,
    ],
)
def test_long_lines_take_no_longer_than_their_length(text: str) -> None:
    begun = time.process_time()
    read(text, 2027)
    # A line of 190,000 blanks took more than thirty seconds.
    assert time.process_time() - begun < 3
