"""What FEEL asks of lists (DMN 1.3, 10.3.2.14 and 10.3.2.5): `some … satisfies`, `every … satisfies`, `for …
return`, filters. They become loops of our language."""

from __future__ import annotations

import ast
from abc import abstractmethod
from dataclasses import dataclass

from orchestrator.engine import (
    feel_functions,
    feel_sorting,
    feel_tests,
    loops,
    truths,
)
from orchestrator.engine.language_parts import variable
from orchestrator.engine.translating import (
    ATOM,
    OR,
    TERNARY,
    Part,
    Untranslatable,
    bound,
    short,
)
from orchestrator.sentences import say

WORDS = (
    "some",
    "every",
    "for",
)
ITEM = "item"
_MOST_INSIDE = 5
"""Brackets of filters and places inside each other."""
_PARTIAL = "partial"
"""In a `for`: the results so far, which our loops do not know."""
_OF_LISTS = (
    "sum",
    "min",
    "max",
    "mean",
    "median",
    "product",
    "count",
    "distinct values",
    "flatten",
    "reverse",
    "sublist",
    "list contains",
    "index of",
    "append",
    "concatenate",
    "union",
    "all",
    "any",
    "string join",
    "is empty",
    "remove",
    "insert before",
)
"""Functions whose arguments are lists: `a.b` there is that entry of each, where `a` is a list."""


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter that is being read."""

    item: str
    """What our loop calls the entry."""
    outside: frozenset[str]
    """Names that were given around it: an entry of the item hides them too."""


class LoopReader(feel_tests.TestReader):
    """Reads loops and filters of lists."""

    def __init__(
        self,
        text: str,
    ) -> None:
        super().__init__(text)
        self.filters: list[_Filter] = []
        self.places = 0
        """Places in lists around the one that is read."""
        self.given: frozenset[str] = frozenset()
        """Names that the loops around the place have given."""

    @abstractmethod
    def truth(
        self,
        part: Part,
    ) -> Part:
        """The part where a truth is asked for."""

    @abstractmethod
    def value(
        self,
        part: Part,
    ) -> Part:
        """The part where a value is asked for, which may be unknown."""

    def loop(self) -> Part | None:
        """`some`, `every` or `for`; None where something else stands, of which nothing is read then."""
        word = self.peek()
        if word not in WORDS:
            return None
        self.at += 1
        before = self.given
        rounds = [self._round()]
        while self.take(","):
            rounds.append(self._round())
        self.demand("return" if word == "for" else "satisfies")
        value = self.expression()
        self.given = before
        through = " ".join(rounds)
        if word == "for":
            node = ast.parse(value[0].strip(), mode="eval")
            if any(name.id == _PARTIAL for name in loops.free_names(node)):
                raise Untranslatable(
                    say("循环里用到前面各次的结果（partial），本系统没有")
                )
            entry = bound(self.value(value), TERNARY)
            return short(f"[{entry} {through}]", ATOM)
        test = bound(self.truth(value), TERNARY)
        asked = {"some": "any", "every": "all"}[word]
        return short(f"{asked}({test} {through})", ATOM)

    def sorting(self) -> Part:
        """What stands in the brackets of `sort(…)`, the closing one included."""
        listed = self.only_list(self.value(self.expression()))
        self.demand(",")
        self.demand("function")
        self.demand("(")
        before = self.given
        names = (self.name_of_entry(","), self.name_of_entry(")"))
        self.given = before.union(names)
        precedes = self.expression()
        self.given = before
        self.demand(")")
        return feel_sorting.part(
            listed,
            names,
            precedes,
        )

    def name_of_entry(self, sign: str) -> str:
        """A name of the function's, and the sign behind it. Raises Untranslatable."""
        kind, name = self.token()
        if kind != "name":
            raise Untranslatable(say("“{text}”处应是变量名", text=name))
        self.demand(sign)
        return variable(name)

    def _round(self) -> str:
        kind, name = self.token()
        if kind != "name":
            raise Untranslatable(say("“{text}”处应是变量名", text=name))
        name = variable(name)
        self.demand("in")
        listed = self.expression()
        if self.take(".."):
            last = self.expression()
            listed = f'feel("..", {listed[0]}, {last[0]})', ATOM
        self.given |= {name}
        return f"for {name} in {bound(self.only_list(listed), OR)}"

    def named(
        self,
        name: str,
    ) -> Part:
        """A variable, or in a filter perhaps an entry of the item."""
        if not self.filters or name in ("true", "false", "null"):
            return name, ATOM
        innermost = self.filters[-1]
        if name == ITEM:
            return innermost.item, ATOM
        if name in self.given - innermost.outside:
            return name, ATOM
        meaning = name if name in self.given else f"variable({name!r})"
        for around in self.filters:
            meaning = f'feel("item", {around.item}, {name!r}, {meaning})'
        return short(
            meaning,
            ATOM,
        )

    def through(
        self,
        holder: Part,
    ) -> Part:
        """What is gone through as a list: `a.b` is that entry of each, where `a` is a list."""
        if self.syntax.counts_places:
            return over_entries("list contains", holder)
        return holder

    def only_list(
        self,
        holder: Part,
    ) -> Part:
        """What is gone through, which may be no group: our loops would go through its names."""
        listed = self.through(holder)
        is_sure = feel_functions.is_list(listed) or listed[0].startswith(
            'feel("..", '
        )
        if is_sure or not self.syntax.counts_places:
            return listed
        return feel_functions.of_kind(listed, "[]")

    def along(
        self,
        holder: Part,
        name: str,
    ) -> Part:
        """`holder.name`, of a list that of each of its entries."""
        if not name.isidentifier():
            return f'feel(".", {holder[0]}, {name!r})', ATOM
        if holder[0][0] in "[(" and feel_functions.is_list(holder):
            entry = f"{ITEM}.{name}"
            return short(f"[{entry} for {ITEM} in {holder[0]}]", ATOM)
        return f"{bound(holder, ATOM)}.{name}", ATOM

    def selected(
        self,
        holder: Part,
    ) -> Part | None:
        """What stands in the brackets behind `holder`: a condition on the entries, or a place, written or
        worked out; None for anything else."""
        begin = self.at
        holder = self.through(holder)
        if len(self.filters) + self.places == _MOST_INSIDE:
            raise Untranslatable(say("方括号嵌套太深，请拆开"))
        item = self._item()
        self.filters.append(
            _Filter(
                item,
                self.given,
            ),
        )
        try:
            test = self.expression()
        finally:
            self.filters.pop()
        entry = feel_functions.entry(holder, test)
        # Since the fifth edition a place is null where the list ends before it.
        if entry is not None and not self.syntax.gives_unknowns:
            return entry
        if truths.is_truth(test[0]):
            asked = bound(self.truth(test), OR)
            listed = bound(
                self.only_list(holder),
                OR,
            )
            return short(f"[{item} for {item} in {listed} if {asked}]", ATOM)
        if not self.syntax.counts_places:
            return None
        # Read anew, outside of the entries: twice at each depth.
        self.at = begin
        self.places += 1
        place = self.expression()
        self.places -= 1
        return self._place(
            holder,
            place,
        )

    def _item(self) -> str:
        """What our loop calls an entry: a name that the text has not, nor a filter around it."""
        if not self.filters:
            return ITEM
        taken = {text for kind, text in self.tokens if kind == "name"}
        taken |= {around.item for around in self.filters}
        number = len(self.filters) + 1
        while f"{ITEM}_{number}" in taken:
            number += 1
        return f"{ITEM}_{number}"

    def _place(
        self,
        holder: Part,
        place: Part,
    ) -> Part | None:
        names = loops.names_of_variables(ast.parse(place[0].strip()))
        if not place[0].isidentifier() and not truths.is_number(place[0]):
            return None
        named = "".join(f", {name!r}" for name in sorted(names))
        return f'feel("[]", {holder[0]}, {place[0]}{named})', ATOM


def over_entries(
    name: str,
    argument: Part,
) -> Part:
    """An argument of a function: `a.b` of one that takes lists is that entry of each, where `a` is a list."""
    node = ast.parse(argument[0].strip(), mode="eval").body
    if name not in _OF_LISTS or not isinstance(node, ast.Attribute):
        return argument
    holder = over_entries(name, (ast.unparse(node.value), ATOM))
    return f'feel(".", {holder[0]}, "{node.attr}")', ATOM
