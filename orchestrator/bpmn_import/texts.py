"""The texts of a diagram that a language stands in: conditions, templates, times. Each becomes ours, or stays
as the checks refuse it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from orchestrator.bpmn_import import python_text, relative_times, times_given
from orchestrator.engine import (
    cells,
    expressions,
    languages,
    time_results,
    timers,
    truths,
)
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say, sentence_of

_WRAPPED = re.compile(
    r"^[$#]\{(?P<inner>[^{}]*)\}$",
    re.DOTALL,
)
_PART = re.compile(r"[$#]\{(?P<inner>[^{}]*)\}")
_ours: ContextVar[bool] = ContextVar("texts_are_ours", default=False)
_STRING = r"\"([^\"\\]*)\""
_FEEL_STRING = re.compile(rf"^{_STRING}$")
_FEEL_STRINGS = re.compile(rf"^\[\s*{_STRING}(?:\s*,\s*{_STRING})*\s*\]$")
_FEEL_TIMES = (
    (re.compile(rf"^(?:now\(\)\s*\+\s*)?duration\(\s*{_STRING}\s*\)$"), "{0}"),
    (re.compile(rf"^(?:date and time|date)\(\s*{_STRING}\s*\)$"), "{0}"),
    (re.compile(rf"^cycle\(\s*duration\(\s*{_STRING}\s*\)\s*\)$"), "R/{0}"),
    (
        re.compile(
            rf"^cycle\(\s*(\d+)\s*,\s*duration\(\s*{_STRING}\s*\)\s*\)$",
        ),
        "R{0}/{1}",
    ),
)
_FEEL_CYCLE = re.compile(r"^cycle\((?P<given>.*)\)$", re.DOTALL)
_TIME_OF_TEXT = re.compile(
    r"(?P<quoted>\"(?:[^\"\\]|\\.)*\")"
    r"|\b(?P<kind>duration|date and time|date)\(\s*"
    r"(?:\"(?P<text>[^\"\\]*)\"|(?P<name>[^\W\d][\w.]*))\s*\)(?!\s*\.)"
    r"|@\"(?P<at>[^\"\\]*)\"(?!\s*\.)",
)
"""`duration("P1D")`, `date and time(due)`, `@"P1D"`; other quoted text stays as it is, and so does
one of which a part is read."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    """As it stands in our diagram."""
    problem: str = ""
    """Why it is not ours, as a Chinese clause; then the deployment checks refuse the text."""


@contextmanager
def written_here(ours: bool) -> Iterator[None]:
    """Inside the block, texts that are expressions of ours mean what they say here, if the file is `ours`."""
    token = _ours.set(ours)
    try:
        yield
    finally:
        _ours.reset(token)


def are_ours() -> bool:
    """Whether the file that is read was drawn or imported here."""
    return _ours.get()


def _is_feel(text: str) -> bool:
    """Whether the sign of FEEL stands in front. In a file of ours it only keeps the checks from letting pass
    what an import could not translate."""
    return text.startswith("=") and not _ours.get()


def as_feel(read: Callable[[str], Text], text: str) -> Text:
    """The text read as FEEL, whoever wrote the file: its language is named beside it."""
    with written_here(False):
        return read(f"={text.removeprefix('=')}")


def _means_otherwise(inner: str, asks: bool = False) -> bool:
    if _ours.get():
        return False
    return truths.means_otherwise(inner) or (
        asks and not truths.is_ours_alone(inner) and not truths.is_truth(inner)
    )


def condition(text: str) -> Text:
    """A collection, a number or another value: an expression by itself."""
    return _expression(text, languages.plain_feel, languages.from_juel)


def truth(text: str) -> Text:
    """A whole condition: what is no truth where the file comes from is none here."""
    return _expression(
        text,
        languages.truth_of_feel,
        languages.truth_of_juel,
        True,
    )


def _expression(
    text: str,
    from_feel: Callable[[str], str],
    from_juel: Callable[[str], str],
    asks: bool = False,
) -> Text:
    """`asks`: whether a truth is asked for."""
    text = text.strip()
    if _is_feel(text):
        try:
            return Text(from_feel(text[1:]))
        except Untranslatable as reason:
            return Text(
                text,
                str(reason),
            )
    wrapped = _WRAPPED.match(text)
    problem = languages.objection(text)
    if not problem and not (
        wrapped
        and _means_otherwise(
            wrapped["inner"],
            asks,
        )
    ):
        return Text(text)
    if wrapped is None:
        ours = python_text.expression(text)
        if ours is not None and not languages.objection(ours):
            return Text(ours)
        return Text(
            text if _refused(text) else f"= {text}",
            problem,
        )
    try:
        return Text(from_juel(wrapped["inner"]))
    except Untranslatable as reason:
        return Text(
            text if _refused(text) else f"= {wrapped['inner'].strip()}",
            str(reason),
        )


def template(text: str) -> Text:
    """A text with `${…}` parts, or a FEEL expression that gives one."""
    text = text.strip()
    if _is_feel(text):
        return _feel_template(text[1:].strip())
    problems = []

    def part(match: re.Match[str]) -> str:
        inner = match["inner"].strip()
        if not languages.objection(inner) and not _means_otherwise(inner):
            return match[0]
        try:
            return f"${{{languages.from_juel(inner)}}}"
        except Untranslatable as reason:
            problems.append(str(reason))
            if _refused(inner):
                return match[0]
            return f"${{= {inner}}}"

    return Text(
        _PART.sub(part, text),
        problems[0] if problems else "",
    )


def names(text: str) -> Text:
    """As `template`; a list of written names is the names with commas between them."""
    text = text.strip()
    if _is_feel(text) and _FEEL_STRINGS.match(text[1:].strip()):
        return Text(",".join(re.findall(_STRING, text)))
    return template(text)


def time(text: str, form: str = "timeDuration") -> Text:
    """A timer's or due date's text: ISO 8601, `deadline:NAME`, or a template."""
    text = text.strip()
    if _is_feel(text):
        result = _feel_time(text[1:].strip(), form)
        if result.problem or "${" in result.text:
            return result
        return _checked(form, result.text)
    lasting = relative_times.of_expressions(text)
    if lasting and form != "timeCycle":
        return Text(lasting)
    if "${" in text or "#{" in text:
        return _lasting(template(text.replace("#{", "${")), form)
    return _checked(
        form,
        timers.strip_quotes(text),
    )


def follow_up(text: str) -> Text:
    """As `due`; today is one."""
    return due(text, time_results.FOLLOW_UP)


def due(
    text: str,
    form: str = "timeDuration",
) -> Text:
    """As `time`; what is no time stays as something that the checks refuse, for they do not look at due dates
    by themselves."""
    result = time(text, form)
    if not result.problem or "${" in result.text:
        return result
    return Text(
        refused(result.text),
        result.problem,
    )


def refused(text: str) -> str:
    """The text as a template that no check lets pass, so that nobody publishes it unseen."""
    return f"${{= {text.strip().lstrip('=').strip().translate(str.maketrans('{}', '（）'))}}}"


def _feel_template(inner: str) -> Text:
    if match := _FEEL_STRING.match(inner):
        return Text(match[1])
    try:
        ours = languages.plain_feel(inner)
    except Untranslatable as reason:
        return Text(
            refused(inner),
            str(reason),
        )
    return _in_template(ours, inner)


def _in_template(ours: str, inner: str) -> Text:
    if "{" in ours or "}" in ours:
        return Text(
            refused(inner),
            say("文字里的花括号本系统读不到"),
        )
    return Text(f"${{{ours}}}")


def _lasting(result: Text, form: str) -> Text:
    """The template, told where no time can come of it."""
    match = _WRAPPED.match(result.text)
    if result.problem or match is None:
        return result
    problem = time_results.objection(match["inner"], form)
    if problem:
        return Text(refused(match["inner"]), problem)
    return result


def _feel_time(inner: str, form: str) -> Text:
    for pattern, ours in _FEEL_TIMES:
        if match := pattern.match(inner):
            return Text(ours.format(*match.groups()))
    if form == "timeCycle":
        return _worked_out(_cycle(inner), form)
    # A time is a text here: what makes one of a text leaves it as it is.
    written = _TIME_OF_TEXT.sub(times_given.marked, inner)
    if written == inner:
        return _worked_out(inner, form)
    translated: str | None = None
    with suppress(Untranslatable):
        translated = times_given.unmarked(languages.plain_feel(written))
    if translated is None:
        return _worked_out(inner, form)
    if match := _FEEL_STRING.match(translated):
        return Text(match[1])
    return _at_once(_lasting(_in_template(translated, inner), form))


def _cycle(inner: str) -> str:
    """Camunda 8's `cycle(…)` as the text that it makes; anything else as it is."""
    match = _FEEL_CYCLE.match(inner)
    if match is None:
        return inner
    given = match["given"]
    if not given.strip():
        return inner
    times, *durations = cells.split(given, ",")
    if not durations:
        return f'"R/" + string({times.strip()})'
    if len(durations) > 1:
        return inner
    return f'"R" + string({times}) + "/" + string({durations[0].strip()})'


def _worked_out(inner: str, form: str) -> Text:
    """A time that is worked out."""
    return _at_once(_lasting(_feel_template(inner), form))


def _at_once(result: Text) -> Text:
    """The time, of which one below zero is over at once, as in Camunda 8."""
    match = _WRAPPED.match(result.text)
    if result.problem or match is None:
        return result
    return Text(f"${{{time_results.at_once(match['inner'])}}}")


def _checked(form: str, text: str) -> Text:
    try:
        timers.check_text(form, text)
    except timers.TimerTextInvalid as invalid:
        return Text(
            text,
            sentence_of(invalid),
        )
    return Text(text)


def _refused(text: str) -> bool:
    """Whether the deployment checks refuse it by themselves; a function's name used as a variable they let
    pass."""
    try:
        expressions.compile_checked(text)
    except expressions.ExpressionRefused:
        return True
    return False
