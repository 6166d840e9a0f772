"""Staff lists: Excel and CSV, UTF-8 and GBK, within bounds and within the administrator's territory."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
import sqlalchemy as sa
import xlsxwriter

from orchestrator.errors import Forbidden, RuleViolated
from orchestrator.services.people import (
    administering,
    bodies,
    staff_bodies,
    staff_list,
    staff_reach,
)
from orchestrator.services.people.accounts import Details
from orchestrator.services.records import uploaded_tables
from orchestrator.store import people_pages
from orchestrator.store.people import Membership, Person
from orchestrator.store.people_pages import PeopleFilter
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from tests.services.people.test_administering import administrators  # noqa: F401
from tests.services.world import CITY_PATH, COUNTY_PATH, TENANT
from tests.web.counting import statements

HEAD = ["用户名", "姓名", "机构", "职务", "电话", "用工方式"]


def sheet(*rows: list[str], formula: str = "") -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        if formula:
            page.write_formula(1, 0, formula)
    return target.getvalue()


def line(
    username: str, name: str, body: str = "试验县公安局", title: str = "民警"
) -> list[str]:
    return [username, name, body, title, "0511-1", "专职"]


def csv_of(*rows: list[str]) -> str:
    return "\r\n".join(",".join(row) for row in rows)


@pytest.mark.parametrize(
    "content",
    [
        sheet(HEAD, line("new-1", "甲")),
        csv_of(HEAD, line("new-1", "甲")).encode("gbk"),
        csv_of(HEAD, line("new-1", "甲")).encode("utf-8-sig"),
        b"username,display_name,role,place\nnew-1,\xe7\x94\xb2,police,990100\n",
    ],
    ids=["xlsx", "gbk", "utf-8", "column-names"],
)
def test_a_list_adds_people_who_have_no_password_and_again_changes_nothing(
    world,
    administrators,
    content: bytes,
) -> None:
    city, table = administrators["city"], staff_list.read(content)
    found = staff_list.preview(city, table, world.now)
    assert list(found.plan.added) == ["new-1"] and "sun" in found.plan.missing
    staff_list.carry_out(city, table, world.now)
    (person,) = world.rows(sa.select(Person).where(Person.username == "new-1"))
    assert (
        person.password_hash == ""
        and people_pages.state_of(person) == people_pages.WAITING
    )
    assert staff_list.preview(city, table, world.now).plan.same == 1


def test_differences_moves_and_who_is_missing_with_tasks_in_hand_are_told(
    world, administrators
) -> None:
    from orchestrator.services import user_tasks

    instance = world.start()
    user_tasks.claim(
        world.task(instance, "review").id, world.person("wang"), world.now
    )
    table = staff_list.read(
        sheet(
            HEAD,
            line("sun", "孙队长"),
            line("zhao", "赵科员", body="试验县公安局"),
        )
    )
    found = staff_list.preview(administrators["county"], table, world.now)
    assert found.plan.changed["sun"]["姓名"] == ["孙警官", "孙队长"]
    assert sorted(found.moved) == ["sun", "zhao"]
    before, after = found.plan.changed["zhao"]["机构"]
    assert "police:990100" in after
    assert "试验县公安局" in found.with_names(after)
    assert ":" not in found.with_names(before + after)
    assert found.in_hand["wang"] == 1 and "zhou" not in found.plan.missing


def test_a_list_reaches_nobody_beyond_the_territory(
    world, administrators
) -> None:
    county = administrators["county"]
    for row in (
        line("new-1", "甲", body="测试市网格中心"),
        line("zhou", "周某"),
    ):
        with pytest.raises((RuleViolated, Forbidden)):
            staff_list.carry_out(
                county, staff_list.read(sheet(HEAD, row)), world.now
            )
    coded = "用户名,姓名,角色,区划代码\nnew-1,甲,grid-office,990000\n".encode()
    with pytest.raises(Forbidden):
        staff_list.carry_out(county, staff_list.read(coded), world.now)
    with pytest.raises(Forbidden):
        staff_list.preview(
            world.person("wang"), staff_list.read(coded), world.now
        )
    assert (
        world.rows(sa.select(Person).where(Person.username == "new-1")) == []
    )


def test_who_was_closed_or_moved_meanwhile_is_left_alone_and_named(
    world, administrators, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list was examined before; the others of it go on."""
    content = sheet(
        HEAD,
        line("new-1", "甲"),
        line("sun", "孙队长"),
        line("zhao", "赵科长"),
        line("wang", "王科长"),
    )
    table = staff_list.read(content)
    county = administrators["county"]
    examined = staff_list._examine(county, table, world.now)
    monkeypatch.setattr(staff_list, "_examine", lambda *_given: examined)
    with transaction() as session:
        session.get_one(Person, world.person("sun")).active = False
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == world.person("zhao"))
            .values(body_id=f"{TENANT}:grid-office:990000")
        )
    done = staff_list.carry_out(county, table, world.now)
    assert sorted(done.left_alone) == [
        "“sun”已停用，请先恢复",
        "“zhao”还在您管理的地方以外任职，请上级管理员办理",
    ]
    assert set(done.plan.changed) == {"wang"}
    assert set(done.plan.added) == {"new-1"}
    people = world.rows(sa.select(Person))
    names = {person.username: person.display_name for person in people}
    assert (names["new-1"], names["wang"]) == ("甲", "王科长")
    assert "孙队长" not in names.values()
    assert "赵科长" not in names.values()


