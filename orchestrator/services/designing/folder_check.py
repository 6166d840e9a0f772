"""Everything that is missing or contradictory in a jurisdiction folder, told with file and line, before
anything is loaded."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.domain.jurisdiction import FUNCTIONS, Jurisdiction
from orchestrator.domain.jurisdiction.functions import PLATFORM
from orchestrator.engine import Definition, deadline_names, load_definition
from orchestrator.errors import DeploymentRefused, Finding, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import deployments
from orchestrator.services.jurisdictions import folder as folders
from orchestrator.services.simulation import scenario_files as scenarios

PROCEDURES = {
    "item_admission": say("事项准入"),
    "item_exit": say("事项退出"),
    "grid_adjustment": say("网格划分与调整"),
    "case_handling": say("事件办理"),
}
"""What every jurisdiction is expected to have; the process key is the file's stem."""


@dataclass(frozen=True, slots=True)
class FolderRemark:
    """A line for whoever writes the folder."""

    severity: str
    """`error`: it cannot be loaded so. `note`: it can, but something is probably forgotten."""
    message: str
    """File, line and what to do."""


def new_city(key: str, folder: Path) -> Path:
    """Copies the template to the folder under that key; returns the folder.

    Raises RuleViolated where the key cannot be one, the folder's name is another, or the folder is there.
    """
    reasons = []
    if not re.fullmatch("[a-z][a-z0-9-]{1,39}", key) or key in (
        folders.TEMPLATE,
        folders.SHARED.name,
    ):
        reasons.append(
            say(
                "城市编号“{key}”应以小写字母开头，由 2 至 40 个小写字母、数字或连字符组成，例如 suzhou",
                key=key,
            ),
        )
    if folder.name != key:
        reasons.append(
            say(
                "文件夹应与城市编号同名：{parent}", parent=folder.parent / key
            ),
        )
    if folder.exists():
        reasons.append(
            say("{folder} 已经存在，请换一个位置或编号", folder=folder),
        )
    if reasons:
        raise RuleViolated(reasons)
    shutil.copytree(folders.SHARED.parent / folders.TEMPLATE, folder)
    _rewrite(
        folder / "jurisdiction.toml",
        f'key = "{folders.TEMPLATE}"',
        f'key = "{key}"',
    )
    # A user name belongs to one city of a database.
    _rewrite(folder / "people.csv", "\nt-", f"\n{key}-")
    for file in (folder / "scenarios").glob("*.yaml"):
        _rewrite(file, " t-", f" {key}-")
        _rewrite(file, f'"{folders.TEMPLATE}:', f'"{key}:')
    return folder


def _rewrite(file: Path, old: str, new: str) -> None:
    file.write_text(
        file.read_text(encoding="utf-8").replace(old, new),
        encoding="utf-8",
    )


def check(folder: Path) -> list[FolderRemark]:
    """What is wrong with the folder, errors first; needs no database."""
    try:
        given = folders.read(folder)
    except RuleViolated as refused:
        return [FolderRemark("error", reason) for reason in refused.reasons]
    folder_remarks = list(_procedures(folder))
    try:
        inspected = deployments.inspect(given.resources)
    except DeploymentRefused as refused:
        folder_remarks += [
            _told(folder, finding, given.resources)
            for finding in refused.findings
            if finding.severity == "error"
        ]
        return folder_remarks
    folder_remarks += [
        _told(folder, note, given.resources)
        for note in inspected.notes
        if note.rule == "citation-missing"
    ]
    definitions = [
        load_definition(given.resources, key)
        for key in deployments.process_keys(given.resources)
    ]
    folder_remarks += _profile(folder, given.profile, definitions)
    folder_remarks += _people(folder, given, definitions)
    folder_remarks += _scenarios(folder, given.resources, definitions)
    return sorted(
        folder_remarks, key=lambda folder_remark: folder_remark.severity
    )


def _procedures(folder: Path) -> Iterator[FolderRemark]:
    for key, name in PROCEDURES.items():
        if not (folder / f"{key}.bpmn").exists():
            yield FolderRemark(
                "error",
                say(
                    "{name}：没有“{called}”的流程图，请画好后存为 {key}.bpmn",
                    name=folder.name,
                    called=name,
                    key=key,
                ),
            )


def _profile(
    folder: Path,
    profile: Jurisdiction,
    definitions: list[Definition],
) -> Iterator[FolderRemark]:
    where = f"{folder.name}/jurisdiction.toml"
    if profile.key != folder.name:
        yield FolderRemark(
            "error",
            say(
                "{where}：key 写的是“{key}”，应与文件夹同名“{name}”",
                where=where,
                key=profile.key,
                name=folder.name,
            ),
        )
    yield from _unused_deadlines(where, profile, definitions)
    yield from _notice(where, profile)
    yield from _items(where, profile)
    for function in PLATFORM:
        if not profile.roles_of(function):
            yield FolderRemark(
                "error",
                say(
                    "{where}：职能“{function}”（{functions}）没有角色承担，请在 [functions] 中写明",
                    where=where,
                    function=function,
                    functions=FUNCTIONS[function],
                ),
            )
    if not profile.grid.code:
        yield FolderRemark(
            "error",
            say("{where}：[grid] 没有 code，新网格编不出编码", where=where),
        )


