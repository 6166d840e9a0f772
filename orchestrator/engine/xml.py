"""Bytes of a diagram to an XML tree, safely; everything wrong with them is told as findings."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from orchestrator.errors import Finding
from orchestrator.sentences import say

MAX_BYTES = 5 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 255
"""Elements inside each other, the most that libxml2 reads."""
MAX_ATTRIBUTES = 200
"""Of one element."""
LONGEST_ATTRIBUTE = 50_000
"""Characters."""
LONGEST_NAME = 500
"""Characters of what an element is called by: each sentence about it holds that."""
_NAMES = ("id", "name")
_PICTURE = "modelerTemplateIcon"
"""Attribute in which Camunda Modeler keeps a template's picture; nothing reads it here."""

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

BOOLEANS = frozenset(
    (
        *(
            "isExecutable",
            "isClosed",
            "isInterrupting",
            "cancelActivity",
            "parallelMultiple",
            "triggeredByEvent",
        ),
        *(
            "isForCompensation",
            "isSequential",
            "testBefore",
            "cancelRemainingInstances",
            "instantiate",
        ),
        *("waitForCompletion", "isImmediate", "isCollection"),
    ),
)
"""Attributes of BPMN that are true or false."""
_READ = (
    "utf-16",
    "utf-16le",
    "utf-16be",
    "iso-8859-1",
    "latin1",
    "windows-1252",
    "cp1252",
)
"""What a file may declare besides UTF-8, ASCII and the Chinese code pages: other codecs of Python are slow or
no text."""
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""",
)
_BOMS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


def tag(name: str) -> str:
    """The Clark name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def camunda(name: str) -> str:
    """The Clark name of a camunda: attribute or element."""
    return f"{{{CAMUNDA}}}{name}"


