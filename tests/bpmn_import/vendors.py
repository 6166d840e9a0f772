"""A diagram in each dialect with extensions that nobody here uses, and what of them must still be there after
import and editing."""

from __future__ import annotations

from collections import Counter

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
HEAD = (
    f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" '
    'xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0" xmlns:sig="urn:sig" '
    'xmlns:v="{space}" '
    'id="definitions" targetNamespace="t"><bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>'
)
REST = (
    '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f1" sourceRef="s" '
    'targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="e"/>'
    '</bpmn:process><bpmndi:BPMNDiagram id="D"><bpmndi:BPMNPlane id="P" bpmnElement="p">'
    '<bpmndi:BPMNShape id="s_di" bpmnElement="s"><dc:Bounds x="0" y="0" width="36" '
    'height="36"/></bpmndi:BPMNShape>'
    '<bpmndi:BPMNShape id="a_di" bpmnElement="a" bioc:stroke="#f00" bioc:fill="#fff" '
    'color:border-color="#f00">'
    '<dc:Bounds x="60" y="0" width="100" height="80"/></bpmndi:BPMNShape>'
    '<bpmndi:BPMNShape id="e_di" bpmnElement="e"><dc:Bounds x="200" y="0" width="36" '
    'height="36"/></bpmndi:BPMNShape>'
    "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
)
OWNER = (
    "<bpmn:potentialOwner><bpmn:resourceAssignmentExpression><bpmn:formalExpression>office@county</bpmn:formalExpression>"
    "</bpmn:resourceAssignmentExpression></bpmn:potentialOwner>"
)
VENDORS: dict[str, tuple[str, str, str]] = {
    "camunda": (
        CAMUNDA,
        'v:candidateGroups="office@county" v:asyncBefore="true" v:jobPriority="7"',
        "<v:failedJobRetryTimeCycle>R3/PT5M</v:failedJobRetryTimeCycle><v:properties><v:property "
        'name="cost" value="3"/></v:properties>',
    ),
    "operaton": (
        "http://operaton.org/schema/1.0/bpmn",
        'v:candidateGroups="office@county" v:asyncAfter="true"',
        "<v:failedJobRetryTimeCycle>R3/PT5M</v:failedJobRetryTimeCycle>",
    ),
    "flowable": (
        "http://flowable.org/bpmn",
        'v:candidateGroups="office@county" v:async="true" v:formFieldValidation="true"',
        '<v:localization locale="en"><v:localizationName>Ask</v:localizationName></v:localization>'
        "<v:color><![CDATA[red]]></v:color>",
    ),
    "activiti": (
        "http://activiti.org/bpmn",
        'v:candidateGroups="office@county" v:exclusive="false"',
        '<v:localization locale="en" name="Ask"/>',
    ),
    "zeebe": (
        "http://camunda.org/schema/zeebe/1.0",
        'v:modelerTemplate="x.y" v:modelerTemplateVersion="2"',
        '<v:assignmentDefinition candidateGroups="office@county"/><v:taskHeaders><v:header key="k" '
        'value="w"/></v:taskHeaders>'
        '<v:properties><v:property name="n" value="w"/></v:properties>',
    ),
    "spiffworkflow": (
        "http://spiffworkflow.org/bpmn/schema/1.0/core",
        "",
        "<v:allowGuest>false</v:allowGuest><v:unitTests><v:unitTest "
        'id="u"><v:inputJson>1</v:inputJson></v:unitTest></v:unitTests>'
        '<v:properties><v:property name="theme" value="blue"/></v:properties>',
    ),
}


def diagram(name: str) -> str:
    """With the dialect's own extensions and those of a tool that nobody knows."""
    space, attributes, inner = VENDORS[name]
    strange = '<sig:seal level="2"><sig:by>王</sig:by></sig:seal>'
    owner = OWNER if name == "spiffworkflow" else ""
    task = (
        '<bpmn:userTask id="a" name="办理" sig:owner="7" '
        f"{attributes}><bpmn:extensionElements>{inner}{strange}</bpmn:extensionElements>"
    )
    return (
        f"{HEAD.replace('{space}', space)}{task}{owner}</bpmn:userTask>{REST}"
    )


def written(xml: str) -> Counter[tuple[str, str, str]]:
    """(element or owner, name, value) of everything that is not BPMN itself, the order apart."""
    found: Counter[tuple[str, str, str]] = Counter()
    for node in etree.fromstring(xml.encode()).iter():
        if not isinstance(node.tag, str):
            continue
        own = (
            node.tag.startswith(f"{{{BPMN}}}")
            or "/spec/BPMN/20100524/DI" in node.tag
            or "/spec/DD/" in node.tag
        )
        if not own:
            found[("", node.tag, (node.text or "").strip())] += 1
        for name, value in node.attrib.items():
            if name.startswith("{") or not own:
                found[(node.tag, name, value)] += 1
    return found
