"""The metadata of an archive package as XML, with the elements of DA/T 46-2009 and DA/T 48-2009 that
docs/archive.md lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree

FORMAT_NOTE = (
    "参照 DA/T 46-2009、DA/T 48-2009 的元素组织；文件数据以外部文件和校验值引用，"
    "没有以 Base64 嵌入，见网格流程的归档说明"
)
VERSION = "2009"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A document of the record."""

    path: str
    """In the package."""
    title: str
    main: bool
    """Whether it is the dossier itself; else an attachment."""
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackedAct:
    """What somebody or the system did."""

    who: str
    """Identifier among the actors; empty for the system."""
    act: str
    at: datetime
    basis: str
    """The articles that demand it."""
    description: str


@dataclass(frozen=True, slots=True)
class PackedActor:
    """A person or a body that acted."""

    identifier: str
    kind: str
    """`个人` or `机构`."""
    name: str


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What describes the record as a whole."""

    number: str
    title: str
    originator: str
    """The body that carries the procedure."""
    responsible: str
    """Who started it."""
    system: str
    year: int
    retention: str
    """How long it is kept, in words; empty where the profile does not say."""
    category: str
    """The procedure's name."""
    began_at: datetime
    ended_at: datetime
    control: str
    """How far it may be known; empty without a limit."""
    files: Sequence[PackedFile]
    acts: Sequence[PackedAct] = ()
    actors: Sequence[PackedActor] = ()
    related: Sequence[str] = field(default=())
    """Numbers of the records about it."""


def as_xml(facts: RecordFacts) -> bytes:
    """The metadata as an XML document in UTF-8."""
    root = ElementTree.Element("电子文件封装包")
    _put(root, "封装包格式描述", FORMAT_NOTE)
    _put(root, "版本", VERSION)
    signed = ElementTree.SubElement(root, "被签名对象")
    _put(signed, "封装包类型", "原始型")
    _put(signed, "封装包类型描述", "一件办结事项的电子档案及其全部记录")
    _put(signed, "封装包创建时间", _instant(facts.ended_at))
    _put(signed, "封装包创建单位", facts.originator)
    content = ElementTree.SubElement(signed, "封装内容")
    _record(ElementTree.SubElement(content, "文件实体块"), facts)
    _acts(ElementTree.SubElement(content, "业务实体块"), facts)
    _actors(ElementTree.SubElement(content, "机构人员实体块"), facts.actors)
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _record(block: ElementTree.Element, facts: RecordFacts) -> None:
    entity = ElementTree.SubElement(block, "文件实体")
    _put(entity, "聚合层次", "件")
    origin = ElementTree.SubElement(entity, "来源")
    _put(origin, "立档单位名称", facts.originator)
    _put(entity, "电子文件号", facts.number)
    reference = ElementTree.SubElement(entity, "档号")
    _put(reference, "年度", str(facts.year))
    _put(reference, "保管期限", facts.retention)
    _put(reference, "类别号", facts.category)
    content = ElementTree.SubElement(entity, "内容描述")
    _put(content, "题名", facts.title)
    _put(content, "文件编号", facts.number)
    _put(content, "责任者", facts.responsible)
    _put(content, "日期", facts.began_at.date().isoformat())
    form = ElementTree.SubElement(entity, "形式特征")
    _put(form, "文件组合类型", "组合文件")
    _put(form, "件数", str(len(facts.files)))
    _put(form, "语种", "汉语")
    _put(form, "稿本", "正本")
    if facts.control:
        rights = ElementTree.SubElement(entity, "权限管理")
        _put(rights, "控制标识", facts.control)
    data = ElementTree.SubElement(entity, "文件数据")
    for number, file in enumerate(facts.files, 1):
        _document(data, number, file, facts.system)
    for related in facts.related:
        link = ElementTree.SubElement(entity, "关联")
        _put(link, "关联类型", "从属")
        _put(link, "关联描述", related)


def _document(
    data: ElementTree.Element,
    number: int,
    file: PackedFile,
    system: str,
) -> None:
    document = ElementTree.SubElement(data, "文档")
    _put(document, "文档标识符", f"D{number}")
    _put(document, "文档序号", str(number))
    if file.main:
        _put(document, "文档主从声明", "主文档")
    else:
        _put(document, "文档主从声明", "附属文档")
    _put(document, "题名", file.title)
    encoding = ElementTree.SubElement(document, "编码")
    _put(encoding, "编码ID", f"D{number}-1")
    electronic = ElementTree.SubElement(encoding, "电子属性")
    _put(electronic, "格式信息", file.content_type)
    _put(electronic, "计算机文件名", file.path)
    _put(electronic, "计算机文件大小", str(file.size))
    _put(electronic, "信息系统描述", system)
    _put(encoding, "编码描述", f"外部文件，SHA-256 {file.sha256}")


def _acts(block: ElementTree.Element, facts: RecordFacts) -> None:
    for number, act in enumerate(facts.acts, 1):
        entity = ElementTree.SubElement(block, "业务实体")
        _put(entity, "业务标识符", f"B{number}")
        _put(entity, "机构人员标识符", act.who)
        _put(entity, "文件标识符", facts.number)
        _put(entity, "业务状态", "历史行为")
        _put(entity, "业务行为", act.act)
        _put(entity, "行为时间", _instant(act.at))
        _put(entity, "行为依据", act.basis)
        _put(entity, "行为描述", act.description)


def _actors(block: ElementTree.Element, actors: Iterable[PackedActor]) -> None:
    for actor in actors:
        entity = ElementTree.SubElement(block, "机构人员实体")
        _put(entity, "机构人员标识符", actor.identifier)
        _put(entity, "机构人员类型", actor.kind)
        _put(entity, "机构人员名称", actor.name)


def _put(parent: ElementTree.Element, name: str, text: str) -> None:
    """What is not known is left out."""
    if text:
        ElementTree.SubElement(parent, name).text = _writable(text)


def _writable(text: str) -> str:
    """Without the signs that XML cannot hold."""
    return "".join(
        character
        for character in text
        if character in "\t\n"
        or (
            (character >= " " and not "\ud800" <= character <= "\udfff")
            and character not in "\ufffe\uffff"
        )
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
