"""Playing one scenario on a stage, step by step: VERBS says what each verb does. The first step that fails ends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.errors import FormInvalid, GridflowError, RuleViolated
from orchestrator.services import deployments
from orchestrator.services.scenarios import wording
from orchestrator.services.scenarios.office import Office
from orchestrator.services.scenarios.people import Directory, KnownPerson, Unknown
from orchestrator.services.scenarios.reading import Scenario, Step
from orchestrator.services.scenarios.stage import Stage

MINUTE = timedelta(minutes=1)
_LONG = re.compile(r"(\d+)\s*(分钟|小时|天)")
_UNITS = {"分钟": "minutes", "小时": "hours", "天": "days"}


class Failed(Exception):
    """A step did not come out as written; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Failure:
    file: str
    line: int
    scenario: str
    stage: str
    """`paper` or `office`."""
    message: str

    def __str__(self) -> str:
        where = "引擎" if self.stage == "paper" else "数据库"
        return f"{self.file} 第 {self.line} 行「{self.scenario}」（{where}）：{self.message}"


@dataclass
class Play:
    stage: Stage
    directory: Directory
    scenario: Scenario
    matters: dict[str, str] = field(default_factory=dict)
    """Name → id, in the order they were started."""
    seen: list[Any] = field(default_factory=list)
    """After each step: who was asked for what until when. Both stages must see the same."""

    def run(self) -> tuple[int, str] | None:
        """Plays it; the line and sentence of the step that failed, or None."""
        self._begin()
        for step in self.scenario.steps:
            try:
                VERBS[step.verb](self, step)
            except (Failed, Unknown) as failed:
                return step.line, str(failed)
            except GridflowError as refused:
                return step.line, f"系统没有接受：{_reasons(refused)}"
            if step.verb in ACTS and (troubles := self.stage.troubles()):
                return step.line, f"运行出现异常：{'；'.join(troubles)}"
            self.seen.append([self._situation(each) for each in self.matters.values()])
        return None

    def _begin(self) -> None:
        if self.scenario.start is not None:
            self.stage.now = self.instant(self.scenario.start)

    def _situation(self, matter: str) -> Any:
        tasks = [(each.element_id, tuple(sorted(each.bodies)), each.due_at) for each in self.stage.offered(matter)]
        return sorted(tasks, key=str), self.stage.ended_as(matter)

    # ------------------------------------------------------------------------------------------------------- words

    def matter(self, step: Step) -> str:
        if not self.matters:
            raise Failed("此前还没有发起任何事项")
        if step.matter and step.matter not in self.matters:
            raise Failed(f"此前没有称为「{step.matter}」的事项")
        return self.matters[step.matter] if step.matter else list(self.matters.values())[-1]

    def element(self, matter: str, name: str) -> str:
        return wording.element(self.stage.definition(self.stage.process_of(matter)), str(name)).id

    def called(self, matter: str, element_id: str) -> str:
        return wording.told(self.stage.definition(self.stage.process_of(matter)), element_id)

    def filled(self, step: Step) -> dict[str, Any]:
        """What `填写` says: values, the name of a filling, or several of these one over the other."""
        found: dict[str, Any] = {}
        given = step.details.get("填写") or {}
        for each in given if isinstance(given, list) else [given]:
            if isinstance(each, Mapping):
                found |= each
            elif each in self.scenario.fillings:
                found |= self.scenario.fillings[each]
            else:
                raise Failed(f"文件的「填写」里没有「{each}」")
        return found

    def person(self, step: Step) -> KnownPerson:
        if not step.details.get("由"):
            raise Failed("没有写「由」谁")
        return self.directory.person(str(step.details["由"]))

    def instant(self, moment: datetime) -> datetime:
        zone = ZoneInfo(self.directory.folder.profile.timezone)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

    def told_instant(self, moment: datetime | None) -> str:
        zone = ZoneInfo(self.directory.folder.profile.timezone)
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else "无期限"


# ---------------------------------------------------------------------------------------------------------------- acts


def _start(play: Play, step: Step) -> None:
    about = play.matters.get(str(step.details.get("关于") or "")) if step.details.get("关于") else None
    if step.details.get("关于") and about is None:
        raise Failed(f"此前没有称为「{step.details['关于']}」的事项")
    process = play.scenario.process if step.subject in (None, "") else _process(play, str(step.subject))

    def act() -> None:
        name = str(step.details.get("称为") or f"第{len(play.matters) + 1}件")
        play.matters[name] = play.stage.start(process, play.person(step), play.filled(step), about)

    _accepted(play, step, act)


def _process(play: Play, name: str) -> str:
    for key in deployments.process_keys(play.directory.folder.resources):
        if name in (key, play.stage.definition(key).name):
            return key
    raise Failed(f"没有叫「{name}」的流程")


