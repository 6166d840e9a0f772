"""What is printed can be held against the record; a portrait leaves nothing of the camera; maps show before
and after."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from PIL import Image, ImageFile
from pypdf import PdfReader

from app import create_app
from orchestrator.errors import AttachmentRefused, NotFound, RuleViolated
from orchestrator.services import access, bundles
from orchestrator.services.instances import case_view
from orchestrator.services.people import photos
from orchestrator.services.records import history
from orchestrator.services.registers import grid_maps, printouts
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Person
from orchestrator.store.registers import GridArea
from orchestrator.store.session import transaction
from orchestrator.store.turns import Turns
from tests.databases import settings_for
from tests.handlers.office import EAST, TENANT, TOWNSHIP
from web import printing


def picture(
    size: tuple[int, int] = (800, 600), kind: str = "JPEG", exif: bytes = b""
) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (120, 140, 160)).save(
        target, kind, **({"exif": exif} if exif else {})
    )
    return target.getvalue()


def notice(office, code: str = EAST) -> dict:
    return office.rows(
        sa.select(PublicNotice.body).where(PublicNotice.subject_code == code)
    )[0]


def verdict(office, username: str, digest: str) -> printouts.PrintoutCheck:
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person(username))
        assert viewer is not None
        return printouts.verify(session, viewer, digest)


def test_a_printed_copy_is_known_and_says_what_came_after(office) -> None:
    case = office.report(office.seed_item())
    digest = printouts.note(
        case, b"%PDF the dossier", office.person("zd-wgb"), office.now
    )
    found = verdict(office, "zd-wgb", digest.upper())
    assert (found.instance.id, found.record_intact, found.entries_since) == (
        case,
        True,
        0,
    )
    office.complete(
        case,
        "triage_township",
        "zd-wgb",
        decision="self",
        opinion="本中心协调",
    )
    assert verdict(office, "zd-wgb", digest).entries_since > 0


def test_a_changed_file_a_strangers_look_and_a_changed_record_are_told_apart(
    office,
) -> None:
    case = office.report(office.seed_item())
    digest = printouts.note(
        case, b"%PDF the dossier", office.person("zd-wgb"), office.now
    )
    for wrong in (
        digest[:-1] + ("0" if digest[-1] != "0" else "1"),
        "not a checksum",
        "",
    ):
        with pytest.raises(NotFound):
            verdict(office, "zd-wgb", wrong)
    with pytest.raises(NotFound):
        verdict(office, "dy-wgb", digest)
    with transaction() as session:
        session.execute(
            sa.update(HistoryEntry)
            .where(HistoryEntry.instance_id == case)
            .values(kind="forged")
        )
    assert not verdict(office, "zd-wgb", digest).record_intact


def test_a_portrait_is_small_upright_and_without_what_the_camera_wrote() -> (
    None
):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    small = photos.shrink(picture(exif=exif.tobytes()))
    with Image.open(io.BytesIO(small)) as found:
        assert (found.size, found.format, dict(found.getexif())) == (
            photos.SIZE,
            "JPEG",
            {},
        )
    assert b"SecretCamera" not in small and len(small) < 40_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"\xff\xd8\xff" + bytes(100),
        b"GIF89a" + bytes(100),
        b"<svg/>",
    ],
)
def test_what_is_no_photograph_is_refused(content: bytes) -> None:
    with pytest.raises(AttachmentRefused, match="JPG 或 PNG"):
        photos.shrink(content)


def test_an_enormous_picture_is_refused_before_it_is_opened() -> None:
    with pytest.raises(AttachmentRefused, match="超过 5 MB"):
        photos.shrink(bytes(photos.LARGEST + 1))


def bomb(width: int, height: int) -> bytes:
    """A PNG of one colour and that size, some kilobytes small; its rows are compressed without ever standing
    in memory."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data))
        )

    squeeze, row = zlib.compressobj(9), b"\0" + bytes(width)
    rows = (
        b"".join(squeeze.compress(row) for _ in range(height))
        + squeeze.flush()
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size",
    [(6_000, 4_001), (8_890, 8_890), (30_000, 30_000), (65_000, 65_000)],
)
def test_a_small_file_of_very_many_pixels_is_refused_by_its_header(
    size: tuple[int, int], monkeypatch
) -> None:
    monkeypatch.setattr(
        ImageFile.ImageFile, "load", lambda picture: pytest.fail("decoded")
    )
    content = bomb(*size) if size[0] < 10_000 else bomb(10, 10)
    if size[0] >= 10_000:
        header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
        crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
        content = content[:16] + header + crc + content[33:]
    with pytest.raises(AttachmentRefused, match="照片超过 2400 万像素"):
        photos.shrink(content)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_large_picture_of_any_kind_becomes_a_portrait(mode: str) -> None:
    target = io.BytesIO()
    Image.new(mode, (3_000, 2_000)).save(target, "PNG")
    with Image.open(io.BytesIO(photos.shrink(target.getvalue()))) as found:
        assert found.size == photos.SIZE


