"""The item lists of a scenario on paper: the seed items, and what its own instances admit and remove."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from orchestrator.domain.items import Stay, exit_day, next_version
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.list_compilation import admitted
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.registers import list_changes
from orchestrator.services.registers.list_changes import Change


class MemoryItemLists:
    """`list_changes.Lists` in memory. An item that is on none of them came from a register that is not in the
    folder, and is believed."""

    def __init__(
        self,
        profile: Jurisdiction,
        asked: Callable[[], Mapping[str, str | None]],
        refused_at: Callable[[str], datetime | None],
    ) -> None:
        since = profile.regulation.in_force_on or date.min
        self._asked = asked
        self.refused_at = refused_at
        self._stays = {
            place: [
                Stay(name, since, item_id=f"{place}-{number}")
                for number, (_category, name, _article) in enumerate(
                    profile.seed_items,
                    1,
                )
            ]
            for place in profile.seed_lists
        }
        self._numbers = dict.fromkeys(
            profile.seed_lists if profile.seed_items else (),
            1,
        )
        self._categories = {
            name: category for category, name, _article in profile.seed_items
        }

    def lock(self, place: str) -> None:
        """Nobody else is there."""

    def stays(self, place: str, item_id: str | None = None) -> Sequence[Stay]:
        listed = self._stays.get(place, [])
        if item_id is None:
            return listed
        return [stay for stay in listed if stay.item_id == item_id] or [
            Stay(item_id, date.min, item_id=item_id),
        ]

    def rival(self, asks_for: str, except_for: str | None) -> str | None:
        result = (
            name
            for name, wanted in self._asked().items()
            if wanted == asks_for and name != except_for
        )
        return next(
            (say("第 {name} 件事项", name=name) for name in result),
            None,
        )

    def choices(self, place: str, today: date) -> list[tuple[str, str]]:
        """(id, label) of the items that are on the list or will be."""
        known = [
            stay for stay in self._stays.get(place, []) if stay.open(today)
        ]
        return [
            (
                stay.item_id,
                f"{self._categories.get(stay.name, '')}：{stay.name}",
            )
            for stay in known
        ]

    def gone(self, place: str, today: date) -> set[str]:
        """Names and ids of the items that were on the list and are no more: nobody may choose them."""
        listed = self._stays.get(place, [])
        there = {stay.name for stay in listed if stay.open(today)}
        gone = [
            stay
            for stay in listed
            if not stay.open(today) and stay.name not in there
        ]
        return {text for stay in gone for text in (stay.name, stay.item_id)}

    def carry_out(self, change: Change) -> dict[str, Any]:
        """Changes the list as the handlers do; what the instance remembers of it. Raises RuleViolated where
        it names no item."""
        if change.topic is None:
            raise RuleViolated(
                [say("申请里没有写明事项，清单不能更改。请核对流程图和表单")],
            )
        place = change.place
        today = change.today
        wanted = day(change.values.get("effective_on"))
        listed = self._stays.setdefault(place, [])
        details: dict[str, Any] = {}
        if change.topic == list_changes.COMPILES:
            details["compiled_count"] = self._compile(change, listed)
        elif change.topic == list_changes.ADMITS:
            item_id = f"i{change.instance_id}"
            name = str(change.values["item_name"])
            since = max(wanted or today, today)
            listed.append(
                Stay(
                    name,
                    since,
                    None,
                    day(change.values.get("leaves_on")),
                    item_id,
                ),
            )
            self._categories.setdefault(
                name,
                str(change.values.get("category") or ""),
            )
            details["item_id"] = item_id
        else:
            item_id = str(change.values["item_id"])
            stay = next(
                stay for stay in self.stays(place, item_id) if stay.open(today)
            )
            wanted = exit_day(stay, wanted, today)
            self._stays[place] = [
                *(value for value in listed if value != stay),
                replace(stay, until=wanted),
            ]
        version = next_version([self._numbers.get(place, 0)], wanted, today)
        self._numbers[place] = version.number
        return {
            **details,
            "item_list_number": version.number,
            "item_list_effective_on": version.effective_on.isoformat(),
            "item_list_territory": place,
        }

    def _compile(self, change: Change, listed: list[Stay]) -> int:
        """Puts the items of the draft on the list; how many."""
        wanted = day(change.values.get("effective_on"))
        since = max(wanted or change.today, change.today)
        rows = admitted(change.values)
        for number, row in enumerate(rows, 1):
            name = str(row.get("name") or "").strip()
            item_id = f"{number:02d}{change.instance_id}"
            listed.append(Stay(name, since, item_id=item_id))
            category = str(row.get("category") or "")
            self._categories.setdefault(name, category)
        return len(rows)

    def remembered(self) -> Any:
        stays = {place: list(listed) for place, listed in self._stays.items()}
        return stays, dict(self._numbers), dict(self._categories)

    def restore(self, kept: Any) -> None:
        self._stays, self._numbers, self._categories = kept


def day(text: Any) -> date | None:
    """The day that a form's value names; None for none."""
    if text:
        return date.fromisoformat(str(text)[:10])
    return None
