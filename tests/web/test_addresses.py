"""The city's table of addresses: taken over from a file, and offered while a place is typed."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from flask import request

from orchestrator.errors import RuleViolated
from orchestrator.services.registers import address_import, grid_words
from orchestrator.store import addresses as store
from orchestrator.store import writing
from orchestrator.store.addresses import Address, PlaceWord
from orchestrator.store.grid_words import renew_grids
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction

GRID = "3211020010011001"
ELSEWHERE = "3211811000011001"
CITY = "321100/"
OFFICE = "/place/case_handling/zhenjiang:grid-office:321102/addresses"
TOWNSHIP = "/place/case_handling/zhenjiang:grid-office:321102001/addresses"
FILE = f"""地址,纬度,经度,网格编码
正东路12号贺家弄小区3幢,32.2041,119.4712,{GRID}
正东路20号,32.2050,119.4720,
丹阳市云阳路1号,31.9990,119.5800,{ELSEWHERE}
"""


@pytest.fixture
def table(application, signed_in):
    """The file taken over; taken away again afterwards."""
    client = signed_in("admin")
    page = client.post(
        "/admin/addresses/preview",
        data={"file": (io.BytesIO(FILE.encode("gbk")), "地址.csv")},
    )
    assert "将新增 3 条，修改 0 条，0 条不变" in page.text
    # In a form of the other kind a byte of Chinese takes three.
    assert re.search(
        r'enctype="multipart/form-data" action="/admin/addresses/"', page.text
    )
    content = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.S)
    assert content is not None
    answer = client.post(
        "/admin/addresses/",
        data={"content": content[1].replace("&#34;", '"')},
    )
    assert answer.status_code == 302
    yield client
    with application.app_context():
        address_import.clear("zhenjiang")


def test_an_address_gives_its_point_and_its_grid(table, signed_in) -> None:
    answer = signed_in("jk-wgb").get(f"{OFFICE}?q=贺家弄小区3幢漏水").json
    assert [address["text"] for address in answer] == [
        "正东路12号贺家弄小区3幢"
    ]
    assert answer[0]["point"] == "32.204100,119.471200"
    assert answer[0]["grid_code"] == GRID and answer[0]["grid_name"]


def test_addresses_in_grids_outside_of_the_place_are_not_offered(
    table, signed_in
) -> None:
    office = signed_in("zd-wgb")
    assert office.get(f"{TOWNSHIP}?q=云阳路1号").json == []
    roads = office.get(f"{TOWNSHIP}?q=正东路20号").json
    assert roads[0]["text"] == "正东路20号" and roads[0]["grid_code"] == ""


def test_the_page_says_what_the_table_holds_and_empties_it(table) -> None:
    page = table.get("/admin/addresses/?q=正东路12号").text
    assert "现有 3 条" in page and "正东路12号贺家弄小区3幢" in page
    again = table.post("/admin/addresses/clear")
    assert again.status_code == 302
    page = table.get("/admin/addresses/").text
    assert "现有 0 条" in page and "清空地址表" not in page


def test_a_changed_point_is_changed_and_wrong_lines_are_named(
    table, application
) -> None:
    lines = (
        "地址,纬度,经度,网格编码\n正东路20号,32.3,119.4,\n"
        "正东路21号,北,119.4,\n正东路22号,32.2,119.4,1\n正东路20号,32.2,119.4,\n"
    )
    page = table.post(
        "/admin/addresses/preview",
        data={"file": (io.BytesIO(lines.encode()), "a.csv")},
    )
    assert page.status_code == 422
    for sentence in (
        "第 3 行：纬度、经度应是数字",
        "第 4 行：没有编码为 1 的网格",
        "第 5 行：与前面的一行重复",
    ):
        assert sentence in page.text
    right = "地址,纬度,经度\n正东路20号,32.3,119.4\n正东路23号,32.2,119.4"
    with application.app_context():
        content = address_import.read(right.encode())
        comparison = address_import.carry_out("zhenjiang", content)
        again = address_import.preview("zhenjiang", content)
    assert [line.text for line in comparison.changed] == ["正东路20号"]
    assert [line.text for line in comparison.added] == ["正东路23号"]
    assert again.same == 2 and not again.added and not again.changed


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"text": "x"}', '[{"text": "x"}]']
)
def test_what_no_preview_wrote_is_refused_in_a_sentence(
    signed_in, content
) -> None:
    answer = signed_in("admin").post(
        "/admin/addresses/", data={"content": content}
    )
    assert (
        answer.status_code == 422 and "请重新选择要导入的文件" in answer.text
    )


def test_who_is_no_administrator_reads_no_table(signed_in) -> None:
    assert signed_in("jk-wgb").get("/admin/addresses/").status_code == 403


def test_a_renamed_grid_is_found_by_its_new_name(application) -> None:
    with application.app_context(), transaction() as session:
        grid = session.get_one(Grid, ("zhenjiang", GRID))
        before = grid.name
        grid.name = "梧桐院落网格"
        session.flush()
        renew_grids(session, "zhenjiang", [GRID])
        words = store.telling(
            session, "zhenjiang", store.OF_GRID, "梧桐院落", 30
        )
        assert store.grid_codes(session, "zhenjiang", CITY, words) == [GRID]
        grid.name = before
        session.flush()
        renew_grids(session, "zhenjiang", [GRID])
        gone = store.telling(
            session, "zhenjiang", store.OF_GRID, "梧桐院落", 30
        )
        assert gone.weights == {}


def test_a_pair_that_half_of_the_names_have_says_nothing(application) -> None:
    with application.app_context(), transaction(writing=False) as session:
        words = store.telling(
            session, "zhenjiang", store.OF_GRID, "第一网格", 4
        )
        assert words.weights == {}
        assert session.scalar(sa.select(sa.func.count(PlaceWord.ref)))
        assert not session.scalar(sa.select(sa.func.count(Address.id)))


def test_what_a_preview_took_can_be_confirmed(application) -> None:
    """Ten thousand lines of forty characters, as the page's own form sends them."""
    lines = [
        f"江苏省镇江市京口区正东路街道江苏大学社区学府路梧桐院小区{number:05}号楼二单元,32.2041,119.4712"
        for number in range(address_import.MOST_LINES)
    ]
    content = address_import.read(
        "\n".join(["地址,纬度,经度", *lines]).encode()
    )
    with application.test_request_context(
        "/admin/addresses/",
        method="POST",
        data={"content": content},
        content_type="multipart/form-data",
    ):
        assert request.form["content"] == content
    most = application.config["MAX_FORM_MEMORY_SIZE"]
    assert most - 100_000 > address_import.MOST_BYTES
    whole = ["字" * address_import.LONGEST + ",32.204100,119.471200"]
    with pytest.raises(RuleViolated, match="请分成几份"):
        address_import.read(
            "\n".join(
                ["地址,纬度,经度", *whole * address_import.MOST_LINES]
            ).encode()
        )


