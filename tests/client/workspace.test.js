// What the editors share: what is typed while the page waits for an answer is saved too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workspace } from '../../web/client/designer/workspace.js';

/** A page of nothing but elements that remember who listens to them; `answers` tells what the server says to a body. */
function page(answers) {
  const elements = new Map();
  const waiting = [];
  const sent = [];
  const element = () => ({
    dataset: {},
    heard: {},
    addEventListener(name, heard) { this.heard[name] = heard; },
    replaceChildren() {},
    append() {},
  });
  globalThis.document = {
    ...element(),
    body: { dataset: { person: '1' } },
    getElementById(id) {
      if (!elements.has(id)) elements.set(id, element());
      return elements.get(id);
    },
    querySelector: () => null,
    createElement: element,
  };
  globalThis.window = { setTimeout: (run) => waiting.push(run), clearTimeout() {}, setInterval() {} };
  globalThis.localStorage = { getItem: () => null, setItem() {}, removeItem() {} };
  globalThis.fetch = async (address, { body }) => {
    const given = JSON.parse(body);
    if (address === 'save') sent.push(given);
    const [status, told] = address === 'save' ? await answers(given) : [200, { findings: [], others: [] }];
    return { ok: status === 200, status, json: async () => told };
  };
  return { elements, waiting, sent, box: { dataset: { words: '{"took":"","counted":""}', draft: 'd', file: 'f', revision: '1', save: 'save', check: 'check', here: 'here' } } };
}

test('what is drawn while it is asked whose change counts is kept and saved next', async () => {
  let text = 'begun';
  let changed = () => {};
  const { elements, waiting, sent, box } = page(async (given) => {
    if (!given.prefer) return [409, { told: 'both', overlapping: Boolean(given.base) }];
    text = 'drawn meanwhile';
    changed();
    return [200, { revision: 3, text: 'merged' }];
  });
  const shared = workspace({ box, read: async () => text, load: async (given) => { text = given; }, begun: async () => 'begun', jump: () => true });
  changed = shared.changed;
  await shared.begin();
  text = 'mine';
  changed();
  waiting.pop()();
  await new Promise(setImmediate);
  assert.equal(elements.get('overlapping').hidden, false);
  await elements.get('take-mine').heard.click();
  assert.equal(text, 'drawn meanwhile');
  const before = sent.length;
  waiting.pop()();
  await new Promise(setImmediate);
  assert.equal(sent[before].text, 'drawn meanwhile');
});

test('what is typed and still waits goes with the save, and is not undone by what another has saved', async () => {
  let text = 'begun';
  let waiting = '';
  let loaded = '';
  let changed = () => {};
  const { waiting: timers, sent, box } = page(async (given) => {
    if (!given.base) return [409, { told: 'both' }];
    waiting = `${given.text} and more`;
    return [200, { revision: 3, text: 'merged' }];
  });
  const flush = () => {
    if (!waiting) return;
    text = waiting;
    waiting = '';
    changed();
  };
  const shared = workspace({ box, flush, read: async () => text, load: async (given) => { loaded = given; }, begun: async () => 'begun', jump: () => true });
  changed = shared.changed;
  await shared.begin();
  changed();
  waiting = 'typed';
  timers.pop()();
  await new Promise(setImmediate);
  assert.equal(sent.at(-1).text, 'typed');
  // Typed while the server put both together: the next save puts that to it.
  assert.equal(loaded, '');
  assert.equal(text, 'typed and more');
});
