"""Versions of the item list: numbers, days of effect, and what stands on which."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.cases import escalation_objection
from orchestrator.domain.items import ListVersion, in_force, item_code, next_version, stands_on

TODAY = date(2026, 11, 20)


def test_the_first_version_is_number_one_and_holds_from_today() -> None:
    assert next_version(None, None, TODAY) == ListVersion(1, TODAY)


def test_a_wished_day_of_effect_is_kept_when_it_lies_ahead() -> None:
    assert next_version(ListVersion(4, date(2026, 1, 1)), date(2027, 1, 1), TODAY) == ListVersion(5, date(2027, 1, 1))


def test_no_version_holds_before_it_was_made() -> None:
    assert next_version(ListVersion(4, date(2026, 1, 1)), date(2026, 6, 1), TODAY).effective_on == TODAY


def test_a_version_waits_for_its_predecessor_whose_changes_it_contains() -> None:
    assert next_version(ListVersion(4, date(2027, 1, 1)), None, TODAY) == ListVersion(5, date(2027, 1, 1))


def test_before_the_first_version_no_list_is_in_force() -> None:
    assert in_force([ListVersion(1, date(2026, 12, 1))], TODAY) is None


def test_an_item_stands_on_a_version_until_the_one_it_left_with() -> None:
    stays = [stands_on(ListVersion(number, TODAY), 2, 4) for number in range(1, 6)]
    assert stays == [False, True, True, False, False]
    assert stands_on(ListVersion(99, TODAY), 2, None)


def test_an_items_code_tells_list_and_version() -> None:
    assert item_code("321102", 7) == "321102-0007"


def test_a_case_is_escalated_only_to_a_level_that_has_a_grid_office() -> None:
    assert [
        level for level in ("city", "county", "township", "community", "grid", "province") if escalation_objection(level)
    ] == [
        "community",
        "grid",
        "province",
    ]


DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(st.lists(st.tuples(DAYS, st.none() | DAYS), min_size=1, max_size=8), DAYS)
def test_a_later_number_never_holds_earlier_and_the_newest_effective_one_is_in_force(changes, day) -> None:
    versions: list[ListVersion] = []
    for today, wanted in sorted(changes, key=lambda change: change[0]):
        versions.append(next_version(versions[-1] if versions else None, wanted, today))
    assert [each.number for each in versions] == list(range(1, len(versions) + 1))
    assert [each.effective_on for each in versions] == sorted(each.effective_on for each in versions)
    current = in_force(versions, day)
    assert [each for each in versions if each.effective_on <= day][-1:] == ([current] if current else [])
