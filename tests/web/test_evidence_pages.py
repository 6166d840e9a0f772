"""What was found and what was done stand side by side: on the page, for whom it concerns, and in the printed
dossier."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from PIL import Image
from pypdf import PdfReader

from orchestrator.services.installation import storage
from orchestrator.services.instances import step_pictures
from orchestrator.services.instances.history_parts import HistoryPart
from orchestrator.services.instances.timeline_lines import TimelineEntry
from orchestrator.services.records import pictures
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment, UserTask
from tests.services.records.test_photo_facts import SHANGHAI, picture
from tests.services.records.test_recordings import film
from web.printing import dossiers

GRID = "3211020010011001"
START = f"/start/case_handling/zhenjiang:grid-member:{GRID}"


def large_picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (1800, 900), "green").save(kept, "WEBP")
    return kept.getvalue()


def test_photographs_stand_by_step_on_page_and_paper_and_a_film_plays(
    application, signed_in
) -> None:
    member, office = signed_in("zd-wgy1"), signed_in("zd-wgb")
    item = re.search(r'<option value="(\w{22})">', member.get(START).text)
    begun = member.post(
        START,
        data={
            "item_id": item[1],
            "case_title": "井盖破损有照片",
            "description": "井盖破损",
            "location": "巷口",
            "priority": "normal",
            "disposal": "handle",
            "file:attachments": [
                (io.BytesIO(picture("", SHANGHAI)), "破损.jpg"),
                (io.BytesIO(film(9)), "现场.mp4"),
            ],
        },
    )
    assert begun.status_code == 302, begun.text
    matter = begun.location.rpartition("/")[2]
    first = office.get(f"/instance/{matter}").text
    assert "拍摄地点不在网格" in first
    with application.app_context(), transaction(writing=False) as session:
        task = session.scalar(
            sa.select(UserTask.id).where(
                UserTask.instance_id == matter, UserTask.state == "open"
            )
        )
    done = member.post(
        f"/task/{task}/complete",
        data={
            "decision": "report",
            "result": "已围挡，请市政更换",
            "file:attachments": (io.BytesIO(large_picture()), "围挡.webp"),
        },
    )
    assert done.status_code == 302, done.text
    page = office.get(f"/instance/{matter}").text
    shown = page[page.index("gf-evidence") :]
    places = [shown.index(each) for each in ("登记时", "<video", "现场处置")]
    assert places == sorted(places)
    with application.app_context(), transaction(writing=False) as session:
        files = dict(
            session.execute(
                sa.select(Attachment.filename, Attachment.id).where(
                    Attachment.instance_id == matter
                )
            ).all()
        )
    address = f"/attachment/{files['围挡.webp']}/picture"
    for query, longest in (("", 320), ("?large=1", 1600)):
        answer = office.get(address + query)
        assert answer.mimetype == "image/jpeg"
        assert max(Image.open(io.BytesIO(answer.data)).size) == longest
    saved = office.get(f"/attachment/{files['围挡.webp']}")
    # What somebody uploaded never opens as a page of this site.
    assert saved.headers["Content-Disposition"].startswith("attachment")
    film_address = f"/attachment/{files['现场.mp4']}/play"
    part = office.get(film_address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, film(9)[:10])
    assert (
        office.get(f"/attachment/{files['现场.mp4']}/picture").status_code
        == 404
    )
    stranger = signed_in("zd-wgy6")
    for hidden in (address, film_address):
        assert stranger.get(hidden).status_code == 404
    printed = office.post(f"/dossier/{matter}/print").data
    assert (
        printed.count(b"/Subtype/Image") + printed.count(b"/Subtype /Image")
        >= 2
    )
    _parts_hold_their_own(application, matter)
    _others_look_while_one_is_decoded(application, office, address, files)
    _printed_without_what_is_gone(application, office, matter)


def _parts_hold_their_own(application, matter: str) -> None:
    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(ProcessInstance, matter)
        given = session.scalars(
            sa.select(Attachment).where(Attachment.instance_id == matter)
        ).all()
        total = row.history_seq
        for first, last, expected in (
            (1, 1, {"破损.jpg", "现场.mp4"}),
            (2, total, {"围挡.webp"}),
        ):
            part = HistoryPart(first, last, total)
            found = step_pictures.of_part(session, matter, part, given)
            assert {file.filename for file in found} == expected


def _others_look_while_one_is_decoded(
    application, office, address: str, files: dict[str, str]
) -> None:
    other = f"/attachment/{files['破损.jpg']}/picture?large=1"
    with (
        pytest.MonkeyPatch.context() as patched,
        pictures._looking.turn(RuntimeError()),
    ):
        patched.setattr(pictures._looking, "patience", 0.01)
        assert office.get(f"{address}?large=1").status_code == 200
        busy = office.get(other)
        assert busy.status_code == 503
        assert "正在打开的照片较多，请稍后再打开" in busy.text
        with application.app_context():
            assert pictures.downsized(large_picture(), "报送.webp")
    assert office.get(other).status_code == 200


def _printed_without_what_is_gone(application, office, matter: str) -> None:
    with application.app_context():
        digest = hashlib.sha256(large_picture()).hexdigest()
        assert storage.here().move(digest, f"{digest}.gone")
        answer = office.post(f"/dossier/{matter}/print")
        storage.here().move(f"{digest}.gone", digest)
    assert answer.status_code == 200
    pages = PdfReader(io.BytesIO(answer.data)).pages
    told = "".join(each.extract_text() for each in pages)
    assert "另有1张照片没有印出" in told.replace(" ", "")


def test_the_dossier_says_that_a_signature_cannot_be_printed() -> None:
    step = TimelineEntry(
        datetime(2026, 3, 2, tzinfo=UTC),
        "user-task-completed",
        "审核",
        "王主任",
        "",
        signature="lost",
    )
    told = ["签名", "签名的图片暂时读不出，没有印出"]
    assert told in dossiers._facts(step, {})
    assert told not in dossiers._facts(step, {"lost": ("s.png", b"")})
