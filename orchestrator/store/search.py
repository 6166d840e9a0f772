"""Chinese search over process instances: two-character words of title, number, applicant, steps and what was
filled into forms, in the database's own text index.

Trigram indexes fail on two-character words, the most frequent length of Chinese words; see
docs/decisions/0002-search.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from orchestrator.store.base import Base, table
from orchestrator.store.user_tasks import UserTask

MAX_WORDS = 12
"""Words of a query beyond which nothing more is asked."""
MAX_TEXT = 260
MAX_CONTENT = 4_000
"""Characters of title and number, and of all else, that an instance is found by."""
MAX_GRAMS = 8_000
"""Beyond so many, nothing is added to an instance's words; on SQLite three characters count as one."""


class Grams(TypeDecorator[list[str]]):
    """Words of the index: an array with a GIN index on PostgreSQL, words in a row (for FTS5) on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(
            postgresql.ARRAY(sa.Text())
            if dialect.name == "postgresql"
            else sa.Text(),
        )

    def process_bind_param(
        self,
        value: list[str] | None,
        dialect: sa.Dialect,
    ) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return " ".join(value)

    def process_result_value(
        self,
        value: Any,
        dialect: sa.Dialect,
    ) -> list[str] | None:
        return value.split(" ") if isinstance(value, str) else value


class SearchEntry(Base):
    """What an instance is found by. PostgreSQL has a GIN index on it; on SQLite triggers keep the FTS5 table
    `search_index` equal to it."""

    __tablename__ = "search_entry"
    __table_args__ = (sa.UniqueConstraint("instance_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str] = mapped_column(sa.String(260))
    """Title and number, folded: an answer of the index is compared with it, for bigrams alone find too
    much."""
    content: Mapped[str] = mapped_column(sa.Text, server_default="")
    """The same of who applied and of what was filled into forms, a line each."""
    grams: Mapped[list[str]] = mapped_column(Grams())


def fold(text: str) -> str:
    """Lower case, full-width digits and letters as usual ones."""
    return unicodedata.normalize("NFKC", text).lower()


def words(text: str) -> list[str]:
    """The distinct words of the text, folded; what stands between punctuation and spaces is one word."""
    return list(dict.fromkeys(re.findall(r"[^\W_]+", fold(text))))


def grams(text: str) -> list[str]:
    """What the text is indexed under: the single characters and the bigrams of its words."""
    result: dict[str, None] = {}
    for word in words(text):
        result |= dict.fromkeys(word)
        result |= dict.fromkeys(
            word[start : start + 2] for start in range(len(word) - 1)
        )
    return list(result)


def entry(
    instance_id: str,
    tenant_id: str,
    title: str,
    content: Sequence[str] = (),
    also: Sequence[str] = (),
) -> dict[str, Any]:
    """A row for `add`.

    `title`: with the number; an instance that has no row yet has it among `also`, too: what is indexed, but
    compared elsewhere, as the names of steps are.
    """
    lines = [fold(line) for line in content]
    return {
        "instance_id": instance_id,
        "tenant_id": tenant_id,
        "text": fold(title)[:MAX_TEXT],
        "content": "".join(f"{line}\n" for line in lines)[:MAX_CONTENT],
        "grams": grams("\n".join([*also, *lines])[:MAX_CONTENT]),
    }


@cache
def add(dialect_name: str) -> Any:
    """The statement that makes instances findable by rows of `entry`, beside what they are found by
    already."""
    dialect: Any = postgresql if dialect_name == "postgresql" else sqlite
    # Inline: nobody asks for the row's number, which could not be read where statements are pipelined.
    return _adding(dialect_name, dialect.insert(table(SearchEntry)).inline())


def add_from(columns: Sequence[str], source: sa.Select[Any]) -> Any:
    """The same on PostgreSQL, with the columns of the query as the rows."""
    statement = postgresql.insert(table(SearchEntry))
    return _adding("postgresql", statement.from_select(columns, source, False))


def _adding(dialect_name: str, statement: Any) -> Any:
    mine = table(SearchEntry).c
    new = statement.excluded
    if dialect_name == "postgresql":
        both = mine.grams.op("||")(new.grams)
        room = sa.func.cardinality(mine.grams) < MAX_GRAMS
    else:
        both = mine.grams.op("||")(" ").op("||")(new.grams)
        room = sa.func.length(mine.grams) < 3 * MAX_GRAMS
    changed = {
        "text": new.text,
        "content": sa.func.substr(
            mine.content.op("||")(new.content),
            1,
            MAX_CONTENT,
        ),
        "grams": sa.case((room, both), else_=mine.grams),
    }
    return statement.on_conflict_do_update(
        index_elements=["instance_id"],
        set_=changed,
    )


def matching(tenant_id: str, query: str) -> sa.Select[str] | None:
    """A subquery of the ids of instances that hold every word of the query; None when it has no word. A step
    is found while its task is open."""
    wanted = words(query)[:MAX_WORDS]
    if not wanted:
        return None
    open_steps = sa.select(UserTask.id).where(
        UserTask.instance_id == SearchEntry.instance_id,
        UserTask.state == "open",
    )
    return sa.select(SearchEntry.instance_id).where(
        *_indexed(tenant_id, wanted),
        *(
            sa.or_(
                _holds(word),
                open_steps.where(_is_in(UserTask.name, word)).exists(),
            )
            for word in wanted
        ),
    )


def only_with_words(
    query: Any,
    tenant_id: str,
    text: str,
    instance_id: Any,
    step: Any,
) -> Any:
    """The query over tasks, of those that hold every word of the text only, in their instance or in the name
    of their own step. The same query for a text without words."""
    wanted = words(text)[:MAX_WORDS]
    if not wanted:
        return query
    return query.join(
        SearchEntry,
        SearchEntry.instance_id == instance_id,
    ).where(
        *_indexed(tenant_id, wanted),
        *(sa.or_(_holds(word), _is_in(step, word)) for word in wanted),
    )


def _holds(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        SearchEntry.text.contains(word, autoescape=True),
        SearchEntry.content.contains(word, autoescape=True),
    )


def _is_in(step: Any, word: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(step).contains(word, autoescape=True)


def _indexed(tenant_id: str, wanted: Sequence[str]) -> tuple[Any, ...]:
    keys = [key for word in wanted for key in _keys(word)]
    indexed = _Indexed(
        SearchEntry.grams,
        SearchEntry.id,
        sa.literal(keys, postgresql.ARRAY(sa.Text())),
        sa.literal(" ".join(f'"{key}"' for key in keys), sa.Text()),
    )
    return indexed, SearchEntry.tenant_id == tenant_id


def _keys(word: str) -> Sequence[str]:
    return [word[start : start + 2] for start in range(len(word) - 1)] or [
        word,
    ]


class _Indexed(FunctionElement[Any]):
    """(grams, id, keys as an array, keys as an FTS5 query): the index holds every key."""

    # Of a Boolean, SQLite would be asked whether it `= 1`, and walk through the table to see.
    type = sa.types.NullType()
    inherit_cache = True


@compiles(_Indexed, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, _row_id, keys, _query = element.clauses
    return (
        f"{compiler.process(column, **kw)} @> {compiler.process(keys, **kw)}"
    )


@compiles(_Indexed, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    _column, row_id, _keys, query = element.clauses
    text = f"SELECT rowid FROM search_index WHERE search_index MATCH {compiler.process(query, **kw)}"
    return f"{compiler.process(row_id, **kw)} IN ({text})"


def is_ours(
    _object: Any,
    name: str | None,
    _kind: str,
    _reflected: bool,
    _compared: Any,
) -> bool:
    """Alembic's include_object: what only one of the databases has (GIN, FTS5 and its shadows) stands in the
    migrations alone."""
    return not (name or "").startswith(
        ("search_index", "ix_search_entry_grams"),
    )
