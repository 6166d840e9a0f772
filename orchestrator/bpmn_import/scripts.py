"""Scripts in Groovy and JavaScript as assignments and choices of ours, as far as the languages mean the
same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from orchestrator.bpmn_import import script_names, script_values
from orchestrator.bpmn_import.script_kinds import kind_of
from orchestrator.bpmn_import.script_parts import Node, Statement
from orchestrator.bpmn_import.script_tree import TYPES, statements
from orchestrator.bpmn_import.script_values import Values
from orchestrator.bpmn_import.script_words import GROOVY, JAVASCRIPT
from orchestrator.engine import expressions
from orchestrator.engine.language_parts import choice
from orchestrator.engine.translating import (
    ATOM,
    Part,
    Untranslatable,
    require_short,
)
from orchestrator.sentences import say, sentence_of

_RESULT = "result of the script"
"""Name that the value of a script goes to while it is read; no variable has it."""
_KEPT_BY = {
    "String": ("text", "null"),
    **dict.fromkeys(("Integer", "Long"), ("whole", "null")),
    **dict.fromkeys(("int", "long"), ("whole",)),
    "Boolean": ("truth", "null"),
    "List": ("list", "null"),
    "Map": ("group", "null"),
    "Number": ("number", "null"),
}
"""Type of a name in Groovy → kinds of value that it leaves as they are."""


@dataclass(frozen=True)
class Script:
    """What became of a script."""

    text: str
    """Ours; empty where it does nothing."""
    printed: int = 0
    """How many statements that only write to a log were left out."""


def language_of(name: str) -> str:
    """GROOVY or JAVASCRIPT."""
    written = name.strip().lower().rpartition("/")[2]
    return GROOVY if written == GROOVY else JAVASCRIPT


def read(
    script: str,
    language: str,
    result: str = "",
    keeps_all: bool | None = True,
    *,
    asks_variables_first: bool = False,
) -> Script:
    """The script in our language. Raises Untranslatable with what it does that we do not.

    `execution.setVariable` sets a variable, and so does an assignment where the script `keeps_all`; `def` and
    `var` name a value for the script alone. So does an assignment beside `setVariable` where nothing is said
    (None): Camunda 7 and Flowable forget it then. `result`: the variable that the script's value goes to.
    `asks_variables_first`: whether a variable of the process goes before what the script assigned under its
    name (Flowable, Activiti).
    """
    with _readable():
        made = statements(script, language)
        script_names.require_apart(made)
        forgets = keeps_all is None and _sets(made)
        run = _Run(language, keeps_all is not False, forgets)
        run.asks_variables_first = asks_variables_first
        way = run.block(made, result)
    if result and way != _GIVES:
        raise Untranslatable(say("脚本有的走法没有给出值"))
    text = "\n".join(run.lines)
    _check(text)
    return Script(text, len(run.printed))


def value(script: str, language: str) -> str:
    """The value of a script that sets nothing, as one expression. Raises Untranslatable."""
    run = _Run(language, False, False)
    with _readable():
        made_of = statements(script, language)
        script_names.require_apart(made_of)
        way = run.block(made_of, _RESULT)
    if way != _GIVES or run.lines:
        raise Untranslatable(say("脚本应只给出一个值，不改动变量"))
    made = run.own[_RESULT]
    if made is None:
        raise Untranslatable(say("脚本有的走法没有给出值"))
    return made[0]


@contextmanager
def _readable() -> Iterator[None]:
    """Raises Untranslatable for what is nested too deeply to be read."""
    try:
        yield
    except Untranslatable:
        raise
    except (SyntaxError, RecursionError, ValueError):
        raise Untranslatable(say("表达式嵌套太深，请拆开")) from None


def _sets(made: Sequence[Statement]) -> bool:
    return any(
        statement.kind == "set"
        or _sets(statement.then)
        or _sets(statement.otherwise)
        for statement in made
    )


def _check(text: str) -> None:
    if not text:
        return
    try:
        expressions.compile_script(text)
    except expressions.ExpressionRefused as refused:
        raise Untranslatable(sentence_of(refused)) from None


_GIVES, _FALLS, _MIXED = "gives", "falls", "mixed"
"""Whether a block gives the script's value and ends it in every way through it, in none, or in some."""


