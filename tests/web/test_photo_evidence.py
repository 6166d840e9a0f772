"""Who decides reads on the page when and where a photograph was taken, and that it was used before."""

from __future__ import annotations

import io

from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from tests.services.records.test_photo_facts import SHANGHAI, picture
from tests.web.test_registers import APPLICATION

START = "/start/item_admission/zhenjiang:urban-management:321102"


def apply(client, name: str, photo: bytes) -> None:
    given = {
        **APPLICATION,
        "item_name": name,
        "file:attachments": (io.BytesIO(photo), "现场.jpg"),
    }
    assert client.post(START, data=given).status_code == 302


def page_of(application, client, name: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        (matter,) = [
            row.id
            for row in session.query(ProcessInstance)
            if row.title.endswith(name)
        ]
    return client.get(f"/instance/{matter}").text


def test_an_old_photograph_that_was_used_before_is_told_and_blocks_nothing(
    application, signed_in
) -> None:
    client, official = signed_in("jk-cg"), signed_in("jk-wgb")
    photo = picture("2020:01:01 10:00:00", SHANGHAI)
    apply(client, "旧照片一", photo)
    first = page_of(application, official, "旧照片一")
    assert "拍摄时间 2020-01-01 10:00" in first
    assert "31.23333, 121.50000" in first
    assert "请核实是否为旧照片" in first and "同一张照片" not in first
    apply(client, "旧照片二", photo)
    second = page_of(application, official, "旧照片二")
    assert "同一张照片" in second and "已用于 事准-" in second


def test_a_photograph_with_damaged_camera_data_is_taken(
    application, signed_in
) -> None:
    damaged = picture("2020:99:99 99:99:99")
    apply(signed_in("jk-cg"), "坏照片", damaged)
    page = page_of(application, signed_in("jk-wgb"), "坏照片")
    assert "现场.jpg" in page and "拍摄时间" not in page
