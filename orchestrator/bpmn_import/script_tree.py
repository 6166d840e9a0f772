"""A script in Groovy or JavaScript as a tree: assignments, choices, and the expressions in them."""

from __future__ import annotations

from orchestrator.bpmn_import.script_parts import (
    Node,
    Statement,
    as_statement,
)
from orchestrator.bpmn_import.script_words import (
    GROOVY,
    JAVASCRIPT,
    Word,
    filled_parts,
    words,
)
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say

MOST_OPERATORS = 100
DEEPEST = 25
MOST_STATEMENTS = 200
_BINDS = {
    "?:": 1,
    "??": 1,
    "||": 2,
    "&&": 3,
    **dict.fromkeys(("==", "!=", "===", "!=="), 4),
    **dict.fromkeys(("<", ">", "<=", ">=", "in"), 5),
    **dict.fromkeys(("+", "-"), 6),
    **dict.fromkeys(("*", "/", "%"), 7),
}
"""Operator of two sides → how tightly it binds."""
_NOT_IN = {GROOVY: ("===", "!==", "??"), JAVASCRIPT: ("?:", "in")}
"""Operators that the language does not have, or that mean something else in it."""
_GOES_ON = (".", "?", ":", "&&", "||", "?:")
"""What Groovy reads on from the line before; JavaScript does so with every operator."""
TYPES = (
    *("String", "int", "Integer", "long", "Long", "boolean", "Boolean"),
    *("double", "Double", "float", "Float", "BigDecimal"),
    *("List", "Map", "Object", "Number"),
)
_DECLARING = {GROOVY: ("def", *TYPES), JAVASCRIPT: ("var", "let", "const")}
_UNKNOWN = {
    **dict.fromkeys(("for", "while", "do"), say("循环")),
    **dict.fromkeys(("function", "class", "new"), say("函数和对象")),
    **dict.fromkeys(("try", "throw", "catch"), say("异常处理")),
    "switch": say("switch 分支"),
    "import": "import",
    "typeof": "typeof",
    "delete": "delete",
    "as": say("类型转换"),
    "instanceof": "instanceof",
    "undefined": "undefined",
    "this": "this",
}
"""Words of the languages that have no equal here → what they are called."""


def statements(script: str, language: str) -> tuple[Statement, ...]:
    """What the script does, in turn. Raises Untranslatable."""
    reader = _Reader(words(script, language), language)
    return reader.block("")


