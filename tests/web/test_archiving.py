"""归档包: asked for on the dossier's page, made by the clock, checked without this installation."""

from __future__ import annotations

import io
import json
import secrets
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import BinaryIO
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from orchestrator.domain import archive_package
from orchestrator.domain.retention import RetentionClass, RetentionRules
from orchestrator.errors import PicturesBusy, StorageAway
from orchestrator.services import access, bundles, instances
from orchestrator.services.archives import (
    package_making,
    package_requests,
    packaging,
    retention,
    whole_records,
    zip_files,
)
from orchestrator.services.archives.whole_records import LookRecord
from orchestrator.services.installation import storage
from orchestrator.services.records import (
    attachments,
    disclosures,
    sights,
    stored_files,
)
from orchestrator.store.archives import ArchivePackage
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.looks import Look
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment
from tests.web.test_long_records import APPLICATION
from web import archiving
from web.printing import dossiers

_PDF = b"%PDF-1.4\n%%EOF\n"
BODY = "zhenjiang:urban-management:321102"


def _begun(item: str, now: datetime) -> tuple[int, str]:
    """(who began it, the id) of an application."""
    with transaction() as session:
        by = session.scalars(
            sa.select(Person.id).where(Person.username == "jk-cg")
        ).one()
    started = instances.start(
        "zhenjiang",
        "item_admission",
        {**APPLICATION, "item_name": f"{item}{secrets.token_hex(3)}"},
        by=by,
        body_id=BODY,
        now=now,
    )
    return by, started.instance_id


@pytest.fixture(scope="module")
def closed(application) -> str:
    """The id of an application that was withdrawn; its keeper has said why he opens what is in it."""
    now = datetime.now(UTC)
    with application.app_context():
        by, instance_id = _begun("归档巡查", now)
        instances.cancel(instance_id, "准备归档，先撤回", by, now)
        with transaction(writing=False) as session:
            keeper = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-wgb")
            ).one()
            viewer = access.viewer(session, keeper, now)
        assert viewer
        disclosures.disclose(instance_id, viewer, "移交档案馆", "", now)
    return instance_id


def _packages(application, instance_id: str) -> list[ArchivePackage]:
    with application.app_context(), transaction(writing=False) as session:
        rows = session.scalars(
            sa.select(ArchivePackage).where(
                ArchivePackage.instance_id == instance_id
            )
        ).all()
        session.expunge_all()
        return list(rows)


def _forget(application, instance_id: str) -> None:
    """As if nobody had asked for a package of it."""
    with application.app_context(), transaction() as session:
        session.execute(
            sa.delete(ArchivePackage).where(
                ArchivePackage.instance_id == instance_id
            )
        )


def _made(application, signed_in, instance_id: str) -> ArchivePackage:
    """A package of it, the one there is where nothing was written since."""
    signed_in("jk-wgb").post(f"/dossier/{instance_id}/archive")
    _make(application)
    return next(
        row
        for row in _packages(application, instance_id)
        if row.state == "made"
    )


def _make(application) -> None:
    with application.app_context():
        while archiving.make_next(datetime.now(UTC)):
            pass


