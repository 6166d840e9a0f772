"""态势: the board of a place, only of what one oversees; each figure leads to its cases; files; the wall."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import openpyxl
import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from orchestrator.services import instances
from orchestrator.services.figures import counting
from orchestrator.store.people import Person
from orchestrator.store.registers import GridArea, ServiceItem
from orchestrator.store.session import transaction
from web.figure_files import footer, plain_cells
from web.printing import figure_reports

EAST = "3211020010011001"


@pytest.fixture(scope="module")
def case(application) -> str:
    """A case that a member of the eastern grid reports; counted."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "zd-wgy1")
            ).one()
            item = session.scalars(
                sa.select(ServiceItem.id).where(
                    ServiceItem.territory_code == "321102"
                )
            ).first()
            area = session.scalars(
                sa.select(GridArea.id).where(GridArea.grid_code == EAST)
            ).first()
        given = {
            "item_id": item,
            "case_title": "井盖缺失",
            "description": "路口井盖缺失",
            "location": "路口",
            "priority": "normal",
            "disposal": "report",
            "area_id": area,
        }
        body = f"zhenjiang:grid-member:{EAST}"
        found = instances.start(
            "zhenjiang", "case_handling", given, person, body, now
        ).instance_id
        while counting.settle(now):
            pass
    return found


def test_the_foot_of_a_printed_page_holds_whole_letters_of_the_mark() -> None:
    assert footer("张三 & 李四") == "&L张三 && 李四"
    # The 255th letter would be the first of two &.
    assert footer("长" * 252 + "&李四") == "&L" + "长" * 252
    assert footer("长" * 251 + "&李四") == "&L" + "长" * 251 + "&&"
    assert len(footer("长" * 300)) == 255


def test_a_figure_on_the_board_leads_to_the_cases_behind_it(
    signed_in, case
) -> None:
    client = signed_in("jk-wgb")
    board = client.get("/figures/")
    assert board.status_code == 200 and "京口区" in board.text
    links = re.findall(
        r'href="(/figures/cases\?measure=registered[^"]*kind=item[^"]*)"',
        board.text,
    )
    lists = [client.get(link.replace("&amp;", "&")).text for link in links]
    assert any(
        "井盖缺失" in listed and f"/instance/{case}" in listed
        for listed in lists
    )


def test_nobody_sees_the_figures_of_another_place(signed_in, case) -> None:
    client = signed_in("dy-wgb")
    assert client.get("/figures/").status_code == 200
    for address in (
        "/figures/?place=321100/321102/",
        "/figures/wall?place=321100/",
        "/figures/figures.xlsx?place=321100/321102/",
        "/figures/figures.csv?place=321100/",
        "/figures/figures.pdf?place=321100/",
        "/figures/cases?measure=registered&place=321100/321102/",
        "/figures/cases?measure=registered&kind=body&key=zhenjiang:urban-management:321102",
        "/figures/cases?measure=registered&kind=member&key=1&place=321100/",
        "/figures/cases?measure=nothing&place=321100/321181/",
    ):
        assert client.get(address).status_code == 404, address


def test_who_oversees_nothing_sees_his_own_figures_alone(
    signed_in, case
) -> None:
    client = signed_in("zd-wgy1")
    page = client.get("/figures/").text
    assert (
        "本人登记的事件" in page
        and "部门" not in re.sub(r"<[^>]*>", "", page).split("帮助")[1]
    )
    (link,) = re.findall(
        r'href="(/figures/cases\?measure=registered[^"]*kind=member[^"]*)"',
        page,
    )[:1]
    assert "井盖缺失" in client.get(link.replace("&amp;", "&")).text
    assert client.get("/figures/wall").status_code == 404


