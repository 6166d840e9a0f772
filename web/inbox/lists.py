"""The lists of the inbox: to do, of colleagues, done, started, copies; each task's page is in tasks.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as N_

from orchestrator.services import user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import inbox_rows
from orchestrator.services.instances.outcomes import outcomes
from orchestrator.services.records import purposes
from orchestrator.store import inbox as queries
from orchestrator.store import inbox_counts, inbox_past, inbox_procedures
from orchestrator.store.definitions import procedures
from orchestrator.store.inbox_besides import inbox_besides
from orchestrator.store.inbox_open import Filters, Official
from orchestrator.store.inbox_order import (
    Order,
    Page,
    Place,
    order_of,
    place_of,
)
from orchestrator.store.people import find_colleagues
from orchestrator.store.saved_forms import find_purposes
from orchestrator.store.saved_views import setting_of
from orchestrator.store.search import words
from orchestrator.store.set_aside import SetAside, find_set_aside
from orchestrator.store.suspensions import to_review
from web.auth import permission, who
from web.inbox import counters, views

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/")
@permission("signed-in")
def to_do() -> Any:
    return _list("to_do")


@blueprint.get("/colleagues")
@permission("signed-in")
def colleagues() -> Any:
    return _list("colleagues")


@blueprint.get("/done")
@permission("signed-in")
def done() -> Any:
    return _list("done")


@blueprint.get("/started")
@permission("signed-in")
def started() -> Any:
    return _list("started")


@blueprint.get("/copies")
@permission("signed-in")
def copies() -> Any:
    return _list("copies")


KEPT = (*views.SHOWN, "view")
"""Arguments of a list that its tasks remember."""
SORTABLE = {
    "due": N_("时限"),
    "title": N_("事项"),
    "applicant": N_("申请人"),
    "step": N_("步骤"),
    "number": N_("编号"),
    "arrived": N_("到达"),
    "urgency": N_("紧急程度"),
}
"""What stands in the address (`sort=`) → the heading of its column."""
PAST = {
    "done": {
        "title": N_("标题"),
        "step": N_("步骤"),
        "number": N_("编号"),
        "closed": N_("办结时间"),
        "state": N_("事项现状"),
    },
    "started": {
        "title": N_("标题"),
        "process": N_("业务"),
        "number": N_("编号"),
        "started": N_("发起时间"),
        "state": N_("状态"),
    },
    "copies": {
        "title": N_("标题"),
        "process": N_("业务"),
        "number": N_("编号"),
        "state": N_("状态"),
        "reason": N_("抄送原因"),
        "sent": N_("抄送时间"),
    },
}
"""The same of the lists of what was done, begun and copied: their columns in their order."""
FIRST_DOWN = ("urgency", "closed", "started", "sent")
"""What the first click sorts from the top down: the most urgent, the latest."""
LISTS = {
    "to_do": queries.page_to_do,
    "colleagues": queries.page_of_colleagues,
    counters.OTHERS: queries.page_waiting,
}
NARROWED = ("due", "q", "process")
"""Arguments by which the to-do list is narrowed: what arrives meanwhile is counted by the same."""
BEHIND = {
    "done": inbox_past.page_done,
    "started": inbox_past.page_started,
}


def _list(tab: str) -> Any:
    viewer = who()
    session = reading()
    now = datetime.now(UTC)
    setting = setting_of(session, viewer.person_id, viewer.body_ids)
    if (
        tab == "to_do"
        and not request.args
        and (first := setting.find(setting.default))
    ):
        return redirect(url_for("inbox.to_do", **views.arguments(first)))
    if tab == "to_do":
        wanted = request.args.get("due", "")
    else:
        wanted = ""
    since = inbox_counts.last_visit(session, viewer.person_id)
    waiting = inbox_rows.official(viewer)
    filters = filters_of({**request.args, "due": wanted}, now, since)
    order = _order_of(tab)
    no_words = bool(filters.text) and not words(filters.text)
    if no_words:
        page = Page([], None)
    else:
        page = _page(tab, wanted, waiting, filters, order)
        page = _with_next_up(
            page,
            tab,
            wanted,
            waiting,
            filters,
            order,
        )
    counts = inbox_counts.count_by_due(
        session,
        waiting,
        viewer.tenant_id,
        counters.ends(now),
        since,
    )
    besides = inbox_besides(
        session,
        viewer.person_id,
        viewer.addresses,
        viewer.body_ids,
        now,
        user_tasks.signers.addresses_of(viewer),
    )
    open_now = tab in LISTS
    return render_template(
        "inbox/list.html",
        tab=tab,
        page=page,
        filters=filters,
        order=order,
        next_up=_next_up(page.rows) if open_now else None,
        in_list={
            "in": urlencode(
                {
                    key: value
                    for key, value in request.args.items()
                    if key in KEPT
                }
            )
        },
        sortable={
            key: str(name) for key, name in PAST.get(tab, SORTABLE).items()
        },
        sorted_by=lambda key: _sorted_by(key, order),
        count=counts.all,
        counters=counters.of(counts),
        wanted=wanted,
        no_words=no_words,
        told=inbox_rows.describe(session, viewer, page.rows, now)
        if open_now
        else {},
        cap=inbox_counts.COUNT_CAP,
        begun=_begun(page.rows) if besides.saved and tab == "to_do" else {},
        aside=_aside(page.rows) if counts.aside or counts.returned else {},
        now=now,
        states=_states(tab, page.rows, now),
        procedures=inbox_procedures.count_by_procedure(
            session,
            waiting,
            viewer.tenant_id,
            counts.all,
            now,
        )
        if tab == "to_do"
        else dict.fromkeys(procedures(session, viewer.tenant_id)),
        setting=setting,
        density=views.density_of(setting),
        view=setting.find(request.args.get("view")),
        views=views,
        colleagues=find_colleagues(session, viewer.body_ids, viewer.person_id)
        if tab == "to_do"
        else [],
        together=inbox_rows.batches(session, page.rows)
        if tab == "to_do"
        else set(),
        since=now.isoformat(),
        narrowed={
            key: value for key in NARROWED if (value := request.args.get(key))
        },
        unread=besides.unread,
        to_sign=user_tasks.signers.to_sign(session, viewer)
        if besides.signs
        else [],
        to_review=to_review(session, viewer.body_ids, now)
        if besides.reviews
        else [],
    )


def filters_of(
    args: Mapping[str, str], now: datetime, since: datetime | None = None
) -> Filters:
    """What a list's arguments filter by. `since`: the viewer's last visit, where it has been read already."""
    viewer = who()
    wanted = args.get("due", "")
    if since is None:
        since = inbox_counts.last_visit(reading(), viewer.person_id)
    return Filters(
        viewer.tenant_id,
        args.get("q", "").strip()[:60],
        args.get("process", ""),
        **counters.window(wanted, now, since),
    )


def tab_of(args: Mapping[str, str]) -> str:
    """Which of LISTS the arguments of the to-do list ask for."""
    if args.get("due") == counters.OTHERS:
        return counters.OTHERS
    return "to_do"


def _page(
    tab: str,
    wanted: str,
    waiting: Official,
    filters: Filters,
    order: Any,
    place: Place | None = None,
) -> Page:
    session = reading()
    place = place or place_of(
        order, request.args.get("after", ""), request.args.get("before", "")
    )
    if tab in LISTS:
        read = LISTS[counters.OTHERS if wanted == counters.OTHERS else tab]
        if read is queries.page_to_do:
            read = queries.page_urgent_first
        return read(session, waiting, filters, order, place)
    if tab == "copies":
        return inbox_past.page_copies(
            session, who().addresses, filters, order, place
        )
    return BEHIND[tab](session, waiting.person_id, filters, order, place)


def _order_of(tab: str) -> Any:
    """The order that the address asks for."""
    text = request.args.get("sort", "")
    if tab in PAST:
        return inbox_past.past_order_of(tab, text)
    return order_of(text)


def _states(tab: str, rows: Any, now: datetime) -> dict[str, tuple[str, str]]:
    """By instance, its state and how it came out; of the lists of instances that may be over."""
    if tab == "started":
        instances = rows
    elif tab in ("done", "copies"):
        instances = queries.find_instances(
            reading(), {getattr(row, "instance_id", row.id) for row in rows}
        )
    else:
        return {}
    states = outcomes(reading(), instances, now)
    return {
        value.id: (value.state, states.get(value.id, ""))
        for value in instances
    }


def _with_next_up(
    page: Page,
    tab: str,
    wanted: str,
    waiting: Official,
    filters: Filters,
    order: Order,
) -> Page:
    """After a task of a later page was submitted: the page that begins with the one that stood behind it."""
    following = request.args.get("next")
    if not following or any(row.id == following for row in page.rows):
        return page
    if tab not in LISTS:
        return page
    place = queries.place_from(reading(), order, following)
    if place is None:
        return page
    return _page(
        tab,
        wanted,
        waiting,
        filters,
        order,
        place,
    )


def _next_up(rows: Any) -> Any:
    """After a task was submitted: the one that stood behind it in the list, else the first."""
    wanted = request.args.get("next")
    if wanted is None:
        return None
    return next(
        (row for row in rows if row.id == wanted), rows[0] if rows else None
    )


def _sorted_by(key: str, order: Order) -> dict[str, str]:
    """The page's arguments with the list sorted by that column, by a second click the other way round."""
    kept = {
        name: value
        for name, value in request.args.items()
        if name not in ("after", "before", "sort", "chosen", "next", "reason")
    }
    turned = key == order.by and not order.descending
    first_down = key in FIRST_DOWN and key != order.by
    return {**kept, "sort": f"-{key}" if turned or first_down else key}


def _aside(rows: Any) -> dict[str, SetAside]:
    """The tasks that the person has or had aside."""
    names = [row.id for row in rows]
    return find_set_aside(reading(), who().person_id, names)


def _begun(rows: Any) -> dict[str, datetime]:
    """The tasks whose form she has begun, with when it was saved."""
    names = {purposes.of_task(row.id): row.id for row in rows}
    datetimes = find_purposes(reading(), who().person_id, names)
    return {names[purpose]: at for purpose, at in datetimes.items()}