def test_a_body_beyond_and_another_city_are_refused_for_who_is_there_alone(
    administrators,
) -> None:
    wanted = {
        "beyond": Details("乙", "", {"grid-office:990000": ""}),
        "within": Details("丙", "", {"police:990100": ""}),
        "foreign": Details("丁", "", {"police:990100": ""}),
    }
    foreign = Person(username="foreign", tenant_id="elsewhere", active=True)
    with transaction(writing=False) as session:
        viewer = administering.administrator(session, administrators["county"])
        reasons = staff_reach.refused(
            session,
            viewer,
            wanted,
            list(wanted),
            [foreign],
        )
    assert reasons.keys() == {"beyond", "foreign"}
    assert "已属于另一个城市" in reasons["foreign"]
    assert "不在您管理的地方" in reasons["beyond"]


def test_what_is_exported_can_be_taken_back_and_changes_nothing(
    world, administrators
) -> None:
    with transaction(writing=False) as session:
        lines = people_pages.everybody(
            session, PeopleFilter(TENANT, [CITY_PATH])
        )
        assert {person.username for person, _body in lines} > {"zhou", "sun"}
        some = people_pages.everybody(
            session, PeopleFilter(TENANT, [COUNTY_PATH])
        )
        assert "zhou" not in {person.username for person, _body in some}
    found = staff_list.preview(
        administrators["city"],
        staff_list.read(staff_list.write(lines)),
        world.now,
    )
    assert (
        dict(found.plan.added),
        dict(found.plan.changed),
        found.plan.missing,
    ) == (
        {},
        {},
        (),
    )


def test_fifty_people_ask_the_database_no_more_often_than_one(
    world, administrators
) -> None:
    """So a city's 3,000 take seconds. SQLite writes row by row what PostgreSQL takes at once."""
    asked = {}
    for kind, title in (("new", "民警"), ("changed", "所长")):
        for many in (1, 50):
            lines = [
                line(f"many-{many}-{number}", f"甲{number}", title=title)
                for number in range(many)
            ]
            table = staff_list.read(csv_of(HEAD, *lines).encode("gbk"))
            with statements(world.app) as sent:
                staff_list.carry_out(administrators["city"], table, world.now)
            reads = [text for text in sent if text.startswith("SELECT")]
            asked[kind, many] = len(reads)
            assert len(sent) - len(reads) <= 3 * many + 5
    for kind in ("new", "changed"):
        assert asked[kind, 50] <= asked[kind, 1], asked
    added = world.rows(sa.select(Person).where(Person.username.like("many-%")))
    assert len(added) == 51 and not any(
        person.password_hash for person in added
    )


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "xl/worksheets/sheet1.xml",
            b"0" * (uploaded_tables.LARGEST_UNPACKED + 1),
        )
    return target.getvalue()


def with_entities() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr(
            "xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'
        )
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (bomb(), "展开后太大"),
        (with_entities(), "内容不正常"),
        (b"PK\x03\x04 broken", "不是可以读的 Excel"),
        (b"PK", "不是可以读的 Excel"),
        (b"x" * (uploaded_tables.LARGEST + 1), "超过 5 MB"),
        (
            sheet(HEAD, line("a1", "甲"), formula='=HYPERLINK("http://x")'),
            "有公式",
        ),
        (b"", "第一行应是表头"),
        (sheet(["姓名", "机构"]), "第一行应是表头"),
        (
            csv_of(HEAD, ["a1", "甲" * 201, "", "", "", ""]).encode(),
            "超过 200 字",
        ),
        (
            csv_of(HEAD, *[["a1"]] * (staff_list.MOST_LINES + 1)).encode(),
            "行，请分成几份",
        ),
        (b"\xff\xff\xff\xff\x80", "编码无法识别"),
    ],
    ids=[
        "bomb",
        "entities",
        "broken",
        "short",
        "large",
        "formula",
        "empty",
        "columns",
        "cell",
        "rows",
        "bytes",
    ],
)
def test_a_file_that_is_none_or_too_large_is_told_in_a_sentence(
    content: bytes, told: str
) -> None:
    with pytest.raises(RuleViolated) as refused:
        staff_list.read(content)
    assert told in str(refused.value)


