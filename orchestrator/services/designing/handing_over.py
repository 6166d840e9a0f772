"""A procedure with all that belongs to it as one file: diagrams, forms, tables, scenarios and profile, for
other tools and other cities, and back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.deployments import table_tests
from orchestrator.services.designing.drafts import is_file, keep_files
from orchestrator.services.designing.element_templates import templates
from orchestrator.services.designing.foreign_forms import objections
from orchestrator.services.designing.validation import (
    diagram_name,
    resources_of,
)
from orchestrator.services.records import unpacking
from orchestrator.services.simulation import scenario_files
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction

FORMAT = "gridflow-procedure-1"
MANIFEST = "gridflow.json"
PROFILE = "jurisdiction.toml"
TEMPLATES = ".camunda/element-templates/gridflow.json"
"""Where Camunda Modeler looks for the templates of a folder's diagrams."""
LARGEST_PACKAGE = 8_000_000
"""Bytes of a package, and of all its files unpacked."""
MOST_FILES = 200
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Imported:
    changed: tuple[str, ...]
    """Files that the draft has anew or in another state."""
    left_out: tuple[str, ...]
    """Files that a procedure's draft cannot take, such as a profile that is another."""


def package(session: Session, draft: Draft) -> bytes:
    """The draft's procedure with everything that it uses as a ZIP file; the same state gives the same
    bytes."""
    resources = resources_of(session, draft)
    names = _belonging(resources, draft)
    about = {
        "format": FORMAT,
        "procedure": draft.process_key,
        "name": draft.name,
        "diagram": diagram_name(draft),
    }
    contents = {name: resources[name] for name in names}
    contents[MANIFEST] = _json(about)
    contents[TEMPLATES] = _json(templates(resources))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, contents[name])
    return packed.getvalue()


def unpack(
    draft: Draft,
    content: bytes,
    revision: int,
    by: int,
    now: datetime,
) -> Imported:
    """Takes a package into the draft as one entry of its history.

    Raises RuleViolated for what is no package of this procedure, InstanceChanged where somebody saved
    meanwhile; nothing is kept then.
    """
    files = _read(content)
    _require_own(files, draft)
    with transaction(writing=False) as session:
        there = resources_of(session, draft)
    texts, left_out = _sorted_out(files, there, draft)
    unread = [name for name in texts if _unreadable(name, texts[name])]
    if unread:
        sentence = say("包里的文件读不懂：{names}", names="、".join(unread))
        raise RuleViolated([sentence])
    if texts:
        sentence = say("从文件包导入 {count} 个文件", count=len(texts))
        keep_files(
            draft.id,
            texts,
            revision,
            by,
            now,
            sentence,
        )
    return Imported(tuple(sorted(texts)), tuple(sorted(left_out)))


def _sorted_out(
    files: Mapping[str, str], there: Mapping[str, bytes], draft: Draft
) -> tuple[dict[str, str], list[str]]:
    """The files that differ from what is there, and the names of those that a procedure's draft cannot
    take."""
    own = diagram_name(draft)
    scenarios = f"scenarios/{draft.process_key}.yaml"
    texts = dict[str, str]()
    left_out = list[str]()
    for name, text in files.items():
        if there.get(name) == text.encode():
            continue
        foreign = name.endswith(".bpmn") and name != own
        if name == scenarios:
            scenario_files.parse(text, say("情景"), draft.process_key)
            texts[name] = text
        elif table_tests.is_own_file(name):
            if table_tests.table_of(name) not in {*there, *files}:
                raise RuleViolated([table_tests.without_table(name)])
            table_tests.read(text)
            texts[name] = text
        elif is_file(name) and not foreign:
            texts[name] = text
        else:
            left_out.append(name)
    return texts, left_out


def _belonging(resources: Mapping[str, bytes], draft: Draft) -> set[str]:
    own = diagram_name(draft)
    names = {own, PROFILE, f"scenarios/{draft.process_key}.yaml"}
    try:
        definition = engine.load_definition(resources, draft.process_key)
    except (KeyError, ValueError):
        # What cannot be read is handed over with all that it might use.
        names |= {
            resource for resource in resources if resource.endswith(".form")
        }
    else:
        names |= _used(resources, definition)
    tables = {resource for resource in resources if resource.endswith(".dmn")}
    names |= tables | {table_tests.file_of(table) for table in tables}
    names |= {value for value in draft.content if "." in value}
    return names & resources.keys()


def _used(
    resources: Mapping[str, bytes], definition: engine.Definition
) -> set[str]:
    elements = [
        element
        for process in definition.processes.values()
        for element in process.elements.values()
    ]
    forms = {element.form_key for element in elements}
    forms.add(definition.start_form_key)
    names = {f"{key}.form" for key in forms if key}
    called = {f'id="{key}"'.encode() for key in definition.processes}
    for name, content in resources.items():
        if name.endswith(".bpmn") and any(
            value in content for value in called
        ):
            names.add(name)
    return names


def _read(content: bytes) -> dict[str, str]:
    """The package's files as texts. Raises RuleViolated."""
    if len(content) > LARGEST_PACKAGE:
        raise RuleViolated([say("文件包太大，最大 8 MB，没有导入")])
    try:
        files = unpacking.files(content, MOST_FILES, LARGEST_PACKAGE)
        return {name: text.decode() for name, text in files.items()}
    except unpacking.ArchiveTooLarge:
        sentence = say("文件包里的文件太多或太大，没有导入")
        raise RuleViolated([sentence]) from None
    except (unpacking.NoArchive, UnicodeDecodeError) as broken:
        raise RuleViolated(
            [say("这个文件不是本系统导出的文件包，请选“导出”得到的 .zip 文件")]
        ) from broken


def _require_own(files: dict[str, str], draft: Draft) -> None:
    """Takes the entry that says what the package is out of the files."""
    try:
        about = json.loads(files.pop(MANIFEST))
        known = about["format"] == FORMAT
        key = str(about["procedure"])
    except (KeyError, ValueError, TypeError, RecursionError):
        known = False
        key = ""
    if not known:
        raise RuleViolated(
            [say("这个文件不是本系统导出的文件包，请选“导出”得到的 .zip 文件")]
        )
    if key != draft.process_key:
        raise RuleViolated(
            [
                say(
                    "包里是流程 {key}，这份草稿是 {own}。请在那个流程的草稿里导入，或先用编号 {key} 新建流程",
                    key=key[:60],
                    own=draft.process_key,
                )
            ]
        )
    files.pop(TEMPLATES, None)


def _unreadable(name: str, text: str) -> bool:
    if name.endswith((".bpmn", ".dmn")):
        return not engine.is_readable(name, text.encode())
    if name.endswith(".form"):
        return bool(objections(text))
    return not name.startswith(("scenarios/", "tables/"))


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
