"""A resident's report by the code of a grid's board: without an account, seen by the office alone, answered
with a number and a page, accepted as a case with its photographs; in two cities."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from orchestrator.domain import resident_reports as rules
from orchestrator.services import instances
from orchestrator.services.instances import resident_reports
from orchestrator.services.records import pictures
from orchestrator.store import resident_reports as queries
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import Grid, GridCase
from orchestrator.store.resident_reports import ReportAttempt, ResidentReport
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment

ROOT = Path(__file__).parents[2]
GRID = "3211020010011001"
PHONE = "13987654321"
MASKED = "139****4321"


@pytest.fixture(scope="module")
def application(two_cities: Flask) -> Flask:
    return two_cities


@pytest.fixture(scope="module")
def dongying(application) -> str:
    """Code of a grid of the second city, whose office is that of its township."""
    with application.app_context(), transaction(writing=False) as session:
        return session.scalars(
            sa.select(Grid.code)
            .where(Grid.tenant_id == "dongying")
            .order_by(Grid.code)
        ).first()


@pytest.fixture(autouse=True)
def no_reports_before(application) -> None:
    """The limits of an hour begin anew with each test."""
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(ResidentReport).values(
                received_at=ResidentReport.received_at - timedelta(hours=2)
            )
            if session.bind.dialect.name == "postgresql"
            else sa.update(ResidentReport).values(
                received_at=datetime.now(UTC) - timedelta(hours=2)
            )
        )
        session.execute(sa.delete(ReportAttempt))


def photo() -> bytes:
    made = io.BytesIO()
    picture = Image.new("RGB", (3000, 2000), "green")
    details = Image.Exif()
    details[0x010F] = "秘密相机"
    picture.save(made, "JPEG", exif=details)
    return made.getvalue()


def send(client, code: str = GRID, **given):
    data = {
        "content": "路灯不亮，晚上看不清",
        "place": "3号楼前",
        "phone": PHONE,
        "_key": "once",
        **given,
    }
    return client.post(
        f"/report/{code}", data=data, content_type="multipart/form-data"
    )


def number_of(answer) -> str:
    assert answer.status_code == 302, answer.text
    return answer.location.rpartition("/")[2]


def report_of(application, number: str) -> ResidentReport:
    with application.app_context(), transaction(writing=False) as session:
        return session.scalars(
            sa.select(ResidentReport).where(ResidentReport.number == number)
        ).one()


def test_a_resident_gets_a_number_and_a_page_and_sends_twice_what_is_one_report(
    application,
) -> None:
    client = application.test_client()
    assert "贺家弄社区第一网格" in client.get(f"/report/{GRID}").text
    number = number_of(send(client))
    assert number == number_of(send(client))
    page = client.get(f"/report/progress/{number}").text
    assert number in page and "已收到" in page and PHONE not in page
    assert "没有这个编号" in client.get("/report/progress/AAAA-BBBB-CCCC").text
    assert client.get("/report/999").status_code == 404


def test_only_the_office_of_the_grid_sees_it_before_it_is_accepted(
    application, signed_in
) -> None:
    number = number_of(send(application.test_client(), _key="seen"))
    report = report_of(application, number)
    page = signed_in("zd-wgb").get(f"/reports/{report.id}").text
    assert MASKED in page and PHONE not in page and "3号楼前" in page
    assert (
        number in page
        and "居民反映待受理" in signed_in("zd-wgb").get("/home").text
    )
    for other in ("jk-wgb", "zj-wgb", "zd-wgy1", "dy-wgb", "zd-jw", "admin"):
        client = signed_in(other)
        assert client.get(f"/reports/{report.id}").status_code in (403, 404)
        assert client.get("/reports/").status_code == 403
        address = f"/reports/{report.id}/disclose"
        asked = client.post(address, data={"reason": "核实"})
        assert asked.status_code in (403, 404)
        refused = client.post(
            f"/reports/{report.id}/refuse", data={"reason": "不行"}
        )
        assert refused.status_code in (403, 404)


@pytest.mark.parametrize("city", ["zhenjiang", "dongying"])
def test_an_accepted_report_is_a_case_at_its_grid_with_its_photographs(
    application, signed_in, dongying, city
) -> None:
    code = GRID
    if city == "dongying":
        code = dongying
    number = number_of(
        send(
            application.test_client(),
            code,
            _key=city,
            photos=(io.BytesIO(photo()), "现场.jpg"),
        )
    )
    report = report_of(application, number)
    client = signed_in({"zhenjiang": "zd-wgb", "dongying": "wh-wgzx"}[city])
    page = client.get(f"/reports/{report.id}").text
    shown = client.get(f"/reports/{report.id}/photo/0").data
    with Image.open(io.BytesIO(shown)) as kept:
        assert max(kept.size) == 1600 and not kept.getexif()
    assert re.search(r'name="location"[^>]*value="3号楼前"', page)
    accepted = client.post(
        f"/reports/{report.id}/accept",
        data={
            "item_id": re.search(r'<option value="(\w{22})">', page)[1],
            "case_title": "路灯不亮",
            "description": "路灯不亮，晚上看不清",
            "area_id": f"{code[:12]}-01",
            "location": "3号楼前",
            "priority": "normal",
            "disposal": "report",
        },
    )
    assert accepted.status_code == 302, accepted.text
    matter = accepted.location.rpartition("/")[2]
    with application.app_context(), transaction(writing=False) as session:
        case = session.get_one(GridCase, matter)
        assert case.grid_code == code and case.tenant_id == city
        # Nobody opened it: it went into the case unread.
        values = session.get_one(ProcessInstance, matter).variables
        assert values["reporter_phone"] == PHONE
        files = session.scalars(
            sa.select(Attachment.filename).where(
                Attachment.instance_id == matter
            )
        ).all()
        assert files == [f"{number}-1.jpg"]
    assert PHONE not in client.get(f"/instance/{matter}").text
    again = client.post(f"/reports/{report.id}/refuse", data={"reason": "不"})
    assert again.status_code == 409
    stranger = application.test_client()
    assert "正在办理" in stranger.get(f"/report/progress/{number}").text
    with application.app_context(), transaction() as session:
        session.get_one(GridCase, matter).state = "archived"
    address = f"/report/progress/{number}"
    page = stranger.get(address).text
    assert "已办结" in page and "路灯" not in page
    with application.app_context(), transaction() as session:
        session.get_one(GridCase, matter).state = "void"
    page = stranger.get(address).text
    assert "已作废" in page and "已办结" not in page
    twice = client.post(f"/reports/{report.id}/accept", data={})
    assert twice.status_code == 302 and twice.location.endswith(matter)


def test_an_office_that_may_open_no_case_still_answers(
    application, signed_in, monkeypatch
) -> None:
    number = number_of(send(application.test_client(), _key="none"))
    report = report_of(application, number)
    client = signed_in("zd-wgb")
    monkeypatch.setattr(instances, "startable", lambda *_given: [])
    page = client.get(f"/reports/{report.id}")
    assert page.status_code == 200 and "3号楼前" in page.text
    assert "不能登记事件" in page.text and "不受理并答复" in page.text
    assert "受理为事件" not in page.text


def test_the_list_of_reports_has_pages(application) -> None:
    client = application.test_client()
    numbers = [number_of(send(client, _key=f"page{n}")) for n in range(3)]
    paths = [report_of(application, numbers[0]).territory_path]
    for state in ("received", "accepted"):
        with application.app_context(), transaction() as session:
            rows = sa.update(ResidentReport).where(
                ResidentReport.number.in_(numbers)
            )
            session.execute(rows.values(state=state))
            found: list[str] = []
            after = ""
            while after is not None:
                page, after = queries.page_reports(
                    session, "zhenjiang", paths, state, after, size=2
                )
                assert len(page) <= 2
                found.extend(row[0].number for row in page)
        assert len(found) == len(set(found)) and set(numbers) <= set(found)


def test_a_refused_report_tells_the_resident_why(
    application, signed_in
) -> None:
    number = number_of(send(application.test_client(), _key="refused"))
    report = report_of(application, number)
    client = signed_in("zd-wgb")
    assert client.post(f"/reports/{report.id}/refuse").status_code == 422
    client.post(
        f"/reports/{report.id}/refuse", data={"reason": "请找物业公司维修"}
    )
    page = application.test_client().get(f"/report/progress/{number}").text
    assert "未受理" in page and "请找物业公司维修" in page


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    application,
) -> None:
    client = application.test_client()
    wrong = send(
        client,
        content="短",
        place="x" * 121,
        phone="请打给我",
        photos=(io.BytesIO(b"\xff\xd8\xffbroken"), "坏.jpg"),
        _key="wrong",
    )
    assert wrong.status_code == 422
    assert (
        wrong.text.count("invalid-feedback") == 3 and "请打给我" in wrong.text
    )
    damaged = send(
        client, photos=(io.BytesIO(b"\xff\xd8\xffbroken"), "坏.jpg"), _key="w"
    )
    assert damaged.status_code == 422 and "不是能读的照片" in damaged.text
    assert "路灯不亮，晚上看不清" in damaged.text


def test_one_address_and_one_grid_may_send_so_many_in_an_hour(
    application, dongying
) -> None:
    client = application.test_client()
    for number in range(rules.FROM_AN_ADDRESS):
        number_of(send(client, _key=f"many{number}"))
    refused = send(client, _key="one-more")
    assert refused.status_code == 429
    assert "还没有收下" in refused.text, refused.text
    assert send(client, dongying, _key="elsewhere").status_code == 429
    neighbour = {"REMOTE_ADDR": "192.0.2.7"}
    told = {"content": "路灯不亮，晚上看不清", "place": "门口", "_key": "n"}
    let_in = client.post(
        f"/report/{GRID}", data=told, environ_overrides=neighbour
    )
    number_of(let_in)


def test_what_is_refused_for_its_photographs_is_counted_before_it_is_decoded(
    application, monkeypatch
) -> None:
    client = application.test_client()

    def broken(key: str):
        half = photo()[:3000]
        return send(client, photos=(io.BytesIO(half), "坏.jpg"), _key=key)

    for number in range(rules.ATTEMPTS_OF_AN_ADDRESS):
        assert broken(f"try{number}").status_code == 422
    with monkeypatch.context() as watched:
        watched.delattr(pictures, "_decode")
        refused = broken("once-more")
    assert refused.status_code == 429 and "还没有收下" in refused.text


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("width", [6000, 12000])
def test_a_picture_of_too_many_pixels_is_refused_before_any_is_decoded(
    application, monkeypatch, width
) -> None:
    large = io.BytesIO()
    Image.new("1", (width, 5000)).save(large, "PNG")
    large.seek(0)
    monkeypatch.delattr(pictures, "_decode")
    photos = [(io.BytesIO(photo()), "小.jpg"), (large, "大.png")]
    refused = send(application.test_client(), photos=photos, _key="large")
    assert refused.status_code == 422
    assert "“大.png”超过 2500 万像素" in refused.text


def test_the_addresses_of_one_network_count_together(application) -> None:
    def sent(address: str, key: str):
        return application.test_client().post(
            f"/report/{GRID}",
            data={"content": "路灯不亮", "place": "门口", "_key": key},
            environ_overrides={"REMOTE_ADDR": address},
        )

    for number in range(rules.FROM_AN_ADDRESS):
        number_of(sent(f"2001:db8:0:1::{number + 1}", f"six{number}"))
    assert sent("2001:db8:0:1:ffff::1", "six-more").status_code == 429
    number_of(sent("2001:db8:0:2::1", "six-other"))


def test_a_point_of_any_length_is_kept_in_six_places(application) -> None:
    client = application.test_client()
    long = "32.2043" + "1" * 30 + ",119.4551" + "0" * 60
    number = number_of(send(client, point=long, _key="point"))
    assert report_of(application, number).point == "32.204311,119.455100"
    number = number_of(send(client, point="不知道", _key="no-point"))
    assert report_of(application, number).point == ""


def test_two_at_once_with_one_key_get_one_number(
    application, monkeypatch
) -> None:
    client = application.test_client()
    number = number_of(send(client, _key="race"))
    known = resident_reports._known
    asked = []

    def not_yet(*given):
        asked.append(given)
        if len(asked) <= 2:
            return ""
        return known(*given)

    monkeypatch.setattr(resident_reports, "_known", not_yet)
    assert number_of(send(client, _key="race")) == number
    assert len(asked) == 3


def test_the_office_prints_a_sheet_with_the_code_of_each_of_its_grids(
    signed_in,
) -> None:
    sheet = signed_in("zd-wgb").get("/reports/codes.pdf?q=贺家弄")
    assert sheet.status_code == 200 and sheet.data.startswith(b"%PDF")
    assert signed_in("jk-wgb").get("/reports/codes.pdf").status_code == 403