def _unused_deadlines(
    where: str,
    profile: Jurisdiction,
    definitions: list[Definition],
) -> Iterator[FolderRemark]:
    text = "\n".join(
        str(element)
        for definition in definitions
        for element in definition.elements.values()
    )
    used = deadline_names.all_named(text)
    for name, rule in profile.deadlines.items():
        if name not in used:
            yield FolderRemark(
                "note",
                say(
                    "{where}：时限“{label}”（{name}）没有流程用到，请核对是否写错名称或可以删去",
                    where=where,
                    label=rule.label,
                    name=name,
                ),
            )


def _notice(where: str, profile: Jurisdiction) -> Iterator[FolderRemark]:
    if (
        "supervision_phone" in profile.notice_fields
        and not profile.supervision_phones
    ):
        yield FolderRemark(
            "note",
            say(
                "{where}：公示要写监督电话，但 [notice] 里没有 supervision_phones",
                where=where,
            ),
        )
    if "duties" in profile.notice_fields and not profile.notice_duties:
        yield FolderRemark(
            "note",
            say(
                "{where}：公示要写职责，但 [notice] 里没有 duties", where=where
            ),
        )
    if len(profile.languages) > 1 and not profile.notice_labels:
        yield FolderRemark(
            "note",
            say(
                "{where}：languages 有第二种文字，但 [notice.labels] 没有写出各栏目的译名",
                where=where,
            ),
        )


def _items(where: str, profile: Jurisdiction) -> Iterator[FolderRemark]:
    if not profile.seed_items:
        yield FolderRemark(
            "note",
            say(
                "{where}：[[items.seed]] 一项也没有，清单第 1 版将是空的，网格员登记不了事件",
                where=where,
            ),
        )
    for change, label in (("admission", say("准入")), ("exit", say("退出"))):
        if change not in profile.list_rules:
            yield FolderRemark(
                "note",
                say(
                    "{where}：没有 [items.{change}]，清单版本将不写{label}的依据和批准机构",
                    where=where,
                    change=change,
                    label=label,
                ),
            )


def _people(
    folder: Path,
    given: folders.Folder,
    definitions: list[Definition],
) -> Iterator[FolderRemark]:
    """Roles that diagrams ask and nobody in people.csv has: a demonstration would get stuck there."""
    served = {row.role for row in given.people}
    if not served:
        yield FolderRemark(
            "note",
            say(
                "{name}：没有 people.csv，载入后没有演示人员可以登录",
                name=folder.name,
            ),
        )
        return
    for definition in definitions:
        for element in definition.elements.values():
            for group in (element.candidate_groups or "").split(","):
                role = group.strip().partition("@")[0]
                if (
                    role
                    and "$" not in group
                    and not served & set(given.profile.roles_of(role))
                ):
                    known = given.profile.roles.get(role)
                    if known:
                        name = known.name
                    else:
                        name = FUNCTIONS.get(role, role)
                    yield FolderRemark(
                        "note",
                        say(
                            "{name}/people.csv：没有“{called}”的人员，“{task}”将无人办理",
                            name=folder.name,
                            called=name,
                            task=element.name,
                        ),
                    )


def _scenarios(
    folder: Path,
    resources: Mapping[str, bytes],
    definitions: list[Definition],
) -> Iterator[FolderRemark]:
    try:
        files = scenarios.read_resources(folder.name, resources)
    except RuleViolated as refused:
        yield from (
            FolderRemark("error", reason) for reason in refused.reasons
        )
        return
    sentences = {file.process for file in files}
    for definition in definitions:
        if definition.key not in sentences and definition.key in PROCEDURES:
            yield FolderRemark(
                "note",
                say(
                    "{name}/scenarios：“{called}”还没有情景，请写 {key}.yaml",
                    name=folder.name,
                    called=definition.name,
                    key=definition.key,
                ),
            )


def _told(
    folder: Path,
    finding: Finding,
    resources: Mapping[str, bytes],
) -> FolderRemark:
    line = _line(resources.get(finding.resource or ""), finding.element_id)
    if finding.resource:
        where = f"{folder.name}/{finding.resource}"
    else:
        where = folder.name
    if line:
        where = say("{where} 第 {line} 行", where=where, line=line)
    return FolderRemark(
        finding.severity,
        say("{where}：{message}", where=where, message=finding.message),
    )


def _line(content: bytes | None, element_id: str | None) -> int | None:
    """Where the element begins in its file."""
    if content is None or element_id is None:
        return None
    at = content.find(f'id="{element_id}"'.encode())
    if at >= 0:
        return content.count(b"\n", 0, at) + 1
    return None
