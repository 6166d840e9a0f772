// What is typed in an editor's panel: it is handed over once, at once when it is asked for, and the field is found again in a panel drawn anew.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { followAtOnce, leaveField, typing } from '../../web/client/designer/typing.js';

test('what waits is handed over at once when the drawing is read, and only once', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const given = [];
  const { debounce, flush } = typing(250);
  const [name, amount] = ['name', 'amount'].map((field) => debounce((text) => given.push([field, text])));
  name('镇');
  name('镇街');
  amount('12');
  flush();
  assert.deepEqual(given, [['name', '镇街'], ['amount', '12']]);
  mock.timers.tick(1000);
  assert.equal(given.length, 2);
  name('镇街网');
  mock.timers.tick(250);
  assert.deepEqual(given[2], ['name', '镇街网']);
  name('不要');
  name.cancel();
  flush();
  mock.timers.tick(250);
  assert.equal(given.length, 3);
  mock.timers.reset();
});

test('a panel takes over what it has drawn before the next key', async () => {
  const options = {};
  followAtOnce(options);
  const order = [];
  setTimeout(() => order.push('next key'));
  options.requestAnimationFrame(() => order.push('taken over'));
  await new Promise((done) => { setTimeout(done, 5); });
  assert.deepEqual(order, ['taken over', 'next key']);
});

test('the field that had the focus has it again, with its caret, once the panel is drawn anew', async () => {
  const field = (id) => ({
    id,
    selectionStart: 1,
    selectionEnd: 2,
    blur() { this.left = true; },
    focus() { this.focused = true; },
    setSelectionRange(...range) { this.range = range; },
  });
  const before = field('amount');
  const after = field('amount');
  let drawn = 0;
  globalThis.document = { getElementById: (id) => { drawn += 1; return drawn > 2 && id === 'amount' ? after : null; } };
  const goBack = leaveField({ contains: (each) => each === before }, before);
  assert.ok(before.left);
  await goBack();
  assert.ok(after.focused);
  assert.deepEqual(after.range, [1, 2]);
  await leaveField({ contains: () => false }, before)();
});