def test_wrong_lines_are_all_told(world, administrators) -> None:
    table = staff_list.read(
        sheet(
            HEAD,
            line("a1", "甲", body="没有这个"),
            line("a2", "乙", body="也没有"),
        )
    )
    with pytest.raises(RuleViolated) as refused:
        staff_list.preview(administrators["city"], table, world.now)
    assert (
        "第 2 行：没有机构“没有这个”" in refused.value.reasons[0]
        and len(refused.value.reasons) == 2
    )


CODED = ["用户名", "姓名", "机构", "角色", "区划代码", "职务"]
NEW_STATION = ["new-1", "甲", "镜湖派出所", "police", "990000", "民警"]


@pytest.mark.parametrize(
    "content",
    [
        sheet(CODED, NEW_STATION),
        csv_of(CODED, NEW_STATION).encode("gbk"),
        csv_of(CODED, [*NEW_STATION[:3], "公安", *NEW_STATION[4:]]).encode(),
    ],
    ids=["xlsx", "gbk", "kind by its name"],
)
def test_a_body_that_is_not_there_is_shown_and_set_up_with_the_list(
    world, administrators, content: bytes
) -> None:
    city, table = administrators["city"], staff_list.read(content)
    (new,) = staff_list.preview(city, table, world.now).new_bodies
    assert (new.role, new.place, new.name) == (
        "police",
        "990000",
        "镜湖派出所",
    )
    body = sa.select(Body).where(Body.id == f"{TENANT}:police:990000")
    assert world.rows(body) == [], "only shown so far"
    with pytest.raises(RuleViolated, match="1 个还没有设立的机构"):
        staff_list.carry_out(city, table, world.now)
    assert world.rows(body) == []
    done = staff_list.carry_out(city, table, world.now, setting_up=True)
    assert done.new_bodies == (new,) and list(done.plan.added) == ["new-1"]
    assert [row.name for row in world.rows(body)] == ["镜湖派出所"]
    again = staff_list.preview(city, table, world.now)
    assert (again.new_bodies, again.plan.same) == ((), 1)


def test_a_new_body_is_found_by_the_name_that_the_profile_would_give_it(
    world, administrators
) -> None:
    table = staff_list.read(sheet(HEAD, line("new-1", "甲", "测试市公安局")))
    city = administrators["city"]
    (new,) = staff_list.preview(city, table, world.now).new_bodies
    assert (new.role, new.place) == ("police", "990000")
    with pytest.raises(RuleViolated, match="没有机构“测试市公安局”"):
        staff_list.preview(administrators["county"], table, world.now)


@pytest.mark.parametrize(
    ("role", "place", "told"),
    [
        ("tax", "990100", "机构种类里没有“tax”"),
        ("police", "990199", "没有区划代码“990199”"),
        ("police", "990000", "“测试市”不在您管理的地方"),
    ],
)
def test_a_body_that_cannot_be_set_up_is_told_with_what_to_do(
    world, administrators, role: str, place: str, told: str
) -> None:
    content = sheet(CODED, [], ["new-1", "甲", "", role, place, ""])
    with pytest.raises(RuleViolated) as refused:
        staff_list.preview(
            administrators["county"], staff_list.read(content), world.now
        )
    (reason,) = refused.value.reasons
    # The empty line counts too.
    assert reason.startswith("第 3 行：") and told in reason


def test_a_dissolved_body_is_told_with_its_successor_and_not_set_up_again(
    world, administrators
) -> None:
    with transaction() as session:
        body = session.get_one(Body, f"{TENANT}:police:990100")
        body.dissolved_at = world.now
        body.successor_id = f"{TENANT}:civil-affairs:990100"
    for row in (
        ["new-1", "甲", "", "police", "990100", ""],
        ["new-1", "甲", "试验县公安局", "", "", ""],
    ):
        with pytest.raises(RuleViolated) as refused:
            table = staff_list.read(sheet(CODED, row))
            staff_list.preview(administrators["city"], table, world.now)
        assert "已经撤销，请改写接续的“" in str(refused.value.reasons[0])


