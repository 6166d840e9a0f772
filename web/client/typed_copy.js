// What a copy of typed values holds, when it is old, and what it needs of a form: without page and store, so that it can be tested alone.
const KEEP_DAYS = 7;
// Of the clocks of the machine and of the server.
const SAME = 5000;
const NOT_KEPT = /^(csrf_token|_typed|_password|_username|_code)$/;

/** The copy of a form's entries ([name, value]); files cannot be kept, passwords must not be. `key`: the submission's. */
export function copyOf(entries, key, now) {
  return { at: now, key, values: entries.filter(([name, value]) => typeof value === 'string' && !NOT_KEPT.test(name)) };
}

/** Whether a copy may go: it is unreadable, old, or the server has it by now (`sent`: the key of what it has). */
export function isDone(copy, now, sent) {
  return !copy || now - copy.at > KEEP_DAYS * 24 * 3600 * 1000 || Boolean(sent && copy.key === sent);
}

/** Whether the server has what the copy holds, or it was saved there and something later since. `savedAt`: when the server saved last, empty where it has
    nothing. The machine's clock is asked for copies of earlier versions alone: it may be wrong. */
export function isOnServer(copy, savedAt) {
  if (!savedAt) return false;
  if (copy.base === undefined) return Date.parse(savedAt) >= copy.at - SAME;
  return Boolean(copy.saved);
}

const typedIn = (values) => values.filter(([name]) => !name.startsWith('_'));

/** Whether the same was typed into both. */
export function isSameText(one, other) {
  return JSON.stringify(typedIn(one)) === JSON.stringify(typedIn(other));
}

/** Name → the values entered under it, in their order. */
export function byName(values) {
  const given = new Map();
  for (const [name, value] of values) given.set(name, [...(given.get(name) || []), value]);
  return given;
}

/** How many rows of the list called `list` the names `LIST.ROW.FIELD` need. */
export function rowsIn(names, list) {
  return new Set(names.filter((name) => name.startsWith(`${list}.`)).map((name) => name.split('.')[1])).size;
}

/** Whether the server would refuse these entries unread. `limits`: bytes of all, bytes of texts, number of fields. */
export function exceeds(entries, limits) {
  const texts = entries.filter(([, value]) => typeof value === 'string').map(([, value]) => new Blob([value]).size);
  const files = entries.filter(([, value]) => typeof value !== 'string').map(([, value]) => value.size);
  const sum = (sizes) => sizes.reduce((total, size) => total + size, 0);
  return sum(texts) + sum(files) > limits.all || sum(texts) > limits.texts || entries.length > limits.fields;
}
