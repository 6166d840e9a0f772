"""The diagram that a new procedure begins with: somebody proposes, somebody handles, done."""

from __future__ import annotations

from xml.sax.saxutils import escape

_TEXT = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
                  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
                  xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
                  xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
                  id="{key}_definitions" targetNamespace="http://gridflow.invalid/bpmn">
  <bpmn:collaboration id="{key}_collaboration">
    <bpmn:participant id="{key}_pool" name="{name}" processRef="{key}" />
  </bpmn:collaboration>
  <bpmn:process id="{key}" name="{name}" isExecutable="true">
    <bpmn:startEvent id="{key}_begun" name="提出">
      <bpmn:outgoing>{key}_begun_to_handle</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="{key}_handle" name="办理">
      <bpmn:incoming>{key}_begun_to_handle</bpmn:incoming>
      <bpmn:outgoing>{key}_handle_to_done</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="{key}_done" name="办结">
      <bpmn:incoming>{key}_handle_to_done</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="{key}_begun_to_handle" sourceRef="{key}_begun" targetRef="{key}_handle" />
    <bpmn:sequenceFlow id="{key}_handle_to_done" sourceRef="{key}_handle" targetRef="{key}_done" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="{key}_diagram">
    <bpmndi:BPMNPlane id="{key}_plane" bpmnElement="{key}_collaboration">
      <bpmndi:BPMNShape id="{key}_pool_di" bpmnElement="{key}_pool" isHorizontal="true">
        <dc:Bounds x="160" y="80" width="640" height="240" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_begun_di" bpmnElement="{key}_begun">
        <dc:Bounds x="252" y="182" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_handle_di" bpmnElement="{key}_handle">
        <dc:Bounds x="400" y="160" width="120" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_done_di" bpmnElement="{key}_done">
        <dc:Bounds x="632" y="182" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="{key}_begun_to_handle_di" bpmnElement="{key}_begun_to_handle">
        <di:waypoint x="288" y="200" /><di:waypoint x="400" y="200" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="{key}_handle_to_done_di" bpmnElement="{key}_handle_to_done">
        <di:waypoint x="520" y="200" /><di:waypoint x="632" y="200" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def first_diagram(key: str, name: str) -> str:
    """The BPMN text with that process id and name; who starts, who handles and the forms are not chosen
    yet."""
    return _TEXT.format(key=key, name=escape(name, {'"': "&quot;"}))
