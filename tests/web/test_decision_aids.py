"""Beside a decision: phrases of one's own, files, and a signature that goes into history and dossier."""

from __future__ import annotations

import io
import re
from base64 import b64encode

import pytest
from PIL import Image, ImageDraw

from orchestrator.services.records import history
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment
from tests.web.test_returning import FILLED
from tests.web.test_unsent import task_of

PDF = b"%PDF-1.4\n%%EOF\n"


def picture(kind: str = "PNG", written: bool = True) -> bytes:
    drawn = Image.new("RGBA", (960, 360), (0, 0, 0, 0))
    if written:
        ImageDraw.Draw(drawn).line((100, 200, 700, 120), fill="black", width=6)
    target = io.BytesIO()
    (drawn if kind == "PNG" else drawn.convert("RGB")).save(target, kind)
    return target.getvalue()


def test_a_phrase_is_kept_for_its_person_and_removed_in_place(
    application, signed_in
) -> None:
    task, mine, colleague = (
        task_of(application),
        signed_in("jk-wgb"),
        signed_in("jk-wgb2"),
    )
    part = mine.post(
        "/phrases", data={"text": "  情况 属实 "}, headers={"X-Part": "1"}
    )
    assert 'data-phrase="情况 属实"' in part.text and "<html" not in part.text
    back = mine.post("/phrases", data={"text": "情况 属实", "_task": task})
    assert back.headers["Location"] == f"/task/{task}"
    page = mine.get(f"/task/{task}").text
    assert page.count('data-phrase="情况 属实"') == 1
    assert "情况 属实" not in colleague.get(f"/task/{task}").text
    number = re.search(r'name="drop" value="(\w+)"', page)[1]
    assert colleague.post("/phrases", data={"drop": number}).status_code == 404
    mine.post("/phrases", data={"drop": number})
    assert "情况 属实" not in mine.get(f"/task/{task}").text
    assert mine.post("/phrases", data={"text": " "}).status_code == 422
    long = mine.post("/phrases", data={"text": "长" * 201})
    assert long.status_code == 422 and "最多 200 个字" in long.text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (picture(written=False), "空白"),
        (PDF, "JPG 或 PNG"),
        (b"", "JPG 或 PNG"),
        (b"x" * 2_100_000, "2 MB"),
    ],
)
def test_what_is_no_signature_is_refused_with_what_to_do(
    signed_in, content: bytes, told: str
) -> None:
    answer = signed_in("jk-wgb2").post(
        "/me/signature", data={"picture": (io.BytesIO(content), "s.png")}
    )
    assert answer.status_code == 422 and told in answer.text


def test_files_and_signature_go_with_the_decision_into_history_and_dossier(
    application, signed_in
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    matter = task.partition(".")[0]
    unsigned = client.post(
        f"/task/{task}/complete", data={**FILLED, "_signature": "1"}
    )
    assert (
        unsigned.status_code == 422
        and "您还没有签名" in unsigned.text
        and FILLED["opinion"] in unsigned.text
    )
    drawn = "data:image/png;base64," + b64encode(picture()).decode()
    assert (
        client.post("/me/signature", data={"_drawn": drawn}).status_code == 302
    )
    assert client.get("/me/signature/picture").data.startswith(b"\x89PNG")
    assert (
        'name="_signature" value="1" checked'
        in client.get(f"/task/{task}").text
    )
    wrong = {
        "opinion": "",
        "decision": "approve",
        "file:_files": (io.BytesIO(PDF), "会议纪要.pdf"),
    }
    again = client.post(f"/task/{task}/complete", data=wrong)
    kept = re.search(r'name="_files" value="(\w+)"\s+checked', again.text)[1]
    assert again.status_code == 422 and "已上传：会议纪要.pdf" in again.text
    sent = {**FILLED, "_files": kept, "_signature": "1"}
    assert client.post(f"/task/{task}/complete", data=sent).status_code == 302
    page = client.get(f"/instance/{matter}").text
    signature = re.search(
        r'class="gf-signature" src="/attachment/(\w+)"', page
    )[1]
    assert "会议纪要.pdf" in page
    client.post("/me/signature", data={"remove": "1"})
    assert client.get(f"/attachment/{signature}").data.startswith(b"\x89PNG")
    assert f"/attachment/{signature}" in client.get(f"/dossier/{matter}").text
    plain = client.post(f"/dossier/{matter}/print").data
    assert plain.startswith(b"%PDF") and b"/Subtype/Image" in plain
    with application.app_context():
        assert history.verify(matter) == []
    with application.app_context(), transaction(writing=False) as session:
        files = session.query(Attachment).filter_by(instance_id=matter).all()
        assert {each.field_key for each in files} == {"_files", "_signature"}


def test_a_file_of_somebody_else_is_refused(application, signed_in) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    other = signed_in("jk-wgb2").post(
        f"/task/{task}/complete",
        data={
            "opinion": "",
            "decision": "approve",
            "file:_files": (io.BytesIO(PDF), "别人的.pdf"),
        },
    )
    stolen = re.search(r'name="_files" value="(\w+)"\s+checked', other.text)[1]
    answer = client.post(
        f"/task/{task}/complete", data={**FILLED, "_files": stolen}
    )
    assert answer.status_code == 422 and "不是在这张表单上传的" in answer.text


def damaged(at: int, byte: int) -> bytes:
    """A picture of which one byte is wrong in what the camera wrote into it."""
    exif = Image.Exif()
    exif[274], exif[271], exif[282] = 6, "camera", 72.0
    drawn, target = Image.new("RGB", (40, 20), "white"), io.BytesIO()
    drawn.paste("black", (5, 5, 20, 15))
    drawn.save(target, "JPEG", exif=exif)
    content = bytearray(target.getvalue())
    content[content.index(b"MM\x00*") + at] = byte
    return bytes(content)


@pytest.mark.parametrize("page", ["/me/signature", "/me/photo"])
@pytest.mark.parametrize(
    ("at", "byte"), [(11, 0), (11, 26), (11, 84), (35, 13), (37, 1)]
)
def test_a_picture_with_damaged_camera_data_is_refused(
    signed_in, page: str, at: int, byte: int
) -> None:
    field = "picture" if page.endswith("signature") else "photo"
    sent = {field: (io.BytesIO(damaged(at, byte)), "s.jpg")}
    answer = signed_in("zd-wgy1").post(page, data=sent, follow_redirects=True)
    assert answer.status_code < 500 and "JPG 或 PNG" in answer.text
