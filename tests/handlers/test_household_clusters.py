"""A household names its cluster (联户单位); registers, organisations and teams go with a grid that is no
more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from orchestrator.domain.grid_work import GroupRule
from orchestrator.errors import RuleViolated
from orchestrator.services import access, bundles
from orchestrator.services.grid_work import (
    entries,
    entry_import,
    grid_groups,
)
from orchestrator.services.grid_work.entries import EntryGiven
from orchestrator.services.grid_work.grid_groups import GroupGiven
from orchestrator.store.grid_entries import EntryFilter, GridEntry
from orchestrator.store.grid_entries import page_of_entries as page
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.grid_work import Visit
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from tests.handlers.office import COMMUNITY, EAST, NOW, TENANT, WEST
from tests.handlers.test_grids import grid

TODAY = date(2026, 11, 20)
CLUSTER = GroupRule(
    "cluster", "联户单位", "名称", {}, "联系人", True, 0, "default"
)
HOME = EntryGiven("household", "钟家", "1 栋 101 室", "", "", "", "")


@pytest.fixture
def clustered(office, monkeypatch):
    """An office in a city whose grids are divided into clusters."""
    in_force = bundles.profile_in_force

    def with_clusters(*given):
        profile = in_force(*given)
        rules = profile.grid_work
        groups = (*rules.groups, CLUSTER)
        return replace(profile, grid_work=replace(rules, groups=groups))

    monkeypatch.setattr(bundles, "profile_in_force", with_clusters)
    return office


def _cluster(office, name: str, code: str = EAST) -> str:
    given = GroupGiven("cluster", name, head="达瓦")
    return grid_groups.add(office.person("zd-wgb"), code, given, NOW)


def _add(office, given: EntryGiven, code: str = EAST) -> str:
    return entries.add(office.person("zd-wgb"), code, given, NOW, TODAY)


def _registered(office) -> dict[str, int]:
    with transaction(writing=False) as session:
        who = access.viewer(session, office.person("zd-wgb"))
        profile = bundles.profile_in_force(session, TENANT)
        place = session.get_one(Grid, (TENANT, EAST))
        views = grid_groups.views(session, who, profile, place, NOW)
        return {view.row.name: view.registered for view in views}


def test_a_cluster_lists_its_households_and_a_household_names_its_cluster(
    clustered,
) -> None:
    first, second = (
        _cluster(clustered, "第一联户"),
        _cluster(clustered, "第二联户"),
    )
    home = _add(clustered, replace(HOME, cluster_id=first))
    _add(clustered, replace(HOME, name="陈家", cluster_id=second))
    _add(clustered, replace(HOME, name="韩家"))
    assert _registered(clustered) == {"第一联户": 1, "第二联户": 1}
    with transaction(writing=False) as session:
        wanted = EntryFilter(TENANT, ["321100/"], EAST, cluster=first)
        rows, _more = page(session, wanted, "")
        assert [row.name for row in rows] == ["钟家"]
    keeper = clustered.person("zd-wgb")
    # A form that does not ask for the cluster leaves it.
    entries.change(keeper, home, 1, HOME, NOW, TODAY)
    assert _registered(clustered)["第一联户"] == 1
    other = replace(HOME, cluster_id=second)
    entries.change(keeper, home, 2, other, NOW, TODAY)
    assert _registered(clustered) == {"第一联户": 0, "第二联户": 2}
    with pytest.raises(RuleViolated, match="请从列表里选本网格的联户单位"):
        wrong = replace(HOME, cluster_id=_cluster(clustered, "别处", WEST))
        entries.change(keeper, home, 3, wrong, NOW, TODAY)


def test_a_file_of_households_names_their_clusters(clustered) -> None:
    first = _cluster(clustered, "第一联户")
    _add(clustered, HOME)
    keeper = clustered.person("zd-wgb")
    text = (
        "类别,名称,地址,联户单位\r\n"
        "户,钟家,1 栋 101 室,第一联户\r\n"
        "户,陈家,1 栋 102 室,\r\n"
    )
    table = entry_import.read(text.encode())
    done = entry_import.carry_out(keeper, EAST, table, NOW, TODAY)
    assert (len(done.added), len(done.changed)) == (1, 1)
    rows = clustered.rows(sa.select(GridEntry).order_by(GridEntry.name))
    assert {row.name: row.cluster_id for row in rows} == {
        "钟家": first,
        "陈家": None,
    }
    again = entry_import.preview(keeper, EAST, table, NOW)
    assert (again.same, again.changed) == (2, [])
    wrong = entry_import.read(text.replace("第一", "第九").encode())
    with pytest.raises(
        RuleViolated, match="第 2 行：本网格没有登记名为“第九联户”的联户单位"
    ):
        entry_import.preview(keeper, EAST, wrong, NOW)
    person = entry_import.read(text.replace("户,钟", "人,钟").encode())
    with pytest.raises(RuleViolated, match="第 2 行：只有户可以写联户单位"):
        entry_import.preview(keeper, EAST, person, NOW)


def test_a_name_that_clusters_of_two_kinds_have_is_told(
    office, monkeypatch
) -> None:
    in_force = bundles.profile_in_force
    kinds = (CLUSTER, replace(CLUSTER, key="cluster2", name="双联户"))

    def with_two(*given):
        profile = in_force(*given)
        rules = profile.grid_work
        groups = (*rules.groups, *kinds)
        return replace(profile, grid_work=replace(rules, groups=groups))

    monkeypatch.setattr(bundles, "profile_in_force", with_two)
    keeper = office.person("zd-wgb")
    for rule in kinds:
        given = GroupGiven(rule.key, "第一联户", head="达瓦")
        grid_groups.add(keeper, EAST, given, NOW)
    text = "类别,名称,地址,联户单位\r\n户,钟家,1 栋 101 室,第一联户\r\n"
    table = entry_import.read(text.encode())
    with pytest.raises(RuleViolated, match="有 2 个名为“第一联户”"):
        entry_import.preview(keeper, EAST, table, NOW)


def test_what_a_merged_grid_had_goes_to_the_one_that_follows_it(
    clustered,
) -> None:
    keeper = clustered.person("zd-wgb")
    party = GroupGiven("party", "联合党支部", head="韩素梅")
    for code in (EAST, WEST):
        grid_groups.add(keeper, code, party, NOW)
    first = _cluster(clustered, "第一联户")
    home = _add(clustered, replace(HOME, cluster_id=first))
    person = replace(HOME, kind="person", name="钟永", household_id=home)
    _add(clustered, person)
    _add(clustered, HOME, WEST)
    areas = [*clustered.areas(EAST), *clustered.areas(WEST)]
    clustered.adjust("merge", [EAST, WEST], [grid("合并网格", areas)])
    new = f"{COMMUNITY}1003"
    groups = clustered.rows(sa.select(GridGroup))
    now = {(row.name, row.grid_code) for row in groups if not row.ended_on}
    assert now == {("联合党支部", new), ("第一联户", new)}
    assert len(groups) == 3, "the second organisation of that name has ended"
    rows = clustered.rows(sa.select(GridEntry))
    there = {row.name: row for row in rows if not row.gone_on}
    assert {row.grid_code for row in there.values()} == {new}
    assert there.keys() == {"钟家", "钟永"} and len(rows) == 3
    assert there["钟永"].household_id == there["钟家"].id
    assert there["钟家"].cluster_id == first
    path = clustered.grid(new).territory_path
    assert {row.territory_path for row in there.values()} == {path}


def _merged(office) -> str:
    areas = [*office.areas(EAST), *office.areas(WEST)]
    office.adjust("merge", [EAST, WEST], [grid("合并网格", areas)])
    return f"{COMMUNITY}1003"


@pytest.mark.parametrize("moved_away", [(EAST,), (WEST,), (EAST, WEST)])
def test_a_household_of_two_merged_grids_is_in_force_where_one_has_it(
    clustered, moved_away
) -> None:
    keeper = clustered.person("zd-wgb")
    day = {EAST: date(2026, 11, 3), WEST: date(2026, 11, 9)}
    homes = {}
    for code, phone in ((EAST, ""), (WEST, "13900000001")):
        given = replace(HOME, phone=phone)
        homes[code] = _add(clustered, given, code)
        _visited(clustered, homes[code], code, day[code])
        if code in moved_away:
            gone = replace(given, gone=True, typed=frozenset())
            entries.change(keeper, homes[code], 1, gone, NOW, TODAY)
    new = _merged(clustered)
    rows = clustered.rows(sa.select(GridEntry))
    (row,) = [each for each in rows if each.grid_code == new]
    assert (row.gone_on is None) == (len(moved_away) == 1)
    assert row.last_met_on == day[WEST], "the later visit of both"
    visits = clustered.rows(sa.select(Visit))
    assert [each.entry_id for each in visits] == [row.id] * 2
    if moved_away == (EAST,):
        assert row.phone == "13900000001"
    assert all(each.gone_on for each in rows if each.id != row.id)


def _visited(office, entry_id: str, code: str, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    path, member = office.grid(code).territory_path, office.person("zd-wgy1")
    with transaction() as session:
        session.get_one(GridEntry, entry_id).last_met_on = day
        session.add(
            Visit(
                id=f"visit-{code}",
                tenant_id=TENANT,
                territory_path=path,
                entry_id=entry_id,
                person_id=member,
                key=code,
                visited_at=at,
                outcome="met",
                recorded_at=at,
            )
        )


def test_what_the_other_grid_alone_knows_of_a_household_is_kept(
    clustered,
) -> None:
    _add(clustered, HOME)
    known = replace(HOME, phone="13900000001", remark="两人户")
    there = _add(clustered, known, WEST)
    mother = replace(HOME, kind="person", name="钟母", household_id=there)
    _add(clustered, mother, WEST)
    new = _merged(clustered)
    rows = clustered.rows(sa.select(GridEntry))
    home, person = sorted(
        (row for row in rows if row.grid_code == new), key=lambda row: row.kind
    )
    assert (home.phone, home.remark) == ("13900000001", "两人户")
    assert person.household_id == home.id and not home.gone_on


@pytest.mark.parametrize("ended", [(), (EAST,), (WEST,)])
def test_clusters_of_one_name_stay_two_when_their_grids_are_merged(
    clustered, ended
) -> None:
    keeper = clustered.person("zd-wgb")
    clusters = {}
    for code, head in ((EAST, "达瓦"), (WEST, "扎西")):
        given = GroupGiven("cluster", "第一联户", head=head)
        clusters[code] = grid_groups.add(keeper, code, given, NOW)
        home = replace(HOME, name=f"{head}家", cluster_id=clusters[code])
        _add(clustered, home, code)
        if code in ended:
            end = replace(given, ended=True)
            grid_groups.change(keeper, clusters[code], 1, end, NOW, TODAY)
    names = {code: clustered.grid(code).name for code in (EAST, WEST)}
    new = _merged(clustered)
    rows = {row.id: row for row in clustered.rows(sa.select(GridGroup))}
    assert {row.grid_code for row in rows.values()} == {new}
    assert sorted(row.name for row in rows.values()) in (
        ["第一联户", f"第一联户（原{names[EAST]}）"],
        ["第一联户", f"第一联户（原{names[WEST]}）"],
    )
    for code, head in ((EAST, "达瓦"), (WEST, "扎西")):
        row = rows[clusters[code]]
        assert (row.head, bool(row.ended_on)) == (head, code in ended)
    homes = clustered.rows(sa.select(GridEntry))
    assert {rows[home.cluster_id].head + "家" for home in homes} == {
        home.name for home in homes
    }


def test_an_organisation_that_one_grid_still_has_lives_on_when_they_are_merged(
    clustered,
) -> None:
    keeper = clustered.person("zd-wgb")
    for code, head in ((EAST, "韩素梅"), (WEST, "")):
        party = GroupGiven("party", "联合党支部", head=head)
        row = grid_groups.add(keeper, code, party, NOW)
        if code == EAST:
            end = replace(party, ended=True)
            grid_groups.change(keeper, row, 1, end, NOW, TODAY)
    new = _merged(clustered)
    rows = clustered.rows(sa.select(GridGroup))
    (row,) = [each for each in rows if each.grid_code == new]
    assert row.ended_on is None
