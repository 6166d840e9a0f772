"""Notice boards (公示牌) to be put up in a grid: A3, with a QR code that leads to the public page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import segno

from orchestrator.store.notices import PublicNotice
from web.printing.typesetting import typeset
from web.shown import list_today, moment


def boards(
    notices: Sequence[PublicNotice],
    title: str,
    address: Callable[[PublicNotice], str],
) -> bytes:
    """PDF/A, one A3 page a grid, with exactly what its notice says; `address` gives the public page of a
    notice."""
    files: dict[str, bytes] = {}
    sentences = [
        _board(number, notice, address(notice), files)
        for number, notice in enumerate(notices)
    ]
    return typeset("board", {"title": title, "boards": sentences}, files)


def list_board(notice: PublicNotice, address: str) -> bytes:
    """The item list as it is in force, A3, with what is planned apart and the way to its page."""
    title, shown = list_today(notice)
    items = [
        {**_row(item), "ends_on": item["ends_on"] or ""}
        for item in shown.items
    ]
    planned = [{**_row(item), "from": item["from"]} for item in shown.planned]
    data = {
        "title": title,
        "updated": moment(notice.published_at),
        "effective_on": shown.effective_on.isoformat()
        if shown.effective_on
        else "",
        "approved_by": shown.approved_by,
        "items": items,
        "planned": planned,
    }
    return typeset("list_board", data, {"qr.svg": code_picture(address)})


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item[key] for key in ("category", "name", "legal_basis")}


def code_picture(address: str) -> bytes:
    """The QR code of an address, as SVG."""
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", border=0)
    return picture.getvalue()


def _board(
    number: int,
    notice: PublicNotice,
    address: str,
    files: dict[str, bytes],
) -> dict[str, Any]:
    body = notice.body
    names = body.get("names", {})
    files[f"qr{number}.svg"] = code_picture(address)
    members = []
    for place, member in enumerate(body.get("members", ())):
        if member.get("photo"):
            name = f"photo{number}-{place}.jpg"
        else:
            name = ""
        if name:
            files[name] = base64.b64decode(member["photo"].partition(",")[2])
        members.append(
            {
                "name": member["name"],
                "role": member["role"],
                "phone": member.get("phone", ""),
                "photo": name,
                "second_name": names.get(member["name"], ""),
            },
        )
    return {
        "name": notice.title,
        "code": notice.subject_code,
        "area": "、".join(body.get("area", ())),
        "members": members,
        "duties": "、".join(body.get("duties", ())),
        "supervision_phone": body.get("supervision_phone", ""),
        "labels": body.get("labels", {}),
        "second_area": "  ".join(
            names[text] for text in body.get("area", ()) if text in names
        ),
        "second_name": names.get(notice.title, ""),
        "updated": moment(notice.published_at),
        "qr": f"qr{number}.svg",
    }
