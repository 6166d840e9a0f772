"""The migrated schema is what the models say, on both databases; every migration goes up, down and up
again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from orchestrator.domain import items
from orchestrator.services.installation import database
from orchestrator.store import models, search
from orchestrator.store.base import Base
from orchestrator.store.session import db
from tests.databases import release, settings_for, without_pages
from tests.upgrades import remembered

assert models


@pytest.fixture
def bare(empty_url: str, tmp_path: Path) -> Iterator[sa.Engine]:
    with without_pages(settings_for(empty_url, tmp_path)).app_context():
        yield db.engine
        release()


@pytest.fixture
def versioned(bare: sa.Engine) -> Iterator[sa.Engine]:
    """For tests of what becomes of rows: statements that change tables are made once for all of them."""
    with remembered.statements():
        yield bare


def differences(engine: sa.Engine) -> list[object]:
    """What Alembic finds, and indexes that differ in what it does not compare: conditions, order, INCLUDE."""
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": search.is_ours}
        result: list[object] = compare_metadata(
            MigrationContext.configure(connection, opts=options), Base.metadata
        )
        migrated = _indexes(connection)
    return result + [
        (text, migrated.get(name))
        for name, text in _modelled_indexes(engine).items()
        if text != migrated.get(name)
    ]


_modelled: dict[str, dict[str, str]] = {}
"""Dialect → the indexes of a database that the models themselves make."""


def _modelled_indexes(engine: sa.Engine) -> dict[str, str]:
    dialect = engine.dialect.name
    if dialect not in _modelled:
        if dialect == "sqlite":
            engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            if dialect == "postgresql":
                connection.exec_driver_sql("CREATE SCHEMA modelled")
                connection.exec_driver_sql(
                    "SET LOCAL search_path TO modelled, public"
                )
            Base.metadata.create_all(connection, checkfirst=False)
            _modelled[dialect] = _indexes(connection)
            connection.rollback()
    return _modelled[dialect]


def _indexes(connection: sa.Connection) -> dict[str, str]:
    """Name → the statement that makes it, of each index that both kinds of databases have."""
    if connection.dialect.name == "sqlite":
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        made = (
            "SELECT indexname, replace(indexdef, ' ON ' || schemaname || '.', ' ON ')"
            " FROM pg_indexes WHERE schemaname = current_schema()"
        )
    return {
        name: " ".join(text.replace('"', "").split())
        for name, text in connection.exec_driver_sql(made)
        if search.is_ours(None, name, "index", True, None)
    }


def test_a_migrated_database_is_what_the_models_say(bare):
    database.upgrade()
    assert differences(bare) == []


def test_every_migration_can_be_taken_back_and_done_again(bare):
    database.upgrade()
    for revision in [each.revision for each in _script().walk_revisions()][1:]:
        database.downgrade(revision)
    database.downgrade("base")
    left = set(sa.inspect(bare).get_table_names()) - {"alembic_version"}
    assert left == set()
    database.upgrade()
    assert differences(bare) == []


def test_each_jurisdiction_goes_on_by_the_calendar_it_had(versioned):
    database.upgrade("0011")
    moment = "'2026-11-01 00:00:00'"
    columns = "id, tenant_id, role, family, level, territory_code, territory_path, name"
    body = f"INSERT INTO body ({columns}) VALUES"
    with versioned.begin() as connection:
        for city in ("one", "two"):
            connection.exec_driver_sql(
                f"{body} ('{city}:a:1', '{city}', 'a', 'a', 'city', '1', '1/', 'x')"
            )
        for on, kind in (
            ("2025-10-01", "holiday"),
            ("2026-10-01", "holiday"),
            ("2026-10-10", "workday"),
        ):
            connection.exec_driver_sql(
                f"INSERT INTO calendar_day VALUES ('{on}', '{kind}', '节', '通知')"
            )
        for number in (1, 2):
            days = '[["2026-10-01", "holiday", "节"]]'
            connection.exec_driver_sql(
                "INSERT INTO calendar_version (number, year, source, days, imported_at)"
                f" VALUES ({number}, 2026, '通知', '{days}', {moment})"
            )
    database.upgrade()
    assert differences(versioned) == []
    with versioned.connect() as connection:
        days = connection.exec_driver_sql(
            'SELECT tenant_id, "on", kind FROM calendar_day ORDER BY 1, 2'
        ).all()
        versions = connection.exec_driver_sql(
            "SELECT tenant_id, number, year, source FROM calendar_version ORDER BY 1, 2"
        ).all()
    own = [("2026-10-01", "holiday"), ("2026-10-10", "workday")]
    assert [tuple(row) for row in days] == [
        ("", "2025-10-01", "holiday"),
        *(("one", *day) for day in own),
        *(("two", *day) for day in own),
    ]
    assert [tuple(row) for row in versions] == [
        (city, number, 2026, "通知")
        for city in ("one", "two")
        for number in (1, 2)
    ]
    database.downgrade("0011")
    with versioned.connect() as connection:
        assert connection.exec_driver_sql(
            'SELECT "on" FROM calendar_day ORDER BY 1'
        ).scalars().all() == [
            "2025-10-01",
            "2026-10-01",
            "2026-10-10",
        ]
        assert connection.exec_driver_sql(
            "SELECT number FROM calendar_version ORDER BY 1"
        ).scalars().all() == [1, 2]


def test_areas_that_were_drawn_before_are_found_by_their_edges(versioned):
    database.upgrade("0059")
    parts = "[[[[119.4, 32.1], [119.6, 32.2], [119.5, 32.3], [119.4, 32.1]]]]"
    drawn = f'{{"type": "MultiPolygon", "coordinates": {parts}}}'
    columns = "id, tenant_id, community_code, name, households, grid_code"
    with versioned.begin() as connection:
        for area, boundary in (("a", f"'{drawn}'"), ("b", "NULL")):
            connection.exec_driver_sql(
                f"INSERT INTO grid_area ({columns}, boundary) VALUES"
                f" ('{area}', 'one', '1', 'x', 0, '1', {boundary})"
            )
    database.upgrade()
    assert differences(versioned) == []
    with versioned.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT west, south, east, north FROM grid_area ORDER BY id"
        ).all()
    assert [tuple(row) for row in rows] == [
        (119.4, 32.1, 119.6, 32.3),
        (None, None, None, None),
    ]


def _filled(connection, table: str, /, **values: object) -> None:
    """Writes a row of the table as the schema has it now, with something in each column that must be
    filled."""
    columns = sa.Table(table, sa.MetaData(), autoload_with=connection).columns
    usual = {
        bool: False,
        bytes: b"x",
        datetime: datetime(2026, 11, 1),
        dict: {},
        object: {},
        int: 0,
        str: "x",
    }
    row = {
        column.name: usual[column.type.python_type]
        for column in columns
        if not column.nullable and column.server_default is None
    }
    target = sa.table(table, *(sa.column(c.name, c.type) for c in columns))
    connection.execute(sa.insert(target).values(row | values))


def test_a_deadline_gets_its_bodys_place_and_own_days_stand_apart(versioned):
    """0066 and 0067 with rows: the places of open tasks, and versions of places that a former program
    reads."""
    nation = [["2027-01-01", "holiday", "元旦"]]
    later = [*nation, ["2027-01-04", "holiday", "元旦"]]
    own = [["2027-01-06", "holiday", "县庆"]]
    loose = [["2028-01-01", "holiday", "元旦"]]
    numbered = "SELECT * FROM calendar_version ORDER BY number"
    placed = "SELECT id, days_of FROM deadline ORDER BY id"
    database.upgrade("0065")
    with versioned.begin() as connection:
        _filled(connection, "deployment", id="d")
        _filled(connection, "process_definition", id="x:1", deployment_id="d")
        _filled(
            connection,
            "process_instance",
            id="i",
            definition_id="x:1",
            state="active",
        )
        for place in "12":
            _filled(connection, "body", id=f"b{place}", territory_code=place)
        for task, state, bodies in (
            ("t1", "open", "1"),
            ("t2", "open", "12"),
            ("t3", "completed", "1"),
        ):
            ids = {"instance_id": "i", "definition_id": "x:1"}
            _filled(connection, "user_task", id=task, state=state, **ids)
            _filled(
                connection, "deadline", id=task, task_id=task, instance_id="i"
            )
            for place in bodies:
                offer = {"task_id": task, "candidate": f"b{place}"}
                _filled(
                    connection,
                    "user_task_candidate",
                    instance_id="i",
                    **offer,
                )
    database.upgrade("0066")
    with versioned.begin() as connection:
        rows = connection.exec_driver_sql(placed).all()
        assert [tuple(row) for row in rows] == [
            ("t1", "1"),
            ("t2", "1"),
            ("t3", None),
        ]
        # A process of before wrote it after the migration.
        connection.exec_driver_sql(
            "UPDATE deadline SET days_of = NULL WHERE id = 't1'"
        )
        day = {"on": "2028-01-01", "kind": "holiday", "name": "元旦"}
        _filled(connection, "calendar_day", tenant_id="x", **day)
        for number, place, year, days in (
            (1, "", 2027, nation),
            (2, "1", 2027, own),
            (3, "", 2027, later),
            (4, "1", 2028, own),
        ):
            _filled(
                connection,
                "calendar_version",
                tenant_id="x",
                number=number,
                year=year,
                place=place,
                days=days,
                settled_at=datetime(2026, 11, 1),
            )
    database.upgrade()
    with versioned.connect() as connection:
        rows = connection.exec_driver_sql(placed).all()
        assert [row.days_of for row in rows] == ["1", None, None]
        rows = connection.exec_driver_sql(numbered).all()
        assert [
            (row.number, _json(row.days), _json(row.own_days)) for row in rows
        ] == [
            (1, nation, []),
            (2, nation, own),
            (3, later, []),
            (4, loose, own),
        ]
    database.downgrade("0065")
    with versioned.connect() as connection:
        rows = connection.exec_driver_sql(numbered).mappings().all()
    assert [
        (row["number"], _json(row["days"]), row["settled_at"] is None)
        for row in rows
    ] == [
        (1, nation, False),
        (2, nation, False),
        (3, later, False),
        (4, loose, False),
        (5, later, True),
        (6, loose, True),
    ]


def _json(value: object) -> object:
    """A column of JSON as a driver gives it: SQLite's gives its text."""
    return json.loads(value) if isinstance(value, str) else value


