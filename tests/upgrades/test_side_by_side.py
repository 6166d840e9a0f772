"""An old web server goes on while the first host has migrated already: what its statements name is still
there, and what they leave out may be left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from orchestrator.services.installation import database
from orchestrator.store.session import db
from tests.databases import release, settings_for, without_pages

Columns = Mapping[str, Mapping[str, tuple[str, bool, bool]]]
"""Table → column → its type, whether it may be empty, whether the database has a default."""

Rules = Mapping[str, Mapping[str, frozenset[str]]]
"""Table → what a row must keep to, in words → the columns that it is about."""

STANDSTILL: set[str] = set()
"""Migrations for which all hosts are stopped; docs/operations.md and the notes of the release say so."""


def disturbances(before: Columns, after: Columns) -> list[str]:
    """What a program of before would stumble over."""
    found = []
    for table, columns in before.items():
        now = after.get(table, {})
        for name, (kind, may_be_empty, _default) in columns.items():
            if name not in now:
                found.append(f"{table}.{name} is gone")
            elif now[name][0] != kind:
                found.append(f"{table}.{name} has another type")
            elif may_be_empty and not now[name][1]:
                found.append(f"{table}.{name} must be filled now")
        for name in now.keys() - columns.keys():
            _kind, may_be_empty, default = now[name]
            if not may_be_empty and not default:
                found.append(f"{table}.{name} is new and must be filled")
    return found


def new_rules(before: Rules, after: Rules, columns: Columns) -> list[str]:
    """Rules on rows that a program of before writes without knowing them: about columns that it has."""
    return [
        f"{table}: {rule} is new"
        for table, rules in after.items()
        for rule, about in rules.items()
        if rule not in before.get(table, {})
        and about
        and about <= columns.get(table, {}).keys()
    ]


def test_every_migration_since_the_last_release_is_borne_or_named(
    tmp_path: Path,
) -> None:
    released = (Path(__file__).parent / "released").read_text().strip()
    script = ScriptDirectory(str(database.MIGRATIONS))
    later = sorted(
        each.revision
        for each in script.walk_revisions()
        if each.revision > released
    )
    url = f"sqlite:///{tmp_path / 'steps.sqlite'}"
    with without_pages(settings_for(url, tmp_path)).app_context():
        database.upgrade(released)
        before = _columns()
        rules = _rules(before)
        assert len(before) > 90 and sum(map(len, rules.values())) > 90
        stumbling = set()
        for revision in later:
            database.upgrade(revision)
            after = _columns()
            later_rules = _rules(after)
            told = disturbances(before, after)
            told += new_rules(rules, later_rules, before)
            if told:
                stumbling.add(revision)
            before = after
            rules = later_rules
        release()
    assert stumbling == STANDSTILL


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({}, "t.a is gone"),
        ({"t": {"a": ("TEXT", True, False)}}, "t.a has another type"),
        ({"t": {"a": ("INT", False, False)}}, "t.a must be filled now"),
        (
            {"t": {"a": ("INT", True, False), "b": ("INT", False, False)}},
            "t.b is new and must be filled",
        ),
    ],
)
def test_what_an_old_program_stumbles_over_is_told(
    after: Any, told: str
) -> None:
    before = {"t": {"a": ("INT", True, False)}}
    assert disturbances(before, after) == [told]
    more = {"t": {**before["t"], "c": ("INT", True, False)}, "u": {}}
    assert disturbances(before, more) == []


def test_a_rule_that_an_old_program_does_not_know_is_told() -> None:
    columns = {"t": {"a": ("INT", True, False), "b": ("INT", True, False)}}
    known = {"t": {"unique a": frozenset("a")}}
    stricter = {"t": {**known["t"], "unique b": frozenset("b")}}
    assert new_rules(known, stricter, columns) == ["t: unique b is new"]
    of_new_ones = {
        "t": {**known["t"], "check c": frozenset("bc")},
        "u": {"unique d": frozenset("d")},
    }
    assert new_rules(known, of_new_ones, columns) == []


def _rules(columns: Columns) -> Rules:
    """Unique columns, foreign keys, and checks by their names: a list of values that grew is no new one."""
    there = sa.inspect(db.engine)
    rules: dict[str, dict[str, frozenset[str]]] = {}
    for table, names in columns.items():
        of_table = rules.setdefault(table, {})
        unique = [
            rule["column_names"]
            for rule in there.get_unique_constraints(table)
        ]
        unique += [
            index["column_names"]
            for index in there.get_indexes(table)
            if index["unique"]
        ]
        for about in unique:
            written = sorted(name for name in about if name)
            of_table[f"unique {written}"] = frozenset(written)
        for key in there.get_foreign_keys(table):
            about = key["constrained_columns"]
            of_table[f"reference {about}"] = frozenset(about)
        for check in there.get_check_constraints(table):
            words = set(re.findall(r"\w+", str(check["sqltext"])))
            of_table[f"check {check['name']}"] = frozenset(
                words & names.keys()
            )
    return rules


def _columns() -> Columns:
    db.engine.dispose()
    there = sa.inspect(db.engine)
    return {
        table: {
            each["name"]: (
                str(each["type"]),
                bool(each["nullable"]),
                each["default"] is not None,
            )
            for each in there.get_columns(table)
        }
        for table in there.get_table_names()
    }