def test_the_printed_board_says_what_the_board_says_with_its_charts(
    signed_in, case
) -> None:
    client = signed_in("jk-wgb")
    answer = client.get("/figures/figures.pdf")
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    text = "".join(page.extract_text() for page in pages)
    month = datetime.now(UTC).strftime("%Y-%m")
    for expected in (
        "京口区态势",
        month,
        "按期办结率",
        "比率",
        "地区",
        "（jk-wgb）于",
    ):
        assert expected in text.replace("\n", ""), expected
    board = client.get("/figures/").text
    (registered,) = re.findall(
        r'measure=registered[^>]*>\s*<span class="gf-number">(\d+)<', board
    )
    assert re.search(rf"登记\s*{registered}\b", text)


def test_the_files_hold_what_the_board_says(signed_in, case) -> None:
    client = signed_in("jk-wgb")
    book = openpyxl.load_workbook(
        io.BytesIO(client.get("/figures/figures.xlsx").data)
    )
    assert book.sheetnames == [
        "总数",
        "部门",
        "机构",
        "地区",
        "类别",
        "事项",
        "登记人",
        "步骤",
    ]
    whole = [cell.value for cell in book["总数"][2]]
    lines = (
        client.get("/figures/figures.csv")
        .data.decode("utf-8-sig")
        .splitlines()
    )
    assert "（jk-wgb）于" in lines[-1]
    for sheet in book:
        assert "（jk-wgb）于" in sheet.cell(sheet.max_row, 1).value
        assert "（jk-wgb）于" in sheet.oddFooter.left.text
    assert (
        lines[1].split(",")[:3] == ["总数", "京口区", str(whole[1])]
        and whole[1] >= 1
    )


@pytest.mark.parametrize("period", ["2026-13", "x" * 400, "2026Q9"])
def test_what_is_no_period_shows_this_month(signed_in, period: str) -> None:
    answer = signed_in("jk-wgb").get(
        "/figures/", query_string={"period": period}
    )
    assert answer.status_code == 200


def test_the_wall_loads_itself_anew(signed_in) -> None:
    assert (
        'http-equiv="refresh"' in signed_in("zj-wgb").get("/figures/wall").text
    )


@pytest.fixture
def stranger(application) -> Iterator[int]:
    """Id of a person of another city."""
    with application.app_context(), transaction() as session:
        given = {
            "username": "far-away",
            "display_name": "外地人员",
            "password_hash": "",
        }
        person = Person(tenant_id="qingdao", active=False, **given)
        session.add(person)
        session.flush()
    yield person.id
    with application.app_context(), transaction() as session:
        session.delete(session.get_one(Person, person.id))


@pytest.mark.parametrize("kind", ["member", "body", "item"])
def test_a_made_up_key_names_nobody_of_another_city(
    signed_in, stranger: int, kind: str
) -> None:
    for key in ("abc", "²", "9" * 20, str(stranger)):
        asked = (
            f"measure=registered&place=321100/321102/&kind={kind}&key={key}"
        )
        found = signed_in("jk-wgb").get(f"/figures/cases?{asked}")
        assert found.status_code == 200 and "外地人员" not in found.text


def test_digits_that_a_spreadsheet_would_change_are_written_after_a_tab() -> (
    None
):
    cells = ["05460000901", "370522101202", "0", "120", "0546-901", "=1"]
    assert plain_cells(cells) == [
        "\t05460000901",
        "\t370522101202",
        "0",
        "120",
        "0546-901",
        "'=1",
    ]


def test_rows_that_are_not_printed_are_counted(
    application, monkeypatch
) -> None:
    monkeypatch.setattr(figure_reports, "MOST_ROWS", 1)
    monkeypatch.setattr(figure_reports, "_cells", str)
    with application.test_request_context():
        tables = [
            figure_reports._table("机构", rows) for rows in ("甲", "甲乙丙")
        ]
    assert [(table["rows"], table["left"]) for table in tables] == [
        (["甲"], 0),
        (["甲"], 2),
    ]
    assert "另有 2 行没有印出" in tables[1]["left_text"]