def parse(
    content: bytes,
    *,
    is_new: bool = False,
) -> tuple[Any, list[Finding]]:
    """The root element, or None with the reasons.

    Refused: over 5 MB, any DOCTYPE, malformed XML, bytes that are not what the header declares (a file saved
    as GBK under a UTF-8 header and the reverse), too many elements. Entities are not resolved and nothing is
    fetched. `is_new`: whether it comes in now; then names and attributes may not be too long, which what was
    deployed before may have.
    """
    if len(content) > MAX_BYTES:
        size = len(content) / 1024 / 1024
        return None, [
            _refusal(
                "file-too-large",
                say(
                    "文件 {size:.1f} MB，超过 5 MB 上限，请拆分流程或删除嵌入的图片",
                    size=size,
                ),
            ),
        ]
    text, finding = _decode(content)
    if text is None:
        assert finding is not None
        return None, [finding]
    if re.search(r"<!DOCTYPE", text, re.IGNORECASE):
        return None, [
            _refusal(
                "doctype",
                say(
                    "文件含有 DOCTYPE 声明，出于安全不予接收，请删除该行后重新导入",
                ),
            ),
        ]
    # An element has a tag or two: a file of so many is not read to be counted.
    if text.count("<") > 3 * MAX_ELEMENTS:
        return None, [_too_many_elements()]
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,  # a remark cuts the text that it stands in
        remove_pis=True,
    )
    try:
        root = etree.fromstring(_without_declaration(text).encode(), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno
        if "depth" in str(error.msg):
            sentence = say(
                "元素一层套一层，超过 {most} 层，请减少子流程的层数",
                most=MAX_DEPTH,
            )
            return None, [_refusal("too-many-elements", sentence)]
        return None, [
            _refusal(
                "malformed-xml",
                say(
                    "第 {line} 行附近的 XML 不完整或有误（{msg}），请用建模工具重新导出",
                    line=line,
                    msg=error.msg,
                ),
            ),
        ]
    if any(len(node.attrib) > MAX_ATTRIBUTES for node in root.iter("*")):
        sentence = say(
            "有元素的属性超过 {max_attributes} 个，请用建模工具重新导出",
            max_attributes=MAX_ATTRIBUTES,
        )
        return None, [_refusal("too-many-elements", sentence)]
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        return None, [_too_many_elements()]
    if is_new and (refused := overlong(root)):
        return None, refused
    _write_truths_alike(root)
    return root, []


def overlong(root: Any) -> list[Finding]:
    """What refuses a document that comes in now for the length of its names and attributes."""
    if not any(_is_too_long(node) for node in root.iter("*")):
        return []
    sentence = say(
        "有元素的名称或编号超过 {most_name} 个字符，或者有属性超过 {most} 个字符，请改短",
        most_name=LONGEST_NAME,
        most=LONGEST_ATTRIBUTE,
    )
    return [_refusal("too-many-elements", sentence)]


def _is_too_long(node: Any) -> bool:
    return any(
        len(value) > (LONGEST_NAME if name in _NAMES else LONGEST_ATTRIBUTE)
        for name, value in node.attrib.items()
        if not name.endswith(_PICTURE)
    )


def _too_many_elements() -> Finding:
    sentence = say(
        "文件超过 {max_elements} 个元素，请拆分流程",
        max_elements=MAX_ELEMENTS,
    )
    return _refusal("too-many-elements", sentence)


def _write_truths_alike(root: Any) -> None:
    """XML writes a truth as `true` or `1`, also with blanks around it; here `true` or `false` is read."""
    for node in root.iter():
        for name in BOOLEANS & set(node.attrib):
            written = node.get(name).strip().lower()
            node.set(name, {"1": "true", "0": "false"}.get(written, written))


def _decode(content: bytes) -> tuple[str | None, Finding | None]:
    declared = "utf-8"
    for bom, encoding in _BOMS.items():
        if content.startswith(bom):
            try:
                return content[len(bom) :].decode(
                    "utf-8",
                ) if encoding == "utf-8" else content.decode(encoding), None
            except UnicodeDecodeError:
                return None, _refusal(
                    "encoding",
                    say(
                        "文件开头标明 {encoding}，内容却不是，请以 UTF-8 重新保存",
                        encoding=encoding,
                    ),
                )
    if match := _DECLARED.match(content):
        declared = match[1].decode("ascii").lower()
    is_utf8 = _decodes(content, "utf-8")
    if declared in ("utf-8", "utf8", "us-ascii", "ascii"):
        if is_utf8:
            return content.decode("utf-8"), None
        guess = say("（看起来是 GBK）") if _decodes(content, "gb18030") else ""
        return None, _refusal(
            "encoding",
            say(
                "文件头写明 UTF-8，内容却不是 UTF-8{guess}，请以 UTF-8 重新保存后导入",
                guess=guess,
            ),
        )
    if declared in ("gbk", "gb2312", "gb18030"):
        non_ascii = any(byte > 127 for byte in content)
        if non_ascii and is_utf8:
            return None, _refusal(
                "encoding",
                say(
                    "文件头写明 {declared}，内容却是 UTF-8，请把文件头的 encoding 改为 UTF-8",
                    declared=declared.upper(),
                ),
            )
        if _decodes(content, "gb18030"):
            return content.decode("gb18030"), None
        return None, _refusal(
            "encoding",
            say(
                "文件头写明 {declared}，内容却不是，请以 UTF-8 重新保存",
                declared=declared.upper(),
            ),
        )
    try:
        if declared not in _READ:
            raise LookupError(declared)
        return content.decode(declared), None
    except (LookupError, UnicodeError):
        return None, _refusal(
            "encoding",
            say(
                "无法按文件头声明的编码“{declared}”读取，请以 UTF-8 重新保存",
                declared=declared,
            ),
        )


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _without_declaration(text: str) -> str:
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)


def _refusal(rule: str, message: str) -> Finding:
    return Finding(rule=rule, element_id=None, message=message)
