"""Reports of residents: received without an account, seen by the grid office, accepted or refused."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.domain import resident_reports as rules
from orchestrator.domain.grid_work import RESIDENT_REPORT
from orchestrator.domain.jurisdiction.functions import CASE_OFFICE
from orchestrator.domain.points import read_point
from orchestrator.errors import (
    FormInvalid,
    InstanceChanged,
    NotFound,
)
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.instances import report_limits, starting
from orchestrator.services.instances.report_limits import Photo
from orchestrator.services.records import (
    attachments,
    disclosures,
    pictures,
    submission_keys,
)
from orchestrator.services.records.entry_sights import (
    EntrySight,
    EntrySights,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store import report_openings
from orchestrator.store import resident_reports as store
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.registers import Grid
from orchestrator.store.resident_reports import ResidentPhoto, ResidentReport
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What is not mistaken for another letter when it is copied by hand."""


OF_CASE = {"": "accepted", "open": "accepted", "void": "void"}
"""State of the report's case → a key of rules.STATES; any other is finished."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a resident typed."""

    content: str
    place: str
    phone: str = ""
    point: str = ""
    key: str = ""
    """Of the submission."""


def receive(
    grid: Grid,
    sent: Sent,
    photos: Sequence[Photo],
    address: str,
    now: datetime,
) -> str:
    """Keeps the report and returns the number that it is followed by; the same key again gets the first
    one's.

    Raises FormInvalid with what to change, AttachmentRefused for a photograph that cannot be kept,
    TooManyReports when too many came from the address or about the grid.
    """
    result = rules.objections(sent.content, sent.place, sent.phone)
    if len(photos) > rules.MOST_PHOTOS:
        most = rules.MOST_PHOTOS
        result["photos"] = [say("最多传 {most} 张照片", most=most)]
    if result:
        raise FormInvalid(result)
    submission_keys.require_sound(sent.key or None)
    report_limits.require_moderate(photos)
    sender = report_limits.sender_of(address)
    with transaction() as session:
        known = _known(session, grid, sent.key)
        if known:
            return known
        report_limits.note_attempt(session, grid, sender, now)
    kept = [pictures.downsized(content, name) for name, content in photos]
    report = _row(grid, sent, sender, now)
    try:
        return _keep(grid, report, kept)
    except IntegrityError:
        # The same submission was sent twice at once, and the other was kept.
        with transaction(writing=False) as session:
            known = _known(session, grid, sent.key)
        if not known:
            raise
        return known


def _keep(grid: Grid, report: ResidentReport, photos: Sequence[bytes]) -> str:
    number = report.number
    with transaction() as session:
        known = _known(session, grid, report.key)
        if known:
            return known
        report_limits.require_room(
            session,
            grid,
            report.sender,
            report.received_at,
        )
        session.add(report)
        session.flush()
        for position, content in enumerate(photos):
            session.add(
                ResidentPhoto(
                    report_id=report.id,
                    position=position,
                    content=content,
                ),
            )
    return number


def _row(grid: Grid, sent: Sent, sender: str, now: datetime) -> ResidentReport:
    point = ""
    ground_point = read_point(sent.point)
    if ground_point is not None:
        point = f"{ground_point.latitude:.6f},{ground_point.longitude:.6f}"
    return ResidentReport(
        id=new_id(now),
        number=_new_number(),
        tenant_id=grid.tenant_id,
        grid_code=grid.code,
        territory_path=grid.territory_path,
        key=sent.key or secrets.token_urlsafe(16),
        content=sent.content,
        place=sent.place,
        point=point,
        phone=sent.phone,
        sender=sender,
        state="received",
        received_at=now,
        answer="",
    )


def _known(session: Session, grid: Grid, key: str) -> str:
    """Number of the report that the same key brought; empty when it is new."""
    text = session.scalar(
        sa.select(ResidentReport.number).where(
            ResidentReport.tenant_id == grid.tenant_id,
            ResidentReport.grid_code == grid.code,
            ResidentReport.key == key,
        ),
    )
    return text or ""


def _new_number() -> str:
    parts = [
        "".join(secrets.choice(LETTERS) for _letter in range(4))
        for _part in range(3)
    ]
    return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Followed:
    """What the resident reads: nobody's name, and nothing of the case but how far it is."""

    number: str
    grid: str
    state: str
    """A key of rules.STATES."""
    received_at: datetime
    decided_at: datetime | None
    answer: str


def follow(session: Session, number: str) -> Followed:
    """How far the report is. Raises NotFound."""
    result = store.find_by_number(session, number.strip().upper()[:20])
    if result is None:
        raise NotFound(number)
    report, grid = result
    state = report.state
    if state == "accepted":
        state = OF_CASE.get(
            store.case_state(session, report.instance_id),
            "finished",
        )
    return Followed(
        report.number,
        grid,
        state,
        report.received_at,
        report.decided_at,
        report.answer,
    )