def _deployed(engine: sa.Engine) -> None:
    """A deployment and a definition that refers to it, as the schema of 0006 has them."""
    at = (
        "'2026-11-21 02:00:00+00:00'"
        if engine.dialect.name == "postgresql"
        else "'2026-11-21 02:00:00.000000'"
    )
    statements = (
        f"INSERT INTO deployment VALUES ('d', 'teston', '{'0' * 64}', {at}, NULL, '{{}}')",
        "INSERT INTO process_definition (id, tenant_id, key, version, name, deployment_id, "
        "resource_name, content_sha256,"
        " starter_groups, elements) VALUES ('x:1', 'teston', 'x', 1, 'x', 'd', 'x.bpmn', "
        f"'{'0' * 64}', '[]', '{{}}')",
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_tables_that_rows_refer_to_are_rebuilt_and_keep_the_rows(versioned):
    database.upgrade("0006")
    _deployed(versioned)
    database.upgrade()
    with versioned.connect() as connection:
        dated = connection.exec_driver_sql(
            "SELECT effective_from IS NOT NULL FROM process_definition WHERE id = 'x:1'"
        )
        assert bool(dated.scalar_one())
        if versioned.dialect.name == "sqlite":
            assert (
                connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one()
                == 1
            )
            assert (
                connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                == []
            )
    assert differences(versioned) == []


def test_what_earlier_texts_of_migrations_left_out_is_made_good(versioned):
    database.upgrade("0006")
    _deployed(versioned)
    database.upgrade("0013")
    with versioned.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE deadline DROP COLUMN hours_of")
        connection.exec_driver_sql(
            "ALTER TABLE process_definition DROP COLUMN effective_from"
        )
    database.upgrade()
    assert differences(versioned) == []
    with versioned.connect() as connection:
        dates = (
            "SELECT p.effective_from = d.effective_from FROM process_definition p JOIN deployment d ON "
            "d.id = deployment_id"
        )
        assert bool(connection.exec_driver_sql(dates).scalar_one())


def test_migrations_are_numbered_in_one_line():
    script = _script()
    assert len(script.get_heads()) == 1
    numbers = [each.revision for each in script.walk_revisions()][::-1]
    assert numbers == [
        f"{number:04d}" for number in range(1, len(numbers) + 1)
    ]
    for each in script.walk_revisions():
        assert Path(each.path).name.startswith(f"{each.revision}_")


def test_decisions_that_waited_for_an_earlier_one_get_back_their_own_day(
    versioned,
):
    """京口's list before: version 2 planned for June, and versions 3 and 4, decided in November, postponed to
    that."""
    database.upgrade("0010")
    with versioned.begin() as connection:
        for text in _POSTPONED:
            connection.exec_driver_sql(text)
    database.upgrade()
    with versioned.connect() as connection:
        days = [
            str(day)
            for (day,) in connection.execute(
                sa.text(
                    "SELECT effective_on FROM item_list_version ORDER BY number"
                )
            )
        ]
        body = connection.execute(
            sa.text("SELECT body FROM public_notice")
        ).scalar_one()
    assert days == ["2026-01-01", "2027-06-01", "2026-11-21", "2026-11-20"]
    body = body if isinstance(body, dict) else json.loads(body)
    shown = items.published(body, date(2026, 11, 27))
    assert [each["name"] for each in shown.items] == ["丙"] and [
        each["name"] for each in shown.planned
    ] == ["乙"]
    assert shown.number == 3


def test_old_matters_are_found_by_what_was_filled_in_but_not_by_personal_data(
    versioned,
):
    """Proves it for marks of another version of the form, fields in groups and lists, a submission that
    names no form, and a form that was deployed before there were marks."""
    phone = {
        "type": "textfield",
        "key": "phone",
        "properties": {"personal": "true"},
    }
    listed = {
        "type": "dynamiclist",
        "path": "people",
        "components": [phone, {"key": "job"}],
    }
    forms = {
        "v1/visit.form": {"components": [{"key": "note"}, {"key": "contact"}]},
        "visit.form": {
            "components": [
                {"type": "group", "components": [_personal("contact")]}
            ]
        },
        "team.form": {
            "components": [listed, {"type": "filepicker", "key": "photos"}]
        },
        "case_report.form": {
            "components": [{"key": "reporter_name"}, {"key": "note"}]
        },
        "broken.form": ["no form"],
    }
    sent = (
        {
            "form": "visit",
            "submitted": {"note": "楼道堆物", "contact": "秘密甲"},
        },
        {
            "form": "team",
            "submitted": {
                "people": [{"phone": "秘密乙", "job": "电工"}],
                "photos": ["秘密丙"],
            },
        },
        {
            "form": "case_report",
            "submitted": {"reporter_name": "秘密丁", "note": "路灯不亮"},
        },
        {"submitted": {"phone": "秘密戊", "subject": "消息内容"}},
    )
    database.upgrade("0034")
    _deployed_with(
        versioned,
        {name: json.dumps(form) for name, form in forms.items()},
        sent,
    )
    database.upgrade("0035")
    with versioned.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT content, grams FROM search_entry"
        ).one()
    assert row.content.split("\n") == [
        "楼道堆物",
        "电工",
        "路灯不亮",
        "消息内容",
        "",
    ]
    assert "电工" in row.grams and "秘密" not in row.grams


