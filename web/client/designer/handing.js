// What a call hands over to the process that it calls, and what comes back: chosen by the names of the fields.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { there } from './answers.js';
import { check, choice } from './entries.js';

const BUSINESS_KEY = '#{execution.processBusinessKey}';
const isWhole = (mapping) => mapping.get('variables') === 'all';
const isNamed = (mapping) => Boolean(mapping.get('target') && (mapping.get('source') || mapping.get('sourceExpression')));
const sourceOf = (mapping) => mapping.get('source') || mapping.get('sourceExpression');

function valuesOf(element) {
  return getBusinessObject(element).get('extensionElements')?.get('values') || [];
}

/** What the call says of the variables: `all` of them go in or come back, those of `ins` and `outs` by name. Nothing written is everything;
 * what is handed over by name alone comes back by name alone. */
export function read(element) {
  const ins = valuesOf(element).filter((each) => is(each, 'camunda:In'));
  const outs = valuesOf(element).filter((each) => is(each, 'camunda:Out'));
  const apart = ins.some((each) => each.get('businessKey'));
  return {
    keys: ins.filter((each) => each.get('businessKey')),
    ins: ins.filter(isNamed),
    outs: outs.filter(isNamed),
    allIn: ins.some(isWhole) || !(apart || ins.some(isNamed)),
    allOut: outs.length ? outs.some(isWhole) : !ins.length,
  };
}

function write(element, { keys, ins, outs, allIn, allOut }, factory) {
  const whole = (type) => factory.create(type, { variables: 'all' });
  const nothing = keys.length ? keys : [factory.create('camunda:In', { businessKey: BUSINESS_KEY })];
  let into = [...keys, ...ins];
  if (allIn) into = ins.length || (!allOut && !outs.length) ? [whole('camunda:In'), ...ins] : [];
  else if (!ins.length) into = nothing;
  const back = allOut && (into.length || outs.length) ? [whole('camunda:Out'), ...outs] : outs;
  const others = valuesOf(element).filter((each) => !is(each, 'camunda:In') && !is(each, 'camunda:Out'));
  const values = [...others, ...into, ...back];
  return { extensionElements: values.length ? factory.create('bpmn:ExtensionElements', { values }) : undefined };
}

// The mappings with the one between these two in the place of that which has the same `end`; without a value it is gone.
function replaced(mappings, type, end, name, mapping, factory) {
  const kept = mappings.filter((each) => (end === 'source' ? sourceOf(each) : each.get(end)) !== name);
  return mapping ? [...kept, factory.create(type, mapping)] : kept;
}

// Which field of the caller the called process finds under its name; of the same name where all are handed over.
function input(name, offered) {
  return {
    get: (element) => {
      const { ins, allIn } = read(element);
      const mapping = ins.find((each) => each.get('target') === name);
      if (mapping) return sourceOf(mapping);
      return allIn && offered.some((each) => each.value === name) ? name : '';
    },
    set: (element, source, factory) => {
      const now = read(element);
      const mapping = source && !(now.allIn && source === name) ? { source, target: name } : null;
      return write(element, { ...now, ins: replaced(now.ins, 'camunda:In', 'target', name, mapping, factory) }, factory);
    },
  };
}

// Under which name the caller finds what the called process calls so.
function output(name) {
  return {
    get: (element) => read(element).outs.find((each) => sourceOf(each) === name)?.get('target') || '',
    set: (element, target, factory) => {
      const now = read(element);
      const mapping = target ? { source: name, target } : null;
      return write(element, { ...now, outs: replaced(now.outs, 'camunda:Out', 'source', name, mapping, factory) }, factory);
    },
  };
}

// Fields of the same name that both have stand for themselves once they are chosen one by one.
const allIn = (needs, offered) => ({
  get: (element) => read(element).allIn,
  set: (element, on, factory) => {
    const now = read(element);
    const missing = needs.map((each) => each.value).filter((name) => !now.ins.some((each) => each.get('target') === name) && offered.some((each) => each.value === name));
    const same = missing.map((name) => factory.create('camunda:In', { source: name, target: name }));
    const kept = now.ins.filter((each) => each.get('source') !== each.get('target'));
    return write(element, { ...now, allIn: on, ins: on ? kept : [...now.ins, ...same] }, factory);
  },
});

const allOut = {
  get: (element) => read(element).allOut,
  set: (element, on, factory) => write(element, { ...read(element), allOut: on }, factory),
};

// One more, under its own name.
function more(kind) {
  const type = `camunda:${kind}`;
  const list = kind === 'In' ? 'ins' : 'outs';
  return {
    get: () => '',
    set: (element, name, factory) => {
      const now = read(element);
      return write(element, { ...now, [list]: name ? [...now[list], factory.create(type, { source: name, target: name })] : now[list] }, factory);
    },
  };
}

const labelled = (options, name) => options.find((each) => each.value === name)?.label || name;

function goingIn(element, process, offered) {
  const needs = process?.needs || [];
  const now = read(element);
  const shown = [check('gf-called-in-all', '全部字段都带进去', allIn(needs, offered))];
  for (const { value, label } of needs) shown.push(choice(`gf-called-in-${value}`, `${label}（必填）`, offered, input(value, offered)));
  const others = now.ins.map((each) => each.get('target')).filter((name) => !needs.some((each) => each.value === name));
  for (const name of others) shown.push(choice(`gf-called-in-${name}`, labelled(offered, name), offered, input(name, offered)));
  const left = offered.filter((each) => !now.ins.some((mapping) => mapping.get('target') === each.value));
  if (!now.allIn) shown.push(choice('gf-called-in-more', '再带一项进去', left, more('In')));
  return shown;
}

function comingBack(element, process, offered) {
  const gives = process?.gives || [];
  const now = read(element);
  const shown = [check('gf-called-out-all', '结果全部带回来', allOut)];
  for (const name of now.outs.map(sourceOf)) {
    const targets = [...new Map([...gives.filter((each) => each.value === name), ...offered].map((each) => [each.value, each])).values()];
    shown.push(choice(`gf-called-out-${name}`, `带回：${labelled(gives, name)}，存为`, targets, output(name)));
  }
  const left = gives.filter((each) => !now.outs.some((mapping) => sourceOf(mapping) === each.value));
  if (!now.allOut && left.length) shown.push(choice('gf-called-out-more', '再带一项回来', left, more('Out')));
  return shown;
}

const callee = {
  get: (element) => getBusinessObject(element).get('calledElement') || '',
  set: (element, value) => ({ calledElement: value || undefined }),
};

/** The process that the step calls, from a list; what it needs, each with the field that is handed over as it; what comes back. */
export function called(element, choices) {
  const process = choices.processes.find((each) => each.value === callee.get(element));
  const offered = there(choices, element);
  return [choice('gf-called', '调用的流程', choices.processes, callee), ...goingIn(element, process, offered), ...comingBack(element, process, offered)];
}
