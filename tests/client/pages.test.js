// What the map and the form editor make of names and schemas.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches } from '../../web/client/account_words.js';
import { formText } from '../../web/client/form_text.js';
import { bounds, colour, largestPart, lines, shade, written } from '../../web/client/map_labels.js';
import adjustment from '../../forms/definitions/grid_adjustment.form';

test('an account is found by any of its words, in any order', () => {
  const account = 'jk-cg 萧丽华 京口区城市管理局 联络员';
  assert.ok(matches(account, '京口 城市'));
  assert.ok(matches(account, 'JK-CG'));
  assert.ok(matches(account, ''));
  assert.ok(!matches(account, '京口 公安'));
});

test('a grid keeps its colour, and names share eight colours', () => {
  const names = Array.from({ length: 200 }, (_, number) => `第${number}网格`);
  assert.deepEqual(names.map(colour), names.map(colour));
  assert.equal(new Set(names.map(colour)).size, 8);
  assert.match(colour(''), /^#[0-9a-f]{6}$/);
});

test('a long name is broken after each five characters, also where a character is wide', () => {
  assert.equal(lines('象山街道'), '象山街道');
  assert.equal(lines('一二三四五'), '一二三四五');
  assert.equal(lines('一二三四五六七八九十末'), '一二三四五\n六七八九十末');
  assert.equal(lines('东城社区第一网格'), '东城社区\n第一网格');
  assert.equal(lines('𠮷𠮷𠮷𠮷𠮷𠮷'), '𠮷𠮷𠮷𠮷𠮷𠮷');
});

test('the editor\'s marks are left out of a form, at any depth', () => {
  const schema = {
    type: 'default',
    id: 'form',
    exporter: { name: 'form-js' },
    components: [
      { id: 'Field_1', type: 'textfield', key: 'a', layout: { row: 'Row_1', columns: null } },
      { id: 'Field_2', type: 'group', layout: { row: 'Row_2', columns: 8 }, components: [{ id: 'x', type: 'text', text: '说明' }] },
    ],
  };
  assert.deepEqual(JSON.parse(formText(schema)), {
    type: 'default',
    id: 'form',
    components: [
      { type: 'textfield', key: 'a' },
      { type: 'group', layout: { columns: 8 }, components: [{ type: 'text', text: '说明' }] },
    ],
  });
  assert.equal(schema.exporter.name, 'form-js');
});

test('components beside each other stay in their line', () => {
  const text = (key, row, columns) => ({ type: 'textfield', key, layout: { row, columns } });
  const kept = JSON.parse(formText({ components: [text('a', 'one', 4), text('b', 'one', null), text('c', 'two', null)] }));
  assert.deepEqual(kept.components.map((each) => each.layout), [{ row: 'one', columns: 4 }, { row: 'one' }, undefined]);
});

test('a form that nobody changed says the same after the editor', () => {
  const opened = structuredClone(adjustment);
  opened.exporter = { name: 'form-js' };
  const mark = (each, number) => Object.assign(each, { id: `Field_${number}` });
  opened.components.forEach(mark);
  const kept = JSON.parse(formText(opened));
  assert.deepEqual(kept.components.map((each) => each.key), adjustment.components.map((each) => each.key));
  assert.equal(kept.title, adjustment.title);
  assert.ok(kept.components.every((each) => each.id === undefined));
});

test('no name of a map is written over another, and the largest grid has its name', () => {
  const grids = Array.from({ length: 40 }, (_, number) => ({
    name: `江滨社区第${number}网格`, x: (number % 8) * 30, y: Math.floor(number / 8) * 20, size: number,
  }));
  const shown = written(grids);
  assert.ok(shown.has('江滨社区第39网格'));
  assert.ok(shown.size > 3 && shown.size < 15, `${shown.size} of 40 names have room`);
  const places = grids.filter((grid) => shown.has(grid.name));
  for (const one of places) {
    for (const other of places) {
      assert.ok(one === other || Math.abs(one.x - other.x) >= 55 || Math.abs(one.y - other.y) >= 28);
    }
  }
  const apart = grids.map((grid) => ({ ...grid, x: grid.x * 10, y: grid.y * 10 }));
  assert.equal(written(apart).size, 40, 'zoomed in, every grid has its name');
});

test('a name moves up or down within its grid where another is in its way, and grids that change come first', () => {
  const narrow = [0, 1, 2].map((number) => ({
    name: `贺家弄社区${number}网格`, x: number * 40, y: 100, size: 10 - number, tall: 200, changed: number === 2,
  }));
  const shown = written(narrow);
  assert.equal(shown.size, 3);
  assert.equal(shown.get('贺家弄社区2网格'), 0);
  assert.ok(Math.abs(shown.get('贺家弄社区1网格')) >= 28 && Math.abs(shown.get('贺家弄社区1网格')) <= 100);
  const flat = written(narrow.map((grid) => ({ ...grid, tall: 30 })));
  assert.deepEqual([...flat.keys()], ['贺家弄社区2网格', '贺家弄社区0网格']);
});

test('a grid of several parts has its name in the largest', () => {
  const coordinates = [[[[119, 32], [119.1, 32], [119, 32.1]]], [[[120, 31], [120.5, 31.4], [120, 31]]]];
  assert.deepEqual(largestPart({ type: 'MultiPolygon', coordinates }), [120, 31, 120.5, 31.4]);
});

test('the bounds of a grid are those of all its parts', () => {
  const coordinates = [[[[119, 32], [119.5, 32], [119, 32.2]]], [[[120, 31], [120.1, 31.4], [120, 31]]]];
  assert.deepEqual(bounds({ type: 'MultiPolygon', coordinates }), [119, 31, 120.1, 32.2]);
});

test('more open cases are darker, up to the darkest', () => {
  assert.notEqual(shade(0), shade(1));
  assert.equal(shade(3), shade(99));
});