def _personal(key: str) -> dict[str, object]:
    return {"type": "textfield", "key": key, "properties": {"personal": True}}


def _deployed_with(
    engine: sa.Engine,
    forms: dict[str, str],
    sent: tuple[dict[str, object], ...],
) -> None:
    """A matter of a deployment with these forms, and its history with what was sent."""
    at = "2026-11-01 00:00:00+00:00"
    grams = "ARRAY['某']" if engine.dialect.name == "postgresql" else "'某'"
    resource = sa.text(
        "INSERT INTO resource (sha256, content) VALUES (:name, :content)"
    )
    named = sa.text(
        "INSERT INTO deployment_resource (deployment_id, name, sha256) VALUES ('d', :name, :name)"
    )
    entry = sa.text(
        "INSERT INTO history_entry (instance_id, seq, at, kind, data, hash)"
        " VALUES ('m', :seq, :at, 'user-task-completed', :data, :hash)"
    )
    with engine.begin() as connection:
        for statement in (*_OF_P, *_matter("m", "{}")):
            connection.exec_driver_sql(statement)
        for name, form in forms.items():
            connection.execute(
                resource, {"name": name, "content": form.encode()}
            )
            connection.execute(named, {"name": name})
        for seq, data in enumerate(sent, 1):
            values = {
                "seq": seq,
                "at": at,
                "data": json.dumps(data),
                "hash": b"",
            }
            connection.execute(entry, values)
        connection.exec_driver_sql(
            f"INSERT INTO search_entry (instance_id, tenant_id, text, grams) VALUES ('m', 'x', 'm', {grams})"
        )


