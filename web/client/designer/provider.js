// The panel's group of what a jurisdiction has: body, form, deadline, handler with its inputs, condition, article. Chosen, not typed.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { nearest } from './answers.js';
import * as comparing from './comparing.js';
import { check, choice, link, sentence, text } from './entries.js';
import { lasting, timerOf } from './following.js';
import { called } from './handing.js';
import { people, message } from './linked.js';
import { processOf, property, setting, way, WAYS } from './properties.js';

// Groups of Camunda's panel whose settings the engine does not honour, or that stand in ours.
const HIDDEN = new Set([
  'CamundaPlatform__AsynchronousContinuations', 'CamundaPlatform__JobExecution', 'CamundaPlatform__HistoryCleanup',
  'CamundaPlatform__Tasklist', 'CamundaPlatform__CandidateStarter', 'CamundaPlatform__ExecutionListener', 'CamundaPlatform__TaskListener',
  'CamundaPlatform__ExtensionProperties', 'CamundaPlatform__FieldInjection', 'CamundaPlatform__Form', 'CamundaPlatform__FormData',
  'CamundaPlatform__UserAssignment', 'CamundaPlatform__Implementation', 'CamundaPlatform__ExternalTask', 'CamundaPlatform__StartInitiator',
  'CamundaPlatform__ConnectorInputs', 'CamundaPlatform__ConnectorOutputs', 'CamundaPlatform__BusinessKey', 'CamundaPlatform__Input', 'CamundaPlatform__Errors',
  'CamundaPlatform__MultiInstance', 'multiInstance', 'CamundaPlatform__CallActivity', 'CamundaPlatform__InMappingPropagation',
  'CamundaPlatform__OutMappingPropagation', 'message',
]);
// What a call hands over stands in ours; an event that sends a signal has no other place for it.
const OF_CALLS = new Set(['CamundaPlatform__InMapping', 'CamundaPlatform__OutMapping']);
const GROUND = /^依据：([^\n]*)(?:\n|$)/;
const FREE = /^(\d+)(工作日|工作小时|小时|分钟|天)$/;
const UNITS = ['工作日', '工作小时', '小时', '天', '分钟'].map((each) => ({ value: each, label: each.startsWith('工作') ? `个${each}` : each }));
const CUSTOM = '3工作日';
const WANTED = { number: (field) => (field.unit ? `数值（${field.unit}）` : '数值'), day: () => '日期，如 2026-12-01', choice: () => '值' };

// ------------------------------------------------------------------------------------------------ what a setting reads and writes

function attribute(name) {
  return {
    get: (element) => getBusinessObject(element).get(name) || '',
    set: (element, value) => ({ [name]: value || undefined }),
  };
}

function documentation(element) {
  return getBusinessObject(element).get('documentation')[0]?.get('text') || '';
}

// The article is the first line of the documentation; what follows stays.
const ground = {
  get: (element) => documentation(element).match(GROUND)?.[1] || '',
  set: (element, chosen, factory) => {
    const rest = documentation(element).replace(GROUND, '');
    const joined = [chosen ? `依据：${chosen}` : '', rest].filter(Boolean).join('\n');
    return { documentation: joined ? [factory.create('bpmn:Documentation', { text: joined })] : [] };
  },
};

// The duration of a timer event, as a new definition that keeps its id.
const duration = {
  get: (element) => timerOf(element)?.timeDuration?.body || '',
  set: lasting,
};

const condition = {
  get: (element) => getBusinessObject(element).conditionExpression?.body || '',
  set: (element, value, factory) => ({
    conditionExpression: value ? factory.create('bpmn:FormalExpression', { body: value }) : undefined,
  }),
};

function parameters(element) {
  const extensions = getBusinessObject(element).get('extensionElements');
  return extensions?.get('values').find((each) => is(each, 'camunda:InputOutput'))?.get('inputParameters') || [];
}

// An input of the handler: a camunda:inputParameter of that name.
function input(name) {
  return {
    get: (element) => parameters(element).find((each) => each.name === name)?.value || '',
    set: (element, value, factory) => {
      const there = getBusinessObject(element).get('extensionElements')?.get('values') || [];
      const mapping = there.find((each) => is(each, 'camunda:InputOutput'));
      const kept = parameters(element).filter((each) => each.name !== name);
      const added = value ? [factory.create('camunda:InputParameter', { name, value })] : [];
      const all = [...kept, ...added];
      const outputs = mapping?.get('outputParameters') || [];
      const others = there.filter((each) => each !== mapping);
      const made = all.length || outputs.length
        ? [factory.create('camunda:InputOutput', { inputParameters: all, outputParameters: outputs })] : [];
      const values = [...others, ...made];
      return { extensionElements: values.length ? factory.create('bpmn:ExtensionElements', { values }) : undefined };
    },
  };
}

