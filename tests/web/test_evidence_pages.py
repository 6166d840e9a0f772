"""What was found and what was done stand side by side: on the page, for whom it concerns, and in the printed
dossier."""

from __future__ import annotations

import io
import re

import sqlalchemy as sa
from PIL import Image

from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment, UserTask
from tests.services.records.test_photo_facts import SHANGHAI, picture
from tests.services.records.test_recordings import film

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
    first = office.get(f"/matter/{matter}").text
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
    page = office.get(f"/matter/{matter}").text
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