def _version(number: int, day: str, decided: str, change: str) -> str:
    return (
        "INSERT INTO item_list_version (id, tenant_id, territory_code, number, effective_on, "
        "change, instance_id, approved_by,"
        f" ground, created_at) VALUES ('v{number}', 'x', '1', {number}, '{day}', '{change}', "
        f"'m{number}', '', '', '{decided}')"
    )


def _matter(name: str, variables: str) -> tuple[str]:
    return (
        "INSERT INTO process_instance (id, tenant_id, definition_id, process_key, business_key, "
        "title, territory_code,"
        " territory_path, state, revision, variables, started_at, restricted, history_seq, history_hash)"
        f" VALUES ('{name}', 'x', 'p', 'item_admission', '{name}', '', '1', '1/', 'active', 0, '{variables}',"
        " '2026-11-01 00:00:00+00:00', FALSE, 0, '')",
    )


def _entry(name: str, entered: int, left: str) -> tuple[str, str]:
    return (
        "INSERT INTO service_item (id, tenant_id, territory_code, code, name, category, legal_basis, details)"
        f" VALUES ('{name}', 'x', '1', '{name}', '{name}', '综合', '', '{{}}')",
        "INSERT INTO item_list_entry (item_id, entered_in, tenant_id, territory_code, left_in) "
        f"VALUES ('{name}', {entered}, 'x', '1', {left})",
    )


