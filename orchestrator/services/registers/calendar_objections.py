"""Why announced days must not come into force, or not yet, each in a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from orchestrator.domain.announcements import Announcement, Remark
from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.installation import presence
from orchestrator.services.registers.calendar_years import Year
from orchestrator.store.calendars import NATION
from orchestrator.store.territories import Territory


def mixed_programs(
    session: Session,
    place: str,
    now: datetime,
) -> list[str]:
    """Why days of a place have to wait: a former program that still serves would count its deadlines without
    them. Nothing stands in the way of the nation's."""
    if place == NATION:
        return []
    hosts = presence.hosts_of_other_programs(session, now)
    if not hosts:
        return []
    return [
        say(
            "{hosts}上还有另一个版本的程序在运行，各地自定的日子要等升级全部完成才能启用，"
            "请在升级完成一分钟后再试",
            hosts=joined("、", hosts),
        ),
    ]


def other_year(year: int, first: date) -> Remark:
    return Remark(
        say(
            "生效日期 {first} 不在 {year} 年，请改为这一年中的一天，或留空",
            first=first,
            year=year,
        ),
    )


def nothing_before(year: int) -> Remark:
    """The days before a day of effect stay as they are: of such a year that would be none at all."""
    return Remark(
        say(
            "{year} 年的放假安排还没有录入，请把生效日期留空，录入全年的安排",
            year=year,
        ),
    )


def unfit(
    session: Session,
    tenant_id: str,
    place: str,
    known: Year,
    announcement: Announcement,
) -> list[Remark]:
    """A place that has no calendar: none, one without offices, one that is in use no more and gets days."""
    territory = session.get(Territory, (tenant_id, place))
    levels = bundles.profile_in_force(session, tenant_id).levels
    if territory is None or territory.level not in levels.offices:
        return [
            Remark(say("没有这个地方，请重新选择这些日子适用的地方")),
        ]
    kept = {*known.days} >= {*announcement.days}
    if territory.active or kept:
        return []
    return [
        Remark(
            say(
                "{name}已经停用，只能取消它自定的日子，不能再增加",
                name=territory.name,
            ),
        ),
    ]


def past(year: int, this_year: int) -> list[Remark]:
    if year >= this_year:
        return []
    return [
        Remark(
            say(
                "{year} 年已经过去，截止时间不再变动，不能再改这一年的日历",
                year=year,
            ),
        ),
    ]


def out_of_turn(
    year: int,
    announced: Sequence[Year],
    this_year: int,
) -> list[Remark]:
    """A gap between announced years would be counted as if it were announced; a past year's due dates are
    past."""
    reasons = past(year, this_year)
    if reasons:
        return reasons
    last = max((year.year for year in announced), default=year)
    if year > last + 1:
        return [
            Remark(
                say(
                    "{last} 年的放假安排还没有导入，请先导入 {last} 年，再导入 {year} 年",
                    last=last + 1,
                    year=year,
                ),
            ),
        ]
    return []