// The bodies that may start the process.
const starters = (element) => (processOf(element).get('camunda:candidateStarterGroups') || '').split(',').map((each) => each.trim()).filter(Boolean);

// The field in which each votes, and which of its choices mean consent and refusal.
function countersigning(element, choices) {
  const ways = Object.entries(WAYS).map(([value, label]) => ({ value, label }));
  const shown = [choice('gf-countersign', '会签方式', ways, way)];
  const chosen = way.get(element);
  if (!chosen) return shown;
  const fields = choices.fields.filter((each) => each.form === getBusinessObject(element).get('camunda:formKey') && each.options.length);
  const vote = setting('countersignVote', 'decision');
  const options = fields.find((each) => each.key === vote.get(element))?.options || [];
  shown.push(choice('gf-countersign-vote', '表决的字段', fields.map((each) => ({ value: each.key, label: each.label })), vote));
  shown.push(choice('gf-countersign-agree', '哪个选项是同意', options, setting('countersignAgree', 'approve')));
  shown.push(choice('gf-countersign-refuse', '哪个选项是不同意', options, setting('countersignRefuse', 'reject')));
  if (chosen === 'ratio') shown.push(text('gf-countersign-ratio', '通过的比例', setting('countersignRatio', ''), '写 60 或 2/3，按会签总人数计算'));
  shown.push(text('gf-countersign-result', '结果存入变量', setting('countersignResult', 'countersign_passed'), '后面网关的条件直接写这个变量：为真即通过'));
  return shown;
}

// The bodies of a task are a list; this is the one at `index`.
function bodyAt(index) {
  const listed = (element) => (getBusinessObject(element).get('camunda:candidateGroups') || '').split(',').map((each) => each.trim()).filter(Boolean);
  return {
    get: (element) => listed(element)[index] || '',
    set: (element, value) => {
      const all = listed(element);
      all.splice(index, 1, ...(value ? [value] : []));
      return { 'camunda:candidateGroups': [...new Set(all)].join(',') || undefined };
    },
    count: (element) => listed(element).length,
  };
}

// ------------------------------------------------------------------------------------------------------------------- of the process

function ofProcess(name) {
  return { ...property(name), holder: processOf };
}

function starter(body) {
  return check(`gf-starter-${body.value}`, body.label, {
    holder: processOf,
    get: (element) => starters(element).includes(body.value),
    set: (element, on) => {
      const others = starters(element).filter((each) => each !== body.value);
      const list = on ? [...others, body.value] : others;
      return { 'camunda:candidateStarterGroups': list.join(',') || undefined };
    },
  });
}

// A deadline of the profile, or an amount with its unit.
function deadline(id, label, deadlines, field, element) {
  const free = FREE.exec(field.get(element));
  const offered = [...deadlines, { value: free ? field.get(element) : CUSTOM, label: '自定时长' }];
  const part = (index) => ({
    get: (each) => FREE.exec(field.get(each))?.[index] || '',
    set: (each, value, factory) => {
      const now = FREE.exec(field.get(each)) || ['', '3', '工作日'];
      const amount = index === 1 ? String(value).replace(/\D/g, '') || '1' : now[1];
      return field.set(each, amount + (index === 2 ? value || '工作日' : now[2]), factory);
    },
  });
  const shown = [choice(id, label, offered, field)];
  if (free) shown.push(text(`${id}-amount`, '时长', part(1)), choice(`${id}-unit`, '单位', UNITS, part(2)));
  return shown;
}

// A condition put together from a field of a form, a comparison and a value, with its sentence below; anything else is typed as it is.
function comparison(choices, element) {
  const fields = nearest(choices, element);
  const found = comparing.read(condition.get(element), fields);
  const today = new Date().toISOString().slice(0, 10);
  const field = {
    get: () => found?.field.key || '',
    set: (each, key, factory) => {
      const chosen = fields.find((one) => one.key === key);
      return condition.set(each, chosen ? comparing.first(chosen, today) : '', factory);
    },
  };
  const part = (name) => ({
    get: () => found?.[name] || '',
    set: (each, value, factory) => {
      const { operator, value: old } = found;
      const written = name === 'operator' ? comparing.write(found.field, value || operator, old) : comparing.write(found.field, operator, value);
      return condition.set(each, written ?? condition.get(each), factory);
    },
  });
  const shown = [choice('gf-when', '走这条线的条件', fields.map((each) => ({ value: each.key, label: each.label })), field)];
  if (!found) return shown;
  const operators = Object.entries(comparing.OPERATORS[found.field.kind]).map(([value, label]) => ({ value, label }));
  shown.push(choice('gf-when-is', '比较', operators, part('operator')));
  if (found.field.options.length) shown.push(choice('gf-when-value', '选项', found.field.options, part('value')));
  else if (!comparing.yesOrNo(found.field)) shown.push(text('gf-when-value', WANTED[found.field.kind](found.field), part('value')));
  shown.push(sentence('gf-when-told', comparing.told(found)));
  return shown;
}

