"""What differs between two profiles of a jurisdiction, in an official's words: all that a profile says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from orchestrator.domain.deadlines import length_in_words
from orchestrator.domain.jurisdiction import (
    Article,
    DeadlineRule,
    Jurisdiction,
    in_words,
)
from orchestrator.sentences import say
from orchestrator.services.designing.profile_words import (
    PARTS,
    SECTION_OF,
    attributes,
    said,
)

_NAMED_BY = ("label", "heading", "name", "text")
_KEYS = ("id", "key")


@dataclass(frozen=True, slots=True)
class ProfileDifference:
    kind: str
    """`added`, `removed` or `changed`."""
    section: str
    """Name of the editor's section that has it."""
    key: str
    """Of the entry; empty where it is no entry."""
    told: str


def compare_profiles(
    before: Jurisdiction,
    after: Jurisdiction,
) -> list[ProfileDifference]:
    """Everything that differs."""
    profile_differences: list[ProfileDifference] = []
    for part, label in PARTS.items():
        section = SECTION_OF.get(part, "office")
        here = _Part(section, label, before, after)
        profile_differences += here.between(
            getattr(before, part), getattr(after, part)
        )
    return profile_differences


@dataclass(frozen=True, slots=True)
class _Part:
    section: str
    label: str
    before: Jurisdiction
    after: Jurisdiction

    def between(self, old: Any, new: Any) -> Iterator[ProfileDifference]:
        if old == new:
            return
        if _is_table(old) or _is_table(new):
            yield from self._entries(_keyed(old), _keyed(new))
        elif is_dataclass(old) and is_dataclass(new):
            yield from self._attributes("", old, new)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self._pairs(old, new)
        elif old is None:
            sentence = say("新增{label}", label=self.label)
            yield self._made("added", "", sentence)
        elif new is None:
            sentence = say("取消{label}", label=self.label)
            yield self._made("removed", "", sentence)
        else:
            yield self._changed("", self.label, ("", old), ("", new))

    def _entries(
        self,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
    ) -> Iterator[ProfileDifference]:
        for key in [value for value in new if value not in old]:
            called = _called(key, new[key])
            sentence = say(
                "新增{label}“{called}”",
                label=self.label,
                called=called,
            )
            yield self._made("added", key, sentence)
        for key in [value for value in old if value not in new]:
            called = _called(key, old[key])
            sentence = say(
                "删去{label}“{called}”",
                label=self.label,
                called=called,
            )
            yield self._made("removed", key, sentence)
        for key in [value for value in new if value in old]:
            yield from self._attributes(key, old[key], new[key])

    def _attributes(
        self,
        key: str,
        old: Any,
        new: Any,
    ) -> Iterator[ProfileDifference]:
        called = self.label
        if key:
            called = say(
                "{label}“{called}”",
                label=self.label,
                called=_called(key, old),
            )
        taken: tuple[str, ...] = ()
        if isinstance(old, DeadlineRule):
            # How long it is is said in one sentence.
            taken = ("amount", "unit", "until")
            if _length(old) != _length(new):
                sentence = say(
                    "时限“{label}”由 {then}改为 {now}",
                    label=new.label,
                    then=_length(old),
                    now=_length(new),
                )
                yield self._made("changed", key, sentence)
        for name, label in attributes(new):
            then = getattr(old, name)
            now = getattr(new, name)
            if then == now or name in taken:
                continue
            if _is_table(then) or _is_table(now):
                below = _Part(self.section, label, self.before, self.after)
                yield from below._entries(_keyed(then), _keyed(now))
            elif is_dataclass(then) and is_dataclass(now):
                below = _Part(self.section, label, self.before, self.after)
                yield from below._attributes("", then, now)
            elif name == "wordings":
                sentence = say("{called}的原文有修改", called=called)
                yield self._made("changed", key, sentence)
            else:
                sentence = say("{called}的{label}", called=called, label=label)
                yield self._changed(key, sentence, (name, then), (name, now))

    def _pairs(
        self,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
    ) -> Iterator[ProfileDifference]:
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) == new.get(key):
                continue
            called = say("{label}“{called}”", label=self.label, called=key)
            yield self._changed(
                key,
                called,
                ("", old.get(key)),
                ("", new.get(key)),
            )

    def _changed(
        self,
        key: str,
        called: str,
        old: tuple[str, Any],
        new: tuple[str, Any],
    ) -> ProfileDifference:
        sentence = say(
            "{called}由“{then}”改为“{now}”",
            called=called,
            then=said(*old, self.before),
            now=said(*new, self.after),
        )
        return self._made("changed", key, sentence)

    def _made(self, kind: str, key: str, sentence: str) -> ProfileDifference:
        return ProfileDifference(kind, self.section, key, sentence)


def _length(rule: DeadlineRule) -> str:
    return length_in_words(rule.amount, rule.unit, rule.until)


def _is_table(value: Any) -> bool:
    """Whether it holds values that have a name of their own."""
    if isinstance(value, Mapping):
        return bool(value) and all(is_dataclass(v) for v in value.values())
    if isinstance(value, tuple):
        return bool(value) and all(_key(entry) for entry in value)
    return False


def _keyed(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return {_key(entry): entry for entry in value}


def _key(value: Any) -> str:
    for name in _KEYS:
        if is_dataclass(value) and hasattr(value, name):
            return str(getattr(value, name))
    return ""


def _called(key: str, value: Any) -> str:
    if isinstance(value, Article):
        return f"{in_words(value.number)} {value.heading}"
    for name in _NAMED_BY:
        if getattr(value, name, ""):
            return str(getattr(value, name))
    return key
