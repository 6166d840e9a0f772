"""The demo city's tables agree with each other, with the profile and with the regulation's own rules."""

import csv
from collections import Counter
from pathlib import Path

from orchestrator.domain.grids import (
    GridPlan,
    PlannedGrid,
    Situation,
    check_plan,
)
from orchestrator.domain.jurisdiction import parse_jurisdiction

FOLDER = Path(__file__).parents[2] / "bpmn" / "zhenjiang"
PROFILE = parse_jurisdiction(
    (FOLDER / "jurisdiction.toml").read_text(encoding="utf-8")
)


def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


PLACES = {row["code"]: row for row in table("territories")}
GRIDS = {row["code"]: row for row in table("grids")}
AREAS, PEOPLE = table("grid_areas"), table("people")


def test_every_person_serves_a_role_that_exists_at_his_place() -> None:
    for person in PEOPLE:
        level = (
            "grid"
            if person["place"] in GRIDS
            else PLACES[person["place"]]["level"]
        )
        assert level in PROFILE.roles[person["role"]].levels, person[
            "username"
        ]


def test_usernames_are_unique_and_phones_are_plainly_invented() -> None:
    assert len({person["username"] for person in PEOPLE}) == len(PEOPLE)
    assert all(person["phone"].startswith("0511-00000") for person in PEOPLE)


def test_every_role_of_the_profile_has_somebody_in_the_demo() -> None:
    assert {person["role"] for person in PEOPLE} == set(PROFILE.roles)


def test_each_demo_county_can_run_every_procedure() -> None:
    for county in ("321102", "321181"):
        here = {
            person["role"] for person in PEOPLE if person["place"] == county
        }
        departments = {
            role.key
            for role in PROFILE.roles.values()
            if role.family == "department" and "county" in role.levels
        }
        assert here >= departments | {
            "grid-office",
            "party-committee",
            "government",
        }


def test_a_grids_code_follows_the_scheme() -> None:
    serial = Counter()
    for code, row in sorted(GRIDS.items()):
        prefix = row["community"] + PROFILE.grid.kind_codes[row["kind"]]
        serial[prefix] += 1
        assert (
            code == f"{prefix}{serial[prefix]:03d}"
            and PLACES[row["community"]]["level"] == "community"
        )


def test_every_community_of_the_demo_townships_is_covered() -> None:
    townships = {PLACES[row["community"]]["parent"] for row in GRIDS.values()}
    assert len(townships) == 3
    wanted = {
        code
        for code, row in PLACES.items()
        if row["level"] == "community" and row["parent"] in townships
    }
    assert {row["community"] for row in GRIDS.values()} == wanted
    assert {row["kind"] for row in GRIDS.values()} == set(PROFILE.grid.kinds)


def test_a_grids_households_are_the_sum_of_its_areas() -> None:
    total = Counter()
    for area in AREAS:
        total[area["grid"]] += int(area["households"])
        assert GRIDS[area["grid"]]["community"] == area["community"]
    assert {
        code: int(row["households"]) for code, row in GRIDS.items()
    } == dict(total)


def test_the_demo_grids_are_staffed_as_the_regulation_asks() -> None:
    members = {
        code: [
            p
            for p in PEOPLE
            if p["place"] == code and p["role"] == "grid-member"
        ]
        for code in GRIDS
    }
    full_time = {p["username"] for p in PEOPLE if p["title"] == "专职网格员"}
    for code, row in GRIDS.items():
        areas = [area["id"] for area in AREAS if area["grid"] == code]
        now = Situation(
            area_grid=dict.fromkeys(areas, code),
            area_names={},
            area_community=dict.fromkeys(areas, row["community"]),
            grid_names={code: row["name"]},
            full_time=full_time,
            settings={row["community"]: row["setting"]},
        )
        people = tuple(person["username"] for person in members[code])
        plan = GridPlan(
            "rename",
            (code,),
            (PlannedGrid("新名", row["kind"], tuple(areas), people),),
        )
        assert check_plan(plan, now, PROFILE.grid) == [], code


def test_villages_are_rural_and_communities_urban() -> None:
    for row in GRIDS.values():
        assert (row["setting"] == "rural") == PLACES[row["community"]][
            "name"
        ].endswith("村委会")


def test_the_first_list_holds_the_nine_duties_for_the_demo_counties_alone() -> (
    None
):
    assert len(PROFILE.seed_items) == 9
    assert set(PROFILE.seed_lists) == {"321102", "321181"}
    assert {article for _category, _name, article in PROFILE.seed_items} == {
        "17"
    }
