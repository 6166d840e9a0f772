"""How values are shown: instants, due dates with their colour, states."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from flask_login import current_user
from markupsafe import Markup

from orchestrator.domain.items import Published, published
from orchestrator.domain.jurisdiction import (
    LIST_WORD,
    Jurisdiction,
    list_word,
)
from orchestrator.errors import NotFound
from orchestrator.services import access, bundles, listed_instances
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import inbox_rows
from orchestrator.services.records import sights
from orchestrator.services.user_tasks import own_rows
from orchestrator.store.notices import PublicNotice
from orchestrator.store.operation_pages import MOST_COUNTED
from orchestrator.store.people import FULL_TIME, PART_TIME
from orchestrator.store.user_tasks import UserTask
from web.row_addresses import addresses_of

STATE_NAMES: Mapping[str, Any] = {
    "active": N_("办理中"),
    "completed": N_("已办结"),
    "cancelled": N_("已撤回"),
    "suspended": N_("挂账"),
    "open": N_("办理中"),
    "archived": N_("已归档"),
    "merged": N_("已并案"),
    "void": N_("已作废"),
    "normal": N_("一般"),
    "urgent": N_("紧急"),
    "major": N_("重大"),
    "planned": N_("待触发"),
    "fired": N_("已触发"),
    "retired": N_("已停用"),
    FULL_TIME: N_("专职"),
    PART_TIME: N_("兼职"),
    "urban": N_("城市社区网格"),
    "rural": N_("农村网格"),
    "seed": N_("初始清单"),
    "admission": N_("准入"),
    "exit": N_("退出"),
    "compilation": N_("编制"),
    "expiry": N_("期满退出"),
    "minutes": N_("分钟"),
    "hours": N_("小时"),
    "days": N_("日"),
    "working_days": N_("工作日"),
    "working_hours": N_("工作小时"),
    "created": N_("设立"),
    "rename": N_("更名"),
    "boundary": N_("调整范围"),
}
DASH = Markup('<span class="gf-dash">—</span>')
"""In a cell without a value. A list on the phone leaves such a cell out."""


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.filters.update(
        moment=moment,
        day=day,
        due=due,
        time_left=time_left,
        at_most=at_most,
        lag=lag,
    )
    app.after_request(_note_sent)
    app.jinja_env.globals.update(
        addresses_of=addresses_of,
        dash=DASH,
        just_sent=_just_sent,
        new_key=lambda: secrets.token_urlsafe(16),
        now=lambda: datetime.now(UTC),
        served_at=lambda: datetime.now(UTC).isoformat(),
        state_name=state_name,
        priority_name=priority_name,
        process_name=process_name,
        drawn_name=drawn_name,
        row_facts=row_facts,
        level_name=level_name,
        grid_kind_name=grid_kind_name,
        own_profile=own_profile,
        list_word=reader_list_word,
        viewer=viewer,
        may_open=_may_open,
        is_admin=_is_admin,
        is_people_admin=_is_people_admin,
        is_designer=_is_designer,
        stands_at_a_grid=_stands_at_a_grid,
    )


def _note_sent(response: Response) -> Response:
    """The next page tells the browser which form has arrived, so that it drops its copy of what was typed."""
    if (
        request.method == "POST"
        and response.status_code in (302, 303)
        and not request.is_json
    ):
        key = request.form.get("_key", "")[:80]
        if key:
            session["sent"] = key
    return response


def _may_open(ids: Iterable[str | None]) -> frozenset[str]:
    """Which of these instances a page of the signed-in person leads to."""
    return listed_instances.seen_among(reading(), current_user.viewer, ids)


def _just_sent() -> str:
    if "sent" in session:
        return str(session.pop("sent", ""))
    return ""


def zone() -> ZoneInfo:
    """The office's zone."""
    return ZoneInfo(current_app.extensions["gridflow"].timezone)


def viewer() -> Any:
    """The signed-in person; nobody on a page that must not ask the database."""
    if g.get("without_database"):
        return None
    # One look at the request's person: a page asks dozens of times.
    return getattr(current_user, "viewer", None)


def _is_admin() -> bool:
    result = viewer()
    return result is not None and result.operates


def _is_people_admin() -> bool:
    result = viewer()
    return result is not None and bool(result.administered_paths)


def _is_designer() -> bool:
    result = viewer()
    return result is not None and result.designs


def _stands_at_a_grid() -> bool:
    """Whether one of his bodies stands at the level of grids."""
    result = viewer()
    profile = own_profile()
    if result is None or profile is None:
        return False
    return any(body.role in profile.grid_roles for body in result.bodies)


def today() -> date:
    """The day in the office's zone."""
    return datetime.now(UTC).astimezone(zone()).date()


def list_today(notice: PublicNotice) -> tuple[str, Published]:
    """A public item list as it is today where it holds, with its title."""
    shown = published(
        notice.body,
        datetime.now(UTC).astimezone(ZoneInfo(notice.body["timezone"])).date(),
    )
    return (
        f"{notice.title}（第 {shown.number} 版）"
        if shown.number
        else notice.title,
        shown,
    )


def in_zone(at: datetime) -> datetime:
    """The instant as the office's clock shows it."""
    return at.astimezone(zone())


def moment(at: datetime | None) -> str:
    """2026-11-20 09:30 in the office's zone."""
    if at:
        return at.astimezone(zone()).strftime("%Y-%m-%d %H:%M")
    return "—"


def day(at: datetime | date | None) -> str:
    if at is None:
        return "—"
    if isinstance(at, datetime):
        return at.astimezone(zone()).strftime("%Y-%m-%d")
    return at.isoformat()


