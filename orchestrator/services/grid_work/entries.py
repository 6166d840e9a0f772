"""The register of a grid: its entries are kept by whoever serves the grid or oversees its place; what is
personal is opened with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.grid_work import (
    GRADED_FIELDS,
    HOUSEHOLD,
    KINDS,
    PERSON,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound, RuleViolated, SubmissionKeyUsed
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.grid_work import reach
from orchestrator.services.records import submission_keys
from orchestrator.services.records.entry_sights import (
    EntrySight,
    EntrySights,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store import grid_entries as store
from orchestrator.store import grid_groups as groups
from orchestrator.store.grid_entries import EntryDisclosure, GridEntry
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction

KIND_NAMES = {
    "household": say("户"),
    "person": say("人"),
    "place": say("地（场所）"),
    "thing": say("物（设施）"),
    "organisation": say("组织（单位）"),
}
LONGEST = {
    "name": 80,
    "address": 160,
    "phone": 30,
    "identity": 40,
    "remark": 300,
}
"""Characters of each text."""
LABELS = {
    "name": say("名称（姓名）"),
    "address": say("地址"),
    **GRADED_FIELDS,
}
ADDING = "adding an entry"
STAYS_OPEN = timedelta(minutes=30)
"""So long masked data stay open to whoever said why."""


@dataclass(frozen=True, slots=True)
class EntryGiven:
    """What is to stand in the register."""

    kind: str
    name: str
    address: str
    phone: str
    identity: str
    attention: str
    remark: str
    household_id: str = ""
    gone: bool = False
    typed: frozenset[str] = frozenset(GRADED_FIELDS)
    """Those of the fields that may be graded which were given; of the others what stands stays."""
    cluster_id: str | None = None
    """For a household alone; None leaves what is there."""


def visible(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    entry_id: str,
) -> GridEntry:
    """The entry. Raises NotFound for one that the viewer does not reach."""
    entry = session.get(GridEntry, entry_id)
    if (
        entry is None
        or entry.tenant_id != who.tenant_id
        or not reach.lies_in(entry.territory_path, reach.paths(who, profile))
    ):
        raise NotFound(entry_id)
    return entry


def _opened_at(
    session: Session,
    entry: GridEntry,
    person_id: int,
    now: datetime,
) -> datetime | None:
    """When he opened the masked data, where they are still open to him."""
    at = store.last_opened(session, entry.id, person_id)
    if at is not None and now - STAYS_OPEN < at <= now:
        return at
    return None


def sight(
    session: Session,
    who: access.Viewer,
    entry: GridEntry,
    now: datetime,
) -> EntrySight:
    """How the viewer sees the entry's fields."""
    opened_at = _opened_at(session, entry, who.person_id, now)
    return EntrySights(session, who, now).of(entry, opened_at)


def disclose(
    by: int,
    entry_id: str,
    reason: str,
    address: str,
    now: datetime,
) -> None:
    """Opens the masked data of an entry to the person, on the record. Raises NotFound, also where the
    city's grades hide all of them from him."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        entry = visible(session, who, profile, entry_id)
        if sight(session, who, entry, now).hides_all(entry):
            raise NotFound(entry_id)
        session.add(
            EntryDisclosure(
                id=new_id(now),
                entry_id=entry.id,
                person_id=by,
                at=now,
                reason=reason,
                address=address[:45],
            ),
        )


def add(
    by: int,
    code: str,
    given: EntryGiven,
    now: datetime,
    today: date,
    key: str | None = None,
) -> str:
    """A new entry in a grid's register; its id, and the same for the same key. Raises NotFound,
    RuleViolated, SubmissionKeyUsed."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        grid = reach.grid(session, who, profile, code)
        lock(session, grid)
        before = _added(session, by, key)
        if before is not None:
            return before
        refuse_wrong(profile, given)
        _require_household(session, grid.code, given)
        _require_cluster(session, profile, grid, given)
        _require_new(session, grid, given)
        entry = fresh(
            grid,
            given.kind,
            by,
            now,
            today,
        )
        write(
            entry,
            given,
            by,
            now,
            today,
        )
        session.add(entry)
        kept = {"entry_id": entry.id}
        if key is not None and not submission_keys.claim(
            session, by, key, ADDING, kept, now
        ):
            raise SubmissionKeyUsed
        return entry.id


def lock(session: Session, grid: Grid) -> None:
    """Of two who add to the grid's register at once, the second sees what the first has added."""
    session.execute(
        sa.select(Grid.code)
        .where(Grid.tenant_id == grid.tenant_id, Grid.code == grid.code)
        .with_for_update(),
    )


def _added(session: Session, by: int, key: str | None) -> str | None:
    """Id of the entry that was added under the key."""
    if key is None:
        return None
    submission_keys.require_sound(key)
    before = submission_keys.answer(session, by, key, ADDING)
    if before is None:
        return None
    return str(before["entry_id"])


