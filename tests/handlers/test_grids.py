"""An approved adjustment takes effect at once and whole: grids, codes, people, open cases, notices; or not at
all."""

import json
from datetime import date

import pytest
import sqlalchemy as sa
from shapely import box
from shapely.geometry import mapping, shape

from orchestrator.errors import RuleViolated
from orchestrator.services.instances import resident_reports
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership
from orchestrator.store.registers import (
    Filing,
    Grid,
    GridArea,
    GridCase,
    GridEvent,
)
from orchestrator.store.resident_reports import ResidentReport
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from tests.handlers.office import COMMUNITY, EAST, PARK, WEST


def grid(name, areas, members=("zd-wgy1",), kind="general"):
    return {
        "name": name,
        "kind": kind,
        "areas": list(areas),
        "members": list(members),
    }


def notice(office, code):
    return office.rows(
        sa.select(PublicNotice).where(
            PublicNotice.kind == "grid", PublicNotice.subject_code == code
        )
    )


def test_a_split_issues_new_codes_and_retires_the_old_one_for_good(
    office,
) -> None:
    first, *others = office.areas(EAST)
    matter = office.adjust(
        "split",
        [EAST],
        [
            grid("贺家弄东网格", [first]),
            grid("贺家弄中网格", others, ["zd-wgy1", "zd-wgz1"]),
        ],
    )
    assert office.incidents(matter) == []
    assert office.grid(EAST).state == "retired"
    made = office.rows(
        sa.select(Grid)
        .where(Grid.created_by_instance == matter)
        .order_by(Grid.code)
    )
    assert [(each.code, each.name) for each in made] == [
        (f"{COMMUNITY}1003", "贺家弄东网格"),
        (f"{COMMUNITY}1004", "贺家弄中网格"),
    ]
    for each in made:
        areas = office.rows(
            sa.select(GridArea).where(GridArea.grid_code == each.code)
        )
        assert each.households == sum(area.households for area in areas) > 0
    again = office.adjust(
        "merge",
        [made[0].code, made[1].code],
        [grid("贺家弄社区第一网格", [first, *others])],
    )
    assert office.rows(
        sa.select(Grid.code).where(Grid.created_by_instance == again)
    ) == [f"{COMMUNITY}1005"]


def test_the_new_grids_have_bodies_and_the_people_the_plan_names(
    office,
) -> None:
    first, *others = office.areas(EAST)
    office.adjust(
        "split",
        [EAST],
        [
            grid("甲网格", [first], ["zd-wgy1"]),
            grid("乙网格", others, ["zd-wgy1", "zd-wgz1"]),
        ],
    )
    assert office.people_of(f"{COMMUNITY}1003") == {"zd-wgy1"}
    assert office.people_of(f"{COMMUNITY}1004") == {"zd-wgy1", "zd-wgz1"}
    assert office.people_of(EAST) == set()
    names = office.rows(
        sa.select(Body.name)
        .where(Body.territory_code == f"{COMMUNITY}1003")
        .order_by(Body.name)
    )
    assert names == ["甲网格网格员", "甲网格网格长"]


def test_an_open_case_goes_with_its_area_and_its_next_task_to_the_new_grids_people(
    office,
) -> None:
    first, *others = office.areas(EAST)
    case = office.report(
        office.seed_item(), area_id=others[0], disposal="handle"
    )
    assert office.candidates(case) == {f"zhenjiang:grid-member:{EAST}"}
    office.adjust(
        "split", [EAST], [grid("甲网格", [first]), grid("乙网格", others)]
    )
    new = f"{COMMUNITY}1004"
    (row,) = office.rows(
        sa.select(GridCase).where(GridCase.instance_id == case)
    )
    (instance,) = office.rows(
        sa.select(ProcessInstance).where(ProcessInstance.id == case)
    )
    assert row.grid_code == instance.territory_code == new
    assert (
        row.territory_path
        == instance.territory_path
        == office.open_tasks(case)[0].territory_path
    )
    assert office.candidates(case) == {f"zhenjiang:grid-member:{new}"}
    assert "re-homed" in office.rows(
        sa.select(HistoryEntry.kind).where(HistoryEntry.instance_id == case)
    )
    office.complete(
        case,
        "handle_on_spot",
        "zd-wgy1",
        decision="report",
        result="现场无法处置",
    )
    assert office.elements(case) == ["triage_township"]


