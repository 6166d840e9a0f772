// The browser's reading of conditions, by the table that the server's reading stands in as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds } from '../../web/client/conditions.js';
import table from '../forms/conditions.json';

for (const { text, tree, data, holds: expected } of table.cases) {
  test(`${text} of ${JSON.stringify(data)}`, () => assert.equal(holds(tree, (key) => data[key]), expected));
}

for (const tree of table.refused_trees) {
  test(`refused: ${JSON.stringify(tree)}`, () => assert.throws(() => holds(tree, () => undefined), TypeError));
}

test('what stays hidden while the form is drawn is read with nothing entered', () => {
  const trees = table.cases.map((each) => each.tree);
  assert.ok(trees.every((tree) => typeof holds(tree, () => undefined) === 'boolean'));
});
