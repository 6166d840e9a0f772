"""The figures of cases: sums that the clock keeps equal what a slow recount of all rows finds, whatever
happened in which order; each opens the cases behind it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain import figures, periods
from orchestrator.domain.calendar import WorkCalendar
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance
from orchestrator.services.figures import counting, facts
from orchestrator.services.instances import oversight
from orchestrator.store import figure_cases, figure_pages
from orchestrator.store.figures import CountedCase, CountedPart, Figure
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.handlers.office import COUNTY, EAST, TENANT, WEST, Office
from tests.handlers.recounted import (
    rates_and_what_is_late,
    the_first_rows_are_those_of_all,
)
from tests.handlers.test_cases import to_the_county, to_the_departments

CITY = "321100/"
BUREAU = "zhenjiang:urban-management:321102"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def settle(office: Office) -> None:
    while counting.settle(office.now):
        pass


def act(office: Office, dice: random.Random, cases: list[str]) -> None:
    """Something happens: a case is reported, or one of them goes a step on, perhaps too late."""
    office.later(hours=dice.choice([1, 5, 30, 200]))
    under_way = [case for case in cases if office.elements(case)]
    if len(under_way) < 3:
        more = {"reporter_name": "李四"} if dice.random() < 0.5 else {}
        grid, by = dice.choice([(EAST, "zd-wgy1"), (WEST, "zd-wgy2")])
        items = sa.select(ServiceItem.id).where(
            ServiceItem.territory_code == COUNTY
        )
        item = dice.choice(
            office.rows(items.order_by(ServiceItem.code).limit(3))
        )
        cases.append(office.report(item, by, grid, **more))
        return
    case = dice.choice(under_way)
    steps = office.elements(case)
    member = "zd-wgy1" if row(office, case).grid_code == EAST else "zd-wgy2"
    if "triage_township" in steps:
        to_the_county(office, case)
    elif "triage_county" in steps:
        to_the_departments(office, case)
    elif "handle_case" in steps:
        office.complete(case, "handle_case", "jk-cg", result="组织人员清理")
    elif "report_back" in steps:
        office.complete(case, "report_back", "jk-cg", summary="清理完毕")
    elif "verify_on_site" in steps:
        verdict = dice.choice(["pass", "pass", "rework"])
        office.complete(
            case,
            "verify_on_site",
            member,
            verdict=verdict,
            verification_note="已到现场查看",
        )
    elif "inform_person" in steps:
        said = dice.choice(
            [
                {},
                {"satisfaction": "satisfied"},
                {"satisfaction": "dissatisfied"},
            ]
        )
        office.complete(
            case, "inform_person", member, informed_by="visit", **said
        )
    elif "close_case" in steps:
        office.complete(case, "close_case", "zd-wgb", closing_note="同意结案")


def row(office: Office, case: str) -> GridCase:
    return office.rows(
        sa.select(GridCase).where(GridCase.instance_id == case)
    )[0]


def slow_counts(
    office: Office,
) -> tuple[dict[Any, Counter[str]], dict[Any, list[int]]]:
    """(path, kind, key, month) → counts, and → minutes of each: every case and task looked at, one by one."""
    counts: dict[Any, Counter[str]] = {}
    minutes: dict[Any, list[int]] = {}
    with transaction(writing=False) as session:
        for case, category, matter in session.execute(
            sa.select(GridCase, ServiceItem.category, ProcessInstance)
            .join(ServiceItem, ServiceItem.id == GridCase.item_id)
            .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        ):
            calendar = locked_instance.calendar(
                session, bundles.bundle_of(session, matter.definition_id)
            )
            entries = session.scalars(
                sa.select(HistoryEntry)
                .where(HistoryEntry.instance_id == case.instance_id)
                .order_by(HistoryEntry.seq)
            ).all()
            tasks = session.scalars(
                sa.select(UserTask).where(
                    UserTask.instance_id == case.instance_id
                )
            ).all()
            late = {
                each.id
                for each in tasks
                if each.closed_at
                and each.due_at
                and each.closed_at > each.due_at
            }
            reported = bool(entries[0].data["submitted"].get("reporter_name"))
            told = any(
                each.element_id == "inform_person"
                and each.state == "completed"
                for each in tasks
            )
            said = [
                e.data["submitted"].get("satisfaction")
                for e in entries
                if e.data.get("submitted")
            ]
            said = [each for each in said if each]
            flags = {
                "reworked": case.rework_count > 0,
                "to_tell": reported,
                "told": reported and told,
                "rated": bool(said),
                "satisfied": bool(said) and said[-1] == "satisfied",
            }
            keys = [
                ("all", ""),
                ("item", case.item_id),
                ("class", category),
                ("member", str(matter.started_by)),
            ]
            paths = [case.territory_path]
            while paths[-1].count("/") > 1:
                paths.append(paths[-1].rstrip("/").rpartition("/")[0] + "/")

            def add(
                path: str, kind: str, key: str, month: str, *names: str
            ) -> None:
                for span in {month, month[:4]}:
                    row = (path, kind, key, span)
                    counts.setdefault(row, Counter()).update(names)

            def spend(
                path: str,
                kind: str,
                key: str,
                at: datetime,
                since: datetime,
                of=calendar,
            ) -> None:
                spent = figures.rounded(of.working_time_between(since, at))
                minutes.setdefault((path, kind, key, month(at)), []).append(
                    spent
                )

            bodies: dict[str, list[UserTask]] = {}
            by: dict[str, str] = {}
            for entry in entries:
                if entry.kind == "user-task-completed":
                    by[f"{case.instance_id}.{entry.data['task']}"] = (
                        entry.actor_body_id
                    )
            for task in tasks:
                asked = session.scalars(
                    sa.select(UserTaskCandidate.candidate).where(
                        UserTaskCandidate.task_id == task.id
                    )
                ).all()
                for body in [by[task.id]] if task.id in by else asked:
                    bodies.setdefault(body, []).append(task)
            for path in paths:
                below = case.territory_path[len(path) :].split("/")[0]
                own = keys + ([("place", below)] if below else [])
                done = (
                    [name for name, so in flags.items() if so]
                    if case.state == "archived"
                    else []
                )
                for kind, key in own:
                    add(path, kind, key, month(case.found_at), "registered")
                    if case.state == "open":
                        add(path, kind, key, "", "open")
                    elif case.state == "archived":
                        on_time = [] if late else ["on_time"]
                        add(
                            path,
                            kind,
                            key,
                            month(case.archived_at),
                            "closed",
                            *on_time,
                            *done,
                        )
                        spend(path, kind, key, case.archived_at, case.found_at)
                    else:
                        add(
                            path, kind, key, month(case.archived_at), "dropped"
                        )
                for body, own_tasks in bodies.items():
                    add(
                        path,
                        "body",
                        body,
                        month(min(each.opened_at for each in own_tasks)),
                        "registered",
                    )
                    if any(each.state == "open" for each in own_tasks):
                        add(path, "body", body, "", "open")
                        continue
                    last = month(max(each.closed_at for each in own_tasks))
                    if case.state in ("merged", "void"):
                        add(path, "body", body, last, "dropped")
                        continue
                    on_time = (
                        []
                        if late & {each.id for each in own_tasks}
                        else ["on_time"]
                    )
                    steps = Counter(each.element_id for each in own_tasks)
                    own_done = [name for name in done if name != "reworked"]
                    if (
                        max(steps["handle_case"], steps["handle_by_office"])
                        > 1
                    ):
                        own_done.append("reworked")
                    add(
                        path, "body", body, last, "closed", *on_time, *own_done
                    )
                for task in tasks:
                    if task.state == "completed":
                        spend(
                            path,
                            "step",
                            task.name,
                            task.closed_at,
                            task.opened_at,
                        )
                        spend(
                            path,
                            "body",
                            by[task.id],
                            task.closed_at,
                            task.opened_at,
                        )
    return counts, minutes


def month(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m")


def test_the_sums_are_what_a_slow_recount_finds_whenever_the_clock_counts(
    office: Office,
) -> None:
    dice, cases = random.Random(7), []
    for number in range(60):
        act(office, dice, cases)
        if number % 7 == 0:
            settle(office)
    still_open = office.rows(
        sa.select(GridCase.instance_id).where(GridCase.state == "open")
    )
    oversight.void(
        still_open[0], "重复登记", office.person("zd-wgb"), office.now
    )
    settle(office)
    counts, minutes = slow_counts(office)
    rows = office.rows(sa.select(Figure))
    found = {
        (each.path, each.kind, each.key, each.period): Counter(
            {
                name: getattr(each, name)
                for name in figures.MEASURES
                if getattr(each, name)
            }
        )
        for each in rows
    }
    assert {key: each for key, each in found.items() if each} == counts
    assert {name for each in counts.values() for name in each} == set(
        figures.MEASURES
    )
    months = sorted({key[3] for key in minutes})
    years = sorted({month[:4] for month in months})
    whole_years = [m for year in years for m in periods.months_of(year)]
    with transaction(writing=False) as session:
        for path, kind in sorted({key[:2] for key in minutes}):
            of = session, TENANT, path, kind
            told = figure_pages.medians(*of, months)
            assert told == figure_pages.medians(*of, whole_years)
            slow: dict[str, list[int]] = {}
            for (path_, kind_, key, _month), spent in minutes.items():
                if (path_, kind_) == (path, kind):
                    slow.setdefault(key, []).extend(spent)
            assert told == {
                key: (median_low(spent), len(spent))
                for key, spent in slow.items()
            }
        _each_opens_its_cases(session, office, rows)
        rates_and_what_is_late(session, office, counts)
        the_first_rows_are_those_of_all(session, office)


def _each_opens_its_cases(
    session: Any, office: Office, rows: list[Figure]
) -> None:
    """As many cases stand behind a figure as it says, for whoever oversees the place."""
    viewer = access.viewer(session, office.person("zj-wgb"))
    for each in rows:
        if each.path != CITY:
            continue
        names = (
            ["open"]
            if each.period == figures.PRESENT
            else [n for n in figures.MEASURES if n != "open"]
        )
        for name in names:
            months = periods.months_of(each.period) or [each.period]
            wanted = figure_cases.AskedFigure(
                TENANT, each.path, months, name, each.kind, each.key
            )
            listed, _after = figure_cases.cases_behind(
                session, wanted, access.may_see(viewer), size=200
            )
            assert len(listed) == getattr(each, name), (
                each.kind,
                each.key,
                each.period,
                name,
            )


def test_a_restricted_case_is_in_no_figure(office: Office) -> None:
    case = office.report(office.seed_item())
    settle(office)
    assert office.rows(sa.select(CountedCase.instance_id)) == [case]
    with transaction() as session:
        matter = session.get_one(ProcessInstance, case)
        matter.restricted, matter.counted_seq = True, 0
    settle(office)
    assert office.rows(sa.select(CountedCase.instance_id)) == []
    assert {each.registered for each in office.rows(sa.select(Figure))} == {0}


def test_what_is_late_now_is_told_by_place_and_by_body_and_opens_its_cases(
    office: Office, monkeypatch
) -> None:
    case = office.report(office.seed_item())
    to_the_county(office, case)
    to_the_departments(office, case)
    office.later(days=30)
    settle(office)
    with transaction(writing=False) as session:
        tonight = office.now + timedelta(hours=12)
        found = figure_pages.pressing(
            session, TENANT, CITY, office.now, tonight
        )
        assert (found.overdue, found.today) == (1, 0)
        assert (found.overdue_by_place, found.overdue_by_body) == (
            {"321102": 1},
            {BUREAU: 1},
        )
        viewer = access.viewer(session, office.person("zj-wgb"))
        wanted = figure_cases.AskedFigure(
            TENANT,
            CITY,
            [],
            "overdue",
            "body",
            BUREAU,
            now=office.now,
            tonight=tonight,
        )
        listed, _after = figure_cases.cases_behind(
            session, wanted, access.may_see(viewer)
        )
        assert [each[0].instance_id for each in listed] == [case]
    other = office.report(office.seed_item())
    to_the_county(office, other)
    to_the_departments(office, other)
    office.later(days=30)
    settle(office)
    monkeypatch.setattr(figure_cases, "DUE_AT_ONCE", 1)
    late = replace(wanted, now=office.now)
    with transaction(writing=False) as session:
        pages = []
        after = ""
        while after is not None:
            listed, after = figure_cases.cases_behind(
                session, late, access.may_see(viewer), after, size=1
            )
            pages.append([each[0].instance_id for each in listed])
    assert pages == [[entry] for entry in sorted([case, other], reverse=True)]
    # Where few of those that are due may be seen, a page ends after so many, and the next one goes on.
    monkeypatch.setattr(figure_cases, "MOST_WINDOWS", 1)
    shown_alone = GridCase.instance_id == min(case, other)
    with transaction(writing=False) as session:
        assert figure_cases.cases_behind(session, late, shown_alone) == (
            [],
            max(case, other),
        )
        listed, after = figure_cases.cases_behind(
            session, late, shown_alone, max(case, other)
        )
    assert [listed[0][0].instance_id, after] == [min(case, other)] * 2


def test_a_rework_is_counted_against_those_whom_the_check_names_at_once(
    office: Office,
) -> None:
    police = "zhenjiang:public-security:321102"
    case = office.report(office.seed_item())
    to_the_county(office, case)
    office.complete(
        case,
        "triage_county",
        "jk-wgb",
        decision="assign",
        lead_department=BUREAU,
        assisting_departments=[police],
        opinion="请公安协助",
    )
    office.complete(
        case, "sign_case", "jk-cg", decision="accept", handler_name="王五"
    )
    for verdict, named in (
        ("rework", {"rework_departments": [police]}),
        ("pass", {}),
    ):
        if verdict == "rework":
            office.complete(
                case, "handle_case", "jk-cg", result="组织人员清理"
            )
        office.later(hours=1)
        office.complete(
            case, "assist_case", "jk-ga", assistance_result="已协助"
        )
        office.complete(case, "report_back", "jk-cg", summary="清理完毕")
        office.later(hours=1)
        office.complete(
            case,
            "verify_on_site",
            "zd-wgy1",
            verdict=verdict,
            verification_note="已到现场查看",
            **named,
        )
    settle(office)
    rows = office.rows(
        sa.select(CountedPart).where(CountedPart.instance_id == case)
    )
    assert {each.body_id for each in rows if each.reworked} == {police}
    assert row(office, case).state == "open"
    figure = sa.select(Figure.reworked).where(
        Figure.path == CITY,
        Figure.kind == "body",
        Figure.key == police,
        Figure.period == "2026-11",
    )
    assert sum(office.rows(figure)) == 1, "before the case is archived"
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person("zj-wgb"))
        for body, name in ((police, "reworked"), (BUREAU, "first_time")):
            wanted = figure_cases.AskedFigure(
                TENANT, CITY, ["2026-11"], name, "body", body
            )
            listed, _after = figure_cases.cases_behind(
                session, wanted, access.may_see(viewer)
            )
            assert [each[0].instance_id for each in listed] == [case]


def test_what_a_body_has_open_besides_is_not_closed_by_what_it_did() -> None:
    def task(closed_at: datetime | None) -> UserTask:
        return UserTask(
            opened_at=datetime(2026, 10, 31, 15, 59, tzinfo=UTC),
            closed_at=closed_at,
            state="open" if closed_at is None else "completed",
        )

    calendar = WorkCalendar({}, announced_until=date(2026, 12, 31))
    done = task(datetime(2026, 11, 30, 16, tzinfo=UTC))
    period = partial(facts.month, calendar)
    part = facts._part(period, "body", [done, task(None)], False)
    assert (part.asked, part.closed) == ("2026-10", None)
    assert facts._part(period, "body", [done], False).closed == "2026-12"