@pytest.mark.one_database
def test_a_case_without_an_area_goes_to_the_grid_that_took_most_of_the_old_one(
    office,
) -> None:
    first, *others = office.areas(EAST)
    case = office.report(office.seed_item())
    office.forget_area(case)
    office.adjust(
        "split", [EAST], [grid("甲网格", [first]), grid("乙网格", others)]
    )
    assert office.rows(
        sa.select(GridCase.grid_code).where(GridCase.instance_id == case)
    ) == [f"{COMMUNITY}1004"]


def test_a_residents_report_that_waits_goes_to_the_grid_that_took_most_of_the_old_one(
    office,
) -> None:
    first, *others = office.areas(EAST)
    with transaction(writing=False) as session:
        east = session.get_one(Grid, ("zhenjiang", EAST))
    number = resident_reports.receive(
        east, resident_reports.Sent("路灯不亮", "门口"), (), "", office.now
    )
    office.adjust(
        "split", [EAST], [grid("甲网格", [first]), grid("乙网格", others)]
    )
    new = f"{COMMUNITY}1004"
    [report] = office.rows(
        sa.select(ResidentReport).where(ResidentReport.number == number)
    )
    assert report.grid_code == new
    assert report.territory_path.endswith(f"/{new}/")


@pytest.mark.one_database
def test_a_moved_boundary_keeps_both_codes_and_moves_only_the_cases_of_the_area(
    office,
) -> None:
    *staying, moving = office.areas(EAST)
    west = office.areas(WEST)
    moved = office.report(office.seed_item(), area_id=moving)
    stayed = office.report(office.seed_item(), area_id=staying[0])
    # the form's order is not the order of the codes
    after = [
        grid("贺家弄社区第二网格", [*west, moving], ["zd-wgy2"]),
        grid("贺家弄社区第一网格", staying, ["zd-wgy1"]),
    ]
    matter = office.adjust("boundary", [EAST, WEST], after)
    assert office.incidents(matter) == []
    assert office.areas(EAST) == staying and office.areas(WEST) == sorted(
        [*west, moving]
    )
    assert office.grid(EAST).state == office.grid(WEST).state == "active"
    assert (
        office.rows(
            sa.select(Grid.code).where(Grid.created_by_instance == matter)
        )
        == []
    )
    assert office.rows(
        sa.select(GridCase.grid_code).where(GridCase.instance_id == moved)
    ) == [WEST]
    assert office.rows(
        sa.select(GridCase.grid_code).where(GridCase.instance_id == stayed)
    ) == [EAST]


