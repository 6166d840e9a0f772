"""A household names its cluster (联户单位); registers, organisations and teams go with a grid that is no
more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
        RuleViolated, match="第 2 行：本网格没有登记“第九联户”"
    ):
        entry_import.preview(keeper, EAST, wrong, NOW)


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