// ------------------------------------------------------------------------------------------------------------------ the provider

function bodies(element, choices) {
  const count = bodyAt(0).count(element);
  const item = getBusinessObject(element).get('loopCharacteristics')?.get('camunda:elementVariable');
  const offered = [...choices.bodies, ...choices.chosenBodies, ...(item ? [{ value: `\${${item}}`, label: `集合中的当前一项（${item}）` }] : [])];
  const shown = [choice('gf-body', '办理机构', offered, bodyAt(0))];
  for (let index = 1; count && index <= count; index += 1) {
    shown.push(choice(`gf-body-${index}`, index < count ? '也可由' : '也可由（可不选）', offered, bodyAt(index)));
  }
  return [...shown, ...deadline('gf-due', '办理时限', choices.deadlines, attribute('camunda:dueDate'), element)];
}

// A receive task without a message is triggered by the people of a body.
function triggering(element, choices) {
  return getBusinessObject(element).messageRef ? [] : bodies(element, choices);
}

function form(element, choices) {
  const key = getBusinessObject(element).get('camunda:formKey');
  const file = key ? link('gf-form-open', '编辑这张表单', `${choices.files}/${key}.form`) : link('gf-form-new', '新建表单', choices.files);
  return [choice('gf-form', '表单', choices.forms, attribute('camunda:formKey')), file];
}

function table(element, choices) {
  const chosen = choices.tables.find((each) => each.value === getBusinessObject(element).get('camunda:decisionRef'));
  const file = chosen ? link('gf-table-open', '编辑这张决策表', `${choices.files}/${chosen.file}`) : link('gf-table-new', '新建决策表', choices.files);
  return [choice('gf-table', '决策表', choices.tables, attribute('camunda:decisionRef')), file];
}

function inputOf(each) {
  const label = each.required ? `${each.label}（必填）` : each.label;
  const id = `gf-input-${each.name}`;
  const offered = each.values.map((value) => ({ value, label: value }));
  return offered.length ? choice(id, label, offered, input(each.name)) : text(id, label, input(each.name));
}

function handler(element, choices) {
  const topic = {
    get: attribute('camunda:topic').get,
    set: (_element, chosen) => ({ 'camunda:type': chosen ? 'external' : undefined, 'camunda:topic': chosen || undefined }),
  };
  const known = choices.topics.find((each) => each.value === topic.get(element));
  return [choice('gf-topic', '自动处理', choices.topics, topic), ...(known?.inputs || []).map(inputOf)];
}

// The way that is gone where no condition holds: it belongs to what the flow comes from.
const otherwise = {
  owner: (element) => element.source,
  get: (element) => getBusinessObject(element).sourceRef.default === getBusinessObject(element),
  set: (element, on) => ({ default: on ? getBusinessObject(element) : undefined }),
};

function when(element, choices) {
  const object = getBusinessObject(element);
  const source = object.sourceRef;
  const parts = is(source, 'bpmn:ExclusiveGateway') || is(source, 'bpmn:InclusiveGateway');
  const byDefault = source.default === object;
  const shown = parts || byDefault ? [check('gf-otherwise', '其余情况都走这条线', otherwise)] : [];
  if (!byDefault && (object.conditionExpression || parts)) shown.push(...comparison(choices, element));
  return shown;
}

function timer(element, choices) {
  return timerOf(element) ? deadline('gf-timer', '到期时间', choices.deadlines, duration, element) : [];
}

// The articles that a ground names, one after the other, each with the way to its text and to all else that cites it.
export function namedArticles(words) {
  return words.split(/[、，,；;\s]+/).filter((each) => each && each !== '默认');
}

function articleLinks(words, choices, id) {
  return namedArticles(words).map((each, index) => link(`${id}-${index}`, `看${each}`, `${choices.article}/${encodeURIComponent(each)}`));
}