class _Reader:
    """A parser by descent over the words of a script."""

    def __init__(self, given: list[Word], language: str) -> None:
        self.words = given
        self.language = language
        self.at = 0
        self.depth = 0
        self.operators = 0
        self.statements = 0
        self.brackets = 0
        """Round and square ones that are open: a line's end ends nothing inside them."""

    # ---- words

    @property
    def word(self) -> Word:
        return self.words[self.at]

    def next(self) -> Word:
        word = self.word
        self.at += 1
        return word

    def is_sign(self, text: str) -> bool:
        return self.word.kind == "sign" and self.word.text == text

    def is_name(self, *texts: str) -> bool:
        return self.word.kind == "name" and self.word.text in texts

    def take(self, text: str) -> bool:
        if not self.is_sign(text):
            return False
        self.at += 1
        return True

    def demand(self, text: str) -> None:
        if not self.take(text):
            raise self.unexpected()

    def unexpected(self) -> Untranslatable:
        word = self.word
        if word.kind == "name" and word.text in _UNKNOWN:
            return Untranslatable(
                say(
                    "脚本里的“{word}”（{what}）本系统不运行",
                    word=word.text,
                    what=_UNKNOWN[word.text],
                ),
            )
        if word.kind == "end":
            return Untranslatable(say("脚本不完整"))
        return Untranslatable(
            say("“{text}”处的写法本系统没有", text=word.text[:20]),
        )

    # ---- statements

    def block(self, end: str) -> tuple[Statement, ...]:
        """Statements up to the sign, or to the end of the script."""
        read: list[Statement] = []
        while True:
            while self.take(";"):
                pass
            if self.word.kind == "end" or (end and self.is_sign(end)):
                break
            read += self.statement()
            if not self._ends():
                raise self.unexpected()
        if end:
            self.demand(end)
        elif self.word.kind != "end":
            raise self.unexpected()
        return tuple(read)

    def _ends(self) -> bool:
        """Whether a statement can end here."""
        behind = self.words[self.at - 1]
        closed = behind.kind == "sign" and behind.text == "}"
        return (
            closed
            or self.word.new_line
            or self.word.kind == "end"
            or self.is_sign(";")
            or self.is_sign("}")
        )

    def statement(self) -> list[Statement]:
        self._count()
        self._deeper(1)
        try:
            if self.is_name("if"):
                return [self.choice()]
            if self.is_sign("{"):
                raise self.unexpected()
            if self.is_name(*_DECLARING[self.language]):
                return self.declared()
            if self.is_name("return"):
                self.next()
                bare = self.word.new_line or self._ends()
                return [
                    Statement(
                        "return",
                        value=None if bare else self.expression(),
                    ),
                ]
            return [self.simple()]
        finally:
            self._deeper(-1)

    def _count(self) -> None:
        self.statements += 1
        if self.statements > MOST_STATEMENTS:
            raise Untranslatable(say("脚本太长，请拆开"))

    def _deeper(self, by: int) -> None:
        self.depth += by
        if self.depth > DEEPEST:
            raise Untranslatable(say("表达式嵌套太深，请拆开"))

    def choice(self) -> Statement:
        self.next()
        self.demand("(")
        condition = self._inside(")")
        then = self.branch()
        otherwise: tuple[Statement, ...] = ()
        behind = self.at
        while self.take(";"):
            pass
        if self.is_name("else"):
            self.next()
            otherwise = self.branch()
        else:
            self.at = behind
        return Statement(
            "choice",
            value=condition,
            then=then,
            otherwise=otherwise,
        )

    def branch(self) -> tuple[Statement, ...]:
        if self.take("{"):
            return self.block("}")
        return tuple(self.statement())

    def declared(self) -> list[Statement]:
        type_ = self.next().text
        if type_ == "def" and self.is_name(*TYPES):
            type_ = self.next().text
        read = []
        while True:
            if self.word.kind != "name" or self.word.text in _UNKNOWN:
                raise self.unexpected()
            name = self.next().text
            value = None
            if self.take("="):
                value = self.expression()
            read.append(Statement("declare", name, value, type_))
            if not self.take(","):
                return read
            self._count()

    def simple(self) -> Statement:
        """An assignment, a variable set, something printed, or a value."""
        following = self.words[self.at + 1]
        if self.word.kind == "name" and following.kind == "sign":
            name = self.word.text
            if following.text in ("=", "+=", "-=", "*=", "/="):
                self.at += 2
                sign = following.text[:-1]
                return Statement("assign", name, self.expression(), sign)
            if following.text in ("++", "--"):
                self.at += 2
                one = Node("number", "1")
                return Statement("assign", name, one, following.text[0])
        if self.is_name("println", "print") and self.language == GROOVY:
            self.next()
            return Statement("print", value=self._printed())
        value = self.expression()
        return as_statement(value)

    def _printed(self) -> Node:
        """What Groovy prints: brackets around it are its own."""
        if self.take("("):
            if self.take(")"):
                return Node("text")
            return self._inside(")")
        return self.expression()

    # ---- expressions

    def expression(self) -> Node:
        self._deeper(1)
        try:
            row = self.binary(1)
            if not self._goes_on() or not self.take("?"):
                return row
            first = self.expression()
            self.demand(":")
            return Node("choice", "", (row, first, self.expression()))
        finally:
            self._deeper(-1)

    def _goes_on(self) -> bool:
        """Whether the next sign still belongs to the expression."""
        if not self.word.new_line or self.brackets:
            return True
        if self.language == JAVASCRIPT:
            return True
        return self.word.text in _GOES_ON

    def binary(self, least: int) -> Node:
        left = self.unary()
        while self.word.kind in ("sign", "name") and self._goes_on():
            sign = self.word.text
            binds = _BINDS.get(sign, 0)
            if binds < least:
                break
            if sign in _NOT_IN[self.language]:
                raise self.unexpected()
            self.operators += 1
            if self.operators > MOST_OPERATORS:
                raise Untranslatable(say("脚本太长，请拆开"))
            self.next()
            left = Node("pair", sign, (left, self.binary(binds + 1)))
        return left

    def unary(self) -> Node:
        for sign in ("!", "-"):
            if self.take(sign):
                self._deeper(1)
                node = Node("one", sign, (self.unary(),))
                self._deeper(-1)
                return node
        return self.postfix(self.atom())

    def postfix(self, row: Node) -> Node:
        before = self.depth
        while self._goes_on():
            if self.take("."):
                if self.word.kind != "name":
                    raise self.unexpected()
                name = self.next().text
                if self.is_sign("(") and not self.word.new_line:
                    row = Node("method", name, (row, *self._arguments()))
                else:
                    row = Node("member", name, (row,))
            elif self.is_sign("[") and self._follows():
                self.next()
                row = Node("place", "", (row, self._inside("]")))
            else:
                break
            self._deeper(1)
        self.depth = before
        if self.language == JAVASCRIPT and self.is_sign("("):
            # On a line of its own it would call what stands before it.
            raise self.unexpected()
        return row

    def _follows(self) -> bool:
        return not self.word.new_line or self.language == JAVASCRIPT

    def _arguments(self) -> tuple[Node, ...]:
        self.demand("(")
        return self._listed(")")

    def _inside(self, end: str) -> Node:
        self.brackets += 1
        node = self.expression()
        self.brackets -= 1
        self.demand(end)
        return node

    def _listed(self, end: str) -> tuple[Node, ...]:
        """Expressions with commas between them."""
        self.brackets += 1
        read: list[Node] = []
        while not self.is_sign(end):
            read.append(self.expression())
            if not self.is_sign(end):
                self.demand(",")
        self.brackets -= 1
        self.demand(end)
        return tuple(read)

    def atom(self) -> Node:
        word = self.word
        if word.kind in ("number", "text"):
            self.next()
            return Node(word.kind, word.text)
        if word.kind == "filled":
            self.next()
            return self.filled(word.text)
        if self.take("("):
            return self._inside(")")
        if self.take("["):
            return self.list_or_map()
        if self.language == JAVASCRIPT and self.take("{"):
            return Node("map", "", self._pairs("}"))
        if word.kind != "name" or word.text in _UNKNOWN:
            raise self.unexpected()
        self.next()
        if self.is_sign("(") and not self.word.new_line:
            return Node("call", word.text, self._arguments())
        return Node("name", word.text)

    def filled(self, written: str) -> Node:
        parts = []
        for kind, text in filled_parts(written, self.language):
            if not kind:
                parts.append(Node("text", text))
                continue
            inner = _Reader(words(text, self.language), self.language)
            inner.depth = self.depth
            parts.append(inner.expression())
            if inner.word.kind != "end":
                raise inner.unexpected()
        return Node("filled", "", tuple(parts))

    def list_or_map(self) -> Node:
        if self.language == GROOVY:
            if self.take(":"):
                self.demand("]")
                return Node("map")
            following = self.words[self.at + 1]
            if following.kind == "sign" and following.text == ":":
                return Node("map", "", self._pairs("]"))
        return Node("list", "", self._listed("]"))

    def _pairs(self, end: str) -> tuple[Node, ...]:
        """Keys and values in turn."""
        self.brackets += 1
        read: list[Node] = []
        while not self.is_sign(end):
            if self.word.kind not in ("name", "text"):
                raise self.unexpected()
            read.append(Node("text", self.next().text))
            self.demand(":")
            read.append(self.expression())
            if not self.is_sign(end):
                self.demand(",")
        self.brackets -= 1
        self.demand(end)
        return tuple(read)
