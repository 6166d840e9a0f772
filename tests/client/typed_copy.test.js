// Drafts on this machine: what a copy of typed values holds, and when it may go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byName, copyOf, exceeds, isDone, isOnServer, isSameText, rowsIn } from '../../web/client/typed_copy.js';

const DAY = 24 * 3600 * 1000;

test('a copy holds what was typed, and neither files nor passwords nor the page\'s token', () => {
  const entries = [['name', '张三'], ['csrf_token', 'x'], ['_password', 'secret'], ['_username', 'li'], ['photo', new Blob(['x'])], ['name', '']];
  assert.deepEqual(copyOf(entries, 'k1', 5), { at: 5, key: 'k1', values: [['name', '张三'], ['name', '']] });
});

test('a copy goes when the server has it, after a week, or when it cannot be read', () => {
  const copy = { at: 10 * DAY, key: 'k1', values: [] };
  assert.equal(isDone(copy, 10 * DAY, undefined), false);
  assert.equal(isDone(copy, 10 * DAY, ''), false);
  assert.equal(isDone(copy, 10 * DAY, 'k2'), false);
  assert.equal(isDone(copy, 10 * DAY, 'k1'), true);
  assert.equal(isDone(copy, 17 * DAY, 'k2'), false);
  assert.equal(isDone(copy, 17 * DAY + 1, 'k2'), true);
  assert.equal(isDone(null, 0, 'k1'), true);
});

test('a wrong clock of the machine loses nothing: the server has what was saved there, whatever the hour', () => {
  const noon = '2026-03-02T04:00:00+00:00';
  for (const at of [0, Date.parse(noon) - 9 * DAY, Date.parse(noon) + 9 * DAY]) {
    const copy = { at, key: 'k1', values: [], base: '' };
    assert.equal(isOnServer(copy, noon), false, 'typed before the server saved what another device sent');
    assert.equal(isOnServer({ ...copy, base: noon }, noon), false, 'typed after the server saved last');
    assert.equal(isOnServer({ ...copy, saved: true }, noon), true);
    assert.equal(isOnServer({ ...copy, saved: true }, ''), false);
  }
  assert.equal(isOnServer({ at: Date.parse(noon) + 4000, key: 'k1', values: [] }, noon), true, 'a copy of an earlier version');
});

test('what the server drew is no other text than the copy of it', () => {
  assert.equal(isSameText([['name', '张三'], ['_key', 'k1']], [['name', '张三'], ['_key', 'k2'], ['_saved', '1']]), true);
  assert.equal(isSameText([['name', '张三']], [['name', '李四']]), false);
});

test('values of one name keep their order', () => {
  assert.deepEqual([...byName([['a', '1'], ['b', '2'], ['a', '3']])], [['a', ['1', '3']], ['b', ['2']]]);
});

test('a list has as many rows as its names have numbers', () => {
  const names = ['after.0.name', 'after.0.code', 'after.7.name', 'before.0.name', 'afternoon.1.x'];
  assert.equal(rowsIn(names, 'after'), 2);
  assert.equal(rowsIn(names, 'before'), 1);
  assert.equal(rowsIn(names, 'nothing'), 0);
});

test('what the server would refuse unread is found before it is sent', () => {
  const limits = { all: 20, texts: 9, fields: 3 };
  assert.equal(exceeds([['a', '三个字'], ['b', new Blob(['12345678901'])]], limits), false);
  assert.equal(exceeds([['a', '三个字x']], limits), true);
  assert.equal(exceeds([['a', 'x'], ['b', new Blob(['x'.repeat(20)])]], limits), true);
  assert.equal(exceeds([['a', ''], ['b', ''], ['c', ''], ['d', '']], limits), true);
});
