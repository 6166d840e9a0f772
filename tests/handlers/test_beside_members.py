"""What a grid has beside its members, and what members were given: kept by the office, read by those who
serve, taken over from a file as a whole."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.domain.data_grades import DataGrade, DataRules
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import access, bundles
from orchestrator.services.grid_work import grid_groups, group_tables
from orchestrator.services.grid_work.grid_groups import GroupGiven
from orchestrator.services.people import member_issues, members
from orchestrator.services.people.member_issues import IssueGiven
from orchestrator.services.records import entry_sights
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.member_issues import MemberIssue
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from tests.handlers.office import EAST, NOW, TENANT
from tests.handlers.test_at_one_instant import at_one_instant

TODAY = date(2026, 11, 20)
PARTY = GroupGiven(
    "party", "贺家弄社区第一网格党支部", "", "韩素梅", "13800001111"
)
FILE = (
    "网格编码,类别,名称,负责人,电话\r\n"
    f"{EAST},网格党组织,贺家弄社区第一网格党支部,陈敏,13900002222\r\n"
    f"{EAST},网格党组织,商户联合党支部,周平,\r\n"
)


def _views(office, by: str) -> list[grid_groups.GroupView]:
    with transaction(writing=False) as session:
        who = access.viewer(session, office.person(by))
        assert who is not None
        return grid_groups.views(
            session,
            who,
            bundles.profile_in_force(session, TENANT),
            session.get_one(Grid, (TENANT, EAST)),
            NOW,
        )


def test_the_office_keeps_it_and_the_grids_member_reads_it(office) -> None:
    keeper = office.person("zd-wgb")
    group_id = grid_groups.add(keeper, EAST, PARTY, NOW)
    (seen,) = _views(office, "zd-wgy1")
    assert (seen.row.name, seen.row.head) == (PARTY.name, "韩素梅")
    assert (seen.phone, seen.hidden) == ("13800001111", False)
    assert _views(office, "zd-wgy4") == [], "another grid's member"
    with pytest.raises(Forbidden, match="由主管机构登记"):
        grid_groups.add(office.person("zd-wgy1"), EAST, PARTY, NOW)
    with pytest.raises(RuleViolated, match="本网格已有"):
        grid_groups.add(keeper, EAST, PARTY, NOW)
    moved = replace(PARTY, head="陈敏")
    grid_groups.change(keeper, group_id, 1, moved, NOW, TODAY)
    with pytest.raises(RuleViolated, match="已被别人改过"):
        grid_groups.change(keeper, group_id, 1, PARTY, NOW, TODAY)
    ended = replace(moved, ended=True)
    grid_groups.change(keeper, group_id, 2, ended, NOW, TODAY)
    assert _views(office, "zd-wgy1") == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "nothing"}, "请从列表里选类别"),
        ({"name": ""}, "请填写名称"),
        ({"households": "十"}, "户数应是整数"),
        ({"households": "②"}, "户数应是整数"),
        ({"households": "３"}, "户数应是整数"),
        ({"form": "长" * 400}, "网格党组织不分形式"),
        ({"households": "100000"}, "户数最多"),
        ({"head": "长" * 41}, "负责人最多 40 字"),
    ],
)
def test_a_wrong_row_is_refused(office, change, told) -> None:
    with pytest.raises(RuleViolated, match=told):
        grid_groups.add(
            office.person("zd-wgb"), EAST, replace(PARTY, **change), NOW
        )
    assert office.rows(sa.select(GridGroup)) == []


def test_a_file_adds_and_updates_or_nothing_is_written(office) -> None:
    keeper = office.person("zd-wgb")
    grid_groups.add(keeper, EAST, PARTY, NOW)
    table = group_tables.read(FILE.encode("utf-8-sig"))
    done = group_tables.take_over(keeper, table, NOW)
    assert (done.added, done.changed) == (1, 1)
    heads = {seen.row.name: seen.row.head for seen in _views(office, "zd-wgb")}
    assert heads == {PARTY.name: "陈敏", "商户联合党支部": "周平"}
    with transaction(writing=False) as session:
        who = access.viewer(session, keeper)
        assert who is not None
        profile = bundles.profile_in_force(session, TENANT)
        lines = group_tables.lines(session, who, profile, NOW)
    assert lines[0][:3] == ["网格编码", "类别", "名称"]
    assert {(line[1], line[4]) for line in lines[1:]} == {
        ("网格党组织", "陈敏"),
        ("网格党组织", "周平"),
    }
    wrong = (
        "网格编码,类别,名称\r\n"
        f"{EAST},网格党组织,第三党支部\r\n"
        "\r\n"
        "1,网格党组织,别处\r\n"
        f"{EAST},志愿队,别的\r\n"
    )
    with pytest.raises(RuleViolated) as refused:
        group_tables.take_over(keeper, group_tables.read(wrong.encode()), NOW)
    assert [reason[:5] for reason in refused.value.reasons] == [
        "第 4 行",
        "第 5 行",
    ]
    assert len(_views(office, "zd-wgb")) == 2
    with pytest.raises(RuleViolated, match="第一行应是表头"):
        group_tables.read("甲,乙\r\n".encode())


FULL = replace(PARTY, head="韩素梅", households="30", remark="每月\n活动")


def test_a_column_that_the_file_leaves_out_stays(office) -> None:
    keeper = office.person("zd-wgb")
    grid_groups.add(keeper, EAST, FULL, NOW)
    narrow = f"网格编码,类别,名称\r\n{EAST},网格党组织,{FULL.name}\r\n"
    group_tables.take_over(keeper, group_tables.read(narrow.encode()), NOW)
    (row,) = office.rows(sa.select(GridGroup))
    assert (row.head, row.phone, row.households, row.remark) == (
        "韩素梅",
        "13800001111",
        30,
        "每月\n活动",
    )
    emptied = f"网格编码,类别,名称,电话\r\n{EAST},网格党组织,{FULL.name},\r\n"
    group_tables.take_over(keeper, group_tables.read(emptied.encode()), NOW)
    (row,) = office.rows(sa.select(GridGroup))
    assert (row.head, row.phone) == ("韩素梅", "")


def _lines(office, by: str) -> list[list[str]]:
    with transaction(writing=False) as session:
        who = access.viewer(session, office.person(by))
        assert who is not None
        profile = bundles.profile_in_force(session, TENANT)
        return group_tables.lines(session, who, profile, NOW)


def test_a_long_table_is_exported_in_parts(office, monkeypatch) -> None:
    monkeypatch.setattr(group_tables, "MOST_LINES", 2)
    keeper = office.person("zd-wgb")
    for name in ("甲支部", "乙支部", "丙支部"):
        grid_groups.add(keeper, EAST, replace(PARTY, name=name), NOW)
    with transaction(writing=False) as session:
        who = access.viewer(session, keeper)
        profile = bundles.profile_in_force(session, TENANT)
        assert group_tables.parts(session, who) == 2
        names = [
            [line[2] for line in table[1:]]
            for part in (1, 2, 3)
            for table in [group_tables.lines(session, who, profile, NOW, part)]
        ]
    assert [len(part) for part in names] == [2, 1, 0]
    assert {*names[0], *names[1]} == {"甲支部", "乙支部", "丙支部"}


def test_a_grid_that_is_no_more_stands_in_no_file(office) -> None:
    grid_groups.add(office.person("zd-wgb"), EAST, FULL, NOW)
    assert len(_lines(office, "zd-wgb")) == 2
    with transaction() as session:
        session.get_one(Grid, (TENANT, EAST)).state = "retired"
    assert len(_lines(office, "zd-wgb")) == 1


def _grade_the_telephone(monkeypatch, readers: str) -> None:
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT)
    grade = DataGrade(
        "groups",
        "联系电话",
        ("phone",),
        (),
        (),
        ("group",),
        (readers,),
        (),
        "default",
    )
    graded = replace(profile, data=DataRules((grade,)))
    monkeypatch.setattr(
        entry_sights.bundles, "rules_of_sight", lambda *_given: graded
    )


def test_what_is_hidden_from_the_office_it_neither_opens_nor_writes_over(
    office, monkeypatch
) -> None:
    keeper = office.person("zd-wgb")
    group_id = grid_groups.add(keeper, EAST, FULL, NOW)
    ended = replace(FULL, ended=True)
    grid_groups.change(keeper, group_id, 1, ended, NOW, TODAY)
    _grade_the_telephone(monkeypatch, "police-station@any")
    with transaction(writing=False) as session:
        who = access.viewer(session, keeper)
        assert who is not None
        with pytest.raises(RuleViolated, match="您没有看到的内容"):
            grid_groups.to_change(session, who, group_id, NOW)
    with pytest.raises(RuleViolated, match="您没有看到的内容"):
        grid_groups.add(keeper, EAST, replace(FULL, phone=""), NOW)
    with pytest.raises(RuleViolated, match="您没有看到的内容"):
        grid_groups.change(keeper, group_id, 2, FULL, NOW, TODAY)
    (row,) = office.rows(sa.select(GridGroup))
    assert (row.phone, row.ended_on) == ("13800001111", TODAY)


def test_a_city_grades_the_telephone(office, monkeypatch) -> None:
    grid_groups.add(office.person("zd-wgb"), EAST, PARTY, NOW)
    _grade_the_telephone(monkeypatch, "grid-office@any")
    (office_sees,) = _views(office, "zd-wgb")
    (member_sees,) = _views(office, "zd-wgy1")
    assert (office_sees.phone, office_sees.hidden) == ("13800001111", False)
    assert (member_sees.phone, member_sees.hidden) == ("", True)


DEVICE = IssueGiven("equipment", "巡查终端", "SB-01", TODAY, None)
POLICY = IssueGiven("insurance", "accident", "P-1", TODAY, date(2027, 11, 19))


def _lacking(office, today: date) -> list[str]:
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT)
        who = access.viewer(session, office.person("zd-wgb"))
        assert who is not None
        person = office.person("zd-wgy1")
        member = members.readable(session, who, profile, person, today)
        rules = member_issues.lacking(session, profile, member, today)
        return [rule.name for rule in rules]


def test_an_insurance_that_is_missing_or_ran_out_is_told(office) -> None:
    keeper, member = office.person("zd-wgb"), office.person("zd-wgy1")
    assert _lacking(office, TODAY) == ["人身意外伤害保险", "社会保险"]
    member_issues.add(keeper, member, POLICY, NOW, TODAY)
    assert _lacking(office, date(2027, 11, 19)) == ["社会保险"]
    assert _lacking(office, date(2027, 11, 20)) == [
        "人身意外伤害保险",
        "社会保险",
    ]


def test_equipment_is_given_and_given_back(office) -> None:
    keeper, member = office.person("zd-wgb"), office.person("zd-wgy1")
    member_issues.add(keeper, member, DEVICE, NOW, TODAY)
    with pytest.raises(RuleViolated, match="已经登记过同样的一条"):
        member_issues.add(keeper, member, DEVICE, NOW, TODAY)
    with pytest.raises(Forbidden):
        member_issues.add(member, member, DEVICE, NOW, TODAY)
    (issue,) = office.rows(sa.select(MemberIssue))
    with pytest.raises(NotFound):
        member_issues.give_back(
            keeper, office.person("zd-wgy2"), issue.id, NOW, TODAY
        )
    member_issues.give_back(keeper, member, issue.id, NOW, TODAY)
    (issue,) = office.rows(sa.select(MemberIssue))
    assert issue.returned_on == TODAY
    with pytest.raises(RuleViolated, match="已经登记过交回"):
        member_issues.give_back(keeper, member, issue.id, NOW, TODAY)


@pytest.mark.both_databases
def test_of_two_presses_at_one_instant_one_is_registered(
    office, monkeypatch
) -> None:
    keeper, member = office.person("zd-wgb"), office.person("zd-wgy1")
    read, real = threading.Barrier(2, timeout=30), members.to_change

    def together(session, *given):
        result = real(session, *given)
        if session.get_bind().dialect.name == "postgresql":
            read.wait()
        return result

    monkeypatch.setattr(members, "to_change", together)

    def press() -> None:
        member_issues.add(keeper, member, DEVICE, NOW, TODAY)

    refused = at_one_instant(monkeypatch, press, press)
    assert sorted(each is None for each in refused) == [False, True]
    assert len(office.rows(sa.select(MemberIssue))) == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (replace(DEVICE, name=""), "请填写装备设备的名称"),
        (replace(DEVICE, from_on=None), "请填写领用或者参保日期"),
        (replace(POLICY, name="别的"), "请从列表里选保险"),
        (replace(POLICY, until_on=date(2026, 1, 1)), "到期日期不能早于"),
        (replace(DEVICE, number="长" * 61), "最多 60 字"),
    ],
)
def test_what_cannot_be_registered_is_told(office, given, told) -> None:
    with pytest.raises(RuleViolated, match=told):
        member_issues.add(
            office.person("zd-wgb"),
            office.person("zd-wgy1"),
            given,
            NOW,
            TODAY,
        )
    assert office.rows(sa.select(MemberIssue)) == []
