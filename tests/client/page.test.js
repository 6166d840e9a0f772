// The designer's page: what of a drawing is seen first, in which order its steps are listed, and that the menus offer what the checks accept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, kept } from '../../web/client/designer/menus.js';
import { bare, ordered } from '../../web/client/designer/outline.js';
import { firstView, READABLE } from '../../web/client/designer/zooming.js';

const RULES = {
  refused: ['complexGateway'],
  places: { startEvent: ['timer', 'error'], boundaryEvent: ['timer'], endEvent: ['error'] },
  starts: ['timer'],
};

test('a drawing that is wider than can be read shows its beginning beside the palette', () => {
  const start = { x: 260, y: 500, width: 36, height: 36 };
  const seen = firstView({ x: 100, y: 50, width: 3000, height: 900 }, { width: 900, height: 600 }, start, 120);
  assert.equal(seen.width, 900 / READABLE);
  assert.ok((100 - seen.x) * READABLE >= 120);
  assert.ok(seen.y < 500 && seen.y + seen.height > 536);
});

test('a drawing that fits shows its whole width, and is not blown up', () => {
  const seen = firstView({ x: 0, y: 0, width: 400, height: 200 }, { width: 1400, height: 600 }, null);
  assert.ok(seen.width <= 1400 && seen.width >= 1400 / 1.2 - 1);
  assert.ok(seen.x < 0 && seen.y < 0 && seen.y + seen.height > 200);
});

test('a start that stands far to the right is seen', () => {
  const start = { x: 2500, y: 100, width: 36, height: 36 };
  const seen = firstView({ x: 0, y: 0, width: 3000, height: 300 }, { width: 900, height: 600 }, start, 120);
  assert.ok(seen.x < 2500 && seen.x + seen.width > 2536);
});

test('a name stands without the marks around it, with those that belong to it', () => {
  assert.equal(bare('“落实“吹哨”事项”'), '落实“吹哨”事项');
  assert.equal(bare('“审核”之后的条件网关'), '“审核”之后的条件网关');
});

test('the menus leave out what the checks refuse', () => {
  assert.equal(accepted(RULES, { type: 'bpmn:ComplexGateway' }), false);
  assert.equal(accepted(RULES, { type: 'bpmn:ParallelGateway' }), true);
  assert.equal(accepted(RULES, { type: 'bpmn:BoundaryEvent', event: 'bpmn:TimerEventDefinition' }), true);
  assert.equal(accepted(RULES, { type: 'bpmn:BoundaryEvent', event: 'bpmn:LinkEventDefinition' }), false);
  assert.equal(accepted(RULES, { type: 'bpmn:StartEvent', event: 'bpmn:ErrorEventDefinition' }, true), false);
  assert.equal(accepted(RULES, { type: 'bpmn:StartEvent', event: 'bpmn:ErrorEventDefinition' }), true);
  const entries = { 'replace-with-complex-gateway': {}, 'replace-with-parallel-gateway': {}, 'toggle-loop': {} };
  assert.deepEqual(Object.keys(kept(RULES, entries)), ['replace-with-parallel-gateway', 'toggle-loop']);
});

function drawn() {
  const shape = (id, type, rest = {}) => ({ id, type: `bpmn:${type}`, incoming: [], outgoing: [], attachers: [], ...rest });
  const is = (element) => {
    const kinds = { SequenceFlow: [] };
    const own = kinds[element.type.slice(5)] || ['bpmn:FlowNode'];
    element.businessObject = { $instanceOf: (type) => type === element.type || own.includes(type) };
    return element;
  };
  const [start, ask, yes, no, late, told] = ['start', 'ask', 'yes', 'no', 'late', 'told'].map((id) => {
    return is(shape(id, id === 'start' ? 'StartEvent' : 'UserTask'));
  });
  const flow = (source, target) => {
    const made = is({ id: `${source.id}_${target.id}`, type: 'bpmn:SequenceFlow', source, target });
    source.outgoing.push(made);
    target.incoming.push(made);
  };
  flow(start, ask);
  flow(ask, yes);
  flow(ask, no);
  flow(no, ask);
  flow(late, told);
  late.host = ask;
  ask.attachers.push(late);
  return [told, late, no, yes, ask, start];
}

test('steps are listed as a matter meets them, what is attached below its step, each of several ways by its flow', () => {
  const listed = ordered(drawn()).map(({ element, depth }) => [element.id, depth]);
  assert.deepEqual(listed, [
    ['start', 0], ['ask', 0], ['late', 1], ['told', 1], ['ask_yes', 1], ['yes', 0], ['ask_no', 1], ['no', 0],
  ]);
});
