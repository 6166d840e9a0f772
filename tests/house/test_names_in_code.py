"""What a city calls its roles and levels, and what it is called itself, stands in its folder and nowhere in
the product's Python."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROFILES = {
    file.parent.name: tomllib.loads(file.read_text("utf-8"))
    for file in ROOT.glob("bpmn/*/jurisdiction.toml")
}
MIGRATIONS = ROOT / "orchestrator" / "store" / "migrations"
"""A migration says what rows of its time meant."""

ANOTHER_MEANING = {
    (
        "web/grid_work/register.py",
        "grid",
    ): "an argument of the page's address",
    (
        "orchestrator/domain/jurisdiction/reading.py",
        "community",
    ): "a field of the notice: the place in which the grid lies",
    (
        "orchestrator/domain/jurisdiction/reading.py",
        "city",
    ): "a part of a body's name: the jurisdiction's own name",
    (
        "orchestrator/domain/jurisdiction/reading.py",
        "grid",
    ): "a table of the profile",
    (
        "orchestrator/services/designing/profile_words.py",
        "grid",
    ): "a table of the profile",
    (
        "orchestrator/services/designing/regulation/sections.py",
        "grid",
    ): "a table of the profile",
    (
        "orchestrator/services/designing/regulation/offers.py",
        "community",
    ): "a field of the notice: the place in which the grid lies",
    (
        "orchestrator/services/jurisdictions/folder_tables.py",
        "community",
    ): "a column of grids.csv",
    (
        "orchestrator/services/jurisdictions/area_tables.py",
        "community",
    ): "a column of grid_areas.csv",
    (
        "orchestrator/services/jurisdictions/area_tables.py",
        "grid",
    ): "a column of grid_areas.csv",
    (
        "orchestrator/services/jurisdictions/folder.py",
        "template",
    ): "the folder that new cities are copied from; no city",
    (
        "orchestrator/services/deployments/form_options.py",
        "grid",
    ): "a column of a query",
    ("orchestrator/store/registers.py", "grid"): "the name of a table",
    ("web/designing/workbench.py", "designer"): "the name of a blueprint",
    ("web/help.py", "grid-member"): "the name of a manual",
    ("web/help.py", "designer"): "the name of a manual",
    ("web/help.py", "administrator"): "the name of a manual",
    ("web/public.py", "city"): "a parameter of the public address",
    ("web/registers.py", "township"): "a parameter of the grids page",
    (
        "orchestrator/services/people/passwords.py",
        "administrator",
    ): "a password that everybody tries",
}
"""(file, string) → what it means there, which is no role, level or city."""

NOTICE_OF_A_GRID = "grid"
"""A kind of public notice, as the table of notices writes it."""
OF_NOTICES = {
    "orchestrator/handlers/grids.py",
    "orchestrator/handlers/grid_notices.py",
    "orchestrator/services/jurisdictions/loading.py",
    "orchestrator/store/notices.py",
    "orchestrator/services/people/photos.py",
    "orchestrator/services/registers/second_names.py",
    "web/public.py",
}


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of each string of a module that is no docstring."""
    tree = ast.parse(file.read_text("utf-8"))
    remarks = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in remarks
        ):
            yield node.lineno, node.value


def modules() -> Iterator[tuple[str, Path]]:
    for room in ("orchestrator", "forms", "web"):
        for file in sorted((ROOT / room).rglob("*.py")):
            if MIGRATIONS not in file.parents:
                yield file.relative_to(ROOT).as_posix(), file


def test_no_role_level_or_city_of_a_profile_is_written_in_python():
    names = {
        *PROFILES,
        *(role for profile in PROFILES.values() for role in profile["roles"]),
        *(
            level
            for profile in PROFILES.values()
            for level in profile["levels"]
        ),
    }
    group = re.compile(
        rf"\b({'|'.join(map(re.escape, sorted(names)))})[@:]|@({'|'.join(map(re.escape, sorted(names)))})\b"
    )
    found, used = [], set()
    for name, file in modules():
        for line, text in strings(file):
            if text == NOTICE_OF_A_GRID and name in OF_NOTICES:
                continue
            if (name, text) in ANOTHER_MEANING:
                used.add((name, text))
            elif text in names or group.search(text):
                found.append(f"{name}:{line} {text!r}")
    assert found == []
    assert used == ANOTHER_MEANING.keys(), (
        "an exception that nothing needs any more"
    )


def test_no_function_is_called_as_a_role_or_level_of_a_profile():
    functions = {
        name for profile in PROFILES.values() for name in profile["functions"]
    }
    roles = {
        role for profile in PROFILES.values() for role in profile["roles"]
    }
    levels = {
        level for profile in PROFILES.values() for level in profile["levels"]
    }
    assert len(functions) > 5
    assert functions & (roles | levels) == set()


def test_shared_diagrams_name_functions_and_no_role():
    roles = {
        role for profile in PROFILES.values() for role in profile["roles"]
    }
    roles |= {
        role["family"]
        for profile in PROFILES.values()
        for role in profile["roles"].values()
        if "family" in role
    }
    levels = {
        level for profile in PROFILES.values() for level in profile["levels"]
    }
    group = re.compile(r"([a-z][a-z-]*)@([a-z]+|\$)")
    named = {
        (file.name, role, place)
        for file in (ROOT / "bpmn" / "shared").glob("*.bpmn")
        for role, place in group.findall(file.read_text("utf-8"))
    }
    assert named
    assert [
        each for each in sorted(named) if each[1] in roles or each[2] in levels
    ] == []
