// What a step has to do with others: the people it is given to one by one, the message it sends or waits for.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { choice, text } from './entries.js';
import { property } from './properties.js';

function loopOf(element) {
  const loop = getBusinessObject(element).get('loopCharacteristics');
  return loop && is(loop, 'bpmn:MultiInstanceLoopCharacteristics') ? loop : null;
}

// An attribute of the loop, as a new loop: what is changed in place cannot be undone.
function ofLoop(name, put = () => ({})) {
  return {
    get: (element) => loopOf(element)?.get(name) || '',
    set: (element, value, factory) => {
      const before = loopOf(element);
      const loop = factory.create('bpmn:MultiInstanceLoopCharacteristics', { isSequential: before.isSequential });
      for (const each of ['loopCardinality', 'completionCondition', 'camunda:collection', 'camunda:elementVariable']) {
        if (before.get(each)) loop.set(each, before.get(each));
      }
      loop.set(name, value || undefined);
      return { loopCharacteristics: loop, ...put(element, loop, value) };
    },
  };
}

// Each body of the list has a task of its own; where no body was set, it is the one of the list.
const collection = ofLoop('camunda:collection', (element, loop, value) => {
  if (!value) return {};
  if (!loop.get('camunda:elementVariable')) loop.set('camunda:elementVariable', `${value}_one`);
  const groups = getBusinessObject(element).get('camunda:candidateGroups');
  return groups || !is(element, 'bpmn:UserTask') ? {} : { 'camunda:candidateGroups': `\${${loop.get('camunda:elementVariable')}}` };
});

function expression(name) {
  return {
    get: (element) => loopOf(element)?.get(name)?.body || '',
    set: (element, value, factory) => ofLoop(name).set(element, value ? factory.create('bpmn:FormalExpression', { body: value }) : undefined, factory),
  };
}

/** For whom each a task is made; nothing for a step that is done once. */
export function people(element, choices) {
  if (!loopOf(element)) return [];
  const shown = [choice('gf-people', '分别发给谁', choices.lists, collection)];
  if (property('countersign', getBusinessObject).get(element)) return shown;
  shown.push(text('gf-people-one', '当前一项的变量', ofLoop('camunda:elementVariable')));
  shown.push(text('gf-people-count', '共办几份', expression('loopCardinality'), '不按名单、只按份数办时填写'));
  shown.push(text('gf-people-done', '办到什么程度为止', expression('completionCondition'), '不填是全部办完'));
  return shown;
}

function definitionOf(element) {
  const object = getBusinessObject(element);
  if (is(object, 'bpmn:ReceiveTask') || is(object, 'bpmn:SendTask')) return object;
  return object.get('eventDefinitions')?.find((each) => is(each, 'bpmn:MessageEventDefinition'));
}

function rootOf(element) {
  let object = getBusinessObject(element);
  while (object.$parent) object = object.$parent;
  return object;
}

// A message of the drawing by its name, made where there is none; it belongs to the instance by the value of its key.
function named(element, name, key, factory) {
  const root = rootOf(element);
  const there = root.get('rootElements').find((each) => is(each, 'bpmn:Message') && each.name === name);
  const message = there || factory.create('bpmn:Message', { name });
  if (!there) {
    message.$parent = root;
    root.get('rootElements').push(message);
  }
  if (key !== undefined) Object.assign(message, property('correlationKey', () => message).set(element, key, factory));
  const extensions = message.get('extensionElements');
  if (extensions) extensions.$parent = message;
  return message;
}

function referring(element, message, factory) {
  const object = getBusinessObject(element);
  const definition = definitionOf(element);
  if (definition === object) return { messageRef: message };
  const made = factory.create('bpmn:MessageEventDefinition', { id: definition.id, messageRef: message });
  for (const name of ['extensionElements', 'camunda:type', 'camunda:topic']) if (definition.get(name)) made.set(name, definition.get(name));
  return { eventDefinitions: [made] };
}

const messageName = {
  get: (element) => definitionOf(element)?.get('messageRef')?.name || '',
  set: (element, value, factory) => (value ? referring(element, named(element, value, undefined, factory), factory) : referring(element, undefined, factory)),
};

const messageKey = {
  get: (element) => {
    const message = definitionOf(element)?.get('messageRef');
    return message ? property('correlationKey', () => message).get(element) : '';
  },
  set: (element, value, factory) => {
    const message = definitionOf(element).get('messageRef');
    return referring(element, named(element, message.name, value, factory), factory);
  },
};

/** The name of the message that is sent or waited for, and the field by whose value the two instances find each other. */
export function message(element, choices) {
  const definition = definitionOf(element);
  if (!definition) return [];
  const shown = [text('gf-message', '消息名称', messageName, '收和发写同一个名称'), choice('gf-message-known', '选已有的消息', choices.messages, messageName)];
  if (messageName.get(element)) shown.push(choice('gf-message-key', '按哪个字段找到对方事项', choices.keys, messageKey));
  return shown;
}
