// What the list of steps says below a step's name: its kind, who does it, how long he has, and the article that is its ground.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { nearest } from './answers.js';
import { inWords } from './comparing.js';

const EITHER = /^\$\{\s*"([^"]*)" if (.+?) else "([^"]*)"\s*\}(.*)$/s;
const BY_LEVEL = /^([\w-]+)@\$\{\s*([\w.]+)\s*\}$/;
const BY_VARIABLE = /^\$\{\s*([\w.]+)\s*\}$/;
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

// One of two values by a condition is told as a sentence; `plain` tells each of them.
function either(value, element, choices, plain) {
  const [, first, condition, second, rest] = EITHER.exec(value) || [];
  if (condition === undefined) return plain(value);
  const when = inWords(condition, nearest(choices, { source: element }));
  return `${plain(first + rest)}（${when}时），否则${plain(second + rest)}`;
}

function roleNamed(choices, key) {
  const roles = choices.circumstances?.find((each) => each.key === 'initiator_role')?.options || [];
  return listed(roles, key);
}

function bodyNamed(value, choices, loop) {
  const known = listed([...choices.bodies, ...choices.chosenBodies], value);
  if (known !== value) return known;
  const [, role, level] = BY_LEVEL.exec(value) || [];
  if (role) return `${roleNamed(choices, role)}（级别由变量 ${level} 定）`;
  const [, variable] = BY_VARIABLE.exec(value) || [];
  if (variable && variable === loop?.get('camunda:elementVariable')) return `“${listed(choices.lists, loop.get('camunda:collection'))}”中的每一个`;
  return variable ? `变量 ${variable} 里的机构` : value;
}

function ofFlow(element, choices) {
  const flow = getBusinessObject(element);
  if (flow.sourceRef?.default === flow) return '其余情况';
  const condition = flow.conditionExpression?.body || '';
  return condition && inWords(condition, nearest(choices, element));
}

function bodiesOf(object, element, choices) {
  const bodies = (object.get('camunda:candidateGroups') || '').split(',').map((each) => each.trim()).filter(Boolean);
  return bodies.map((each) => either(each, element, choices, (value) => bodyNamed(value, choices, object.get('loopCharacteristics')))).join('、');
}

function dueOf(object, element, choices) {
  const due = object.get('camunda:dueDate') || '';
  if (FREE.test(due)) return due;
  return either(due, element, choices, (value) => listed(choices.deadlines, value));
}

function groundOf(object) {
  const ground = /^依据：([^\n]*)/.exec(object.get('documentation')[0]?.get('text') || '')?.[1];
  return ground === '默认' ? '' : ground;
}

export function below(element, choices, translate) {
  const object = getBusinessObject(element);
  if (is(object, 'bpmn:SequenceFlow')) return ofFlow(element, choices);
  const parts = [kind(element, translate), bodiesOf(object, element, choices), dueOf(object, element, choices), groundOf(object)];
  return parts.filter(Boolean).join(' · ');
}
