"""What each row of the inbox says of its task: who applied, why it is here, by which article, how long it
has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial

from sqlalchemy.orm import Session

from orchestrator.domain import cases
from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.execution import due_dates, locked_instance
from orchestrator.services.instances.timeline import citations
from orchestrator.services.user_tasks import own_rows
from orchestrator.store import held_tasks, inbox_rows
from orchestrator.store.inbox_open import Official
from orchestrator.store.inbox_rows import Origin, Round, RowFacts
from orchestrator.store.user_tasks import UserTask

LONGEST = 400
"""Days that are counted one by one; what is due later is told by its date alone."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    origin: Origin | None
    why: str
    """Why it waits for the viewer, or who has it."""
    is_usual: bool
    """Whether `why` only names his body that does it, as most rows do."""
    ground: str
    """The articles that demand the step; empty for none."""
    left: int | None
    """Working days until it is due, negative when overdue; None without a due date, or for one far away."""
    urgency: str
    """normal, urgent or major."""
    round: Round | None
    urged: int
    """How often its instance was urged."""
    about: str = ""
    """For which of several bodies or grids the step is done; empty where it is done once."""


def official(who: Viewer) -> Official:
    """The person and the bodies whose open tasks the inbox shows: his own, those of his bodies, and those of
    the people for whom he stands in."""
    return Official(who.person_id, who.addresses, who.standing_in)


def describe(
    session: Session,
    who: Viewer,
    tasks: Sequence[UserTask],
    now: datetime,
) -> dict[str, InboxRow]:
    """Task id → what its row in the inbox shows."""
    if not tasks:
        return {}
    facts = inbox_rows.facts(session, [task.id for task in tasks])
    # Of a task that went since it was listed the database tells no facts.
    unknown = RowFacts(None, None, ())
    urged = inbox_rows.times_urged(
        session,
        {task.instance_id for task in tasks if task.urged_at},
    )
    offered = {
        task.id: facts.get(task.id, unknown).candidates for task in tasks
    }
    reasons = _reasons(session, who, tasks, offered)
    # Most rows are of the same few steps and places.
    ground = cache(partial(_ground, session))
    calendar = cache(partial(_calendar, session))
    result = {}
    for task in tasks:
        bundle = bundles.bundle_of(session, task.definition_id)
        element = bundle.definition.elements.get(task.element_id)
        # Those who decide together do the same step beside each other: that is no second round.
        if element is None or element.multi:
            again = None
        else:
            again = facts.get(task.id, unknown).round
        result[task.id] = InboxRow(
            facts.get(task.id, unknown).origin,
            *reasons[task.id],
            ground(task.definition_id, task.element_id),
            working_days_left(
                calendar(
                    task.definition_id,
                    due_dates.place_of(offered[task.id]),
                ),
                task.due_at,
                now,
            ),
            cases.urgency(task.priority),
            again,
            urged.get(task.instance_id, 0),
            own_rows.in_a_line(session, bundle, task.variables),
        )
    return result


def _calendar(
    session: Session,
    definition_id: str,
    place: str | None,
) -> WorkCalendar:
    """With the days off of the place whose body has the task."""
    bundle = bundles.bundle_of(session, definition_id)
    return locked_instance.calendar(session, bundle, CountedFor(None, place))


def batches(session: Session, tasks: Sequence[UserTask]) -> set[str]:
    """Ids of the tasks whose form may serve several at once."""
    results = set()
    for task in tasks:
        form = bundles.bundle_of(session, task.definition_id).forms.get(
            task.form_key or "",
        )
        if form is not None and form.batch:
            results.add(task.id)
    return results


def _ground(session: Session, definition_id: str, element_id: str) -> str:
    """The articles that demand the step; those of the city's own regulation without its title, which each row
    would repeat."""
    bundle = bundles.bundle_of(session, definition_id)
    own = f"《{bundle.jurisdiction.regulation.title}》"
    cited = (citation.text for citation in citations(bundle, element_id))
    return joined(
        "、",
        (text.removeprefix(own) if text != own else text for text in cited),
    )


def days_left(
    session: Session,
    profile: Jurisdiction,
    due_at: datetime,
    now: datetime,
) -> int | None:
    """`working_days_left` by the calendar of a jurisdiction."""
    return working_days_left(
        locked_instance.calendar_of_profile(session, profile),
        due_at,
        now,
    )


def working_days_left(
    calendar: WorkCalendar,
    due_at: datetime | None,
    now: datetime,
) -> int | None:
    """Working days after today up to the due day; of what is overdue, those after the due day up to today, as
    a negative number, at least one."""
    if due_at is None:
        return None
    today = calendar.local(now).date()
    due = calendar.local(due_at).date()
    if abs((due - today).days) > LONGEST:
        return None
    if due_at < now:
        return -max(1, _workdays(calendar, due, today))
    return _workdays(calendar, today, due)


def _workdays(calendar: WorkCalendar, after: date, until: date) -> int:
    days = (
        (after + timedelta(days=number))
        for number in range(1, (until - after).days + 1)
    )
    return sum(1 for day in days if calendar.is_workday(day))


def _reasons(
    session: Session,
    who: Viewer,
    tasks: Sequence[UserTask],
    offered: Mapping[str, Sequence[str]],
) -> dict[str, tuple[str, bool]]:
    """By task id, `why` and `is_usual` of its row."""
    bodies = {body.id: body.name for body in who.bodies}
    concerned = {task.owner_id for task in tasks} | {
        task.assignee_id for task in tasks
    }
    people = held_tasks.names(session, concerned - {None, who.person_id})
    return {
        task.id: _reason(
            who,
            task,
            offered[task.id],
            bodies,
            people,
        )
        for task in tasks
    }


def _reason(
    who: Viewer,
    task: UserTask,
    candidates: Sequence[str],
    bodies: Mapping[str, str],
    people: Mapping[int, str],
) -> tuple[str, bool]:
    held = _holder(who, task, candidates, people)
    if held:
        return held, False
    his = [
        bodies[candidate] for candidate in candidates if candidate in bodies
    ]
    if his:
        return say("由{body}办理", body=joined("、", his)), True
    if (
        f"user:{who.username}" in candidates
        or task.assignee_id == who.person_id
    ):
        return say("指定由您办理"), False
    return say("由其他机构办理"), False


def _holder(
    who: Viewer,
    task: UserTask,
    candidates: Sequence[str],
    people: Mapping[int, str],
) -> str:
    """A sentence that names the other person of the task: the absent one for whom he does it (代张三办理),
    the one who has claimed it, or the one who delegated it to him. Empty where there is none."""
    if absent := _stands_in_for(who, task, candidates):
        return say("代{name}办理", name=absent)
    if task.assignee_id is not None and task.assignee_id != who.person_id:
        return say("{name}正在办理", name=people.get(task.assignee_id, ""))
    if task.delegation == "pending":
        return say("{name}委派给您", name=people.get(task.owner_id or 0, ""))
    return ""


def _stands_in_for(
    who: Viewer,
    task: UserTask,
    candidates: Sequence[str],
) -> str:
    """Name of the absent person whose task it is; empty where it is the viewer's own, or others have it."""
    his = task.assignee_id == who.person_id or (
        task.assignee_id is None
        and not set(who.addresses).isdisjoint(candidates)
    )
    if his:
        return ""
    for absent in who.standing_in:
        asked = task.assignee_id is None and not set(
            absent.candidates,
        ).isdisjoint(candidates)
        if absent.covers(task.process_key) and (
            asked or task.assignee_id == absent.person_id
        ):
            return absent.name
    return ""