def test_the_archive_keeper_asks_the_clock_makes_and_the_file_holds_the_whole_record(
    application, signed_in, closed: str, tmp_path
) -> None:
    office = signed_in("jk-wgb")
    page = office.get(f"/dossier/{closed}").text
    assert "制作归档包" in page
    assert "保管期限" in page
    assert "永久" in page
    for _press in range(2):
        answer = office.post(
            f"/dossier/{closed}/archive", follow_redirects=True
        )
        assert "正在制作" in answer.text
    assert len(_packages(application, closed)) == 1
    _make(application)
    (row,) = _packages(application, closed)
    address = f"/dossier/{closed}/archive/{row.id}"
    assert address in office.get(f"/dossier/{closed}").text
    colleague = signed_in("jk-wgb2")
    refused = colleague.get(address, follow_redirects=True)
    assert "请先写明下载的理由" in refused.text
    assert "准许下载" in refused.text
    content = office.get(address).data
    assert archive_package.digest(content) == row.sha256
    assert (row.attempts, row.size) == (1, len(content))
    again = office.post(f"/dossier/{closed}/archive", follow_redirects=True)
    assert "归档以后没有新的记录" in again.text
    assert len(_packages(application, closed)) == 1

    file = tmp_path / "package.zip"
    file.write_bytes(content)
    files, findings = zip_files.read(file)
    report = archive_package.check(files)
    assert not findings
    assert not report.findings
    assert report.entries == row.history_seq
    entries = [
        json.loads(line) for line in files["history.jsonl"].splitlines()
    ]
    assert "looks_until" in json.loads(files["index.json"])
    assert entries[0][3] == "started"
    assert "准备归档，先撤回" in str(entries[-1])
    text = "".join(
        page.extract_text()
        for page in PdfReader(io.BytesIO(files["dossier-01.pdf"])).pages
    )
    _needs_no_fonts_nor_scripts(files["dossier-01.pdf"])
    assert "准备归档" in text
    assert "查阅记录" in text
    metadata = ElementTree.fromstring(files["metadata.xml"])
    assert metadata.findtext(".//电子文件号") == report.number
    assert metadata.findtext(".//档号/年度") == str(datetime.now(UTC).year)
    assert metadata.findtext(".//档号/保管期限") == "永久"
    acts = [act.findtext("业务行为") for act in metadata.iter("业务实体")]
    assert any("撤回" in str(act) for act in acts)
    who = {act.findtext("机构人员标识符") for act in metadata.iter("业务实体")}
    known = {
        actor.findtext("机构人员标识符")
        for actor in metadata.iter("机构人员实体")
    }
    assert who - {None} <= known


def _fonts(page) -> list:
    """The fonts of a page with what they are made of."""
    fonts = page["/Resources"].get("/Font", {}).values()
    made = [font.get_object() for font in fonts]
    inner = [
        below.get_object()
        for font in made
        for below in font.get("/DescendantFonts", ())
    ]
    return inner or made