def at_most(count: int) -> str:
    """A count of look-ups that end early: `10000+` for more than were counted."""
    if count > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(count)


def lag(milliseconds: int) -> str:
    """How late something happened, in the unit that fits."""
    seconds = milliseconds // 1000
    if seconds < 60:
        if seconds:
            return _("%(seconds)d 秒", seconds=seconds)
        return _("准时")
    if seconds < 3600:
        return _("%(minutes)d 分钟", minutes=seconds // 60)
    if seconds < 86_400:
        return _("%(hours)d 小时", hours=seconds // 3600)
    return _("%(days)d 天", days=seconds // 86_400)


def due(of: tuple[datetime | None, int | None]) -> tuple[str, str]:
    """(colour class, words) of a due date as seen now, and the working days left until it; None: they are
    counted here."""
    at, left = of
    if (
        at is not None
        and left is None
        and (profile := own_profile()) is not None
    ):
        left = inbox_rows.days_left(reading(), profile, at, datetime.now(UTC))
    stripe, words = time_left((at, left))
    return {"overdue": "danger", "today": "warning", "soon": "azure"}.get(
        stripe,
        "secondary",
    ), words


def time_left(of: tuple[datetime | None, int | None]) -> tuple[str, str]:
    """(what the stripe says, words) of a due date and the working days left until it; None where it is too
    far away for them."""
    at, left = of
    now = datetime.now(UTC)
    if at is None:
        return "none", _("无期限")
    is_today = at.astimezone(zone()).date() == now.astimezone(zone()).date()
    hours = max(1, int(abs(now - at).total_seconds() // 3600))
    if at < now and (is_today or hours < 24):
        return "overdue", _("逾期 %(hours)d 小时", hours=hours)
    if left is None:
        return _far_away(at, now)
    if left < 0:
        return "overdue", _("逾期 %(days)d 个工作日", days=-left)
    if is_today:
        return "today", _("今天到期")
    # Hours run on days off too: no working day lies between.
    if left == 0:
        return "soon", _("还有 %(hours)d 小时", hours=hours)
    return ("soon" if left <= 3 else "later"), _(
        "还有 %(days)d 个工作日", days=left
    )


def _far_away(at: datetime, now: datetime) -> tuple[str, str]:
    """In days of the calendar: nobody has announced the working days."""
    days = (at.astimezone(zone()).date() - now.astimezone(zone()).date()).days
    if at < now:
        return "overdue", _("逾期 %(days)d 天", days=max(1, -days))
    return "later", _("还有 %(days)d 天", days=days)


def state_name(state: str) -> str:
    """What the state, or another of STATE_NAMES, is called in the reader's language; itself where it has no
    name."""
    # Only this one is looked up in the catalogue: a list asks for each of its rows.
    return str(STATE_NAMES.get(state, state))


def priority_name(key: str) -> str:
    """What the reader's jurisdiction calls the priority."""
    profile = own_profile()
    if profile is None or key not in profile.priorities:
        return state_name(key)
    return profile.priorities[key].name or state_name(key)


def row_facts(task: UserTask) -> list[tuple[str, str]]:
    """What the row says that the task is about, where a step is done for each row of a table; which body it
    is about, where it is done for each of several."""
    session = reading()
    bundle = bundles.bundle_of(session, task.definition_id)
    whose = own_rows.labelled(
        own_rows.own_names(session, bundle, task.variables)
    )
    instance = access.visible_instance(session, viewer(), task.instance_id)
    sight = sights.CAREFUL
    if sights.graded_fields(session, instance):
        sight = sights.sight(session, viewer(), instance, datetime.now(UTC))
    readable = bundles.readable(session, bundle)
    return [*whose, *own_rows.row_facts(readable, task, sight)]


def process_name(key: str) -> str:
    """What the reader's jurisdiction calls the procedure, in the reader's language."""
    return _(drawn_name(key))


def drawn_name(key: str) -> str:
    """The procedure's name as it stands in the diagram: titles of tasks begin with it in every language."""
    if "process_names" not in g:
        reader = viewer()
        if reader:
            g.process_names = bundles.process_names(
                reading(),
                reader.tenant_id,
            )
        else:
            g.process_names = {}
    return str(g.process_names.get(key, key))


def level_name(key: str) -> str:
    """What the reader's jurisdiction calls the level."""
    profile = own_profile()
    if profile:
        return _(profile.levels.name(key))
    return key


def grid_kind_name(key: str) -> str:
    """What the reader's jurisdiction calls the kind of grids."""
    profile = own_profile()
    if profile:
        return _(profile.grid.kinds.get(key, key))
    return key


def reader_list_word() -> str:
    """What the reader's jurisdiction calls its list of items, as the menu of every page says it."""
    reader = viewer()
    profile = g.get("own_profile")
    if profile is None and reader:
        try:
            profile = bundles.profile_lately(
                reading(), reader.tenant_id, datetime.now(UTC)
            )
        except NotFound:
            profile = None
    if profile is None:
        return _(LIST_WORD)
    return _(list_word(profile.list_name))


def own_profile() -> Jurisdiction | None:
    """The profile of the reader's jurisdiction; None for nobody."""
    if "own_profile" not in g:
        reader = viewer()
        if reader:
            g.own_profile = bundles.profile_in_force(
                reading(),
                reader.tenant_id,
                datetime.now(UTC),
            )
        else:
            g.own_profile = None
    profile: Jurisdiction | None = g.own_profile
    return profile


def needed_profile() -> Jurisdiction:
    """The profile of the reader's jurisdiction. Raises NotFound where it has none."""
    profile = own_profile()
    if profile is None:
        reader = viewer()
        raise NotFound(reader.tenant_id if reader else "")
    return profile