def test_a_person_who_stands_twice_with_other_titles_is_told(
    world, administrators
) -> None:
    twice = (line("a1", "甲"), line("a1", "甲", title="所长"))
    with pytest.raises(RuleViolated, match="职务与前面的行不同，请改成一致"):
        table = staff_list.read(sheet(HEAD, *twice))
        staff_list.preview(administrators["city"], table, world.now)
    table = staff_list.read(sheet(HEAD, twice[0], twice[0]))
    found = staff_list.preview(administrators["city"], table, world.now)
    assert list(found.plan.added) == ["a1"]


def test_a_successor_that_is_dissolved_itself_is_not_recommended(
    world, administrators
) -> None:
    first, second, third = (
        f"{TENANT}:{key}"
        for key in ("police:990100", "justice:990100", "civil-affairs:990100")
    )
    with transaction() as session:
        body = session.get_one(Body, first)
        body.dissolved_at = world.now
        body.successor_id = second
        between = session.get(Body, second) or Body(
            **{
                column.name: getattr(body, column.name)
                for column in Body.__table__.columns
                if column.name not in ("id", "name", "role")
            },
            id=second,
            name="中间的机构",
            role="justice",
        )
        between.dissolved_at = world.now
        between.successor_id = third
        session.add(between)
    table = staff_list.read(
        sheet(CODED, ["new-1", "甲", "", "police", "990100", ""])
    )

    def told() -> str:
        with pytest.raises(RuleViolated) as refused:
            staff_list.preview(administrators["city"], table, world.now)
        return str(refused.value.reasons[0])

    (name,) = world.rows(sa.select(Body.name).where(Body.id == third))
    assert f"请改写接续的“{name}”" in told()
    # None of them stands: two that name one another do not stop it.
    with transaction() as session:
        session.get_one(Body, second).successor_id = first
    assert "请改写现在的机构，或删去这一行" in told()


def test_no_body_is_set_up_at_an_abolished_place(
    world, administrators
) -> None:
    table = staff_list.read(sheet(CODED, NEW_STATION))
    with transaction() as session:
        session.get_one(Territory, (TENANT, "990000")).active = False
    told = "区划“测试市”已经撤销，请写现行的区划代码"
    with pytest.raises(RuleViolated, match=told):
        staff_list.preview(administrators["city"], table, world.now)
    with pytest.raises(RuleViolated, match=told):
        bodies.create(
            administrators["city"], "police", "990000", "", world.now
        )


TWO_BODIES = (
    ["new-1", "甲", "镜湖派出所", "police", "990000", "民警"],
    ["new-2", "乙", "镜湖民政所", "civil-affairs", "990000", "科员"],
)


def test_a_body_that_somebody_set_up_meanwhile_is_passed_over(
    world, administrators, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = administrators["city"]
    table = staff_list.read(sheet(CODED, *TWO_BODIES))
    examined = staff_list._examine(city, table, world.now)
    assert {new.place_name for new in examined.changes.new_bodies} == {
        "测试市"
    }
    monkeypatch.setattr(staff_list, "_examine", lambda *_given: examined)
    bodies.create(city, "police", "990000", "先设的所", world.now)
    done = staff_list.carry_out(city, table, world.now, setting_up=True)
    assert [new.name for new in done.new_bodies] == ["镜湖民政所"]
    assert set(done.plan.added) == {"new-1", "new-2"}


def test_when_one_body_cannot_be_set_up_those_before_it_are_named(
    world, administrators, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = administrators["city"]
    table = staff_list.read(sheet(CODED, *TWO_BODIES))
    examined = staff_list._examine(city, table, world.now)
    first, second = examined.changes.new_bodies
    gone = replace(second, place="990199")
    changes = replace(examined.changes, new_bodies=(first, gone))
    examined = replace(examined, changes=changes)
    monkeypatch.setattr(staff_list, "_examine", lambda *_given: examined)
    with pytest.raises(RuleViolated) as refused:
        staff_list.carry_out(city, table, world.now, setting_up=True)
    reason, done = refused.value.reasons
    assert "只能在您管理的地方设立机构" in reason
    assert done.startswith(f"已经设立的机构：{first.name}。")


def test_no_more_bodies_are_set_up_than_are_shown(
    world, administrators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_bodies, "MOST_NEW", 1)
    table = staff_list.read(sheet(CODED, *TWO_BODIES))
    with pytest.raises(RuleViolated, match="一次最多设立 1 个，请分批导入"):
        staff_list.carry_out(
            administrators["city"], table, world.now, setting_up=True
        )
    body = sa.select(Body).where(Body.id == f"{TENANT}:police:990000")
    assert world.rows(body) == []
