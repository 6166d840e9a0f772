"""The deadline ledger by worked examples: extensions, suspensions, and what the page says about the sum."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.deadlines import (
    ExtensionRule,
    Ledger,
    LedgerEntry,
    LedgerRefused,
    from_json,
    length_in_words,
    to_json,
)

ZONE = ZoneInfo("Asia/Shanghai")
CHINESE = {each.value: each.chinese for each in chinese_calendar.Holiday}
HOLIDAYS = {
    day: name
    for day, name in chinese_calendar.constants.holidays.items()
    if day.year >= 2025
}
DAYS = dict.fromkeys(HOLIDAYS, False) | {
    day: True
    for day in chinese_calendar.constants.workdays
    if day.year >= 2025
}
NAMES = {day: CHINESE[name] for day, name in HOLIDAYS.items()}
HOURS = ((time(9), time(12)), (time(14), time(17, 30)))
CALENDAR = WorkCalendar(
    DAYS,
    HOURS,
    announced_until=date(2026, 12, 31),
    version="test",
    names=NAMES,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def extension(
    decided: str, amount: int, unit: str = "working_days"
) -> LedgerEntry:
    return LedgerEntry(
        "extension", at(decided), amount, unit, None, "县网格中心", "现场复杂"
    )


def suspension(since: str, until: str | None) -> LedgerEntry:
    return LedgerEntry(
        "suspension",
        at(since),
        until=at(until) if until else None,
        by="王主任",
        reason="等待鉴定",
    )


EXAMPLES = [
    # start, amount, unit, entries, due
    ("2026-03-02 10:00", 5, "working_days", [], "2026-03-09 17:30"),
    # extensions count from the date they move
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [extension("2026-03-06 10:00", 1)],
        "2026-03-10 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [extension("2026-03-06 10:00", 5)],
        "2026-03-16 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [extension("2026-03-06 10:00", 2), extension("2026-03-10 09:00", 3)],
        "2026-03-16 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [extension("2026-03-06 10:00", 24, "hours")],
        "2026-03-10 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [extension("2026-03-06 10:00", 4, "working_hours")],
        "2026-03-10 15:00",
    ),
    (
        "2026-03-02 10:00",
        24,
        "hours",
        [extension("2026-03-03 09:00", 24, "hours")],
        "2026-03-04 10:00",
    ),
    (
        "2026-03-06 10:00",
        24,
        "hours",
        [extension("2026-03-07 09:00", 1)],
        "2026-03-09 17:30",
    ),
    # an extension granted after the date still counts from the date
    (
        "2026-03-02 10:00",
        1,
        "working_days",
        [extension("2026-03-05 10:00", 1)],
        "2026-03-04 17:30",
    ),
    # across National Day, with its make-up Saturday
    (
        "2026-09-28 10:00",
        2,
        "working_days",
        [extension("2026-09-30 10:00", 1)],
        "2026-10-08 17:30",
    ),
    (
        "2026-09-28 10:00",
        2,
        "working_days",
        [extension("2026-09-30 10:00", 3)],
        "2026-10-10 17:30",
    ),
    (
        "2026-09-28 10:00",
        2,
        "working_days",
        [extension("2026-09-30 10:00", 4)],
        "2026-10-12 17:30",
    ),
    # suspended for working time only: half a day, a lunch break, a night, a weekend
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-03 09:00", "2026-03-03 12:00")],
        "2026-03-10 12:00",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-03 12:00", "2026-03-03 14:00")],
        "2026-03-09 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-03 17:30", "2026-03-04 09:00")],
        "2026-03-09 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-06 17:59", "2026-03-09 09:00")],
        "2026-03-09 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-03 09:00", "2026-03-04 09:00")],
        "2026-03-10 17:30",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-03 09:00", "2026-03-05 09:00")],
        "2026-03-11 17:30",
    ),
    # suspended across National Day: only 29 and 30 September stood still
    (
        "2026-09-28 10:00",
        2,
        "working_days",
        [suspension("2026-09-29 09:00", "2026-10-08 09:00")],
        "2026-10-09 17:30",
    ),
    # suspended into the make-up Saturday
    (
        "2026-10-08 10:00",
        1,
        "working_days",
        [suspension("2026-10-09 09:00", "2026-10-10 17:30")],
        "2026-10-12 17:30",
    ),
    # working hours stand still likewise
    (
        "2026-03-02 09:00",
        4,
        "working_hours",
        [suspension("2026-03-02 10:00", "2026-03-02 11:00")],
        "2026-03-02 16:00",
    ),
    (
        "2026-03-02 09:00",
        4,
        "working_hours",
        [suspension("2026-03-02 11:00", "2026-03-03 10:00")],
        "2026-03-03 12:00",
    ),
    # elapsed hours stand still hour by hour, night and holiday included
    (
        "2026-03-02 09:00",
        24,
        "hours",
        [suspension("2026-03-02 20:00", "2026-03-03 02:00")],
        "2026-03-03 15:00",
    ),
    (
        "2026-09-30 09:00",
        24,
        "hours",
        [suspension("2026-09-30 17:00", "2026-10-08 09:00")],
        "2026-10-09 01:00",
    ),
    # two suspensions, and one after an extension
    (
        "2026-03-02 09:00",
        24,
        "hours",
        [
            suspension("2026-03-02 10:00", "2026-03-02 11:00"),
            suspension("2026-03-02 12:00", "2026-03-02 14:00"),
        ],
        "2026-03-03 12:00",
    ),
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [
            extension("2026-03-06 10:00", 1),
            suspension("2026-03-10 09:00", "2026-03-11 09:00"),
        ],
        "2026-03-11 17:30",
    ),
    # one still lasting moves nothing yet; one that begins too late moves nothing at all
    (
        "2026-03-02 10:00",
        5,
        "working_days",
        [suspension("2026-03-03 09:00", None)],
        "2026-03-09 17:30",
    ),
    (
        "2026-03-02 10:00",
        1,
        "working_days",
        [suspension("2026-03-04 09:00", "2026-03-11 09:00")],
        "2026-03-03 17:30",
    ),
    (
        "2026-03-02 09:00",
        24,
        "hours",
        [suspension("2026-03-03 09:00", "2026-03-09 09:00")],
        "2026-03-03 09:00",
    ),
    # over New Year 2026: 1–3 January off, Sunday the 4th works
    (
        "2025-12-30 10:00",
        2,
        "working_days",
        [suspension("2025-12-31 14:00", "2026-01-04 12:00")],
        "2026-01-05 17:30",
    ),
]


@pytest.mark.parametrize(
    ("start", "amount", "unit", "entries", "due"), EXAMPLES
)
def test_the_ledger_ends_when_the_office_would_say(
    start, amount, unit, entries, due
) -> None:
    assert Ledger(
        "handle", at(start), amount, unit, "34", tuple(entries)
    ).due_at(CALENDAR) == at(due)


def test_the_sum_names_the_festival_and_the_make_up_day_between() -> None:
    ledger = Ledger("handle", at("2026-09-30 16:00"), 3, "working_days", "34")
    assert ledger.lines(CALENDAR) == [
        "起算：2026-09-30 16:00",
        "时限 3个工作日：2026-10-10 17:30",
        "其间10月1日至10月7日国庆节放假，10月10日调休上班，已计入",
    ]


def until_at(text: str) -> datetime:
    """As `at`; 24:00 is the last instant of the day."""
    if text.endswith("24:00"):
        return at(text.replace("24:00", "23:59")) + timedelta(
            seconds=59, microseconds=999_999
        )
    return at(text)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "until", "due"),
    [
        ("2026-09-30 16:00", 1, "days", "12:00", "2026-10-01 12:00"),
        ("2026-09-30 00:00", 1, "days", "12:00", "2026-10-01 12:00"),
        ("2026-09-30 16:00", 7, "days", "24:00", "2026-10-07 24:00"),
        ("2026-09-30 16:00", 0, "days", "24:00", "2026-09-30 24:00"),
        # The last minute of the day belongs to it.
        ("2026-09-30 23:59", 0, "days", "24:00", "2026-09-30 24:00"),
        ("2026-09-30 16:00", 0, "days", "18:00", "2026-09-30 18:00"),
        # The time of day is over: the next day's.
        ("2026-09-30 18:00", 0, "days", "18:00", "2026-10-01 18:00"),
        ("2026-09-30 16:00", 1, "working_days", "12:00", "2026-10-08 12:00"),
        ("2026-10-08 13:00", 0, "working_days", "12:00", "2026-10-09 12:00"),
    ],
)
def test_a_limit_may_end_at_a_time_of_day(
    start, amount, unit, until, due
) -> None:
    ledger = Ledger("report", at(start), amount, unit, "23", until=until)
    assert ledger.due_at(CALENDAR) == until_at(due)


@pytest.mark.parametrize(
    ("amount", "unit", "until", "entries", "due"),
    [
        # Monday 2026-03-02, 16:00
        (1, "days", "12:00", [("2", "days")], "2026-03-05 12:00"),
        (3, "days", "24:00", [("1", "working_days")], "2026-03-06 24:00"),
        (
            3,
            "working_days",
            "24:00",
            [("1", "working_days")],
            "2026-03-06 24:00",
        ),
        (
            1,
            "working_days",
            "12:00",
            [("1", "working_days")],
            "2026-03-04 12:00",
        ),
        # What is granted by the hour is as long as it says.
        (1, "working_days", "12:00", [("2", "hours")], "2026-03-03 14:00"),
        (
            3,
            "days",
            "24:00",
            ["2026-03-03 10:00/2026-03-05 15:00"],
            "2026-03-08 24:00",
        ),
        (
            3,
            "days",
            "24:00",
            ["2026-03-03 10:00/2026-03-05 10:00"],
            "2026-03-07 24:00",
        ),
        (
            3,
            "days",
            "12:00",
            ["2026-03-03 10:00/2026-03-03 11:00"],
            "2026-03-06 12:00",
        ),
        (
            3,
            "working_days",
            "24:00",
            ["2026-03-03 09:00/2026-03-05 09:00"],
            "2026-03-09 24:00",
        ),
        (
            3,
            "working_days",
            "12:00",
            ["2026-03-03 09:00/2026-03-03 10:00"],
            "2026-03-06 12:00",
        ),
        # Nothing of the limit's time has gone by.
        (
            3,
            "working_days",
            "12:00",
            ["2026-03-03 20:00/2026-03-03 22:00"],
            "2026-03-05 12:00",
        ),
        (
            3,
            "days",
            "24:00",
            ["2026-03-03 10:00/2026-03-04 10:00", ("2", "days")],
            "2026-03-08 24:00",
        ),
    ],
)
def test_a_time_of_day_outlasts_extensions_and_suspensions(
    amount, unit, until, entries, due
) -> None:
    ledger = Ledger(
        "x", at("2026-03-02 16:00"), amount, unit, "23", until=until
    )
    for entry in entries:
        if isinstance(entry, str):
            since, _to, end = entry.partition("/")
            ledger = ledger.suspend(at(since), "站长", "补证").resume(at(end))
        else:
            ledger = ledger.extend(
                int(entry[0]), entry[1], at("2026-03-02 17:00"), "站长", "疑难"
            )
    assert ledger.due_at(CALENDAR) == until_at(due)


def test_the_sum_says_the_time_of_day_and_an_extension_keeps_it() -> None:
    ledger = Ledger(
        "x", at("2026-09-30 16:00"), 1, "days", "23", until="12:00"
    )
    assert ledger.lines(CALENDAR)[1] == "时限 次日 12:00 前：2026-10-01 12:00"
    longer = ledger.extend(2, "days", at("2026-10-01 09:00"), "站长", "节日")
    assert longer.due_at(CALENDAR) == at("2026-10-03 12:00")


@pytest.mark.parametrize(
    ("amount", "unit", "until", "told"),
    [
        (5, "working_days", "", "5 工作日"),
        (0, "days", "24:00", "当日 24:00 前"),
        (1, "days", "12:00", "次日 12:00 前"),
        (3, "days", "24:00", "第 3 日 24:00 前"),
        (1, "working_days", "12:00", "下一个工作日 12:00 前"),
        (3, "working_days", "24:00", "第 3 个工作日 24:00 前"),
    ],
)
def test_a_limit_is_told_as_an_office_tells_it(
    amount, unit, until, told
) -> None:
    assert length_in_words(amount, unit, until) == told


def test_elapsed_hours_name_no_festival_because_they_run_through_it() -> None:
    assert (
        len(
            Ledger("report", at("2026-09-30 16:00"), 24, "hours", "32").lines(
                CALENDAR
            )
        )
        == 2
    )


def test_a_suspension_after_the_date_is_told_and_changes_nothing() -> None:
    ledger = Ledger(
        "handle", at("2026-03-02 10:00"), 1, "working_days", "34"
    ).suspend(at("2026-03-04 09:00"), "甲", "补证")
    assert (
        ledger.lines(CALENDAR)[-1]
        == "期满后挂账，截止时间不变（补证）：2026-03-03 17:30"
    )


def test_a_working_day_extension_of_an_hour_deadline_may_be_provisional() -> (
    None
):
    ledger = Ledger("verify", at("2026-12-31 10:00"), 24, "hours", "35")
    assert not ledger.provisional(CALENDAR)
    assert ledger.extend(
        2, "working_days", at("2026-12-31 11:00"), "甲", "乙"
    ).provisional(CALENDAR)


def test_a_second_suspension_and_a_resumption_of_nothing_are_refused() -> None:
    ledger = Ledger("handle", at("2026-03-02 10:00"), 5, "working_days", "34")
    with pytest.raises(LedgerRefused, match="没有挂账"):
        ledger.resume(at("2026-03-03 10:00"))
    suspended = ledger.suspend(at("2026-03-03 10:00"), "甲", "乙")
    with pytest.raises(LedgerRefused, match="正在挂账"):
        suspended.suspend(at("2026-03-03 11:00"), "甲", "乙")
    with pytest.raises(LedgerRefused, match="没有挂账"):
        suspended.resume(at("2026-03-03 09:00"))


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, "hours"), (-1, "working_days"), (1, "moons")]
)
def test_a_senseless_extension_is_refused(amount, unit) -> None:
    with pytest.raises(LedgerRefused, match="正整数"):
        Ledger(
            "handle", at("2026-03-02 10:00"), 5, "working_days", "34"
        ).extend(amount, unit, at("2026-03-03 10:00"), "甲", "乙")


def test_extensions_are_limited_in_number_and_in_sum() -> None:
    rule = ExtensionRule(2, 10, "working_days", "default")
    ledger = Ledger("handle", at("2026-03-02 10:00"), 5, "working_days", "34")
    assert rule.objection(ledger, 10, "working_days") is None
    assert "累计不得超过 10个工作日" in (
        rule.objection(ledger, 11, "working_days") or ""
    )
    assert "以工作日计" in (rule.objection(ledger, 5, "hours") or "")
    once = ledger.extend(8, "working_days", at("2026-03-03 10:00"), "甲", "乙")
    assert "本次最多可延 2个工作日" in (
        rule.objection(once, 3, "working_days") or ""
    )
    twice = once.extend(1, "working_days", at("2026-03-04 10:00"), "甲", "乙")
    assert "已延期 2 次" in (rule.objection(twice, 1, "working_days") or "")


UNITS = st.sampled_from(["hours", "days", "working_days", "working_hours"])
STARTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 10, 30)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
LEDGERS = st.builds(
    lambda start, amount, unit: Ledger("x", start, amount, unit, "default"),
    STARTS,
    st.integers(1, 20),
    UNITS,
)


@given(LEDGERS, st.integers(1, 15), st.integers(1, 15), UNITS)
def test_a_longer_extension_never_ends_earlier(
    ledger, short, more, unit
) -> None:
    decided = ledger.start_at + timedelta(hours=1)
    shorter, longer = (
        ledger.extend(amount, unit, decided, "甲", "乙").due_at(CALENDAR)
        for amount in (short, short + more)
    )
    assert ledger.due_at(CALENDAR) <= shorter <= longer


@given(LEDGERS, st.integers(1, 400), st.integers(0, 400), st.integers(0, 400))
def test_two_suspensions_that_touch_are_one(
    ledger, after, first, second
) -> None:
    since = ledger.start_at + timedelta(hours=after)
    middle, until = (
        since + timedelta(hours=first),
        since + timedelta(hours=first + second),
    )
    due = ledger.suspend(since, "甲", "乙").resume(until).due_at(CALENDAR)
    halves = (
        ledger.suspend(since, "甲", "乙")
        .resume(middle)
        .suspend(middle, "甲", "乙")
        .resume(until)
    )
    assert halves.due_at(CALENDAR) == due >= ledger.due_at(CALENDAR)


@given(LEDGERS, st.integers(0, 400), st.integers(0, 400))
def test_the_ledger_is_the_same_after_a_stay_in_the_database(
    ledger, after, lasting
) -> None:
    since = ledger.start_at + timedelta(hours=after)
    kept = (
        ledger.suspend(since, "甲", "乙")
        .resume(since + timedelta(hours=lasting))
        .extend(3, "days", since, "丙", "丁")
    )
    read = Ledger(
        kept.name,
        kept.start_at,
        kept.amount,
        kept.unit,
        kept.citation,
        from_json(to_json(kept.entries)),
    )
    assert read == kept and read.lines(CALENDAR) == kept.lines(CALENDAR)