def offices(session: Session, who: Viewer) -> list[Body]:
    """Those of the viewer's bodies that receive residents' reports: case offices, the nearest to the grids
    first."""
    profile = bundles.profile_in_force(session, who.tenant_id)
    roles = profile.roles_of(CASE_OFFICE)
    nearest = profile.handling_levels[-1:]
    return [
        body
        for body in who.bodies
        if body.role in roles and body.level in nearest
    ]


def count_waiting(session: Session, who: Viewer) -> int | None:
    """How many reports wait for the viewer's office; None for who receives none."""
    paths = [body.territory_path for body in offices(session, who)]
    if not paths:
        return None
    return store.count_received(session, who.tenant_id, paths)


def seen(session: Session, who: Viewer, report_id: str) -> ResidentReport:
    """The report, for the office whose grid it is about. Raises NotFound."""
    report = session.get(ResidentReport, report_id)
    if report is None or report.tenant_id != who.tenant_id:
        raise NotFound(report_id)
    _office_of(session, who, report)
    return report


def sight(
    session: Session,
    who: Viewer,
    report: ResidentReport,
    now: datetime,
) -> EntrySight:
    """How the viewer sees the report's telephone: masked until he says why, where the city's grades do not
    say otherwise."""
    opened_at = report_openings.newest(session, report.id, who.person_id)
    if opened_at is None or now - opened_at >= disclosures.LASTS:
        opened_at = None
    sights = EntrySights(session, who, now)
    return sights.at(RESIDENT_REPORT, report.territory_path, opened_at)


def disclose(
    report_id: str,
    reason: str,
    who: Viewer,
    address: str,
    now: datetime,
) -> None:
    """Opens the telephone of a report to the viewer, on the record of his account. Raises NotFound, also
    where the city's grades hide it from him."""
    with transaction() as session:
        report = seen(session, who, report_id)
        if sight(session, who, report, now).hides("phone"):
            raise NotFound(report_id)
        session.add(
            AccountEvent(
                person_id=who.person_id,
                at=now,
                kind=report_openings.KIND,
                actor_id=who.person_id,
                details={
                    "report": report.id,
                    "number": report.number,
                    "reason": reason,
                    "address": address[:45],
                },
            ),
        )


def _office_of(session: Session, who: Viewer, report: ResidentReport) -> Body:
    for body in offices(session, who):
        if report.territory_path.startswith(body.territory_path):
            return body
    raise NotFound(report.id)


def office_of(session: Session, who: Viewer, report_id: str) -> Body:
    """In whose name the viewer decides about the report. Raises NotFound."""
    return _office_of(session, who, seen(session, who, report_id))


def refuse(report_id: str, answer: str, who: Viewer, now: datetime) -> None:
    """The report is not accepted, with words for the resident. Raises NotFound, InstanceChanged when it is
    decided."""
    with transaction() as session:
        report = _locked(session, who, report_id)
        report.state = "refused"
        report.answer = answer
        _decided(report, who, now)


def accept(
    report_id: str,
    process_key: str,
    data: Mapping[str, Any],
    who: Viewer,
    now: datetime,
) -> starting.Started:
    """The report becomes a case at its grid, in the office's name, with its photographs, once.

    Raises as `starting.start_in`; NotFound, InstanceChanged when the report is decided.
    """
    with transaction(writing=False) as session:
        report = seen(session, who, report_id)
        body = _office_of(session, who, report)
    begins = starting.Beginning(
        report.tenant_id,
        process_key,
        data,
        who.person_id,
        body.id,
        now,
        place=report.grid_code,
    )
    with transaction() as session:
        report = _locked(session, who, report_id)
        begun = starting.start_in(session, begins)
        report.state = "accepted"
        report.instance_id = begun.instance_id
        _decided(report, who, now)
        return begun


def copy_photos(
    session: Session,
    report: ResidentReport,
    field_key: str,
    purpose: str,
    who: Viewer,
    now: datetime,
) -> list[str]:
    """Ids of the report's photographs as the person's uploads for the case's form; the same each time."""
    rows = session.scalars(
        sa.select(ResidentPhoto)
        .where(ResidentPhoto.report_id == report.id)
        .order_by(ResidentPhoto.position),
    ).all()
    return [
        attachments.keep(
            row.content,
            f"{report.number}-{row.position + 1}.jpg",
            field_key,
            attachments.Claim(report.tenant_id, who.person_id, purpose),
            now,
        )
        for row in rows
    ]


def _locked(session: Session, who: Viewer, report_id: str) -> ResidentReport:
    session.get(ResidentReport, report_id, with_for_update=True)
    report = seen(session, who, report_id)
    require_waiting(report)
    return report


def require_waiting(report: ResidentReport) -> None:
    """Raises InstanceChanged when the report is decided."""
    if report.state != "received":
        raise InstanceChanged(say("这条反映已经处理过了，请返回列表"))


def _decided(report: ResidentReport, who: Viewer, now: datetime) -> None:
    report.decided_at = now
    report.decided_by = who.person_id


def photo(session: Session, report_id: str, position: int) -> bytes:
    """A photograph of a report. Raises NotFound."""
    resident_photo = session.get(ResidentPhoto, (report_id, position))
    if resident_photo is None:
        raise NotFound(report_id)
    return resident_photo.content
