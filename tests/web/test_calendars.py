"""The administrator's working calendar: shown by month, examined before it comes into force, and the report
of what moved."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.domain.announcements import read
from orchestrator.services import instances
from orchestrator.services.registers import calendars
from orchestrator.services.registers.calendar_years import CalendarChange
from orchestrator.store.calendars import (
    CalendarDay,
    CalendarVersion,
    newest_version,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from tests.web.conftest import TENANT, copied
from tests.web.test_registers import APPLICATION


@pytest.fixture(scope="module")
def application(
    tmp_path_factory: pytest.TempPathFactory, sqlite_schema: Path
) -> Iterator[Flask]:
    """Pages of its own: what is imported here must not reach the due dates of other tests."""
    yield from copied(tmp_path_factory, sqlite_schema, (TENANT,))


@pytest.fixture(scope="module")
def year(application) -> int:
    """The first year that is not announced."""
    with application.app_context(), transaction() as session:
        return (
            int(
                session.scalars(sa.select(sa.func.max(CalendarDay.on))).one()[
                    :4
                ]
            )
            + 1
        )


@pytest.fixture(scope="module")
def matter(application, year: int) -> str:
    """A matter whose due date lies beyond the New Year of that year."""
    begun = max(
        datetime(year - 1, 12, 30, 1, 0, tzinfo=UTC), datetime.now(UTC)
    )
    with application.app_context():
        with transaction() as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        given = {**APPLICATION, "item_name": "除雪巡查"}
        return instances.start(
            TENANT,
            "item_admission",
            given,
            ids["jk-sf"],
            f"{TENANT}:justice:321102",
            begun,
        ).instance_id


def lines(year: int) -> str:
    """A New Year's holiday of nine days, wherever in that year the tests are run."""
    first = max(date(year, 1, 1), datetime.now(UTC).date() + timedelta(days=1))
    return f"日期,类型,名称\n{first}至{first + timedelta(days=8)},休,元旦"


def words(page) -> str:
    return re.sub(r"\s+", " ", page.get_data(as_text=True))


