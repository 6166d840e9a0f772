"""Attachments: what may be uploaded is told by content and size; what is kept comes back as it was, or not at
all."""

from __future__ import annotations

import hashlib
import io
import os
import socketserver
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.errors import AttachmentRefused, FormInvalid, NotFound
from orchestrator.services.clocks import upkeep
from orchestrator.services.installation.database import settings
from orchestrator.services.records import (
    attachments,
    stored_files,
    virus_scans,
)
from orchestrator.services.records.purposes import of_start, of_task
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment, IdempotencyKey
from tests.services.world import TENANT

pytestmark = pytest.mark.both_databases

PDF = b"%PDF-1.7\n..."


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as files:
        for name in names:
            files.writestr(name, "x")
    return made.getvalue()


def keep(world, content: bytes, filename: str) -> Attachment:
    attachment_id = attachments.keep(
        content,
        filename,
        "attachments",
        attachments.Claim(TENANT, world.person("zhao")),
        world.now,
    )
    with transaction(writing=False) as session:
        return session.get_one(Attachment, attachment_id)


@pytest.fixture
def clamd(world, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A scanner that speaks as clamd does, and how it answers next: where nothing is left, it hangs up."""
    answers: list[str] = []

    class Scanner(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while length := int.from_bytes(self.rfile.read(4), "big"):
                content += self.rfile.read(length)
            if answers and content == PDF * 9_000:
                self.wfile.write(f"stream: {answers.pop(0)}\0".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"127.0.0.1:{server.server_address[1]}"
    monkeypatch.setitem(
        world.app.extensions,
        "gridflow",
        replace(world.app.extensions["gridflow"], clamd=place),
    )
    yield answers
    server.shutdown()
    server.server_close()


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("OK", ""),
        ("Win.Test.EICAR_HDB-1 FOUND", "发现了病毒"),
        ("INSTREAM size limit exceeded. ERROR", "超过病毒检查服务能检查"),
        ("Can't open file or directory ERROR", "没有查成“申请说明.pdf”"),
        (None, "没有应答"),
    ],
)
def test_what_the_scanner_has_not_called_clean_is_not_kept(
    world, clamd, answer: str | None, sentence: str
) -> None:
    clamd.extend([answer] if answer else [])
    if not sentence:
        assert keep(world, PDF * 9_000, "申请说明.pdf").size
        return
    with pytest.raises(AttachmentRefused) as refused:
        keep(world, PDF * 9_000, "申请说明.pdf")
    assert sentence in str(refused.value)
    with transaction(writing=False) as session:
        assert session.scalars(sa.select(Attachment)).all() == []


@pytest.mark.one_database
def test_a_scanner_that_lets_wait_has_one_deadline_for_all_of_a_file(
    world, clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    clamd.append("OK")
    seconds = iter(range(0, 1_000, 20))
    monkeypatch.setattr(virus_scans, "monotonic", lambda: next(seconds))
    with pytest.raises(AttachmentRefused, match="没有应答"):
        keep(world, PDF * 9_000, "申请说明.pdf")


@pytest.mark.one_database
def test_a_scanner_that_is_not_there_is_told(world, tmp_path) -> None:
    world.app.extensions["gridflow"] = replace(
        world.app.extensions["gridflow"], clamd=str(tmp_path / "clamd.ctl")
    )
    with pytest.raises(AttachmentRefused, match="没有应答"):
        keep(world, PDF, "申请说明.pdf")


def test_a_file_comes_back_as_it_was_and_the_same_one_twice_is_stored_once(
    world,
):
    first, second = (
        keep(world, PDF, "申请说明.pdf"),
        keep(world, PDF, "副本.PDF"),
    )
    assert (first.filename, first.content_type, first.size) == (
        "申请说明.pdf",
        "application/pdf",
        len(PDF),
    )
    assert attachments.read(first.sha256) == PDF
    assert first.sha256 == second.sha256
    assert (
        len(
            [
                path
                for path in (settings().var_dir / "attachments").rglob("*")
                if path.is_file()
            ]
        )
        == 1
    )


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (archive("[Content_Types].xml", "word/document.xml"), "报告.docx"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "台账.xlsx"),
        (archive("OFD.xml"), "批文.ofd"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 100, "旧文件.wps"),
        (b"\xff\xd8\xff\xe0" + b"0" * 100, "现场.jpeg"),
    ],
)
def test_office_files_and_photographs_are_taken(world, content, filename):
    assert keep(world, content, filename).filename == filename


@pytest.mark.parametrize(
    ("content", "filename", "told"),
    [
        (b"MZ...", "setup.exe", "类型不能上传"),
        (PDF, "没有扩展名", "类型不能上传"),
        (b"<script>alert(1)</script>", "页面.pdf", "与扩展名不符"),
        (PDF, "其实是文档.png", "与扩展名不符"),
        (archive("xl/workbook.xml"), "其实是表格.docx", "与扩展名不符"),
        (b"PK\x03\x04 broken", "损坏.docx", "与扩展名不符"),
        (b"", "空.pdf", "空文件"),
        (PDF + b"0" * (1024 * 1024), "太大.pdf", "超过 1 MB"),
    ],
)
def test_what_may_not_be_uploaded_is_told_with_what_to_do_and_leaves_nothing(
    world, content, filename, told
):
    with pytest.raises(AttachmentRefused, match=told) as refused:
        keep(world, content, filename)
    assert filename in str(refused.value)
    with transaction(writing=False) as session:
        assert (
            session.scalar(sa.select(sa.func.count()).select_from(Attachment))
            == 0
        )
    assert not (settings().var_dir / "attachments").exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\资料\\说明.pdf", "说明.pdf"),
        ("换\r\n行\x00.pdf", "换行.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_a_name_that_plays_tricks_is_kept_as_a_plain_name(world, given, kept):
    assert keep(world, PDF, given).filename == kept


def test_a_file_that_changed_on_the_disk_is_not_given_out_as_evidence(world):
    row = keep(world, PDF, "证据.pdf")
    (path,) = [
        path
        for path in (settings().var_dir / "attachments").rglob(row.sha256)
        if path.is_file()
    ]
    path.write_bytes(b"%PDF-1.7 something else")
    with pytest.raises(AttachmentRefused, match="校验值不符"):
        attachments.read(row.sha256)
    path.unlink()
    with pytest.raises(NotFound):
        attachments.read(row.sha256)


# ---- what a form
# may name


def upload(
    world,
    by: str = "zhao",
    field: str = "files",
    purpose: str | None = None,
    name: str = "说明.pdf",
) -> str:
    purpose = (
        of_start("errand", f"{TENANT}:civil-affairs:990100", None)
        if purpose is None
        else purpose
    )
    return attachments.keep(
        PDF + name.encode(),
        name,
        field,
        attachments.Claim(TENANT, world.person(by), purpose),
        world.now,
    )


def refused_at(world, ids: list[str], by: str = "zhao") -> dict:
    with pytest.raises(FormInvalid) as refused:
        world.start(by=by, subject="路灯", files=ids)
    return refused.value.errors


def test_a_form_carries_the_files_that_were_uploaded_for_it_and_they_become_the_matters(
    world,
):
    file = upload(world)
    errand = world.start(subject="路灯", files=[file])
    assert world.rows(sa.select(Attachment.instance_id)) == [errand]
    assert world.instance(errand).variables["files"] == [file]


@pytest.mark.parametrize(
    "given",
    [
        "市政府批复（盖章件）.pdf",
        "0" * 22,
        "x" * 3000,
        "a\x00b",
        "../../etc/passwd",
    ],
)
def test_any_text_as_an_attachment_is_refused_at_its_field(world, given):
    assert list(refused_at(world, [given])) == ["files"]
    assert list(refused_at(world, [upload(world), given])) == ["files"]
    assert world.rows(sa.select(ProcessInstance.id)) == []


def test_a_file_of_somebody_else_of_another_field_or_of_another_form_is_refused(
    world,
):
    police = of_start("errand", f"{TENANT}:police:990100", None)
    for file in (
        upload(world, by="qian"),
        upload(world, field="photos"),
        upload(world, purpose="task:123.4"),
        upload(world, purpose=police),
    ):
        assert list(refused_at(world, [file])) == ["files"]
    elsewhere = upload(world)
    with transaction() as session:
        session.get_one(Attachment, elsewhere).tenant_id = "elsewhere"
    assert list(refused_at(world, [elsewhere])) == ["files"]


def test_a_file_of_another_matter_is_refused_and_one_of_the_same_matter_may_be_named_again(
    world,
):
    file = upload(world)
    errand = world.start(subject="路灯", files=[file])
    assert list(refused_at(world, [file])) == ["files"]
    review = world.task(errand, "review")
    foreign = upload(world, name="别的.pdf")
    with pytest.raises(FormInvalid) as refused:
        world.complete(
            review.id,
            "wang",
            decision="pass",
            opinion="同意",
            papers=[foreign],
        )
    assert list(refused.value.errors) == ["papers"]
    assert world.task(errand, "review").state == "open"
    own = upload(
        world,
        by="wang",
        field="papers",
        purpose=of_task(review.id),
        name="批复.pdf",
    )
    world.complete(
        review.id, "wang", decision="pass", opinion="同意", papers=[file, own]
    )
    assert set(
        world.rows(
            sa.select(Attachment.instance_id).where(
                Attachment.id.in_([file, own])
            )
        )
    ) == {errand}
    came_with = sa.select(Attachment.task_id)
    assert world.rows(came_with.where(Attachment.id == file)) == [None], (
        "it came with the start, and stays so"
    )
    assert world.rows(came_with.where(Attachment.id == own)) == [review.id]


# ---- uploads
# that wait


def test_a_form_sent_again_keeps_the_file_it_has(world):
    first = upload(world)
    world.later(hours=1)
    assert upload(world) == first
    assert world.rows(sa.select(Attachment.uploaded_at)) == [world.now]
    assert upload(world, by="qian") != first


def test_one_person_keeps_no_more_than_his_share_waiting_and_others_go_on(
    world, monkeypatch
):
    monkeypatch.setattr(attachments, "MOST_PENDING", 3)
    for number in range(3):
        upload(world, name=f"{number}.pdf")
    with pytest.raises(AttachmentRefused, match="没有提交的文件已达 3 个"):
        upload(world, name="3.pdf")
    assert upload(world, name="2.pdf")  # the same again
    upload(world, by="qian", name="3.pdf")
    monkeypatch.setattr(attachments, "MOST_PENDING", 100)
    monkeypatch.setattr(attachments, "MOST_PENDING_MB", 0)
    with pytest.raises(AttachmentRefused, match="没有提交的文件"):
        upload(world, by="qian", name="4.pdf")


def on_disk() -> set[str]:
    return {
        path.name
        for path in (settings().var_dir / "attachments").rglob("*")
        if path.is_file()
    }


def age(name: str, **passed: float) -> None:
    (path,) = (settings().var_dir / "attachments").rglob(name)
    then = (datetime.now(UTC) - timedelta(**passed)).timestamp()
    os.utime(path, (then, then))


def test_what_no_form_was_submitted_with_is_swept_and_what_a_matter_has_stays(
    world,
):
    kept, dropped = upload(world, name="甲.pdf"), upload(world, name="乙.pdf")
    errand = world.start(subject="路灯", files=[kept])
    digests = {row.id: row.sha256 for row in world.rows(sa.select(Attachment))}
    # The same content, waiting in another form, and long forgotten: the matter's file stays.
    upload(world, by="qian", name="甲.pdf")
    world.later(days=attachments.PENDING_DAYS - 1)
    assert attachments.sweep(world.now) == 0
    world.later(days=2)
    young = upload(world, name="丙.pdf")
    assert attachments.sweep(world.now) == 2
    assert set(world.rows(sa.select(Attachment.id))) == {kept, young}
    assert digests[kept] in on_disk() and digests[dropped] not in on_disk()
    assert world.rows(
        sa.select(Attachment.instance_id).where(Attachment.id == kept)
    ) == [errand]
    assert attachments.read(digests[kept])


def test_half_written_files_and_files_without_a_row_go_after_a_day(world):
    row = upload(world)
    (digest,) = world.rows(
        sa.select(Attachment.sha256).where(Attachment.id == row)
    )
    folder = settings().var_dir / "attachments" / digest[:2]
    half, nobodys = f"{digest}.0123abc", digest[:2] + "0" * 62
    aside = digest[:2] + "1" * 62
    for name in (half, nobodys, f"{aside}.gone"):
        (folder / name).write_bytes(b"x")
    now = datetime.now(UTC)
    stored_files.sweep(now, attachments._named)
    assert on_disk() == {digest, half, nobodys, f"{aside}.gone"}
    for name in on_disk():
        age(name, days=2)
    stored_files.sweep(now, attachments._named)
    assert on_disk() == {digest}


def test_a_sweep_and_an_upload_of_the_same_content_lose_nothing(world):
    """The sweep has moved the file aside when the upload's row is committed: the upload writes it anew."""
    digest = hashlib.sha256(PDF + "说明.pdf".encode()).hexdigest()
    stored_files.write(digest, PDF + "说明.pdf".encode())

    def meanwhile(digests):
        upload(world)
        return set()

    stored_files.let_go(digest, meanwhile)
    assert attachments.read(digest) == PDF + "说明.pdf".encode()
    stored_files.let_go(digest, attachments._named)
    assert attachments.read(digest)


def test_a_disk_that_is_full_leaves_no_half_file(world, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        upload(world)
    assert on_disk() == set()
    assert world.rows(sa.select(Attachment.id)) == []


def test_the_file_is_on_the_disk_before_its_row_is_committed(
    world, monkeypatch
):
    flushed, real = [], os.fsync

    def noted(handle):
        assert world.rows(sa.select(Attachment.id)) == []
        flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    upload(world)
    assert (
        len(flushed) == 3 and flushed[1] in flushed[0]
    )  # the file, its folder, and the folder's folder


def test_the_clock_tidies_once_an_hour(world):
    upload(world)
    world.start(key="k")
    world.later(days=40)
    assert upkeep.tidy(world.now)
    assert world.rows(sa.select(Attachment.id)) == []
    assert world.rows(sa.select(IdempotencyKey.key)) == []
    assert not upkeep.tidy(world.now + timedelta(minutes=59))
    assert upkeep.tidy(world.now + timedelta(minutes=61))