def _needs_no_fonts_nor_scripts(pdf: bytes) -> None:
    """What ISO 19005-2 (PDF/A-2b) asks of a file, as far as its structure shows it."""
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert intent.get_object()["/DestOutputProfile"].get_data()
    assert not reader.is_encrypted
    assert len(reader.trailer["/ID"]) == 2
    assert "/OpenAction" not in root
    assert "/AA" not in root
    assert "/JavaScript" not in root.get("/Names", {})
    assert "/EmbeddedFiles" not in root.get("/Names", {})
    for page in reader.pages:
        fonts = _fonts(page)
        assert fonts
        for font in fonts:
            descriptor = font["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
        for annotation in page.get("/Annots", ()):
            action = annotation.get_object().get("/A", {})
            assert action.get("/S") not in ("/JavaScript", "/Launch")


def test_the_same_record_gives_the_same_bytes_by_command_and_is_checked_there(
    application, closed: str, tmp_path
) -> None:
    with application.app_context(), transaction(writing=False) as session:
        number = session.get_one(ProcessInstance, closed).business_key
    runner = application.test_cli_runner()
    made = []
    for folder in ("first", "second"):
        target = tmp_path / folder
        answer = runner.invoke(
            args=["archive", "make", number, "--to", str(target)]
        )
        assert answer.exit_code == 0, answer.output
        (file,) = target.iterdir()
        made.append(file)
    assert made[0].read_bytes() == made[1].read_bytes()
    key = runner.invoke(args=["archive", "key"]).output.strip()
    whole = runner.invoke(
        args=["archive", "verify", str(made[0]), "--key", key]
    )
    assert whole.exit_code == 0, whole.output
    assert number in whole.output
    with zipfile.ZipFile(made[0], "a") as archive:
        archive.writestr("后加.txt", "x")
    changed = runner.invoke(args=["archive", "verify", str(made[0])])
    assert changed.exit_code == 1
    assert "目录里没有文件 后加.txt" in changed.output
    other = runner.invoke(
        args=["archive", "verify", str(made[1]), "--key", "00" * 32]
    )
    assert other.exit_code == 1
    assert "另一把密钥" in other.output
    nobody = runner.invoke(args=["archive", "make", "没有这个号"])
    assert nobody.exit_code == 1
    assert "没有编号是 没有这个号 的事项" in nobody.output
    both = runner.invoke(args=["archive", "make"])
    assert both.exit_code == 2
    assert "--closed-before" in both.output
    none = runner.invoke(
        args=[
            "archive",
            "make",
            "--closed-before",
            "2001-01-01",
            "--to",
            str(tmp_path),
        ]
    )
    assert "已归档 0 件" in none.output


def test_who_keeps_no_archive_gets_no_button_no_package_and_no_file(
    application, signed_in, closed: str
) -> None:
    department = signed_in("jk-cg")
    page = department.get(f"/dossier/{closed}")
    assert page.status_code == 200
    assert "制作归档包" not in page.text
    assert department.post(f"/dossier/{closed}/archive").status_code == 403
    package_id = _made(application, signed_in, closed).id
    address = f"/dossier/{closed}/archive/{package_id}"
    assert department.get(address).status_code == 404
    assert signed_in("admin2").get(address).status_code == 404


def test_a_running_record_is_refused_and_a_lost_file_is_named(
    application, signed_in
) -> None:
    now = datetime.now(UTC)
    with application.app_context():
        by, running = _begun("归档在办", now)
    office = signed_in("jk-wgb")
    assert "制作归档包" not in office.get(f"/dossier/{running}").text
    answer = office.post(f"/dossier/{running}/archive")
    assert "还没有办结，办结后才能归档" in answer.text

    with application.app_context():
        instances.cancel(running, "撤回后归档", by, now)
        lost = attachments.keep(
            _PDF, "笔录.pdf", "files", attachments.Claim("zhenjiang", by), now
        )
        with transaction() as session:
            row = session.get_one(Attachment, lost)
            row.instance_id = running
            row.sha256 = "0" * 64
    office.post(f"/dossier/{running}/archive")
    _make(application)
    assert (
        "附件“笔录.pdf”缺失或者与上传时不符"
        in office.get(f"/dossier/{running}").text
    )
    with application.app_context(), transaction() as session:
        session.delete(session.get_one(Attachment, lost))


@pytest.mark.parametrize(
    "trouble",
    [
        PicturesBusy(),
        StorageAway("aside"),
        sa.exc.OperationalError("", {}, Exception("database is locked")),
    ],
)
def test_a_package_waits_while_the_store_or_the_database_is_in_trouble(
    application, signed_in, closed: str, monkeypatch, trouble: Exception
) -> None:
    _forget(application, closed)
    signed_in("jk-wgb").post(f"/dossier/{closed}/archive")

    def fails(*_: object) -> None:
        raise trouble

    now = datetime.now(UTC)
    with monkeypatch.context() as patched, application.app_context():
        patched.setattr(packaging, "package", fails)
        for hours in range(4):
            with pytest.raises(type(trouble)):
                archiving.make_next(now + timedelta(hours=hours))
        assert not archiving.make_next(now + timedelta(hours=3)), "a pause"
    (row,) = _packages(application, closed)
    assert (row.state, row.attempts, row.troubles) == ("waiting", 0, 4)
    with application.app_context():
        archiving.make_next(now + timedelta(hours=5))
    (row,) = _packages(application, closed)
    assert row.state == "made"


def test_a_package_in_trouble_lets_those_behind_it_go_first(
    application, signed_in, closed: str, monkeypatch
) -> None:
    _forget(application, closed)
    now = datetime.now(UTC)
    with application.app_context():
        by, other = _begun("归档等候", now)
        instances.cancel(other, "准备归档，先撤回", by, now)
    office = signed_in("jk-wgb")
    for instance_id in (closed, other):
        office.post(f"/dossier/{instance_id}/archive")
    package = packaging.package

    def fails(session, instance_id: str, *rest: object) -> None:
        if instance_id == closed:
            raise StorageAway("aside")
        package(session, instance_id, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(packaging, "package", fails)
        with pytest.raises(StorageAway):
            _make(application)
        _make(application)
    states = [
        _packages(application, instance_id)[0].state
        for instance_id in (closed, other)
    ]
    assert states == ["waiting", "made"]


def test_trouble_without_end_is_an_incident_that_is_retried(
    application, signed_in, closed: str, monkeypatch
) -> None:
    _forget(application, closed)
    office = signed_in("jk-wgb")
    office.post(f"/dossier/{closed}/archive")

    def fails(*_: object) -> None:
        raise StorageAway("aside")

    now = datetime.now(UTC)
    with monkeypatch.context() as patched, application.app_context():
        patched.setattr(packaging, "package", fails)
        for hours in range(package_making.MOST_TROUBLES):
            with pytest.raises(StorageAway):
                archiving.make_next(now + timedelta(hours=2 * hours))
        assert not archiving.make_next(now + timedelta(days=9))
    (row,) = _packages(application, closed)
    assert row.state == "refused"
    page = office.get(f"/dossier/{closed}").text
    assert "管理员处理并点“重试”以后会重新制作" in page
    admin = signed_in("admin")
    with application.app_context(), transaction(writing=False) as session:
        (incident,) = session.scalars(
            sa.select(Incident).where(
                Incident.instance_id == closed, Incident.state == "open"
            )
        )
    assert "恢复以后点“重试”" in incident.message
    retry = f"/admin/incidents/{incident.id}/retry"
    office.post(f"/dossier/{closed}/archive")
    refused = admin.post(retry, follow_redirects=True).text
    assert "已在重新制作" in refused, "one is asked for meanwhile"
    with application.app_context(), transaction() as session:
        session.execute(
            sa.delete(ArchivePackage).where(
                ArchivePackage.instance_id == closed,
                ArchivePackage.state == "waiting",
            )
        )
    assert admin.post(retry).status_code == 302
    (row,) = _packages(application, closed)
    assert (row.state, row.troubles, row.reason) == ("waiting", 0, "")
    assert admin.post(retry).status_code == 404
    _make(application)
    (row,) = _packages(application, closed)
    assert row.state == "made"


def test_a_package_whose_file_is_lost_says_so_and_is_made_again(
    application, signed_in, closed: str, monkeypatch
) -> None:
    office = signed_in("jk-wgb")
    row = _made(application, signed_in, closed)
    address = f"/dossier/{closed}/archive/{row.id}"
    with application.app_context():
        assert stored_files.is_kept(row.sha256)
        storage.here().remove(row.sha256)
    page = office.get(f"/dossier/{closed}").text
    assert "文件已经丢失，请重新制作" in page and address not in page
    answer = office.get(address)
    assert answer.status_code == 422 and "已经丢失" in answer.text
    with monkeypatch.context() as patched:

        def away(_digest: str) -> bool:
            raise StorageAway("aside")

        patched.setattr(stored_files, "is_kept", away)
        assert address in office.get(f"/dossier/{closed}").text
    again = office.post(f"/dossier/{closed}/archive", follow_redirects=True)
    assert "归档包正在制作" in again.text
    _make(application)
    # The same record gives the same bytes: both are there again.
    assert address in office.get(f"/dossier/{closed}").text


def test_a_package_that_tells_another_term_than_the_one_in_force_is_made_anew(
    application, signed_in, closed: str, monkeypatch
) -> None:
    """The profile deployed last does not count before it comes into force."""
    _made(application, signed_in, closed)
    now = datetime.now(UTC)
    later = now + timedelta(days=9)
    short = RetentionClass("ten", "10年", 10, ("item_admission",))
    with application.app_context(), transaction(writing=False) as session:
        ahead = bundles.profile_in_force(session, "zhenjiang")
        profile = replace(ahead, retention=RetentionRules((short,), "ten"))

        def in_force(_session, _tenant, at: datetime | None = None):
            return profile if at == now else ahead

        its_bundles = SimpleNamespace(
            bundle_of=lambda *_: SimpleNamespace(jurisdiction=profile),
            profile_in_force=in_force,
        )
        monkeypatch.setattr(retention, "bundles", its_bundles)
        instance = session.get_one(ProcessInstance, closed)
        assert retention.term_of(session, instance, now).kept_as is short
        assert package_requests.unchanged(session, closed, now) is None
        assert package_requests.unchanged(session, closed, later) is not None


def test_who_makes_a_package_puts_off_the_other_clocks(
    application, signed_in, closed: str, monkeypatch
) -> None:
    _forget(application, closed)
    signed_in("jk-wgb").post(f"/dossier/{closed}/archive")
    now = datetime.now(UTC)
    begun_by_others = []

    def package(
        _session, _id, _printer, target: BinaryIO, _now, going_on
    ) -> None:
        for minutes in range(0, 30, 5):
            moment[0] = now + timedelta(minutes=minutes)
            going_on()
            begun_by_others.append(package_making._begin_next(moment[0]))
        target.write(b"whole")

    moment = [now]
    with monkeypatch.context() as patched, application.app_context():
        patched.setattr(packaging, "package", package)
        assert package_making.make_next(
            archiving.printed, now, lambda: moment[0]
        )
    assert begun_by_others == [None] * 6
    (row,) = _packages(application, closed)
    assert (row.state, row.attempts) == ("made", 1)
    assert row.ended_at == now + timedelta(minutes=25), "the present"

    def slow(_session, _id, _printer, _target, _now, going_on) -> None:
        moment[0] += timedelta(minutes=50)
        package_making._begin_next(moment[0])
        going_on()
        raise AssertionError("goes on although another one makes it")

    _forget(application, closed)
    signed_in("jk-wgb").post(f"/dossier/{closed}/archive")
    with monkeypatch.context() as patched, application.app_context():
        patched.setattr(packaging, "package", slow)
        assert package_making.make_next(
            archiving.printed, now + timedelta(minutes=1), lambda: moment[0]
        )
    (row,) = _packages(application, closed)
    assert (row.state, row.attempts) == ("waiting", 2)

    def in_trouble(*_: object) -> None:
        moment[0] += timedelta(minutes=50)
        package_making._begin_next(moment[0])
        raise StorageAway("aside")

    moment[0] += timedelta(minutes=50)
    with monkeypatch.context() as patched, application.app_context():
        patched.setattr(packaging, "package", in_trouble)
        with pytest.raises(StorageAway):
            package_making.make_next(
                archiving.printed, moment[0], lambda: moment[0]
            )
    (row,) = _packages(application, closed)
    assert (row.attempts, row.troubles) == (4, 0), "the other one's attempt"
    _forget(application, closed)


def test_a_command_that_breaks_leaves_no_half_package(
    application, closed: str, tmp_path, monkeypatch
) -> None:
    def breaks(
        _session: object,
        _id: str,
        _printer: object,
        target: BinaryIO,
        _now: datetime,
    ) -> None:
        target.write(b"personal")
        raise MemoryError

    monkeypatch.setattr(packaging, "package", breaks)
    answer = application.test_cli_runner().invoke(
        args=["archive", "make", closed, "--to", str(tmp_path)]
    )
    assert isinstance(answer.exception, MemoryError)
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_fails_again_and_again_is_given_up_with_an_incident(
    application, signed_in, closed: str, monkeypatch
) -> None:
    _forget(application, closed)
    office = signed_in("jk-wgb")
    office.post(f"/dossier/{closed}/archive")
    asked: list[BinaryIO] = []

    def fails(
        _session: object,
        _id: str,
        _printer: object,
        target: BinaryIO,
        *_more: object,
    ) -> None:
        asked.append(target)
        raise ValueError("not a picture")

    monkeypatch.setattr(packaging, "package", fails)
    now = datetime.now(UTC)
    with application.app_context():
        assert archiving.make_next(now)
        assert not archiving.make_next(now), "not at once again"
        for hours in range(1, 4):
            archiving.make_next(now + timedelta(hours=hours))
    assert len(asked) == package_making.MOST_ATTEMPTS
    (row,) = _packages(application, closed)
    assert row.state == "refused"
    assert "多次没有做成" in office.get(f"/dossier/{closed}").text
    with application.app_context(), transaction() as session:
        (incident,) = session.scalars(
            sa.select(Incident).where(
                Incident.instance_id == closed, Incident.state == "open"
            )
        )
        assert "归档包试了 3 次" in incident.message
        session.delete(incident)


def test_a_package_whose_maker_was_killed_each_time_is_given_up_too(
    application, signed_in, closed: str
) -> None:
    _forget(application, closed)
    signed_in("jk-wgb").post(f"/dossier/{closed}/archive")
    with application.app_context():
        with transaction() as session:
            session.execute(
                sa.update(ArchivePackage)
                .where(ArchivePackage.instance_id == closed)
                .values(attempts=package_making.MOST_ATTEMPTS)
            )
        assert archiving.make_next(datetime.now(UTC))
        with transaction() as session:
            session.execute(
                sa.delete(Incident).where(Incident.instance_id == closed)
            )
    (row,) = _packages(application, closed)
    assert row.state == "refused"
    _forget(application, closed)


def test_one_file_at_a_time_is_in_memory_however_many_there_are(
    tmp_path,
) -> None:
    size = 2 * 1024 * 1024
    paths = [f"attachments/{number:03d}" for number in range(60)]
    with (tmp_path / "package.zip").open("wb") as target:
        tracemalloc.start()
        zip_files.write(target, paths, lambda _path: bytes(size))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 4 * size
    assert (tmp_path / "package.zip").stat().st_size > 60 * size


def test_the_looks_in_a_package_end_with_the_last_of_them() -> None:
    first = datetime(2026, 11, 20, 2, tzinfo=UTC)
    looks = [
        LookRecord("甲", first, ""),
        LookRecord("乙", first + timedelta(days=1), "核对"),
    ]
    assert whole_records.looks_until([]) == ""
    assert whole_records.looks_until(looks) == "2026-11-21T02:00:00+00:00"


def test_a_download_is_noted_as_one_of_an_archive_package(
    application, signed_in, closed: str
) -> None:
    office = signed_in("jk-wgb")
    row = _made(application, signed_in, closed)
    answer = office.get(f"/dossier/{closed}/archive/{row.id}")
    assert answer.status_code == 200
    answer.close()
    with application.app_context(), transaction(writing=False) as session:
        subjects = session.scalars(sa.select(Look.subject)).all()
    assert f"archive:{closed}" in subjects


def test_a_package_of_an_archive_is_not_printed_without_its_pictures(
    monkeypatch,
) -> None:
    photograph = SimpleNamespace(sha256="0" * 64, filename="照片.jpg", id="a")
    group = SimpleNamespace(pictures=[photograph])
    view = SimpleNamespace(
        steps=[SimpleNamespace(signature="a")], attachments=[photograph]
    )

    def away(*_: object) -> bytes:
        raise StorageAway("aside")

    monkeypatch.setattr(dossiers, "reading", lambda: None)
    monkeypatch.setattr(dossiers.step_pictures, "groups", lambda *_: [group])
    monkeypatch.setattr(dossiers.shown_pictures, "picture", away)
    monkeypatch.setattr(dossiers.attachments, "read", away)
    assert not dossiers._photographs([photograph], whole=False)
    assert not dossiers._signatures(view, whole=False)
    with pytest.raises(StorageAway):
        dossiers._photographs([photograph], whole=True)
    with pytest.raises(StorageAway):
        dossiers._signatures(view, whole=True)


def test_a_package_is_kept_from_who_may_not_see_something_about_the_instance(
    application, signed_in, closed: str, monkeypatch
) -> None:
    """What is about the instance is in the package: also its graded fields, and also a reason for those that
    were granted later."""
    office = signed_in("jk-wgb")
    row = _made(application, signed_in, closed)
    with application.app_context():
        _by, about = _begun("归档相关", datetime.now(UTC))
        with transaction() as session:
            session.get_one(ProcessInstance, about).about_id = closed
    graded = frozenset({"reporter_phone"})
    kept_back = sights.InstanceSight(graded=graded)
    granted = sights.InstanceSight(
        True, graded, opened=graded, needs_reason=graded
    )
    opened = sights.InstanceSight(True, graded, opened=graded)
    for seen, of_about, status in (
        (opened, kept_back, 422),
        (kept_back, opened, 422),
        (granted, opened, 302),
        (opened, opened, 200),
    ):
        of = {closed: seen, about: of_about}
        monkeypatch.setattr(
            sights, "sight", lambda _s, _w, row, _n, of=of: of[row.id]
        )
        answer = office.get(f"/dossier/{closed}/archive/{row.id}")
        assert answer.status_code == status
        if status == 422:
            assert "不在您知悉范围内" in answer.text
        answer.close()
    with application.app_context(), transaction() as session:
        session.get_one(ProcessInstance, about).about_id = None
