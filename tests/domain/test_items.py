"""Decisions about the item list: their own days, what stands on the list on a day, and what forbids a
decision."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.cases import escalation_objection
from orchestrator.domain.items import (
    ListVersion,
    Stay,
    admission_objection,
    exit_day,
    exit_objection,
    in_force,
    item_code,
    next_version,
    plain_name,
    published,
    same_name,
)

TODAY = date(2026, 11, 20)
JUNE = date(2027, 6, 1)


def test_the_first_decision_is_number_one_and_holds_from_today() -> None:
    assert next_version([], None, TODAY) == ListVersion(1, TODAY)


def test_a_wished_day_of_effect_is_kept_when_it_lies_ahead_and_is_today_when_it_is_over() -> (
    None
):
    assert next_version([4, 2], JUNE, TODAY) == ListVersion(5, JUNE)
    assert next_version([4], date(2026, 6, 1), TODAY) == ListVersion(5, TODAY)


def test_a_planned_decision_moves_no_later_one() -> None:
    planned = next_version([1], JUNE, TODAY)
    later = next_version([1, planned.number], None, TODAY)
    assert later == ListVersion(3, TODAY)
    assert in_force([planned, later], TODAY) == later
    assert in_force([planned, later], JUNE) == planned


def test_before_the_first_decision_no_list_is_in_force() -> None:
    assert in_force([ListVersion(1, date(2026, 12, 1))], TODAY) is None


def test_a_stay_is_planned_then_holds_and_ends_by_exit_or_by_its_last_day() -> (
    None
):
    stay = Stay(
        "甲", date(2026, 12, 1), until=JUNE, last_day=date(2027, 3, 31)
    )
    assert (stay.planned(TODAY), stay.holds(TODAY)) == (True, False)
    assert [
        stay.holds(day)
        for day in (date(2026, 12, 1), date(2027, 3, 31), date(2027, 4, 1))
    ] == [
        True,
        True,
        False,
    ]
    assert not Stay("甲", JUNE, until=JUNE).open(TODAY), (
        "withdrawn before it came"
    )


@pytest.mark.parametrize(
    "name",
    [
        "电动车充电 巡查",
        "电动车充电（巡查）",
        "电动车充电·巡查。",
        "　电动车充电巡查",
    ],
)
def test_a_name_is_the_same_with_other_blanks_and_punctuation(name) -> None:
    there = same_name([Stay("电动车充电巡查", TODAY)], name, TODAY)
    assert there is not None and there.name == "电动车充电巡查"


def test_width_and_case_make_no_other_name_and_a_word_does() -> None:
    assert plain_name("ＡＢc－1") == plain_name("abC1")
    assert plain_name("充电巡查") != plain_name("充电检查")


def test_an_admission_is_objected_to_when_the_name_is_listed_or_planned_or_its_time_is_over() -> (
    None
):
    on, ahead, gone = (
        Stay("甲", TODAY),
        Stay("乙", JUNE),
        Stay("丙", date(2026, 1, 1), until=TODAY),
    )
    told = [
        admission_objection([on, ahead, gone], name, None, TODAY)
        for name in "甲乙丙丁"
    ]
    assert [
        "现行清单" in told[0].sentence,
        "2027-06-01" in told[1].sentence,
        told[2:],
    ] == [
        True,
        True,
        [None, None],
    ]
    late = admission_objection([], "丁", TODAY, TODAY)
    assert late is not None and late.field == "leaves_on"


def test_an_exit_is_objected_to_when_it_is_the_second_or_comes_before_the_admission() -> (
    None
):
    ahead, leaving = Stay("乙", JUNE), Stay("甲", TODAY, until=JUNE)
    assert exit_objection(None, None, TODAY).field == "item_id"
    assert "不能重复退出" in exit_objection(leaving, None, TODAY).sentence
    assert (
        exit_objection(ahead, date(2027, 5, 31), TODAY).field == "effective_on"
    )
    assert (
        exit_objection(ahead, None, TODAY) is None
        and exit_day(ahead, None, TODAY) == JUNE
    )


def test_an_items_code_tells_list_and_version() -> None:
    assert item_code("321102", 7) == "321102-0007"


def test_a_case_is_escalated_only_to_a_level_that_has_a_grid_office() -> None:
    assert [
        level
        for level in (
            "city",
            "county",
            "township",
            "community",
            "grid",
            "province",
        )
        if escalation_objection(level, ("city", "county", "township"))
    ] == [
        "community",
        "grid",
        "province",
    ]


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
"""Few days, so that decisions meet."""
DECISION = st.tuples(DAYS, st.none() | DAYS, st.integers(0, 5), st.booleans())
"""(day of approval, day wanted, item, admission or exit)."""


@given(st.lists(DECISION, max_size=14), DAYS)
def test_the_list_of_a_day_is_what_the_decisions_of_their_own_days_say_in_whatever_order_they_come(
    decisions, day
) -> None:
    versions: list[ListVersion] = []
    stays: list[Stay] = []
    naive: dict[int, set[date]] = {}
    horizon = [
        date(2026, 1, 1) + timedelta(days=number) for number in range(90)
    ]
    for today, wanted, item, admits in sorted(
        decisions, key=lambda each: each[0]
    ):
        before = list(versions), list(stays)
        name = f"事项{item}"
        if admits and admission_objection(stays, name, None, today) is None:
            version = next_version(
                [each.number for each in versions], wanted, today
            )
            naive.setdefault(item, set()).update(
                each for each in horizon if each >= max(wanted or today, today)
            )
            stays.append(Stay(name, version.effective_on))
            versions.append(version)
        there = [
            each for each in stays if each.name == name and each.open(today)
        ]
        if (
            not admits
            and exit_objection(there[0] if there else None, wanted, today)
            is None
        ):
            version = next_version(
                [each.number for each in versions],
                exit_day(there[0], wanted, today),
                today,
            )
            naive[item] = {
                each for each in naive[item] if each < version.effective_on
            }
            stays[stays.index(there[0])] = replace(
                there[0], until=version.effective_on
            )
            versions.append(version)
        assert versions[: len(before[0])] == before[0], (
            "no decision moves another's day"
        )
        assert [each.since for each in stays][: len(before[1])] == [
            each.since for each in before[1]
        ]
    held = sorted(each.name for each in stays if each.holds(day))
    assert held == sorted(
        f"事项{item}" for item, days in naive.items() if day in days
    )
    current = in_force(versions, day)
    last = max(
        (
            (each.effective_on, each.number)
            for each in versions
            if each.effective_on <= day
        ),
        default=None,
    )
    assert (current and (current.effective_on, current.number)) == last


@given(
    st.lists(st.tuples(DAYS, st.none() | DAYS, st.none() | DAYS), max_size=8),
    DAYS,
)
def test_a_notice_shows_of_each_day_what_holds_on_it_and_apart_what_comes(
    stays, day
) -> None:
    rows = [
        {
            "name": str(number),
            "category": "综合",
            "legal_basis": "",
            "from": since.isoformat(),
            "until": until and until.isoformat(),
            "last_day": last and last.isoformat(),
        }
        for number, (since, until, last) in enumerate(stays)
    ]
    shown = published({"items": rows, "versions": []}, day)
    known = [Stay(str(number), *each) for number, each in enumerate(stays)]
    assert {each["name"] for each in shown.items} == {
        each.name for each in known if each.holds(day)
    }
    assert {each["name"] for each in shown.planned} == {
        each.name for each in known if each.planned(day)
    }
