"""Where the regulations live: procedures by city with articles and scenarios, and for each city a line for
every article.

Made from diagrams, profiles, scenarios and a file of remarks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.jurisdiction.citations import provision
from orchestrator.engine import Definition, load_definition
from orchestrator.engine.model import Element, Process
from orchestrator.services.deployments import process_keys
from orchestrator.services.jurisdictions import folder as folders
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.scenario_files import Scenario
from orchestrator.services.simulation.vocabulary import readings


@dataclass(frozen=True, slots=True)
class Procedure:
    """A row of the matrix."""

    name: str
    processes: tuple[str, ...]
    """Keys of the processes that carry it."""
    verbs: tuple[str, ...] = ()
    """Steps of a scenario that prove it wherever they stand; empty where going through a decision does."""


PROCEDURES = (
    Procedure("编制事项清单", ("item_list_compilation",)),
    Procedure("事项准入", ("item_admission",)),
    Procedure("事项退出", ("item_exit",)),
    Procedure("网格划分与调整", ("grid_adjustment", "grid_division")),
    Procedure("公示", ("publish",), ("公示应有",)),
    Procedure(
        "备案",
        (
            "file_with_higher_level",
            "file_with_competent_department",
            "file_list_with_competent_department",
        ),
        ("备案应报",),
    ),
    Procedure("事件办理", ("case_handling",)),
    Procedure(
        "延期、挂账、督办",
        ("deadline_extension", "deadline_suspension", "supervision"),
    ),
    Procedure("交办", ("assignment",)),
    Procedure("例行工作（巡查走访）", ("routine_work",)),
    Procedure("清单外事项的拒绝", ("off_list_refusal",)),
)


@dataclass(frozen=True)
class _City:
    profile: Jurisdiction
    processes: Mapping[str, Process]
    definitions: Sequence[Definition]
    """The procedures that somebody or something starts."""
    scenarios: Sequence[Scenario]

    def of_name(self, name: str) -> Process | None:
        """The procedure that a scenario calls so."""
        keys = [
            key
            for reading in readings(name)
            for key in self.processes
            if reading == key
        ]
        named = [
            key
            for reading in readings(name)
            for key, one in self.processes.items()
            if reading == one.name
        ]
        return next((self.processes[key] for key in [*keys, *named]), None)


def pages(cities: Path, remarks: Path) -> dict[str, str]:
    """File name → text of each page of docs/regulations. `remarks`: the folder with a CSV file for each city.

    Raises RuleViolated for a folder that cannot be read, KeyError for a city without remarks.
    """
    names = sorted(
        path.parent.name for path in cities.glob("*/jurisdiction.toml")
    )
    read = {
        name: _read(cities / name)
        for name in names
        if name != folders.TEMPLATE
    }
    result = {"matrix.md": _matrix(list(read.values()))}
    for name, city in read.items():
        result[f"{name}.md"] = _articles(
            city,
            _remarks(remarks / f"{name}.csv"),
        )
    return result


def _read(folder: Path) -> _City:
    resources = folders.resources(folder)
    started = [
        load_definition(resources, key) for key in process_keys(resources)
    ]
    processes = {
        key: process
        for definition in started
        for key, process in definition.processes.items()
    }
    files = scenario_files.read_resources(folder.name, resources)
    return _City(
        folders.read(folder).profile,
        dict(sorted(processes.items())),
        started,
        [scenario for file in files for scenario in file.scenarios],
    )


def _remarks(file: Path) -> dict[str, str]:
    with file.open(encoding="utf-8", newline="") as source:
        return {row["article"]: row["where"] for row in csv.DictReader(source)}


# ----
# the matrix


def _matrix(cities: Sequence[_City]) -> str:
    lines = [
        "# 程序与城市",
        "",
        "由 `./gridflow flask regulations` 根据流程图、配置和情景生成。每格是流程图引用的条文，和证明它的情景"
        "（`./gridflow scenarios` 演练）：只计走过这一程序作出决定的步骤的，"
        "公示、备案计核对其结果的；“—”指该市没有这一程序的流程图。",
        "",
        "| 程序 | " + " | ".join(city.profile.name for city in cities) + " |",
        "| --- " * (len(cities) + 1) + "|",
    ]
    for procedure in PROCEDURES:
        cells = " | ".join(_cell(city, procedure) for city in cities)
        lines.append(f"| {procedure.name} | {cells} |")
    for procedure in PROCEDURES:
        lines += ["", f"## {procedure.name}"]
        for city in cities:
            proofs = _proofs(city, procedure)
            if proofs:
                lines += ["", f"**{city.profile.name}**", ""]
                lines += [
                    f"- `{proof.file}`：{proof.name}" for proof in proofs
                ]
    return "\n".join(lines) + "\n"


def _cell(city: _City, procedure: Procedure) -> str:
    drawn = [
        city.processes[key]
        for key in procedure.processes
        if key in city.processes
    ]
    if not drawn:
        return "—"
    elements = [
        element
        for one in city.processes.values()
        for element in one.elements.values()
        if one in drawn or element.called in procedure.processes
    ]
    cited = {
        citation for element in elements for citation in element.citations
    }
    articles = sorted(
        {provision(value) for value in cited} - {"default"},
        key=_order,
    )
    sentence = (
        "、".join(in_words(article) for article in articles) or "默认设置"
    )
    return f"{sentence}；情景 {len(_proofs(city, procedure))} 个"


def _proofs(city: _City, procedure: Procedure) -> list[Scenario]:
    """The scenarios that prove it: those that look for what it brings about, or go through one of its
    decisions."""
    if procedure.verbs:
        return [
            scenario
            for scenario in city.scenarios
            if any(step.verb in procedure.verbs for step in scenario.steps)
        ]
    return [
        scenario
        for scenario in city.scenarios
        if _decided(city, scenario) & set(procedure.processes)
    ]


def _decided(city: _City, scenario: Scenario) -> set[str]:
    """Keys of the procedures of which the scenario completes a decisive step."""
    instances: dict[str, Process] = {}
    results = set()
    for step in scenario.steps:
        if step.details.get("被拒"):
            continue
        if step.verb == "发起" and (
            begun := city.of_name(str(step.subject or scenario.process))
        ):
            instances[
                str(step.details.get("称为") or f"第{len(instances) + 1}件")
            ] = begun
        if step.verb == "办理" and instances:
            of = (
                instances.get(step.instance_name)
                or list(instances.values())[-1]
            )
            if str(step.subject) in _decisive(of):
                results.add(of.id)
    return results


def _decisive(process: Process) -> set[str]:
    """Ids and names of the user tasks on whose answer the way depends; all of them where none does."""
    tasks = [
        element
        for element in process.elements.values()
        if element.type == "userTask"
    ]
    deciding = [task for task in tasks if _leads_to_a_choice(process, task.id)]
    chosen = deciding or tasks
    return {element.id for element in chosen} | {
        element.name for element in chosen
    }


def _leads_to_a_choice(process: Process, element_id: str) -> bool:
    """Whether what follows the element, past gateways that only join, is a gateway that chooses."""
    flows = [flow for scope in process.scopes.values() for flow in scope.flows]
    at = element_id
    seen = set[str]()
    while at not in seen:
        seen.add(at)
        onward = [flow.target for flow in flows if flow.source == at]
        kind = process.elements[at].type
        if at != element_id and not kind.endswith("Gateway"):
            return False
        if len(onward) > 1:
            return kind in ("exclusiveGateway", "inclusiveGateway")
        if not onward:
            return False
        at = onward[0]
    return False


# ----
# the articles of a city


def _articles(city: _City, remarks: Mapping[str, str]) -> str:
    used: dict[str, dict[str, None]] = {}
    for article, where in _uses(city):
        used.setdefault(article, {})[where] = None
    lines = [
        f"# {city.profile.regulation.title}",
        "",
        f"由 `./gridflow flask regulations` 生成：流程图和时限里的引用来自文件，其余一句写在 "
        f"`docs/regulations/{city.profile.key}.csv`。“未做”指本产品还没有。",
        "",
        "| 条文 | 在哪里 | 引用它的步骤和时限 |",
        "| --- | --- | --- |",
    ]
    for article in sorted({*used, *remarks}, key=_order):
        steps = "；".join(used.get(article, ()))
        lines.append(
            f"| {in_words(article)} | {remarks.get(article, '')} | {steps} |",
        )
    return "\n".join(lines) + "\n"


def _uses(city: _City) -> Iterator[tuple[str, str]]:
    """(article, where) of every citation in the city's diagrams and deadlines."""
    for process in city.processes.values():
        running = [
            definition
            for definition in city.definitions
            if process.id in definition.processes
        ]
        for element in process.elements.values():
            where = f"{process.name}“{element.name}”"
            for cited in _grounds(running, element):
                if cited != "default" and element.name:
                    yield provision(cited), where
    for rule in city.profile.deadlines.values():
        if rule.citation != "default":
            yield provision(rule.citation), f"时限“{rule.label}”"


def _grounds(running: Sequence[Definition], element: Element) -> list[str]:
    """What the element rests on in any of the procedures in which it runs."""
    return [
        cited
        for definition in running
        for cited in definition.grounds_of(element.id)
    ]


_PARTS = "一二三四五六七八九十"


def _order(article: str) -> tuple[int, int, str]:
    """Articles in the order of the text: numbers, then parts, annexes and companion documents."""
    if article.isdecimal():
        return 0, int(article), ""
    head, _dash, number = article.partition("-")
    if head in _PARTS and number.isdecimal():
        return 1, _PARTS.index(head) * 100 + int(number), ""
    return 2, int(number) if number.isdecimal() else 0, head