def drawn(area: str, boundary: object) -> str:
    feature = {
        "type": "Feature",
        "properties": {"id": area},
        "geometry": boundary,
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def cut(boundary: dict) -> dict:
    """A boundary without its western edge."""
    ground = shape(boundary)
    west, south, east, north = ground.bounds
    part = box(west + (east - west) / 4, south, east, north)
    return mapping(ground.intersection(part))


def test_an_area_that_is_drawn_anew_has_its_boundary_once_the_plan_takes_effect(
    office,
) -> None:
    areas = office.areas(EAST)
    before = office.rows(sa.select(GridArea).where(GridArea.id == areas[0]))
    smaller = cut(before[0].boundary)
    matter = office.adjust(
        "boundary",
        [EAST],
        [grid("贺家弄社区第一网格", areas)],
        drawn(areas[0], smaller),
    )
    assert office.incidents(matter) == []
    (after,) = office.rows(sa.select(GridArea).where(GridArea.id == areas[0]))
    difference = shape(after.boundary).symmetric_difference(shape(smaller))
    assert difference.area < 1e-9
    assert (after.west, after.east) == pytest.approx(
        (shape(smaller).bounds[0], shape(smaller).bounds[2]), abs=1e-6
    )
    assert office.grid(EAST).state == "active"


def test_a_drawing_that_lies_over_a_neighbour_is_refused_before_it_is_sent(
    office,
) -> None:
    first, *others = office.areas(EAST)
    rows = office.rows(sa.select(GridArea).where(GridArea.id == others[0]))
    with pytest.raises(RuleViolated, match="重叠"):
        office.adjust(
            "boundary",
            [EAST],
            [grid("贺家弄社区第一网格", [first, *others])],
            drawn(first, rows[0].boundary),
        )
    with pytest.raises(RuleViolated, match="写反"):
        office.adjust(
            "boundary",
            [EAST],
            [grid("贺家弄社区第一网格", [first, *others])],
            drawn(first, {"type": "Polygon", "coordinates": [[[32, 119]]]}),
        )


def test_a_case_that_was_archived_stays_where_it_was_and_an_open_one_is_told_to_open_pages(
    office,
) -> None:
    first, *others = office.areas(EAST)
    archived, still_open = (
        office.report(office.seed_item(), area_id=others[0])
        for _each in range(2)
    )
    with transaction() as session:
        session.get_one(GridCase, archived).state = "archived"
    revision = sa.select(ProcessInstance.revision).where(
        ProcessInstance.id == still_open
    )
    (before,) = office.rows(revision)
    office.adjust(
        "split", [EAST], [grid("甲网格", [first]), grid("乙网格", others)]
    )
    (row,) = office.rows(
        sa.select(GridCase).where(GridCase.instance_id == archived)
    )
    assert row.grid_code == EAST
    assert office.rows(revision)[0] > before


def test_who_left_a_grid_earlier_is_not_said_to_leave_it_by_the_adjustment(
    office,
) -> None:
    his = sa.select(Membership).join(Body, Body.id == Membership.body_id)
    his = his.where(
        Body.territory_code == EAST,
        Membership.person_id == office.person("zd-wgz1"),
    )
    with transaction() as session:
        session.scalars(his).one().until_on = date(2025, 5, 5)
    after = [
        grid("东", office.areas(EAST), ["zd-wgy1"]),
        grid("西", office.areas(WEST), ["zd-wgy2"]),
    ]
    office.adjust("boundary", [EAST, WEST], after)
    assert [each.until_on for each in office.rows(his)] == [date(2025, 5, 5)]


@pytest.mark.one_database
def test_people_who_change_places_in_one_plan_both_keep_their_roles(
    office,
) -> None:
    after = [
        grid("贺家弄社区第一网格", office.areas(EAST), ["zd-wgy2", "zd-wgz2"]),
        grid("贺家弄社区第二网格", office.areas(WEST), ["zd-wgy1", "zd-wgz1"]),
    ]
    office.adjust("boundary", [EAST, WEST], after)
    assert office.people_of(EAST) == {"zd-wgy2", "zd-wgz2"}
    assert office.people_of(WEST) == {"zd-wgy1", "zd-wgz1"}


def test_a_rename_changes_the_name_everywhere_and_nothing_else(office) -> None:
    office.adjust(
        "rename",
        [EAST],
        [grid("贺家弄老街网格", office.areas(EAST), ["zd-wgy1", "zd-wgz1"])],
    )
    assert (office.grid(EAST).name, office.grid(EAST).state) == (
        "贺家弄老街网格",
        "active",
    )
    assert office.rows(
        sa.select(Territory.name).where(Territory.code == EAST)
    ) == ["贺家弄老街网格"]
    assert f"zhenjiang:grid-member:{EAST}" in office.rows(
        sa.select(Body.id).where(Body.name == "贺家弄老街网格网格员")
    )
    assert office.people_of(EAST) == {"zd-wgy1", "zd-wgz1"}
    assert notice(office, EAST)[0].title == "贺家弄老街网格"


@pytest.mark.one_database
def test_a_grid_that_becomes_dedicated_gets_a_code_that_says_so(
    office,
) -> None:
    matter = office.adjust(
        "rename",
        [EAST],
        [
            grid(
                "贺家弄商圈专属网格",
                office.areas(EAST),
                ["zd-wgy1"],
                kind="dedicated",
            )
        ],
    )
    assert office.rows(
        sa.select(Grid.code).where(Grid.created_by_instance == matter)
    ) == [f"{COMMUNITY}2002"]
    assert office.grid(EAST).state == "retired"


def test_a_dissolved_grids_areas_and_cases_go_to_the_grid_that_stays(
    office,
) -> None:
    case = office.report(office.seed_item())
    office.forget_area(case)
    after = [
        grid(
            "贺家弄社区第二网格",
            [*office.areas(EAST), *office.areas(WEST)],
            ["zd-wgy2"],
        )
    ]
    office.adjust("dissolve", [EAST, WEST], after)
    assert (
        office.grid(EAST).state == "retired"
        and office.grid(WEST).state == "active"
    )
    assert office.areas(EAST) == []
    assert office.rows(
        sa.select(GridCase.grid_code).where(GridCase.instance_id == case)
    ) == [WEST]


def test_a_new_grid_takes_areas_from_one_that_shrinks_and_both_notices_follow(
    office,
) -> None:
    taken, *left = office.areas(EAST)
    case = office.report(office.seed_item(), area_id=taken)
    before = office.grid(EAST).households
    office.later(hours=1)
    matter = office.adjust("create", [], [grid("贺家弄新苑网格", [taken])])
    (new,) = office.rows(
        sa.select(Grid).where(Grid.created_by_instance == matter)
    )
    assert (
        office.grid(EAST).households + new.households == before
        and office.grid(EAST).state == "active"
    )
    assert office.rows(
        sa.select(GridCase.grid_code).where(GridCase.instance_id == case)
    ) == [new.code]
    assert len(notice(office, EAST)[0].body["area"]) == len(left)
    assert notice(office, new.code)[0].title == "贺家弄新苑网格"
    assert "boundary" in office.rows(
        sa.select(GridEvent.kind).where(GridEvent.grid_code == EAST)
    )


def test_a_new_grid_may_not_take_everything_a_grid_has(office) -> None:
    with pytest.raises(RuleViolated) as refused:
        office.adjust(
            "create", [], [grid("贺家弄新苑网格", office.areas(EAST))]
        )
    assert "不再有范围" in "".join(refused.value.reasons)


def test_a_retired_grid_leaves_the_public_board_and_its_code_tells_its_story(
    office,
) -> None:
    first, *others = office.areas(EAST)
    office.adjust(
        "split", [EAST], [grid("甲网格", [first]), grid("乙网格", others)]
    )
    assert notice(office, EAST) == []
    assert notice(office, PARK) != []
    kinds = office.rows(
        sa.select(GridEvent.kind)
        .where(GridEvent.grid_code == EAST)
        .order_by(GridEvent.id)
    )
    assert kinds == ["created", "retired"]


def test_a_plan_that_the_grids_outran_goes_back_to_who_made_it_and_changes_nothing(
    office,
) -> None:
    first, *others = office.areas(EAST)
    slow = {
        "kind": "split",
        "source_grids": [EAST],
        "reason": "户数增加，便于服务管理",
    }
    slow["after"] = [grid("甲网格", [first]), grid("乙网格", others)]
    matter = office.start(
        "grid_adjustment", "zd-wgb", "grid-office", "321102001", **slow
    )
    office.complete(
        matter,
        "give_opinion",
        "jk-mz",
        stance="agree",
        civil_affairs_opinion="没有不同意见",
    )
    office.adjust(
        "merge",
        [EAST, WEST],
        [grid("贺家弄大网格", [*office.areas(EAST), *office.areas(WEST)])],
    )
    grids = office.rows(
        sa.select(Grid.code).where(Grid.state == "active").order_by(Grid.code)
    )
    office.complete(
        matter,
        "approve_adjustment",
        "jk-wgb",
        decision="approve",
        opinion="同意调整方案",
    )
    query = sa.select(HistoryEntry.data).where(
        HistoryEntry.instance_id == matter,
        HistoryEntry.kind == "bpmn-error-thrown",
    )
    (told,) = office.rows(query)
    assert (
        "调整方案与现状不符" in told["message"] and "已停用" in told["message"]
    )
    assert office.elements(matter) == ["revise_adjustment"]
    assert office.incidents(matter) == []
    assert (
        office.rows(
            sa.select(Grid.code)
            .where(Grid.state == "active")
            .order_by(Grid.code)
        )
        == grids
    )


def test_the_adjustment_is_filed_with_the_city_and_noted_there(office) -> None:
    matter = office.adjust(
        "rename", [EAST], [grid("贺家弄老街网格", office.areas(EAST))]
    )
    (filing,) = office.rows(
        sa.select(Filing).where(Filing.instance_id == matter)
    )
    assert (
        filing.to_body_id == "zhenjiang:grid-office:321100"
        and filing.acknowledged_at is None
    )
    office.complete(
        matter, "acknowledge_filing", "zj-wgb", filing_remark="已收悉"
    )
    (filing,) = office.rows(
        sa.select(Filing).where(Filing.instance_id == matter)
    )
    assert filing.acknowledged_at == office.now