def number_of(application, matter: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(ProcessInstance, matter).business_key


def version_of(application) -> int:
    with application.app_context(), transaction(writing=False) as session:
        return newest_version(session, TENANT)


def test_the_page_shows_what_is_announced_and_what_is_not(
    signed_in, year: int
) -> None:
    told = words(signed_in("admin").get("/admin/calendar/"))
    assert "已公布" in told and "尚未公布" in told
    assert f"{year - 1} 年 10 月" in told
    assert "国庆节" in told
    assert (
        signed_in("admin").get("/admin/calendar/?year=1900").status_code == 404
    )
    assert "/admin/calendar/" in words(signed_in("admin").get("/admin/"))


def test_only_an_administrator_opens_it(signed_in) -> None:
    for path in ("/admin/calendar/", "/admin/calendar/versions/1"):
        assert signed_in("jk-sf").get(path).status_code == 403
    assert (
        signed_in("jk-sf")
        .post("/admin/calendar/", data={"text": "x"})
        .status_code
        == 403
    )


def test_wrong_lines_are_told_with_their_numbers_and_what_was_typed_stays(
    signed_in, application, year: int
) -> None:
    typed = f"{lines(year)}\n{year}-02-30,休,春节\n{year}-03-01,玩,某日"
    before = version_of(application)
    for path in ("/admin/calendar/preview", "/admin/calendar/"):
        given = {
            "text": typed,
            "year": str(year),
            "source": "国办\0发明电〔2026〕9号",
            "expected": str(before),
        }
        page = signed_in("admin").post(path, data=given)
        told = words(page)
        assert page.status_code == 422
        assert f"第 3 行：没有 {year} 年 2 月 30 日这一天" in told
        assert "第 4 行：“玩”不是放假或上班" in told
        assert f"{year}-03-01,玩,某日</textarea>" in told
        assert "国办发明电〔2026〕9号" in told
    assert version_of(application) == before


def test_a_file_saved_by_excel_is_previewed_with_what_would_move(
    signed_in, application, matter: str, year: int
) -> None:
    before = version_of(application)
    upload = (io.BytesIO(lines(year).encode("gbk")), "放假.csv")
    page = signed_in("admin").post(
        "/admin/calendar/preview",
        data={"file": upload, "year": str(year), "text": ""},
    )
    told = words(page)
    assert page.status_code == 200
    assert "与现在的日历不同的日子：9 天" in told
    assert "没有读到春节、清明、劳动、端午、中秋、国庆的放假日" in told
    assert number_of(application, matter) in told
    assert "除雪巡查" not in told, (
        "the administrator sees numbers, not contents"
    )
    assert "元旦</textarea>" in told
    assert version_of(application) == before


def test_a_file_that_is_no_text_is_refused_in_words(
    signed_in, year: int
) -> None:
    upload = (io.BytesIO(b"\xff\xff\xff\x81\x00"), "a.csv")
    page = signed_in("admin").post(
        "/admin/calendar/preview",
        data={"file": upload, "year": str(year), "text": "早先写的"},
    )
    assert page.status_code == 422
    assert "文件的编码无法识别" in words(page)
    assert "早先写的" in words(page)


def test_the_year_comes_into_force_once_another_administrator_has_confirmed_it(
    signed_in, application, matter: str, year: int
) -> None:
    client, second, before = (
        signed_in("admin"),
        signed_in("admin2"),
        version_of(application),
    )
    with application.app_context(), transaction(writing=False) as session:
        (was,) = session.scalars(
            sa.select(Deadline).where(Deadline.instance_id == matter)
        )
        assert was.provisional
    given = {
        "text": lines(year),
        "year": str(year),
        "source": "国办发明电〔2026〕9号",
        "expected": str(before),
    }
    assert client.post("/admin/calendar/", data=given).location.endswith(
        "/admin/calendar/proposal"
    )
    assert version_of(application) == before
    own = client.get("/admin/calendar/proposal").text
    assert "这是您提交的" in own and "确认启用" not in own
    # Whoever proposed it does not confirm it, not by a request of his own either; one change waits at a time.
    number = re.search(r"/admin/calendar/proposal/(\d+)/give-up", own)[1]
    confirm = f"/admin/calendar/proposal/{number}/confirm"
    assert client.post(confirm).status_code == 403
    again = second.post(
        "/admin/calendar/",
        data={**given, "text": f"{lines(year)}\n{year}-10-01,休,国庆节"},
    )
    assert again.status_code == 422 and "已有一份日历改动等待确认" in words(
        again
    )
    assert "国庆节</textarea>" in words(again)
    assert signed_in("jk-sf").post(confirm).status_code == 403
    assert version_of(application) == before
    assert f"{year} 年的日历改动等待另一位管理员确认" in words(
        second.get("/admin/")
    )
    shown = words(second.get("/admin/calendar/proposal"))
    assert (
        "与现在的日历不同的日子：9 天" in shown
        and number_of(application, matter) in shown
    )
    page = second.post(confirm)
    assert page.location.endswith(f"/admin/calendar/versions/{before + 1}")
    told = words(client.get(page.location))
    assert "改变了 1 个截止时间" in told
    assert number_of(application, matter) in told
    assert "除雪巡查" not in told, (
        "the administrator sees numbers, not contents"
    )
    with application.app_context(), transaction(writing=False) as session:
        (row,) = session.scalars(
            sa.select(Deadline).where(Deadline.instance_id == matter)
        )
        version = session.get_one(CalendarVersion, (TENANT, before + 1))
        assert row.due_at > was.due_at
        assert not row.provisional
        assert (version.year, version.source) == (
            year,
            "国办发明电〔2026〕9号",
        )
    assert "节假日公布后重算时限" in words(
        signed_in("jk-sf").get(f"/instance/{matter}")
    )
    # Pressed twice, as by an impatient hand: nothing more happens.
    assert second.post(confirm).status_code == 404
    same = client.post("/admin/calendar/", data=given, follow_redirects=True)
    assert "已经是这样，没有改动" in words(same)
    assert version_of(application) == before + 1
    record = words(client.get("/admin/calendar/"))
    assert re.search(
        r"傅建国 于 \S+ \S+ 提交.*黎晓峰 于 \S+ \S+ 确认启用", record
    )


def test_a_proposed_calendar_is_refused_with_a_reason_or_withdrawn_or_overtaken(
    signed_in, application, year: int
) -> None:
    client, second = signed_in("admin"), signed_in("admin2")

    def proposed(day: str) -> str:
        given = {
            "text": f"{lines(year)}\n{year}-{day},休,劳动节",
            "year": str(year),
        }
        client.post(
            "/admin/calendar/",
            data={**given, "expected": str(version_of(application))},
        )
        waiting = client.get("/admin/calendar/proposal").text
        return f"/admin/calendar/proposal/{re.search(r'proposal/([0-9]+)/give-up', waiting)[1]}"

    first = proposed("05-01")
    assert (
        second.post(f"{first}/give-up", data={"reason": " "}).status_code
        == 422
    )
    second.post(f"{first}/give-up", data={"reason": "应为五天"})
    assert "退回：应为五天" in words(client.get("/admin/calendar/"))
    withdrawn = proposed("05-02")
    client.post(f"{withdrawn}/give-up")
    assert second.post(f"{withdrawn}/confirm").status_code == 404
    overtaken, before = proposed("05-03"), version_of(application)
    with application.app_context():
        announced = read(f"{lines(year)}\n{year}-06-01,休,端午节", year)
        calendars.activate(
            TENANT,
            CalendarChange(announced, "更正"),
            None,
            datetime.now(UTC),
            year - 1,
        )
    assert "提交之后日历已有新的版本" in words(
        second.get("/admin/calendar/proposal")
    )
    assert second.post(f"{overtaken}/confirm").status_code == 409
    assert version_of(application) == before + 1
    client.post(f"{overtaken}/give-up")


def test_where_nobody_else_could_confirm_it_is_told_before(
    signed_in, application, year: int
) -> None:
    def second_at_work(active: bool) -> None:
        with application.app_context(), transaction() as session:
            session.execute(
                sa.update(Person)
                .where(Person.username == "admin2")
                .values(active=active)
            )

    second_at_work(False)
    given = {
        "text": f"{lines(year)}\n{year}-05-04,休,劳动节",
        "year": str(year),
    }
    page = signed_in("admin").post(
        "/admin/calendar/",
        data={**given, "expected": str(version_of(application))},
    )
    second_at_work(True)
    assert page.status_code == 422
    assert "没有第二位在岗的管理员" in words(
        page
    ) and "劳动节</textarea>" in words(page)


def test_who_examined_an_older_calendar_examines_again(
    signed_in, application, year: int
) -> None:
    stale = {
        "text": f"{lines(year)}\n{year}-05-01,休,劳动节",
        "year": str(year),
        "expected": "0",
    }
    page = signed_in("admin").post("/admin/calendar/", data=stale)
    assert page.status_code == 422
    assert "请对照现在的日历重新核对后再提交" in words(page)
    assert f"{year}-05-01,休,劳动节</textarea>" in words(page)


def test_the_command_does_the_same_and_names_wrong_lines(
    application, year: int, tmp_path: Path
) -> None:
    file = tmp_path / "放假.csv"
    file.write_bytes(f"{lines(year)}\n{year}-13-01,休,劳动节".encode("gbk"))
    run = application.test_cli_runner().invoke
    refused = run(args=["import-calendar", str(file)])
    assert refused.exit_code == 1
    assert f"第 3 行：没有 {year} 年 13 月 1 日" in refused.output
    file.write_bytes(f"{lines(year)}\n{year}-10-01,休,国庆节".encode("gbk"))
    before = version_of(application)
    done = run(args=["import-calendar", str(file), "--source", "更正"])
    assert (done.exit_code, version_of(application)) == (0, before + 1)
    assert re.search(
        rf"{year} 年的日历已启用（第 {before + 1} 版），改变了 \d 个截止时间$",
        done.output.strip(),
    )
    assert "没有改动" in run(args=["import-calendar", str(file)]).output


def test_one_jurisdictions_administrator_neither_sees_nor_moves_anothers_calendar(
    application, signed_in, year: int
) -> None:
    with application.app_context():
        mine = version_of(application)
        announcement = read(lines(year), year)
        calendars.activate(
            "elsewhere",
            CalendarChange(announcement, "别处的通知"),
            None,
            datetime.now(UTC),
            year - 1,
        )
        with transaction() as session:
            own = session.scalars(
                sa.select(CalendarVersion.number).where(
                    CalendarVersion.tenant_id == TENANT
                )
            ).all()
            session.execute(
                sa.update(CalendarVersion)
                .where(CalendarVersion.tenant_id == "elsewhere")
                .values(number=max(own) + 7)
            )
    client = signed_in("admin")
    assert "别处的通知" not in words(
        client.get(f"/admin/calendar/?year={year}")
    )
    assert (
        client.get(f"/admin/calendar/versions/{max(own) + 7}").status_code
        == 404
    )
    assert version_of(application) == mine


def test_own_days_of_a_county_are_proposed_for_it_and_shown_beside_the_nations(
    application, signed_in, year: int, tmp_path
) -> None:
    given = {
        "text": f"{year}-07-01,休,区庆",
        "year": str(year),
        "place": "321102",
        "source": "区政府公告",
    }
    admin = signed_in("admin")
    page = admin.post("/admin/calendar/preview", data=given)
    told = words(page)
    assert page.status_code == 200, told
    assert (
        "与现在的日历不同的日子：1 天" in told and "京口区自定的日子" in told
    )
    assert re.search(r'name="place" value="321102"', page.text)
    far = admin.post(
        "/admin/calendar/preview",
        data={**given, "text": "", "year": "9" * 20},
    )
    assert far.status_code == 422
    wrong = admin.post(
        "/admin/calendar/preview", data={**given, "first": "明年"}
    )
    assert wrong.status_code == 422 and "生效日期请写成" in words(wrong)
    assert "区庆</textarea>" in wrong.text
    run = application.test_cli_runner().invoke
    file = tmp_path / "own.csv"
    for text, *options in (
        (given["text"], "--source", given["source"]),
        (f"{year}-08-05,休,区庆", "--from", f"{year}-08-01"),
    ):
        file.write_text(text)
        done = run(
            args=["import-calendar", str(file), "--place", "321102", *options]
        )
        assert done.exit_code == 0, done.output
    page = admin.get(f"/admin/calendar/?year={year}&place=321102")
    assert (
        "区自定的日子" in words(page)
        and f'title="{year}-07-01 区庆"' in page.text
    )
    text = f"{year}-07-01,休,区庆\n{year}-08-05,休,区庆</textarea>"
    assert text in page.text
    assert re.search(rf"<li>{year}-07-01 .*区庆</li>", page.text)
    # A street of the district counts them, its neighbour does not.
    street = admin.get(f"/admin/calendar/?year={year}&place=321102001")
    other = admin.get(f"/admin/calendar/?year={year}&place=321112")
    assert f'title="{year}-07-01 区庆"' in street.text
    assert f'title="{year}-07-01 区庆"' not in other.text
    assert admin.get("/admin/calendar/?place=999").status_code == 404
