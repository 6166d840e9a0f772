"""民情分析会: minutes of communities' meetings, and what became of their resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound, RuleViolated, SubmissionKeyUsed
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.grid_work import reach
from orchestrator.services.records import submission_keys
from orchestrator.services.records.ids import new_id
from orchestrator.store import grid_work as store
from orchestrator.store.grid_work import CommunityMeeting
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory

OLDEST = timedelta(days=366)
MOST_RESOLUTIONS = 30
PURPOSE = "recording minutes"
LONGEST = {"chaired_by": 60, "attended": 500, "discussed": 3000}
LABELS = {
    "chaired_by": say("主持人"),
    "attended": say("参加人员"),
    "discussed": say("分析的情况"),
}
LONGEST_RESOLUTION = 200


@dataclass(frozen=True, slots=True)
class Resolution:
    """议定事项."""

    what: str
    who: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class MeetingGiven:
    community_code: str
    held_on: date | None
    chaired_by: str
    attended: str
    discussed: str
    resolutions: Sequence[Resolution]


def communities(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
) -> list[Territory]:
    """The communities of the places that he reaches."""
    return store.communities(
        session,
        who.tenant_id,
        profile.levels.community,
        reach.paths(who, profile),
    )


def record(
    by: int,
    given: MeetingGiven,
    now: datetime,
    today: date,
    key: str | None = None,
) -> str:
    """Id of the minutes; the same key gets the same. Raises RuleViolated, SubmissionKeyUsed."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        before = _recorded(session, by, key)
        if before is not None:
            return before
        place = session.get(Territory, (who.tenant_id, given.community_code))
        if place is not None and not _holds(who, profile, place):
            place = None
        wrong = _objections(given, today)
        if place is None:
            wrong.insert(0, say("请从列表里选社区（村）"))
        if wrong or place is None or given.held_on is None:
            raise RuleViolated(wrong)
        meeting = CommunityMeeting(
            id=new_id(now),
            tenant_id=who.tenant_id,
            community_code=place.code,
            territory_path=place.path,
            held_on=given.held_on,
            chaired_by=given.chaired_by,
            attended=given.attended,
            discussed=given.discussed,
            resolutions=[
                _stored(resolution) for resolution in given.resolutions
            ],
            version=1,
            recorded_by=by,
            recorded_at=now,
        )
        session.add(meeting)
        kept = {"meeting_id": meeting.id}
        if key is not None and not submission_keys.claim(
            session,
            by,
            key,
            PURPOSE,
            kept,
            now,
        ):
            raise SubmissionKeyUsed
        return meeting.id


def _recorded(session: Session, by: int, key: str | None) -> str | None:
    """Id of the minutes that were recorded under the key."""
    if key is None:
        return None
    submission_keys.require_sound(key)
    before = submission_keys.answer(session, by, key, PURPOSE)
    if before is None:
        return None
    return str(before["meeting_id"])


def visible(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    meeting_id: str,
) -> CommunityMeeting:
    """The minutes. Raises NotFound for those of a community that the viewer does not reach."""
    meeting = session.get(CommunityMeeting, meeting_id)
    if (
        meeting is None
        or meeting.tenant_id != who.tenant_id
        or not _reaches(who, profile, meeting.territory_path)
    ):
        raise NotFound(meeting_id)
    return meeting


def _holds(
    who: access.Viewer,
    profile: Jurisdiction,
    place: Territory,
) -> bool:
    """Whether the place is a community whose meeting he may record."""
    return (
        place.active
        and place.level == profile.levels.community
        and _reaches(who, profile, place.path)
    )


def _reaches(who: access.Viewer, profile: Jurisdiction, path: str) -> bool:
    """Whether he oversees the community, or serves a grid in it."""
    return reach.lies_in(path, who.overseen_paths) or any(
        grid.startswith(path) for grid in reach.served(who, profile)
    )


def finish(by: int, meeting_id: str, number: int, today: date) -> None:
    """Notes that a resolution was carried out; one that was stays as it is. Raises NotFound."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        visible(session, who, profile, meeting_id)
        meeting = session.get_one(
            CommunityMeeting,
            meeting_id,
            with_for_update=True,
            populate_existing=True,
        )
        if not 0 <= number < len(meeting.resolutions):
            raise NotFound(meeting_id)
        lines = [dict(resolution) for resolution in meeting.resolutions]
        if lines[number]["done_on"] is None:
            lines[number]["done_on"] = today.isoformat()
            meeting.resolutions = lines
            meeting.version += 1


def _stored(given: Resolution) -> dict[str, str | None]:
    due_on = None
    if given.due_on:
        due_on = given.due_on.isoformat()
    return {
        "what": given.what,
        "who": given.who,
        "due_on": due_on,
        "done_on": None,
    }


def _objections(given: MeetingGiven, today: date) -> list[str]:
    objections = []
    if given.held_on is None:
        objections.append(say("请填写开会日期，写成 2026-11-20 的样子"))
    elif not today - OLDEST <= given.held_on <= today:
        objections.append(say("开会日期应在今天以前一年之内"))
    for field, longest in LONGEST.items():
        text = getattr(given, field)
        if not text:
            objections.append(say("请填写{label}", label=LABELS[field]))
        if len(text) > longest:
            objections.append(
                say("{label}最多 {most} 字", label=LABELS[field], most=longest)
            )
    if len(given.resolutions) > MOST_RESOLUTIONS:
        objections.append(say("议定事项最多 {most} 项", most=MOST_RESOLUTIONS))
    for resolution in given.resolutions:
        if (
            len(resolution.what) > LONGEST_RESOLUTION
            or len(resolution.who) > 60
        ):
            objections.append(
                say(
                    "每项议定事项最多 {most} 字，责任人最多 60 字",
                    most=LONGEST_RESOLUTION,
                )
            )
    return objections