def test_pictures_are_decoded_one_at_a_time_and_who_waits_too_long_is_told(
    monkeypatch,
) -> None:
    turns = Turns(most_waiting=1, patience=0.01)
    monkeypatch.setattr(photos, "_turns", turns)
    with (
        turns.turn(RuntimeError()),
        pytest.raises(AttachmentRefused, match="正在处理其他人的照片"),
    ):
        photos.shrink(picture())
    assert photos.shrink(picture())


def test_a_portrait_is_published_only_where_the_profile_asks_for_it(
    office,
) -> None:
    """Zhenjiang's Article 23 knows no photographs."""
    photos.put(picture(), office.person("zd-wgy1"), office.now)
    assert office.rows(
        sa.select(Person.photo).where(Person.username == "zd-wgy1")
    )[0]
    assert all("photo" not in member for member in notice(office)["members"])


def test_the_notice_shows_where_a_drawn_grid_is_and_nothing_where_an_area_is_only_named(
    office,
) -> None:
    assert notice(office)["shape"]["type"] == "Polygon"
    with transaction() as session:
        session.execute(
            sa.update(GridArea)
            .where(GridArea.grid_code == EAST)
            .values(boundary=None)
        )
    office.adjust(
        "rename",
        [EAST],
        [
            {
                "name": "老街网格",
                "kind": "general",
                "areas": office.areas(EAST),
                "members": ["zd-wgy1"],
            }
        ],
    )
    assert "shape" not in notice(office)


def plan(office, first: list[str], second: list[str], **more: object) -> dict:
    after = [
        {
            "name": name,
            "kind": "general",
            "areas": areas,
            "members": ["zd-wgy1"],
            **more,
        }
        for name, areas in (("甲网格", first), ("乙网格", second))
    ]
    return {
        "kind": "split",
        "source_grids": [EAST],
        "after": after,
        "reason": "户数增加，便于服务管理",
    }


def test_the_preview_shows_the_community_before_and_after_and_what_is_still_wrong(
    office,
) -> None:
    first, second, third = office.areas(EAST)
    with transaction(writing=False) as session:
        bundle = bundles.bundle_of(
            session,
            bundles.definition_in_force(
                session, TENANT, "grid_adjustment", office.now
            ),
        )
        path = f"321100/321102/{TOWNSHIP}/"
        found = grid_maps.preview(
            session, bundle, plan(office, [first], [second]), path
        )
        assert found is not None
        assert {row.name for row in found.after if row.changed} == {
            "甲网格",
            "乙网格",
            "不属于任何网格",
        }
        assert [
            list(row.areas)
            for row in found.after
            if row.name == "不属于任何网格"
        ] == [["第三居民小组"]]
        names = {
            feature["properties"]["name"]
            for feature in found.map_after["features"]
        }
        assert {"甲网格", "乙网格", "不属于任何网格"} <= names
        assert "贺家弄社区第一网格" in {
            feature["properties"]["name"]
            for feature in found.map_before["features"]
        }
        assert any("第三居民小组" in reason for reason in found.reasons)
        assert grid_maps.preview(session, bundle, {}, path) is None
        whole = grid_maps.preview(
            session, bundle, plan(office, [first], [second, third]), path
        )
        assert whole is not None and list(whole.reasons) == []


