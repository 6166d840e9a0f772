"""What a person is told of the files that he uploads, where a real ClamAV daemon checks them: nothing is kept
that it has not called clean.

The daemon comes from Debian (`apt-get install clamav-daemon`); CI installs it where it can. Where it is not
there, the stand-in of `tests/services/records/test_attachments.py` speaks its protocol alone.
"""

from __future__ import annotations

import io
import signal
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from orchestrator.services.installation.database import settings
from orchestrator.services.records import virus_scans
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment
from tests import scanner
from tests.scanner import EICAR, Clamd
from tests.web.test_registers import APPLICATION

pytestmark = pytest.mark.skipif(
    scanner.program() is None,
    reason="no clamd on this machine: apt-get install clamav-daemon",
)
START = "/start/item_admission/zhenjiang:justice:321102"
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(scope="module")
def daemon() -> Iterator[Clamd]:
    with scanner.clamd() as running:
        yield running


@pytest.fixture
def applicant(
    application: Flask,
    signed_in: Callable[[str], FlaskClient],
    daemon: Clamd,
    monkeypatch: pytest.MonkeyPatch,
) -> FlaskClient:
    """Whose uploads the daemon checks."""
    before = application.extensions["gridflow"]
    checked = replace(before, clamd=str(daemon.socket))
    monkeypatch.setitem(application.extensions, "gridflow", checked)
    return signed_in("jk-sf")


@pytest.fixture
def kept(application: Flask) -> Callable[[], tuple[int, int]]:
    """How many attachments there are, and how many files in their folder."""

    def count() -> tuple[int, int]:
        with application.app_context():
            with transaction(writing=False) as session:
                wanted = sa.select(sa.func.count()).select_from(Attachment)
                rows = session.scalar(wanted)
            folder = settings().var_dir / "attachments"
            found = [each for each in folder.rglob("*") if each.is_file()]
        return rows, len(found)

    return count


def upload(client: FlaskClient, content: bytes, name: str) -> str:
    """The page after an application that lacks its legal basis was sent with the file."""
    given = {
        **APPLICATION,
        "legal_basis": "",
        "file:attachments": (io.BytesIO(content), name),
    }
    answer = client.post(START, data=given, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert APPLICATION["item_name"] in answer.text, "what was typed stays"
    return answer.text


def document() -> bytes:
    """A Word file with the infected one inside."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "x")
        packed.writestr("word/document.xml", "x")
        packed.writestr("word/embeddings/a.bin", EICAR)
    return made.getvalue()


def test_a_clean_file_is_kept(applicant, kept) -> None:
    rows, files = kept()
    assert "已上传：请示.pdf" in upload(applicant, PDF, "请示.pdf")
    assert kept() == (rows + 1, files + 1)


@pytest.mark.parametrize(
    ("content", "name"),
    [(PDF + EICAR, "请示.pdf"), (document(), "报告.docx")],
    ids=["in a PDF", "packed in a Word file"],
)
def test_an_infected_file_is_told_and_not_kept(
    applicant, kept, content: bytes, name: str
) -> None:
    before = kept()
    page = upload(applicant, content, name)
    assert f"“{name}”里发现了病毒或恶意代码，没有保存" in page
    assert "已上传" not in page
    assert kept() == before


def test_a_file_larger_than_the_daemon_takes_is_told_and_not_kept(
    applicant, kept
) -> None:
    before = kept()
    page = upload(applicant, PDF + b"0" * 900_000, "图册.pdf")
    assert "超过病毒检查服务能检查的大小" in page
    assert kept() == before


def test_while_the_daemon_is_halted_or_away_nothing_is_kept_and_then_it_goes_on(
    applicant, kept, daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virus_scans, "SECONDS", 0.5)
    before = kept()
    daemon.send(signal.SIGSTOP)
    halted = upload(applicant, PDF + b"1", "请示.pdf")
    daemon.send(signal.SIGCONT)
    daemon.stop()
    away = upload(applicant, PDF + b"2", "请示.pdf")
    for page in (halted, away):
        assert "病毒检查服务没有应答，“请示.pdf”没有保存" in page
    assert kept() == before
    daemon.start()
    monkeypatch.setattr(virus_scans, "SECONDS", 30)
    assert "已上传：请示.pdf" in upload(applicant, PDF + b"3", "请示.pdf")
