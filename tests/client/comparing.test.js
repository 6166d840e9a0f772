// Conditions as the panel reads and writes them: what it writes it reads again, and what it cannot show it leaves alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPERATORS, first, inWords, read, told, write } from '../../web/client/designer/comparing.js';

const FIELDS = [
  { key: 'decision', name: '审批意见', kind: 'choice', unit: '', options: [{ value: 'approve', label: '批准' }, { value: 'reject', label: '不批准' }] },
  { key: 'amount', name: '申请金额', kind: 'number', unit: '万元', options: [] },
  { key: 'held_on', name: '举行日期', kind: 'day', unit: '', options: [] },
  { key: 'kinds', name: '类别', kind: 'several', unit: '', options: [{ value: 'fire', label: '消防' }] },
  { key: 'urgent', name: '是否紧急', kind: 'truth', unit: '', options: [] },
  { key: 'countersign_passed', name: '部门会签', kind: 'outcome', unit: '', options: [] },
];

test('every comparison of every kind is read as it was written', () => {
  for (const field of FIELDS) {
    for (const operator of Object.keys(OPERATORS[field.kind])) {
      const value = { choice: 'approve', number: '10.5', day: '2026-12-01', several: 'fire', truth: '', outcome: '' }[field.kind];
      assert.deepEqual(read(write(field, operator, value), FIELDS), { field, operator, value });
    }
  }
});

test('a field begins with a condition that can be shown', () => {
  for (const field of FIELDS) assert.equal(read(first(field, '2026-11-27'), FIELDS).field, field);
});

test('what the panel cannot show is left alone', () => {
  for (const text of ['', 'amount > 1 and urgent', 'unknown == "x"', 'decision > "a"', 'amount == "10"', 'len(kinds) > 1', undefined]) {
    assert.equal(read(text, FIELDS), null);
  }
});

test('a value cannot break the condition', () => {
  assert.equal(write(FIELDS[0], '==', 'a" or "b'), 'decision == "a or b"');
  assert.equal(write(FIELDS[1], '>=', '10万'), null);
  assert.equal(write(FIELDS[1], '>=', '１,０００'), 'amount >= 1000');
  assert.equal(write(FIELDS[2], '<', '2026年1月5日'), 'held_on < "2026-01-05"');
  assert.equal(write(FIELDS[2], '<', '明天'), null);
});

test('a condition is told as a sentence', () => {
  assert.equal(told(read('amount >= 10', FIELDS)), '“申请金额”不小于 10 万元');
  assert.equal(told(read('decision != "reject"', FIELDS)), '“审批意见”不是“不批准”');
  assert.equal(told(read('not urgent', FIELDS)), '“是否紧急”未勾选');
});

test('the list of steps says conditions in words, joined ones too, and leaves others as they are', () => {
  assert.equal(inWords('decision == "reject"', FIELDS), '“审批意见”是“不批准”');
  assert.equal(inWords('amount >= 10 and urgent', FIELDS), '“申请金额”不小于 10 万元，并且“是否紧急”已勾选');
  assert.equal(inWords('amount < 1 or not urgent', FIELDS), '“申请金额”小于 1 万元，或者“是否紧急”未勾选');
  assert.equal(inWords('amount > 1 and urgent or amount < 2', FIELDS), '（“申请金额”大于 1 万元，并且“是否紧急”已勾选），或者“申请金额”小于 2 万元');
  assert.equal(inWords('urgent and (decision == "a and b" or (amount < 2))', FIELDS), '“是否紧急”已勾选，并且（“审批意见”是“a and b”，或者“申请金额”小于 2 万元）');
  for (const text of ['len(kinds) > 1', 'len(kinds) > 1 and urgent', 'urgent and (amount < 2', '(urgent) or amount < 2)', '()', 'not (urgent)', '']) {
    assert.equal(inWords(text, FIELDS), text);
  }
});