// The deadlines that are chosen, one of two by a condition too, have articles of their own.
function articlesOfDeadlines(element, choices) {
  const value = timerOf(element)?.timeDuration?.body || getBusinessObject(element).get('camunda:dueDate') || '';
  const named = value.match(/deadline:\w+/g) || [];
  const words = [...new Set(choices.deadlines.filter((each) => named.includes(each.value) && each.ground).map((each) => each.ground))].join('、');
  if (!words) return [];
  return [sentence('gf-due-ground', `时限的依据：${words}`), ...articleLinks(words, choices, 'gf-due-ground-open')];
}

function grounds(element, choices) {
  const shown = [choice('gf-ground', '依据', choices.articles, ground), ...articleLinks(ground.get(element), choices, 'gf-ground-open')];
  return [...shown, ...articlesOfDeadlines(element, choices)];
}

// A process cites what all of it stands on.
function groundsOfProcess(element, choices) {
  const words = processOf(element)?.get('documentation')[0]?.get('text')?.match(GROUND)?.[1] || '';
  return namedArticles(words).length ? [sentence('gf-process-ground', `依据：${words}`), ...articleLinks(words, choices, 'gf-process-ground-open')] : [];
}

// Kinds of elements, and what the panel asks of each, from the top down.
const ENTRIES = [
  [['bpmn:UserTask', 'bpmn:AdHocSubProcess'], bodies],
  [['bpmn:ReceiveTask'], triggering],
  [['bpmn:Event'], timer],
  [['bpmn:UserTask', 'bpmn:StartEvent'], form],
  [['bpmn:UserTask'], countersigning],
  [['bpmn:Activity'], people],
  [['bpmn:CallActivity'], called],
  [['bpmn:Event', 'bpmn:ReceiveTask', 'bpmn:SendTask'], message],
  [['bpmn:BusinessRuleTask'], table],
  [['bpmn:ServiceTask'], handler],
  [['bpmn:SequenceFlow'], when],
  [['bpmn:FlowNode'], grounds],
  [['bpmn:Participant', 'bpmn:Process'], groundsOfProcess],
];

function entriesOf(element, choices) {
  const asked = ENTRIES.filter(([kinds]) => kinds.some((kind) => is(element, kind)));
  return asked.flatMap(([, entries]) => entries(element, choices));
}

// Of the fields of all forms those that the drawing asks for as it stands, each variable once.
export function inDrawing(choices, elements) {
  const asked = new Set(elements.map((element) => getBusinessObject(element).get('camunda:formKey')).filter(Boolean));
  const offered = (list) => [...new Map(list.filter((entry) => asked.has(entry.form)).map((entry) => [entry.value, entry])).values()];
  return { ...choices, chosenBodies: offered(choices.chosenBodies), lists: offered(choices.lists), keys: offered(choices.keys) };
}

export default function provider(all) {
  function GridflowProvider(propertiesPanel, elementRegistry) {
    this.registry = elementRegistry;
    propertiesPanel.registerProvider(200, this);
  }
  GridflowProvider.$inject = ['propertiesPanel', 'elementRegistry'];
  GridflowProvider.prototype.getGroups = function getGroups(element) {
    return (groups) => grouped(groups, element, inDrawing(all, this.registry.getAll()));
  };
  return { __init__: ['gridflowProvider'], gridflowProvider: ['type', GridflowProvider] };
}

function grouped(groups, element, choices) {
  const hidden = (id) => HIDDEN.has(id) || (is(element, 'bpmn:CallActivity') && OF_CALLS.has(id));
  const shown = groups.filter((group) => !hidden(group.id));
  if (shown[0]) shown[0].shouldOpen = true;
  const entries = entriesOf(element, choices);
  if (processOf(element)?.isExecutable) {
    entries.push(text('gf-title', '事项标题', ofProcess('title'), '可以写 ${字段名}，如 事项准入：${item_name}'));
    entries.push(text('gf-prefix', '编号前缀', ofProcess('businessKeyPrefix')));
    const listed = starters(element);
    const offered = choices.starters.filter((each) => !listed.includes(each.value));
    const chosen = listed.map((value) => choices.starters.find((each) => each.value === value) || { value, label: value });
    shown.push({ id: 'gridflow-starters', label: '谁可以发起', entries: [...chosen, ...offered].map(starter) });
  }
  if (entries.length) shown.splice(1, 0, { id: 'gridflow', label: '网格流程', entries, shouldOpen: true });
  return shown;
}
