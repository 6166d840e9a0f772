// When a field hides: reads the tree that forms/conditions.py makes and answers as it does. tests/forms/conditions.json holds the cases of both.

const BLANK = '[ \\t\\r\\n\\u00a0\\u2000-\\u200a\\u3000]+';
const AROUND = new RegExp(`^${BLANK}|${BLANK}$`, 'gu');
const NUMBER = /^([-+]?)(?:([0-9]{1,40})(?:\.([0-9]{0,40}))?|\.([0-9]{1,40}))(?:[eE]([-+]?[0-9]{1,3}))?$/;
const WIDE = '０１２３４５６７８９．－＋';
const NARROW = '0123456789.-+';

/** The number as digits × 10 ^ exponent, so that a tenth is a tenth and 18 digits stay 18; null for what is none. */
function decimal(value) {
  if (typeof value?.digits === 'bigint') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).replace(AROUND, '').replace(/[０-９．－＋]/gu, (sign) => NARROW[WIDE.indexOf(sign)]);
  const found = NUMBER.exec(text);
  if (!found) return null;
  const [, sign, whole = '', fraction = '', bare = '', exponent = '0'] = found;
  const behind = fraction || bare;
  return { digits: BigInt(`${whole}${behind}`) * (sign === '-' ? -1n : 1n), exponent: Number(exponent) - behind.length };
}

function compareNumbers(left, right) {
  const lowest = Math.min(left.exponent, right.exponent);
  const [a, b] = [left, right].map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - lowest));
  return Number(a > b) - Number(a < b);
}

// By characters, as Python does; JavaScript's own comparison goes by halves of them.
function compareTexts(left, right) {
  const [a, b] = [[...left], [...right]];
  const at = a.findIndex((character, index) => character !== b[index]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? a[at].codePointAt(0) - b[at].codePointAt(0) : 1;
}

/** Below, at or above zero as left is less than, the same as or more than right; null where the two have no order. */
function compare(left, right) {
  const numbers = [decimal(left), decimal(right)];
  if (numbers[0] && numbers[1]) return compareNumbers(...numbers);
  return typeof left === 'string' && typeof right === 'string' ? compareTexts(left, right) : null;
}

// A list of choices equals a value that is among them; two lists are equal when they share one.
function equal(left, right) {
  if (Array.isArray(left)) return left.some((one) => equal(one, right));
  if (Array.isArray(right)) return right.some((one) => equal(left, one));
  if (typeof left === 'boolean' || typeof right === 'boolean' || left === null || right === null) return left === right;
  return compare(left, right) === 0;
}

// What is empty is null; blanks around a text do not count.
function plain(value) {
  const found = typeof value === 'string' ? value.replace(AROUND, '') : value;
  return found === undefined || found === '' || (Array.isArray(found) && !found.length) ? null : found;
}

function operand([source, given], read) {
  if (source === 'field') return plain(read(given));
  if (source === 'value') return plain(given);
  if (source === 'number') return decimal(given);
  throw new TypeError(`not an operand: ${source}`);
}

const COMPARISONS = new Map([
  ['=', equal],
  ['!=', (left, right) => !equal(left, right)],
  ['<', (left, right) => (compare(left, right) ?? 0) < 0],
  ['<=', (left, right) => (compare(left, right) ?? 1) <= 0],
  ['>', (left, right) => (compare(left, right) ?? 0) > 0],
  ['>=', (left, right) => (compare(left, right) ?? -1) >= 0],
]);

/** Whether the condition is true; `read` gives a field's value by its key. Throws a TypeError for what is no tree of a condition. */
export function holds(tree, read) {
  const [kind, ...parts] = tree;
  if (kind === 'and') return parts.every((part) => holds(part, read));
  if (kind === 'or') return parts.some((part) => holds(part, read));
  if (kind === 'not') return !holds(parts[0], read);
  const comparison = COMPARISONS.get(kind);
  if (!comparison || parts.length !== 2) throw new TypeError(`not a condition: ${kind}`);
  const [left, right] = parts.map((part) => operand(part, read));
  return comparison(left, right);
}