def test_a_grid_in_two_pieces_is_refused_unless_the_reason_is_written(
    office,
) -> None:
    first, second, third = office.areas(EAST)
    torn = plan(office, [first, third], [second])
    with pytest.raises(RuleViolated, match="片区互不相连"):
        office.start(
            "grid_adjustment", "zd-wgb", "grid-office", TOWNSHIP, **torn
        )
    office.start(
        "grid_adjustment",
        "zd-wgb",
        "grid-office",
        TOWNSHIP,
        **plan(office, [first, third], [second], size_reason="中间隔着厂区"),
    )


def test_the_dossier_on_paper_has_index_steps_and_checksum_and_takes_nothing_for_markup(
    office, printed
) -> None:
    hostile = '*粗体* #read("/etc/passwd") $x$ <b> = 标题'
    case = office.report(office.seed_item(), description=hostile)
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person("zd-wgb"))
        assert viewer is not None
        matter = case_view.look(session, viewer, case)
        head = matter.instance.history_hash.hex()
        text = printed(
            "dossier",
            matter,
            history.verify(case),
            printing.Printing("任建国", office.now),
        )
    for wanted in (
        "电子档案",
        "目录",
        "发现并登记",
        hostile,
        "任建国",
        "2026-11-20 10:00",
        "《镇江市城乡网格化服务管理实施细则》第三十二条",
        "第 1 页",
    ):
        assert wanted.replace(" ", "") in text, wanted
    assert head in text


def test_a_board_in_tibetan_and_chinese_carries_both_and_a_qr_code(
    printed,
) -> None:
    body = {
        "area": ["第一居民小组"],
        "members": [
            {
                "name": "扎西",
                "role": "网格员",
                "phone": "0891-00000000",
                "photo": _data(picture((300, 400))),
            }
        ],
        "supervision_phone": "0891-00001001",
        "labels": {"members": "དྲ་མིག་ལས་མི།", "title": "སྤྱི་བསྒྲགས།"},
    }
    shown = PublicNotice(
        tenant_id="x",
        kind="grid",
        subject_code="1",
        title="老街网格",
        body=body,
        published_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    text = printed(
        "boards",
        [shown],
        "公示牌",
        lambda each: "https://grid.example/public/x/grids/1",
    )
    for wanted in ("老街网格", "扎西", "0891-00001001", "དྲ་མིག"):
        assert wanted in text, text


def test_a_lists_board_has_every_item_with_its_ground(printed, office) -> None:
    shown = office.rows(
        sa.select(PublicNotice).where(PublicNotice.subject_code == "321102")
    )[0]
    text = printed(
        "list_board",
        shown,
        "https://grid.example/public/zhenjiang/items/321102",
    )
    for item in shown.body["items"]:
        assert item["name"] in text
    assert "京口区网格服务管理事项清单（第1版）" in text


def _data(content: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


@pytest.fixture
def printed(tmp_path):
    """Prints inside a request of the product and reads the pages back, without their spaces."""

    def call(what: str, *given: object) -> str:
        product = create_app(
            settings_for(f"sqlite:///{tmp_path / 'pages.sqlite'}", tmp_path)
        )
        with product.test_request_context():
            content = getattr(printing, what)(*given)
        assert content.startswith(b"%PDF")
        text = "".join(
            page.extract_text()
            for page in PdfReader(io.BytesIO(content)).pages
        )
        return re.sub(r"[\s\x02]", "", text)

    return call