def _complete(play: Play, step: Step) -> None:
    matter, by = play.matter(step), play.person(step)
    element_id = play.element(matter, step.subject)
    offered = [each for each in play.stage.offered(matter) if each.element_id == element_id]
    mine = [each for each in offered if play.stage.body_name(by.body.id) in map(play.stage.body_name, each.bodies)]
    if not mine:
        now_open = "、".join(play.called(matter, each.element_id) for each in play.stage.offered(matter)) or "没有待办"
        asked = "、".join(play.stage.body_name(body) for each in offered for body in each.bodies)
        raise Failed(
            f"「{step.subject}」应由{asked}办理，不是{by.body.name}"
            if offered
            else f"此时没有「{step.subject}」，有的是：{now_open}"
        )
    _accepted(play, step, lambda: play.stage.complete(mine[0], by, play.filled(step)))


def _urge(play: Play, step: Step) -> None:
    _accepted(play, step, lambda: play.stage.urge(play.matter(step), play.person(step), str(step.subject or "")))


def _merge(play: Play, step: Step) -> None:
    into = play.matters.get(str(step.details.get("并入") or ""))
    if into is None:
        raise Failed(f"此前没有称为「{step.details.get('并入')}」的事项")
    _accepted(play, step, lambda: play.stage.merge(play.matter(step), into, play.person(step), str(step.subject)))


def _void(play: Play, step: Step) -> None:
    _accepted(play, step, lambda: play.stage.void(play.matter(step), play.person(step), str(step.subject)))


def _accepted(play: Play, step: Step, act: Callable[[], None]) -> None:
    """Does it; where the scenario says that it is refused, it must be, for the reason given."""
    expected = step.details.get("被拒")
    kept, before = play.stage.remembered(), dict(play.matters)
    try:
        act()
    except GridflowError as refused:
        if expected is None:
            raise
        if str(expected) not in _reasons(refused):
            raise Failed(f"拒绝的理由应含「{expected}」，实为「{_reasons(refused)}」") from refused
        return
    if expected is None:
        return
    if isinstance(play.stage, Office):
        raise Failed(f"应被拒绝（{expected}），却被接受了")
    # What only a register refuses passes on paper: it is taken back there, and the office must refuse it.
    play.stage.restore(kept)
    play.matters = before


def _expire(play: Play, step: Step) -> None:
    """A minute before its time the timer has not fired; a minute after it, it has."""
    matter = play.matter(step)
    element_id = play.element(matter, step.subject)
    clock = next((each for each in play.stage.clocks(matter) if each.element_id == element_id), None)
    if clock is None:
        raise Failed(f"此时没有「{step.subject}」这个时限在走")
    play.stage.fire(clock.due_at - MINUTE)
    if clock.id not in [each.id for each in play.stage.clocks(matter)]:
        raise Failed(f"「{step.subject}」早于 {play.told_instant(clock.due_at)} 就触发了")
    play.stage.fire(clock.due_at + MINUTE)
    if clock.id in [each.id for each in play.stage.clocks(matter)]:
        raise Failed(f"过了 {play.told_instant(clock.due_at)}，「{step.subject}」仍未触发")


def _fails(play: Play, step: Step) -> None:
    """On paper nobody finds out that a register has changed: the scenario says which automatic step will report what error next."""
    matter = play.matter(step)
    if isinstance(play.stage, Office):
        return
    for name, code in dict(step.subject).items():
        play.stage.let_fail(matter, play.element(matter, str(name)), str(code))


def _pass(play: Play, step: Step) -> None:
    found = _LONG.fullmatch(str(step.subject).strip())
    if found is None:
        raise Failed(f"「{step.subject}」应写成 24小时、3天、30分钟 这样")
    _reach(play, play.stage.now + timedelta(**{_UNITS[found[2]]: int(found[1])}))


def _move(play: Play, step: Step) -> None:
    try:
        moment = step.subject if isinstance(step.subject, datetime) else datetime.fromisoformat(str(step.subject))
    except ValueError:
        raise Failed(f"「{step.subject}」应写成 2026-11-20 09:00 这样") from None
    _reach(play, play.instant(moment))


def _reach(play: Play, until: datetime) -> None:
    """Timers fire one after the other on the way, each when it is due."""
    if until < play.stage.now:
        raise Failed(f"时间不能倒回到 {play.told_instant(until)}，现在是 {play.told_instant(play.stage.now)}")
    while due := [clock for clock in play.stage.clocks() if clock.due_at <= until]:
        play.stage.fire(max(due[0].due_at, play.stage.now))
    play.stage.fire(until)


# -------------------------------------------------------------------------------------------------------- expectations


def _open(play: Play, step: Step) -> None:
    """Exactly these tasks are open; with `{任务: 机构}`, exactly for these bodies."""
    matter = play.matter(step)
    offered = play.stage.offered(matter)
    wanted = step.subject if isinstance(step.subject, Mapping) else dict.fromkeys(_list(step.subject))
    expected = {play.element(matter, str(name)) for name in wanted}
    there = {each.element_id for each in offered}
    if expected != there:
        raise Failed(
            f"待办应为 {'、'.join(map(str, wanted)) or '无'}，"
            f"实为 {'、'.join(play.called(matter, each) for each in sorted(there)) or '无'}"
        )
    for name, bodies in wanted.items():
        if bodies is None:
            continue
        element_id = play.element(matter, str(name))
        asked = {play.stage.body_name(body) for each in offered if each.element_id == element_id for body in each.bodies}
        if asked != set(_list(bodies)):
            raise Failed(f"「{name}」应由{'、'.join(_list(bodies))}办理，实为{'、'.join(sorted(asked))}")


