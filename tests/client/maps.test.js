// Corners that areas share, the text of a drawing, and the colours of a heat map.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, withMoved, written } from '../../web/client/shared_corners.js';

const RING = [[[0, 0], [1, 0], [1, 1], [0, 0]]];

test('a shared corner moves wherever it stands, and what has none stays the same object', () => {
  assert.deepEqual(withMoved([RING], [0, 0], [5, 5]), [[[[5, 5], [1, 0], [1, 1], [5, 5]]]]);
  assert.equal(withMoved(RING, [7, 7], [5, 5]), RING);
});

test('the text holds what changed and is read back', () => {
  const area = { id: 'a', name: '一组', changed: true, geometry: { type: 'Polygon', coordinates: [[[119.123456789, 32.1, 9]]] } };
  const text = written([area, { ...area, id: 'b', changed: false }, { ...area, id: 'c', geometry: null }]);
  assert.deepEqual([...read(text)], [['a', { type: 'Polygon', coordinates: [[[119.1234568, 32.1]]] }]]);
  assert.equal(written([{ ...area, changed: false }]), '');
  assert.equal(read(' ').size, 0);
  for (const wrong of ['{', '[]', '{"features": 1}']) assert.throws(() => read(wrong));
});