_OF_P = [
    "INSERT INTO deployment (id, tenant_id, sha256, deployed_at, effective_from, report)"
    " VALUES ('d', 'x', '', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', '{}')",
    "INSERT INTO process_definition (id, tenant_id, key, version, name, deployment_id, "
    "resource_name, content_sha256,"
    " effective_from, starter_groups, elements)"
    " VALUES ('p', 'x', 'item_admission', 1, '事项准入', 'd', '', '', '2026-01-01 00:00:00+00:00', "
    "'[]', '{}')",
]
"""A deployment and its only definition."""

_POSTPONED = [
    _version(1, "2026-01-01", "2026-11-01 00:00:00+00:00", "seed"),
    _version(2, "2027-06-01", "2026-11-20 02:00:00+00:00", "admission"),
    _version(3, "2027-06-01", "2026-11-20 17:00:00+00:00", "admission"),
    _version(4, "2027-06-01", "2026-11-20 03:00:00+00:00", "exit"),
    *_entry("甲", 1, "4"),
    *_entry("乙", 2, "NULL"),
    *_entry("丙", 3, "NULL"),
    *_OF_P,
    *_matter("m2", '{"effective_on": "2027-06-01"}'),
    *_matter("m3", "{}"),
    "INSERT INTO public_notice (id, tenant_id, kind, subject_code, title, body, published_at)"
    " VALUES (1, 'x', 'item-list', '1', '甲区清单（第 4 版）', '{}', '2026-11-20 03:00:00+00:00')",
]


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(database.MIGRATIONS))


TITLES = {
    "巡查员": "full_time",
    "兼职网格员": "part_time",
    "网格员（兼职）": "part_time",
    "": "full_time",
}
"""What a title said of a membership before the membership said it."""


def test_who_was_part_time_by_the_title_is_so_by_the_membership(versioned):
    database.upgrade("0023")
    columns = "id, tenant_id, role, family, level, territory_code, territory_path, name"
    body = f"INSERT INTO body ({columns}) VALUES"
    with versioned.begin() as connection:
        for role in ("grid-member", "administrator", "designer"):
            connection.exec_driver_sql(
                f"{body} ('one:{role}:1', 'one', '{role}', '{role}', 'grid', '1', '1/', 'x')"
            )
        for number, title in enumerate(TITLES, 1):
            connection.exec_driver_sql(
                "INSERT INTO person (id, tenant_id, username, display_name, phone, password_hash,"
                f" session_epoch, locale, active, is_demo) VALUES ({number}, 'one', 'p{number}', 'x', '',"
                " '', 0, 'zh', true, true)"
            )
            connection.exec_driver_sql(
                "INSERT INTO membership (person_id, body_id, title, from_on)"
                f" VALUES ({number}, 'one:grid-member:1', '{title}', '2026-01-01')"
            )
    database.upgrade()
    assert differences(versioned) == []
    with versioned.connect() as connection:
        served = dict(
            connection.exec_driver_sql(
                "SELECT title, employment FROM membership"
            ).all()
        )
        marked = dict(
            connection.exec_driver_sql("SELECT role, platform FROM body").all()
        )
    assert served == TITLES
    assert marked == {
        "grid-member": "",
        "administrator": "operates",
        "designer": "designs",
    }
    with versioned.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE membership SET employment = 'part_time' WHERE title = ''"
        )
        connection.exec_driver_sql(
            "INSERT INTO territory VALUES ('one', '9', 'x', 'banner', NULL, '9/', true)"
        )
    database.downgrade("0023")
    with versioned.connect() as connection:
        titles = (
            connection.exec_driver_sql(
                "SELECT title FROM membership ORDER BY person_id"
            )
            .scalars()
            .all()
        )
        level = connection.exec_driver_sql(
            "SELECT level FROM territory"
        ).scalar()
    assert titles == ["巡查员", "兼职网格员", "兼职网格员（兼职）", "兼职"]
    assert level == "community"
