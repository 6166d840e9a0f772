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

/** The answers that there may be when a token comes here, those of the last step first; of two with one name the later counts.
 * What every instance begins with comes last. */
export function nearest(choices, element) {
  const found = new Map();
  const seen = new Set();
  let edge = [element.source];
  while (edge.length) {
    const next = [];
    for (const each of edge) {
      if (!each || seen.has(each)) continue;
      seen.add(each);
      const form = getBusinessObject(each).get('camunda:formKey');
      const answers = [...outcomes(each, choices), ...choices.fields.filter((field) => field.form === form)];
      for (const field of answers) if (!found.has(field.key)) found.set(field.key, field);
      next.push(...each.incoming.map((flow) => flow.source), each.host);
    }
    edge = next;
  }
  for (const field of choices.circumstances) if (!found.has(field.key)) found.set(field.key, field);
  return [...found.values()];
}
