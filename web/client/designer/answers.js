// The answers that a condition can ask for, from the forms, joint decisions and tables before it.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { setting, way } from './properties.js';

// What a step leaves behind that is no field of a form: how several decided together, and what a decision table gives.
function outcomes(step, choices) {
  const object = getBusinessObject(step);
  if (is(object, 'bpmn:UserTask') && way.get(step)) {
    const name = object.name || '会签';
    return [{ key: setting('countersignResult', 'countersign_passed').get(step), name, label: `${name}（会签的结果）`, kind: 'outcome', options: [] }];
  }
  if (!is(object, 'bpmn:BusinessRuleTask') || object.get('camunda:resultVariable')) return [];
  return choices.tables.find((table) => table.value === object.get('camunda:decisionRef'))?.results || [];
}

// The subprocess that begins with the element.
function around(element) {
  return element.parent && !element.incoming.length && !element.host && is(element.parent, 'bpmn:SubProcess') ? element.parent : null;
}

// The steps that a token may have left when it comes to one of these, the last ones first.
function before(first) {
  const seen = new Set();
  let edge = first;
  while (edge.length) {
    const next = [];
    for (const each of edge) {
      if (!each || seen.has(each)) continue;
      seen.add(each);
      next.push(...each.incoming.map((flow) => flow.source), each.host, around(each));
    }
    edge = next;
  }
  return [...seen];
}

function once(entries, key) {
  const found = new Map();
  for (const entry of entries) if (!found.has(entry[key])) found.set(entry[key], entry);
  return [...found.values()];
}

/** The answers that there may be when a token comes here, those of the last step first; of two with one name the later counts.
 * What every instance begins with comes last. */
export function nearest(choices, element) {
  const answers = before([element.source]).flatMap((step) => {
    const form = getBusinessObject(step).get('camunda:formKey');
    return [...outcomes(step, choices), ...choices.fields.filter((field) => field.form === form)];
  });
  return once([...answers, ...choices.circumstances], 'key');
}

// What a handler answers, a script or a decision puts down, and what is written out of a step.
function results(step, choices) {
  const object = getBusinessObject(step);
  const topic = choices.topics.find((one) => one.value === object.get('camunda:topic'));
  const mapping = (object.get('extensionElements')?.get('values') || []).find((one) => is(one, 'camunda:InputOutput'));
  const named = [
    ...(mapping?.get('outputParameters') || []).map((one) => one.name),
    ...(object.get('script') || '').split('\n').map((line) => /^\s*([\p{L}_][\p{L}\p{N}_]*)\s*=(?!=)/u.exec(line)?.[1]),
    object.get('camunda:resultVariable'),
  ];
  return [
    ...outcomes(step, choices).map(({ key, label }) => ({ value: key, label })),
    ...(topic?.gives || []),
    ...named.filter(Boolean).map((name) => ({ value: name, label: `${name}（${object.name || '前面的步骤'}的结果）` })),
  ];
}

/** What there may be to hand on when a token comes to the step, as { value, label }: fields of forms and results of the steps before it, then what
 * every instance begins with. */
export function there(choices, element) {
  const found = before(element.incoming.map((flow) => flow.source)).flatMap((step) => {
    const form = getBusinessObject(step).get('camunda:formKey');
    return [...choices.inputs.filter((field) => field.form === form), ...results(step, choices)];
  });
  return once([...found, ...choices.beginnings], 'value');
}
