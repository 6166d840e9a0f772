"""Attachments: what may be uploaded is told by content and size; what is kept comes back as it was, or not at all."""

from __future__ import annotations

import io
import zipfile

import pytest
import sqlalchemy as sa

from orchestrator.errors import AttachmentRefused, NotFound
from orchestrator.services import attachments
from orchestrator.services.database import settings
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment
from tests.services.world import TENANT

PDF = b"%PDF-1.7\n..."


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as files:
        for name in names:
            files.writestr(name, "x")
    return made.getvalue()


def keep(world, content: bytes, filename: str) -> Attachment:
    attachment_id = attachments.keep(content, filename, "attachments", TENANT, world.person("zhao"), world.now)
    with transaction(writing=False) as session:
        return session.get_one(Attachment, attachment_id)


def test_a_file_comes_back_as_it_was_and_the_same_one_twice_is_stored_once(world):
    first, second = keep(world, PDF, "申请说明.pdf"), keep(world, PDF, "副本.PDF")
    assert (first.filename, first.content_type, first.size) == ("申请说明.pdf", "application/pdf", len(PDF))
    assert attachments.read(first.sha256) == PDF
    assert first.sha256 == second.sha256
    assert len([path for path in (settings().var_dir / "attachments").rglob("*") if path.is_file()]) == 1


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
        (b"", "空.pdf", "与扩展名不符"),
        (PDF + b"0" * (1024 * 1024), "太大.pdf", "超过 1 MB"),
    ],
)
def test_what_may_not_be_uploaded_is_told_with_what_to_do_and_leaves_nothing(world, content, filename, told):
    with pytest.raises(AttachmentRefused, match=told) as refused:
        keep(world, content, filename)
    assert filename in str(refused.value)
    with transaction(writing=False) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 0
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
    (path,) = [path for path in (settings().var_dir / "attachments").rglob(row.sha256) if path.is_file()]
    path.write_bytes(b"%PDF-1.7 something else")
    with pytest.raises(AttachmentRefused, match="校验值不符"):
        attachments.read(row.sha256)
    path.unlink()
    with pytest.raises(NotFound):
        attachments.read(row.sha256)
