"""Where steps stand: a column for each on the longest way from the start, a row for each branch."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.bpmn_import.drawing import Box, Size

GAP_X = 50
"""Pixels between columns."""
GAP_Y = 40
"""Pixels between rows."""

Edge = tuple[str, str]
"""A step, and one that follows it."""


@dataclass(frozen=True, slots=True)
class _Cell:
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class _Band:
    """A column or a row."""

    begins_at: int
    extent: int

    def middle_for(self, length: int) -> int:
        """Where something of that length begins so that it stands in the middle."""
        return self.begins_at + (self.extent - length) // 2


def boxes(
    placed: Sequence[str],
    edges: Iterable[Edge],
    sizes: Mapping[str, Size],
) -> dict[str, Box]:
    """The place of each step, from (0, 0) on."""
    cells = _cells(placed, without_loops(placed, edges))
    widths: dict[int, int] = {}
    heights: dict[int, int] = {}
    for id_, cell in cells.items():
        size = sizes[id_]
        widths[cell.column] = max(widths.get(cell.column, 0), size.width)
        heights[cell.row] = max(heights.get(cell.row, 0), size.height)
    columns = _bands(widths, GAP_X)
    rows = _bands(heights, GAP_Y)
    result = {}
    for id_ in placed:
        cell = cells[id_]
        size = sizes[id_]
        result[id_] = Box(
            left=columns[cell.column].middle_for(size.width),
            top=rows[cell.row].middle_for(size.height),
            width=size.width,
            height=size.height,
        )
    return result


def _cells(placed: Sequence[str], edges: Sequence[Edge]) -> dict[str, _Cell]:
    before: dict[str, list[str]] = {id_: [] for id_ in placed}
    for source, target in edges:
        before[target].append(source)
    cells: dict[str, _Cell] = {}
    taken: set[_Cell] = set()
    lowest: dict[int, int] = {}
    """Column → its last row so far."""
    for id_ in _in_order(placed, edges):
        earlier = [cells[other] for other in before[id_]]
        column = 0
        row = 0
        if earlier:
            column = 1 + max(cell.column for cell in earlier)
            row = min(cell.row for cell in earlier)
        if _Cell(column, row) in taken:
            row = max(row, lowest[column]) + 1
        cell = _Cell(column, row)
        cells[id_] = cell
        taken.add(cell)
        lowest[column] = max(row, lowest.get(column, 0))
    return cells


def _bands(extents: Mapping[int, int], gap: int) -> list[_Band]:
    """The columns, or the rows, in order; one that nothing stands in has only its gap."""
    bands = []
    begins_at = 0
    for number in range(max(extents, default=-1) + 1):
        extent = extents.get(number, 0)
        bands.append(_Band(begins_at, extent))
        begins_at += extent + gap
    return bands


def without_loops(placed: Sequence[str], edges: Iterable[Edge]) -> list[Edge]:
    """The edges without those that lead back to a step on the way to themselves."""
    following: dict[str, list[str]] = {id_: [] for id_ in placed}
    entered = set()
    for source, target in edges:
        following[source].append(target)
        entered.add(target)
    beginnings = [id_ for id_ in placed if id_ not in entered]
    walk = _Walk(following)
    for first in (*beginnings, *placed):
        walk.from_step(first)
    return walk.kept


class _Walk:
    """Every way once, the deepest first."""

    def __init__(self, following: Mapping[str, Sequence[str]]) -> None:
        self.following = following
        self.kept: list[Edge] = []
        self._seen: set[str] = set()
        self._way: list[tuple[str, Iterator[str]]] = []
        """The steps from the first to where the walk is, each with those that are still to be followed."""
        self._on_way: set[str] = set()

    def from_step(self, first: str) -> None:
        if first in self._seen:
            return
        self._enter(first)
        while self._way:
            source, left = self._way[-1]
            target = next(left, None)
            if target is None:
                self._way.pop()
                self._on_way.discard(source)
                continue
            if target in self._on_way:
                continue
            self.kept.append((source, target))
            if target not in self._seen:
                self._enter(target)

    def _enter(self, step: str) -> None:
        self._seen.add(step)
        self._on_way.add(step)
        self._way.append((step, iter(self.following[step])))


def _in_order(placed: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    """Each step after all that lead to it."""
    awaited = dict.fromkeys(placed, 0)
    following: dict[str, list[str]] = {id_: [] for id_ in placed}
    for source, target in edges:
        awaited[target] += 1
        following[source].append(target)
    ready = deque(id_ for id_ in placed if not awaited[id_])
    results = []
    while ready:
        id_ = ready.popleft()
        results.append(id_)
        for target in following[id_]:
            awaited[target] -= 1
            if not awaited[target]:
                ready.append(target)
    return results