@dataclass
class _Run:
    """What has been read of a script so far."""

    language: str
    keeps_all: bool
    forgets: bool
    """Whether what is assigned is known to the script alone."""
    asks_variables_first: bool = False
    """Whether what is assigned hides no variable of the process of its name."""
    lines: list[str] = field(default_factory=list)
    own: dict[str, Part | None] = field(default_factory=dict)
    """Name that the script alone knows → what it stands for; None where that cannot be said."""
    types: dict[str, str] = field(default_factory=dict)
    """Name that the script alone knows → the type it was declared with."""
    hidden: set[str] = field(default_factory=set)
    """Names that may stand for a variable of the process all the same."""
    outdated: set[str] = field(default_factory=set)
    """Names that stand for what a variable held before it was set anew."""
    printed: list[Statement] = field(default_factory=list)

    @property
    def values(self) -> Values:
        return Values(self.language, self._meant)

    def _meant(self, name: str) -> Part:
        if name not in self.own:
            return script_values.variable(name), ATOM
        made = self.own[name]
        if made is None or name in self.outdated | self.hidden:
            raise Untranslatable(
                say(
                    "脚本里的“{name}”在这里可能还没有值或已被改动，请先存入变量",
                    name=name,
                ),
            )
        return made

    # ---- statements

    def block(self, made: Sequence[Statement], result: str) -> str:
        """Runs the statements; `result` is where the value of the last one goes, if anywhere."""
        for number, statement in enumerate(made):
            rest = made[number + 1 :]
            if statement.kind == "return":
                if rest:
                    raise Untranslatable(say("return 之后还有语句"))
                return self._return(statement, result)
            if statement.kind == "choice":
                way = self._choose(statement, rest, result)
                if way is not None:
                    return way
                continue
            last = "" if rest else result
            if self._do(statement, last) and last:
                return _GIVES
        return _FALLS

    def _return(self, statement: Statement, result: str) -> str:
        if statement.value is not None:
            part = self.values.value(statement.value)
            if result:
                self._give(result, part)
        elif result:
            raise Untranslatable(say("脚本有的走法没有给出值"))
        return _GIVES

    def _do(self, statement: Statement, result: str) -> bool:
        """Whether it gave the script's value."""
        if statement.kind == "print":
            self._print(statement)
            return False
        if statement.kind == "value":
            return self._of_value(statement, result)
        if statement.kind == "declare":
            self._declare(statement)
            return False
        made = self._assigned(statement)
        if statement.kind == "set":
            self._set(statement.name, made)
            return False
        name = statement.name
        if name in self.own:
            self._keep(name, made)
        elif self.forgets:
            self.types[name] = "def"
            self._keep(name, made)
            if self.asks_variables_first:
                self.hidden.add(name)
        elif self.keeps_all:
            self._set(name, made)
        else:
            raise Untranslatable(
                say(
                    "脚本给“{name}”的值在原系统里不存入变量（autoStoreVariables）",
                    name=name,
                ),
            )
        if result:
            self._give(result, self._meant(name))
        return bool(result)

    def _print(self, statement: Statement) -> None:
        assert statement.value is not None
        if not self.values.is_harmless(statement.value):
            raise Untranslatable(say("写日志的语句里调用了别的方法"))
        self.printed.append(statement)

    def _of_value(self, statement: Statement, result: str) -> bool:
        assert statement.value is not None
        if not result and statement.value.kind != "text":
            part = self.values.value(statement.value)
            raise Untranslatable(
                say("脚本里的“{part}”没有存入变量", part=part[0][:60]),
            )
        if result:
            self._give(result, self.values.value(statement.value))
        return bool(result)

    def _assigned(self, statement: Statement) -> Part:
        assert statement.value is not None
        if statement.kind == "assign" and statement.type:
            before = Node("name", statement.name)
            both = Node("pair", statement.type, (before, statement.value))
            return self.values.value(both)
        return self.values.value(statement.value)

    def _declare(self, statement: Statement) -> None:
        name = statement.name
        script_values.variable(name)
        self.types[name] = statement.type
        self.hidden.discard(name)
        if statement.value is not None:
            self._keep(name, self.values.value(statement.value))
        elif self.language == GROOVY and statement.type not in (
            *("int", "long", "boolean", "double", "float"),
        ):
            self._keep(name, ("null", ATOM))
        else:
            self.own[name] = None

    def _keep(self, name: str, part: Part) -> None:
        """Gives a name of the script's own its value. Raises Untranslatable for one that its type changes."""
        made = self._of_type(self.types.get(name, "def"), part)
        require_short(made[0])
        self.own[name] = made
        self.outdated.discard(name)

    def _of_type(self, type_: str, part: Part) -> Part:
        if type_ not in TYPES or type_ == "Object":
            return part
        if type_ == "boolean":
            return Values(GROOVY).as_truth(part)
        wanted = _KEPT_BY.get(type_)
        known = kind_of(part)
        if wanted is None or (known and not _fits(part, known, wanted)):
            raise Untranslatable(
                say(
                    "“{type}”会改动“{part}”的值，本系统没有这样的写法",
                    type=type_,
                    part=part[0][:60],
                ),
            )
        if known and known != "number":
            return part
        if known and "whole" not in wanted:
            return part
        if part[0].isdecimal():
            return part
        named = ", ".join(f'"{kind}"' for kind in wanted)
        return f"only({part[0]}, {named})", ATOM

    def _give(self, result: str, part: Part) -> None:
        if result == _RESULT:
            self.own[result] = part
        else:
            self._set(result, part)

    def _set(self, name: str, part: Part) -> None:
        if problem := expressions.unreadable(name):
            raise Untranslatable(
                say("变量名“{name}”{problem}", name=name, problem=problem),
            )
        self.outdated.update(
            own
            for own, made in self.own.items()
            if made is not None and name in script_names.read_by(made[0])
        )
        self.lines.append(f"{name} = {part[0]}")

    # ---- choices

    def _choose(
        self,
        statement: Statement,
        rest: Sequence[Statement],
        result: str,
    ) -> str | None:
        """Runs both branches, in copies; what follows a branch that ends the script belongs to the other.
        None where the block goes on behind them."""
        assert statement.value is not None
        condition = self.values.truth(statement.value)
        given = "" if rest else result
        ends = [
            bool(branch) and _ends(branch)
            for branch in (statement.then, statement.otherwise)
        ]
        then, otherwise = statement.then, statement.otherwise
        if any(ends) and rest:
            if all(ends):
                raise Untranslatable(say("return 之后还有语句"))
            then = then if ends[0] else (*then, *rest)
            otherwise = otherwise if ends[1] else (*otherwise, *rest)
            given = result
        runs = [self._copy(), self._copy()]
        ways = {
            run.block(branch, given or (result if any(ends) else ""))
            for run, branch in zip(runs, (then, otherwise), strict=True)
        }
        self._join(condition, *runs)
        if any(ends) or not rest:
            return ways.pop() if len(ways) == 1 else _MIXED
        if ways != {_FALLS}:
            raise Untranslatable(say("return 之后还有语句"))
        return None

    def _copy(self) -> _Run:
        return _Run(
            self.language,
            self.keeps_all,
            self.forgets,
            self.asks_variables_first,
            [],
            dict(self.own),
            dict(self.types),
            set(self.hidden),
            set(self.outdated),
            self.printed,
        )

    def _join(self, condition: Part, then: _Run, otherwise: _Run) -> None:
        """What both branches have made of the names, and what they set."""
        for name in {**then.own, **otherwise.own}:
            self.own[name] = _either(
                condition,
                then.own.get(name),
                otherwise.own.get(name),
            )
            self.types.setdefault(
                name,
                then.types.get(name) or otherwise.types.get(name) or "def",
            )
        self.hidden = then.hidden | otherwise.hidden
        self.outdated = then.outdated | otherwise.outdated
        if not then.lines and not otherwise.lines:
            return
        self.lines.append(f"if {condition[0]}:")
        self.lines += _indented(then.lines or ["pass"])
        if otherwise.lines:
            self.lines.append("else:")
            self.lines += _indented(otherwise.lines)
        names = {
            line.strip().partition(" = ")[0]
            for line in (*then.lines, *otherwise.lines)
        }
        self.outdated.update(
            own
            for own, made in self.own.items()
            if made is not None and names & script_names.read_by(made[0])
        )


def _either(
    condition: Part,
    first: Part | None,
    second: Part | None,
) -> Part | None:
    if first == second:
        return first
    if first is None or second is None:
        return None
    made = choice(condition, first, second)
    require_short(made[0])
    return made


def _fits(part: Part, known: str, wanted: Sequence[str]) -> bool:
    if known == "number" and "whole" in wanted:
        literal = part[0].lstrip("-")
        return literal.isdecimal() or not literal[:1].isdigit()
    return known in wanted


def _ends(branch: Sequence[Statement]) -> bool:
    """Whether a `return` ends it in every way through it."""
    last = branch[-1]
    if last.kind == "choice":
        return bool(
            last.then
            and last.otherwise
            and _ends(last.then)
            and _ends(last.otherwise),
        )
    return last.kind == "return"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