def _due(play: Play, step: Step) -> None:
    matter = play.matter(step)
    for name, moment in dict(step.subject).items():
        element_id = play.element(matter, str(name))
        dates = [each.due_at for each in play.stage.offered(matter) if each.element_id == element_id]
        wanted = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
        if play.instant(wanted) not in dates:
            told = "、".join(play.told_instant(each) for each in dates) or "没有这项待办"
            raise Failed(f"「{name}」应于 {wanted:%Y-%m-%d %H:%M} 到期，实为 {told}")


def _ended(play: Play, step: Step) -> None:
    matter = play.matter(step)
    ended = play.stage.ended_as(matter)
    if ended is None:
        still = "、".join(play.called(matter, each.element_id) for each in play.stage.offered(matter))
        raise Failed(f"应已办结（{step.subject}），却仍有待办：{still or '无'}")
    if ended != play.element(matter, step.subject):
        raise Failed(f"应以「{step.subject}」办结，实为「{play.called(matter, ended)}」")


def _data(play: Play, step: Step) -> None:
    there = play.stage.variables(play.matter(step))
    for name, value in dict(step.subject).items():
        if there.get(name) != value:
            raise Failed(f"数据「{name}」应为 {value}，实为 {there.get(name)}")


def _recorded(play: Play, step: Step, office: Office) -> None:
    lines = office.record(play.matter(step))
    for text in _list(step.subject):
        if not any(text in line for line in lines):
            raise Failed(f"记载中没有「{text}」")


def _filed(play: Play, step: Step, office: Office) -> None:
    there = [office.body_name(each) for each in office.filed_with(play.matter(step))]
    if sorted(there) != sorted(_list(step.subject)):
        raise Failed(f"应报 {'、'.join(_list(step.subject)) or '无'} 备案，实报 {'、'.join(there) or '无'}")


def _listed(play: Play, step: Step, office: Office) -> None:
    for place, names in dict(step.subject).items():
        missing = set(_list(names)) - office.items_on(play.directory.place(str(place)).code)
        if missing:
            raise Failed(f"{place}的清单上没有 {'、'.join(sorted(missing))}")


def _not_listed(play: Play, step: Step, office: Office) -> None:
    for place, names in dict(step.subject).items():
        there = set(_list(names)) & office.items_in_force(play.directory.place(str(place)).code)
        if there:
            raise Failed(f"{place}的清单上仍有 {'、'.join(sorted(there))}")


def _grids(play: Play, step: Step, office: Office) -> None:
    missing = set(_list(step.subject)) - office.grids()
    if missing:
        raise Failed(f"没有网格 {'、'.join(sorted(missing))}")


def _no_grids(play: Play, step: Step, office: Office) -> None:
    there = set(_list(step.subject)) & office.grids()
    if there:
        raise Failed(f"仍有网格 {'、'.join(sorted(there))}")


def _public(play: Play, step: Step, office: Office) -> None:
    """`{公示标题中的文字: 应写有的文字}`."""
    for title, texts in dict(step.subject).items():
        bodies = [body for known, body in office.notices() if str(title) in known]
        if not bodies:
            raise Failed(f"没有标题含「{title}」的公示")
        for text in _list(texts):
            if not any(text in body for body in bodies):
                raise Failed(f"「{title}」的公示没有写「{text}」")


def _at_office(look: Callable[[Play, Step, Office], None]) -> Callable[[Play, Step], None]:
    """What is written in the registers can only be looked up where there are any."""

    def verb(play: Play, step: Step) -> None:
        if isinstance(play.stage, Office):
            look(play, step, play.stage)

    return verb


VERBS: Mapping[str, Callable[[Play, Step], None]] = {
    "发起": _start,
    "办理": _complete,
    "催办": _urge,
    "并案": _merge,
    "作废": _void,
    "到期": _expire,
    "经过": _pass,
    "时间": _move,
    "应出错": _fails,
    "应有待办": _open,
    "应在期限": _due,
    "应办结": _ended,
    "应有数据": _data,
    "应有记载": _at_office(_recorded),
    "备案应报": _at_office(_filed),
    "清单应有": _at_office(_listed),
    "清单应无": _at_office(_not_listed),
    "网格应有": _at_office(_grids),
    "网格应无": _at_office(_no_grids),
    "公示应有": _at_office(_public),
}
ACTS = frozenset({"发起", "办理", "催办", "并案", "作废", "到期", "经过", "时间"})


def _list(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)] if value not in (None, "") else []


def _reasons(refused: GridflowError) -> str:
    if isinstance(refused, FormInvalid):
        return "；".join(sentence for sentences in refused.errors.values() for sentence in sentences)
    return "；".join(refused.reasons) if isinstance(refused, RuleViolated) else str(refused)