def change(
    by: int,
    entry_id: str,
    version: int,
    given: EntryGiven,
    now: datetime,
    today: date,
) -> None:
    """Changes an entry that stands as the writer saw it. Raises NotFound, RuleViolated: also when somebody
    else has changed it meanwhile."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        visible(session, who, profile, entry_id)
        entry = session.get_one(
            GridEntry,
            entry_id,
            with_for_update=True,
            populate_existing=True,
        )
        if entry.version != version:
            raise RuleViolated(
                [
                    say(
                        "您打开以后，这条台账已被别人改过。请打开最新内容核对，再把您的改动填上"
                    ),
                ],
            )
        _require_sight(
            session,
            who,
            entry,
            given,
            now,
        )
        stands = {
            field: getattr(entry, field)
            for field in GRADED_FIELDS
            if field not in given.typed
        }
        given = replace(given, **stands)
        refuse_wrong(profile, given)
        _require_household(session, entry.grid_code, given)
        grid = reach.grid(session, who, profile, entry.grid_code)
        lock(session, grid)
        _require_cluster(
            session,
            profile,
            grid,
            given,
            entry.cluster_id,
        )
        _require_new(session, grid, given, entry.id)
        write(
            entry,
            given,
            by,
            now,
            today,
        )


def _require_sight(
    session: Session,
    who: access.Viewer,
    entry: GridEntry,
    given: EntryGiven,
    now: datetime,
) -> None:
    """Raises RuleViolated where a field was typed that the writer does not read, the same text too: it would
    tell him what stands. Also where another kind would show a field to him or to others."""
    seen = sight(session, who, entry, now)
    unread = [
        field for field in GRADED_FIELDS if not seen.may_write(entry, field)
    ]
    alike = EntrySights(session, who, now).sees_alike(
        entry.kind, given.kind, entry.territory_path
    )
    if unread and not alike:
        raise RuleViolated(
            [say("按数据使用分级，这条台账有您没有看到的内容，您不能修改类别")]
        )
    typed = [field for field in unread if field in given.typed]
    hidden = [LABELS[field] for field in typed if seen.hides(field)]
    if hidden:
        raise RuleViolated(
            [
                say(
                    "按数据使用分级，{labels}不在您的知悉范围内，不能修改",
                    labels="、".join(hidden),
                )
            ]
        )
    if typed:
        raise RuleViolated(
            [
                say(
                    "您没有写明事由，或者查看已超过 30 分钟，请写明事由查看完整信息，再修改"
                )
            ]
        )


def fresh(
    grid: Grid,
    kind: str,
    by: int,
    now: datetime,
    today: date,
) -> GridEntry:
    """An empty entry of the grid."""
    return GridEntry(
        id=new_id(now),
        tenant_id=grid.tenant_id,
        grid_code=grid.code,
        territory_path=grid.territory_path,
        kind=kind,
        verified_on=today,
        version=0,
        changed_at=now,
        changed_by=by,
    )


def write(
    entry: GridEntry,
    given: EntryGiven,
    by: int,
    now: datetime,
    today: date,
) -> None:
    """What was given stands in the entry, seen today."""
    entry.kind = given.kind
    entry.name = given.name
    entry.address = given.address
    entry.phone = given.phone
    entry.identity = given.identity
    entry.attention = given.attention
    entry.remark = given.remark
    entry.household_id = given.household_id or None
    if given.kind != HOUSEHOLD:
        entry.cluster_id = None
    elif given.cluster_id is not None:
        entry.cluster_id = given.cluster_id or None
    entry.gone_on = None
    if given.gone:
        entry.gone_on = today
    entry.verified_on = today
    entry.version += 1
    entry.changed_at = now
    entry.changed_by = by


def refuse_wrong(profile: Jurisdiction, given: EntryGiven) -> None:
    """Raises RuleViolated with all that is wrong."""
    wrong = objections(profile, given)
    if wrong:
        raise RuleViolated(wrong)


def objections(profile: Jurisdiction, given: EntryGiven) -> list[str]:
    """What is wrong with it, in sentences."""
    results = []
    if given.kind not in KINDS:
        results.append(say("请选择类别：户、人、地、物、组织"))
    if not given.name:
        results.append(say("请填写名称（姓名）"))
    if given.attention and given.attention not in profile.grid_work.attentions:
        results.append(say("请从列表里选关注类别"))
    for field, longest in LONGEST.items():
        if len(getattr(given, field)) > longest:
            results.append(
                say(
                    "{label}最多 {most} 字",
                    label=LABELS[field],
                    most=longest,
                ),
            )
    return results


def _require_household(session: Session, code: str, given: EntryGiven) -> None:
    if not given.household_id:
        return
    entry = session.get(GridEntry, given.household_id)
    if (
        given.kind != PERSON
        or entry is None
        or entry.grid_code != code
        or entry.kind != HOUSEHOLD
    ):
        raise RuleViolated([say("所在的户应是本网格的一户，只有人有所在的户")])


def _require_cluster(
    session: Session,
    profile: Jurisdiction,
    grid: Grid,
    given: EntryGiven,
    stands: str | None = None,
) -> None:
    """Raises RuleViolated for a cluster that the grid does not have now, but for the one that stands."""
    if given.kind != HOUSEHOLD or given.cluster_id in (None, "", stands):
        return
    clusters = profile.grid_work.clusters
    there = groups.clusters_of(session, grid.tenant_id, grid.code, clusters)
    if given.cluster_id not in [row.id for row in there]:
        named = "、".join(clusters.values()) or say("联户单位")
        raise RuleViolated([say("请从列表里选本网格的{named}", named=named)])


def _require_new(
    session: Session,
    grid: Grid,
    given: EntryGiven,
    but: str = "",
) -> None:
    there = store.by_names(session, grid.tenant_id, grid.code)
    entry = there.get((given.kind, given.name, given.address))
    if entry is None or entry.id == but:
        return
    if entry.gone_on is not None:
        raise RuleViolated(
            [
                say(
                    "本网格已有“{name} {address}”，已注销。请在网格台账里选“已注销”打开它，取消注销",
                    name=given.name,
                    address=given.address,
                ),
            ],
        )
    raise RuleViolated(
        [
            say(
                "本网格已有“{name} {address}”，请在原来那条上修改",
                name=given.name,
                address=given.address,
            ),
        ],
    )
