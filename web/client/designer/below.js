// What the list of steps says below a step's name: its kind, who does it, how long he has, and the article that is its ground.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { nearest } from './answers.js';
import { inWords } from './comparing.js';

const FREE = /^(\d+)(工作日|工作小时|小时|分钟|天)$/;

function kind(element, translate) {
  const object = getBusinessObject(element);
  const name = object.$type.replace('bpmn:', '');
  const event = object.eventDefinitions?.[0]?.$type.replace(/^bpmn:|EventDefinition$/g, '') || '';
  const still = object.cancelActivity === false ? ' (non-interrupting)' : '';
  return translate(`${event} ${name}`.trim().replace(/(\B[A-Z])/g, ' $1') + still);
}

function listed(options, value) {
  return options.find((each) => each.value === value)?.label || value;
}

function ofFlow(element, choices) {
  const flow = getBusinessObject(element);
  if (flow.sourceRef?.default === flow) return '其余情况';
  const condition = flow.conditionExpression?.body || '';
  return condition && inWords(condition, nearest(choices, element));
}

function bodiesOf(object, choices) {
  const bodies = (object.get('camunda:candidateGroups') || '').split(',').map((each) => each.trim()).filter(Boolean);
  return bodies.map((each) => listed([...choices.bodies, ...choices.chosenBodies], each)).join('、');
}

function groundOf(object) {
  const ground = /^依据：([^\n]*)/.exec(object.get('documentation')[0]?.get('text') || '')?.[1];
  return ground === '默认' ? '' : ground;
}

export function below(element, choices, translate) {
  const object = getBusinessObject(element);
  if (is(object, 'bpmn:SequenceFlow')) return ofFlow(element, choices);
  const due = object.get('camunda:dueDate') || '';
  const parts = [kind(element, translate), bodiesOf(object, choices), FREE.test(due) ? due : listed(choices.deadlines, due), groundOf(object)];
  return parts.filter(Boolean).join(' · ');
}