def _table(*texts: str) -> str:
    lines = "\n".join(
        ["地址,纬度,经度", *(f"{text},32.2,119.4" for text in texts)]
    )
    return address_import.read(lines.encode())


def _kept() -> tuple[list[str], int]:
    """The addresses, and how many rows of the index are theirs."""
    with transaction(writing=False) as session:
        texts = session.scalars(sa.select(Address.text).order_by("text")).all()
        words = sa.select(sa.func.count()).where(
            PlaceWord.kind == store.OF_ADDRESS
        )
        return list(texts), session.scalar(words) or 0


def test_a_table_is_written_and_emptied_in_parts(
    application, monkeypatch
) -> None:
    monkeypatch.setattr(address_import, "AT_ONCE", 2)
    write = store.write
    parts = []

    def failing(session, rows) -> None:
        parts.append(rows)
        if len(parts) == 2:
            raise RuleViolated(["away"])
        write(session, rows)

    texts = [f"甲路{number}号" for number in range(1, 6)]
    with application.app_context():
        content = _table(*texts)
        monkeypatch.setattr(store, "write", failing)
        monkeypatch.setattr(store, "words_of", writing.heavy(store.words_of))
        with pytest.raises(RuleViolated):
            address_import.carry_out("zhenjiang", content)
        assert len(_kept()[0]) == 2
        again = address_import.carry_out("zhenjiang", content)
        assert len(again.added) == 3 and again.same == 2
        assert _kept() == (texts, 15)
        assert address_import.clear("zhenjiang") == 5
        assert _kept() == ([], 0)


def test_who_confirms_the_same_table_at_the_same_time_gets_no_error(
    application, monkeypatch
) -> None:
    compared = address_import._compared
    with application.app_context():
        content = _table("乙路1号", "乙路2号")

        def meanwhile(*args):
            comparison = compared(*args)
            monkeypatch.setattr(address_import, "_compared", compared)
            address_import.carry_out("zhenjiang", content)
            return comparison

        monkeypatch.setattr(address_import, "_compared", meanwhile)
        address_import.carry_out("zhenjiang", content)
        assert _kept() == (["乙路1号", "乙路2号"], 6)
        assert address_import.clear("zhenjiang") == 2


def test_what_an_older_program_did_to_a_grid_is_made_good(application) -> None:
    with application.app_context():
        assert grid_words.settle() == 0
        with transaction() as session:
            grid = session.get_one(Grid, ("zhenjiang", GRID))
            before = grid.name
            grid.name = "梧桐院落网格"
            gone = session.get_one(Grid, ("zhenjiang", ELSEWHERE))
            gone.state = "retired"
        assert grid_words.settle() == 2
        with transaction() as session:
            words = store.telling(
                session, "zhenjiang", store.OF_GRID, "梧桐院落", 30
            )
            assert store.grid_codes(session, "zhenjiang", CITY, words) == [
                GRID
            ]
            refs = sa.select(PlaceWord.ref).where(PlaceWord.ref == ELSEWHERE)
            assert session.scalars(refs).all() == []
            session.get_one(Grid, ("zhenjiang", GRID)).name = before
            session.get_one(Grid, ("zhenjiang", ELSEWHERE)).state = "active"
        assert grid_words.settle() == 2
