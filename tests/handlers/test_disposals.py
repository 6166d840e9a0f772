"""Dossiers whose term is over: listed by the clock, appraised, approved, witnessed, destroyed; what stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from orchestrator.domain.retention import RetentionClass, RetentionRules
from orchestrator.errors import Destroyed, RuleViolated
from orchestrator.handlers.disposal_obstacles import Measure, obstacle
from orchestrator.services import access, bundles
from orchestrator.services.archives import disposal_lists, whole_records
from orchestrator.services.assessment import (
    expired_dossiers,
    recurring_work,
)
from orchestrator.services.instances import (
    creation,
    incidents,
    oversight,
    subjects,
)
from orchestrator.services.records import attachments, history, stored_files
from orchestrator.services.registers import printouts
from orchestrator.store import disposals, erasing
from orchestrator.store.archives import WAITING, ArchivePackage
from orchestrator.store.assessments import (
    AssessedCase,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.base import Base
from orchestrator.store.disclosures import Disclosure
from orchestrator.store.disposals import DisposalEntry
from orchestrator.store.figures import CountedCase
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.look_reviews import GROUNDED, LookReview
from orchestrator.store.moves import MoveResult
from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import Attachment
from tests.handlers.office import COUNTY, TENANT, Office
from tests.handlers.test_figures import settle

ONE = pytest.mark.parametrize("city_url", ["sqlite"], indirect=True)
"""What no database does otherwise than another."""
MARK = "周某某家漏水"
"""What is written in the case, and nowhere else."""
AGREED = {
    "archive_view": "destroy",
    "keep_years": 5,
    "archive_opinion": "逐件看过",
}
JOINTLY = {
    "joint_view": "destroy",
    "joint_keep_years": 10,
    "joint_opinion": "逐件看过",
}
WITNESSED = {"witness_view": "agree", "witness_note": "逐件核对"}
JOINTLY_WITNESSED = {
    "joint_witness_view": "agree",
    "joint_witness_note": "逐件核对",
}


def _closed(office: Office, note: str = MARK, **more: Any) -> str:
    """A case of today that is withdrawn, with a remark."""
    case = office.report(
        office.seed_item(),
        case_title=note,
        description=note,
        location=note,
        reporter_name=note[:10],
        **more,
    )
    oversight.void(case, note, office.person("zd-wgb"), office.now)
    return case


def _january(office: Office, year: int, day: int = 20) -> None:
    office.now = datetime(year, 1, day, 2, tzinfo=UTC)
    settle(office)
    expired_dossiers.open_due(TENANT, office.now)


def _lists(office: Office) -> list[str]:
    return office.rows(
        sa.select(ProcessInstance.id)
        .where(ProcessInstance.process_key == "archive_disposal")
        .order_by(ProcessInstance.id)
    )


def _entries(office: Office, procedure: str) -> dict[str, DisposalEntry]:
    rows = office.rows(
        sa.select(DisposalEntry).where(DisposalEntry.instance_id == procedure)
    )
    return {row.dossier_id: row for row in rows}


def _appraise(office: Office, procedure: str, **kept: Any) -> None:
    office.complete(procedure, "appraise_dossiers", "jk-wgb", **AGREED)
    office.complete(
        procedure, "appraise_jointly", "jk-sf", **{**JOINTLY, **kept}
    )


def _approve(office: Office, procedure: str) -> None:
    office.complete(
        procedure,
        "approve_destruction",
        "jk-zf",
        disposal_decision="approve",
        disposal_opinion="同意",
    )


def _witness(office: Office, procedure: str) -> None:
    office.complete(
        procedure,
        "witness_destruction",
        "jk-wgb2",
        **WITNESSED,
    )
    office.complete(procedure, "witness_jointly", "jk-sf", **JOINTLY_WITNESSED)


def _where_it_stands(office: Office, text: str) -> set[str]:
    """The tables with the text in one of their rows."""
    with transaction(writing=False) as session:
        return {
            name.name
            for name in Base.metadata.sorted_tables
            if any(
                text in str(row._mapping)
                for row in session.execute(sa.select(name))
            )
        }


def _with_file(office: Office, case: str) -> str:
    """The case has an uploaded file; its hash."""
    kept = attachments.keep(
        b"%PDF-1.4 " + MARK.encode(),
        "说明.pdf",
        "files",
        attachments.Claim(TENANT, 1),
        office.now,
    )
    with transaction() as session:
        row = session.get_one(Attachment, kept)
        row.instance_id = case
        return row.sha256


def test_a_dossier_whose_term_is_over_is_destroyed_and_a_hash_of_it_stays(
    office: Office,
) -> None:
    case = _closed(office)
    digest = _with_file(office, case)
    printed = printouts.note(
        case,
        MARK.encode(),
        office.person("jk-wgb"),
        office.now,
    )
    _looked_at_and_moved(office, case)
    settle(office)
    counted = office.rows(
        sa.select(CountedCase.state).where(CountedCase.instance_id == case)
    )
    assert "search_entry" in _where_it_stands(office, MARK)
    _january(office, 2036)
    assert _lists(office) == [], "its term ends with 2036"
    _january(office, 2037)
    (procedure,) = _lists(office)
    recurring_work.settle(office.now)
    assert _lists(office) == [procedure], "on one list, and opened once"
    _appraise(office, procedure)
    _approve(office, procedure)
    assert MARK in office.rows(
        sa.select(ProcessInstance.title).where(ProcessInstance.id == case)
    )
    _witness(office, procedure)
    assert office.elements(procedure) == ["sign_register"]
    assert _where_it_stands(office, MARK[:10]) == set()
    (entry,) = _entries(office, procedure).values()
    assert (entry.state, entry.files, entry.kept_as) == (
        disposals.DESTROYED,
        1,
        "10年",
    )
    assert history.verify() == []
    office.later(days=2)
    attachments.sweep(office.now)
    assert not stored_files.is_kept(digest)
    settle(office)
    assert counted == office.rows(
        sa.select(CountedCase.state).where(CountedCase.instance_id == case)
    )
    with transaction(writing=False) as session:
        who = access.viewer(session, office.person("jk-wgb"))
        with pytest.raises(Destroyed, match="销毁"):
            access.visible_instance(session, who, case)
        with pytest.raises(Destroyed):
            whole_records.together(session, case)
        verdict = printouts.verify(session, who, printed)
        assert verdict.record_intact
        assert session.scalars(sa.select(MoveResult)).one().refused
        assert (
            subjects.subject_of(
                session,
                who,
                ProcessInstance(about_id=case),
                office.now,
            )
            is None
        )
    with transaction() as session, pytest.raises(Destroyed):
        creation.hold_subject(session, case)
    _january(office, 2038)
    assert _lists(office) == [procedure]
    _tampering_is_seen(case, procedure)


def _looked_at_and_moved(office: Office, case: str) -> None:
    """Its personal data were opened and that was reviewed; it was not moved to another version."""
    by = office.person("jk-wgb")
    with transaction() as session:
        instance = session.get_one(ProcessInstance, case)
        session.add(
            Disclosure(
                id="d" * 24,
                instance_id=case,
                person_id=by,
                at=office.now,
                reason=MARK,
            )
        )
        session.add(
            LookReview(
                look_id="d" * 24,
                verdict=GROUNDED,
                note=MARK,
                reviewed_by=by,
                reviewed_at=office.now,
            )
        )
        session.add(
            MoveResult(
                run_id="m" * 24,
                number=1,
                tenant_id=TENANT,
                process_key=instance.process_key,
                definition_id=instance.definition_id,
                instance_id=case,
                refused=[MARK],
                changed=[MARK],
                person_id=by,
                at=office.now,
            )
        )


def _tampering_is_seen(case: str, procedure: str) -> None:
    """Whatever is changed of what stays, or of what names it, the history no longer holds."""
    of_case = HistoryEntry.instance_id == case
    named = sa.and_(
        HistoryEntry.instance_id == procedure,
        HistoryEntry.kind == disposals.ENTRY,
    )
    for changed in (
        sa.update(HistoryEntry)
        .where(of_case, HistoryEntry.seq == 1)
        .values(actor_id=1),
        sa.update(HistoryEntry)
        .where(of_case, HistoryEntry.seq == 1)
        .values(data={"submitted": {}}),
        sa.delete(HistoryEntry).where(of_case, HistoryEntry.seq == 1),
        sa.update(HistoryEntry).where(named).values(actor_id=1),
        sa.update(HistoryEntry).where(named).values(data={"parts": []}),
    ):
        with transaction() as session:
            session.execute(changed)
            session.flush()
            row = session.get_one(ProcessInstance, case)
            assert history.broken_link(
                session, case, row.history_seq, row.history_hash
            )
            session.rollback()


@ONE
def test_what_an_appraiser_keeps_is_kept_for_the_longer_term(
    office: Office,
) -> None:
    kept, gone, about = _closed(office), _closed(office), _closed(office)
    with transaction() as session:
        session.get_one(ProcessInstance, about).about_id = gone
    _january(office, 2037)
    (procedure,) = _lists(office)
    _appraise(office, procedure, kept_by_joint=[kept])
    entries = _entries(office, procedure)
    assert entries[kept].kept_until == date(2047, 12, 31)
    _approve(office, procedure)
    _witness(office, procedure)
    states = {
        key: row.state for key, row in _entries(office, procedure).items()
    }
    assert states == {kept: disposals.KEPT, gone: disposals.DESTROYED}
    (named,) = office.rows(
        sa.select(HistoryEntry.data).where(
            HistoryEntry.kind == disposals.ENTRY,
        )
    )
    parts = {key: many for key, many, _digest in named["parts"]}
    assert set(parts) == {gone, about}
    assert sum(parts.values()) == _entries(office, procedure)[gone].entries
    assert history.verify() == []
    _tampering_is_seen(about, procedure)
    _january(office, 2047)
    assert _lists(office) == [procedure]
    _january(office, 2048)
    (_before, again) = _lists(office)
    assert list(_entries(office, again)) == [kept]


def _appeal(session: Any, case: str, appeal: str, now: datetime) -> None:
    """An assessment that counts the case is under the appeal."""
    body = f"{TENANT}:grid-office:{COUNTY}"
    period = AssessmentPeriod(
        id="p" * 24,
        tenant_id=TENANT,
        rule="departments",
        period="2036",
        body_id=body,
        territory_path=f"321100/{COUNTY}/",
        name="",
        of="departments",
        closed_at=now,
        appeal_until=now,
    )
    session.add(period)
    session.flush()
    result = AssessmentResult(
        id="r" * 24, period_id=period.id, key=body, name="", appeal_id=appeal
    )
    session.add(result)
    session.flush()
    session.add(AssessedCase(result_id=result.id, instance_id=case))
    session.flush()


def _by_longer_terms(session: Any, entry: DisposalEntry) -> None:
    """A profile that keeps it longer than it was listed with holds; one that knows no class keeps it."""
    whole = [session.get_one(ProcessInstance, entry.dossier_id)]
    zone = ZoneInfo("Asia/Shanghai")
    for classes, told in (
        ((RetentionClass("thirty", "30年", 30),), "还没有满"),
        ((RetentionClass("permanent", "永久", None),), "永久保管"),
        ((), "没有规定"),
    ):
        rules = RetentionRules(classes, "".join(row.key for row in classes))
        measure = Measure([rules], zone, date(2037, 1, 20))
        assert told in obstacle(session, measure, entry, whole)
    short = RetentionRules((RetentionClass("one", "1年", 1),), "one")
    brief = DisposalEntry(
        dossier_id=entry.dossier_id,
        until=date(2027, 12, 31),
    )
    # The profile that it ran on keeps it for ten years, whatever a later one says.
    measure = Measure([short], zone, date(2030, 1, 20))
    assert "还没有满" in obstacle(session, measure, brief, whole)


@ONE
def test_what_is_kept_for_ever_does_not_stand_before_what_is_over(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("held", "major", "register", "free", "late")
    cases = [_closed(office, f"{name}{MARK}") for name in names]
    held, major, register, free, late = cases
    now = datetime(2037, 1, 20, tzinfo=UTC)
    monkeypatch.setattr(disposal_lists, "MOST_READ", 1)
    monkeypatch.setattr(disposal_lists, "MOST_ROUNDS", 2)
    with transaction() as session:
        for number, case in enumerate(cases):
            row = session.get_one(ProcessInstance, case)
            row.ended_at = office.now + timedelta(minutes=number)
        row.about_id = held
        row.ended_at = now
        session.get_one(GridCase, major).priority = "major"
        session.add(_entry(register, late, disposals.KEPT))
        session.flush()
        listed = disposal_lists.to_list(
            session,
            bundles.profile_in_force(session, TENANT),
            session.get_one(Body, f"{TENANT}:grid-office:{COUNTY}"),
            (),
            now,
        )
        facts = disposal_lists.facts_of(listed * 200)
        assert [row.instance.id for row in listed] == [free]
        session.rollback()
    *lines, last = str(facts["listed_lines"]).splitlines()
    assert len(set(lines)) == 1
    assert last == "等 200 件，见到期档案清单"
    assert len(str(facts["listed_lines"])) <= disposal_lists.MOST_CHARACTERS


def _entry(procedure: str, dossier: str, state: str) -> DisposalEntry:
    return DisposalEntry(
        instance_id=procedure,
        dossier_id=dossier,
        tenant_id=TENANT,
        number="",
        process_key="",
        name="",
        kept_as="",
        until=date(2036, 12, 31),
        state=state,
    )


def test_what_must_not_be_destroyed_is_left_with_the_reason(
    office: Office,
) -> None:
    """All refusals are seen on one list."""
    names = (
        "suspended",
        "about",
        "major",
        "later",
        "kept",
        "merged",
        "into",
        "holds",
        "held",
        "register",
        "packed",
        "changed",
        "cut",
        "uncounted",
        "appealed",
        "free",
    )
    cases = {name: _closed(office, f"{name}{MARK}") for name in names}
    _january(office, 2037)
    (procedure,) = _lists(office)
    _appraise(office, procedure)
    _approve(office, procedure)
    running = office.report(office.seed_item())
    with transaction() as session:
        row = {
            name: session.get_one(ProcessInstance, case)
            for name, case in cases.items()
        }
        row["suspended"].state = "suspended"
        about = session.get_one(ProcessInstance, running)
        about.about_id = cases["about"]
        session.get_one(GridCase, cases["major"]).priority = "major"
        row["later"].ended_at = office.now
        kept = _entry(cases["register"], cases["kept"], disposals.KEPT)
        kept.kept_until = date(2040, 12, 31)
        session.add(kept)
        held = session.get_one(GridCase, cases["held"])
        held.priority = "major"
        held.merged_into = cases["holds"]
        session.get_one(GridCase, cases["merged"]).merged_into = cases["later"]
        session.get_one(GridCase, running).merged_into = cases["into"]
        session.add(
            ArchivePackage(
                id="p" * 24,
                tenant_id=TENANT,
                instance_id=cases["packed"],
                asked_by=1,
                asked_at=office.now,
                state=WAITING,
                history_seq=1,
            )
        )
        session.execute(
            sa.update(HistoryEntry)
            .where(
                HistoryEntry.instance_id == cases["changed"],
                HistoryEntry.seq == 1,
            )
            .values(data={})
        )
        row["cut"].history_hash = bytes(32)
        row["uncounted"].counted_seq = 0
        _appeal(session, cases["appealed"], running, office.now)
        _by_longer_terms(
            session,
            session.get_one(DisposalEntry, (procedure, cases["free"])),
        )
    _witness(office, procedure)
    reasons = {
        name: _entries(office, procedure)[case].reason
        for name, case in cases.items()
    }
    expected = {
        "suspended": "还在办理",
        "about": "还在办理",
        "major": "永久保管",
        "later": "还没有满",
        "kept": "继续保存到 2040-12-31",
        "merged": "那一件的档案还在保管",
        "into": "合并进来的",
        "holds": "：永久保管",
        "held": "永久保管",
        "register": "永久保管",
        "packed": "归档包正在制作",
        "changed": "校验异常",
        "cut": "校验异常",
        "uncounted": "还没有计入统计",
        "appealed": "正在申诉",
        "free": "",
    }
    assert {
        name: reason
        for name, reason in reasons.items()
        if expected[name] not in reason or not reason
    } == {"free": ""}
    states = office.rows(
        sa.select(ProcessInstance.id).where(
            ProcessInstance.destroyed_at.is_not(None)
        )
    )
    assert states == [cases["free"]]


@ONE
def test_a_failure_halfway_destroys_nothing_and_is_done_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [_closed(office), _closed(office)]
    _january(office, 2037)
    (procedure,) = _lists(office)
    _appraise(office, procedure)
    _approve(office, procedure)
    monkeypatch.setattr(
        erasing, "digest_of", _failing_at(2, erasing.digest_of)
    )
    _witness(office, procedure)
    monkeypatch.undo()
    (incident,) = office.rows(sa.select(Incident))
    assert office.rows(
        sa.select(ProcessInstance.title).where(ProcessInstance.id.in_(cases))
    ) == [MARK, MARK]
    _signed_by_two(office, procedure)
    incidents.retry(incident.id, office.person("admin"), office.now)
    assert {row.state for row in _entries(office, procedure).values()} == {
        disposals.DESTROYED
    }
    assert history.verify() == []


def _signed_by_two(office: Office, procedure: str) -> None:
    """Where only two signed, who tries again is no third: he is refused."""
    signed = (
        HistoryEntry.instance_id == procedure,
        HistoryEntry.kind == "user-task-completed",
        HistoryEntry.element_id.not_like("%_jointly"),
    )
    (incident,) = office.rows(sa.select(Incident.id))
    with transaction(writing=False) as session:
        before = session.execute(
            sa.select(HistoryEntry.seq, HistoryEntry.actor_id).where(*signed)
        ).all()
    with transaction() as session:
        session.execute(
            sa.update(HistoryEntry)
            .where(*signed)
            .values(actor_id=office.person("jk-wgb2"))
        )
    with pytest.raises(RuleViolated, match="只有 2 个人"):
        incidents.retry(incident, office.person("admin"), office.now)
    with transaction() as session:
        for seq, actor in before:
            session.execute(
                sa.update(HistoryEntry)
                .where(*signed, HistoryEntry.seq == seq)
                .values(actor_id=actor)
            )


@ONE
def test_one_person_alone_destroys_nothing(office: Office) -> None:
    _closed(office)
    _january(office, 2037)
    (procedure,) = _lists(office)
    _appraise(office, procedure)
    _approve(office, procedure)
    office.complete(procedure, "witness_destruction", "jk-wgb2", **WITNESSED)
    with transaction() as session:
        # Three people are enough; the two witnesses are one of them.
        session.execute(
            sa.update(HistoryEntry)
            .where(
                HistoryEntry.instance_id == procedure,
                HistoryEntry.element_id == "witness_destruction",
                HistoryEntry.kind == "user-task-completed",
            )
            .values(actor_id=office.person("jk-sf"))
        )
    with pytest.raises(RuleViolated, match="另一个人"):
        office.complete(
            procedure, "witness_jointly", "jk-sf", **JOINTLY_WITNESSED
        )
    assert not office.rows(
        sa.select(ProcessInstance.id).where(
            ProcessInstance.destroyed_at.is_not(None)
        )
    )


def _failing_at(turn: int, real: Any) -> Any:
    turns = iter(range(1, 100))

    def fail(entries: Any) -> Any:
        if next(turns) == turn:
            raise ZeroDivisionError
        return real(entries)

    return fail


def test_of_each_table_that_names_an_instance_it_is_decided_what_becomes_of_it() -> (
    None
):
    of_a_dossier = {
        "process_instance",
        "user_task",
        "grid_case",
        "attachment",
        "resident_report",
    }
    naming = {
        shown.name
        for shown in Base.metadata.sorted_tables
        for column in shown.columns
        if "instance_id" in column.name
        or any(
            key.column.table.name in of_a_dossier
            for key in column.foreign_keys
        )
    }
    assert naming - erasing.known_tables() == set()
