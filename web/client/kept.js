// A copy of what is typed, on this machine, until the server has it: a dead network, a closed browser or a body too large loses nothing.
import { byName, copyOf, exceeds, isDone, isOnServer, isSameText, rowsIn } from './typed_copy.js';

const PREFIX = 'gridflow-typed-';
// The copies of forms, of a draft's files, and what was copied in a diagram.
const OF_A_PERSON = [PREFIX, 'gridflow-draft-', 'gridflow-clipboard-'];
const page = document.body.dataset;
// The server's clock, as far as this page knows it: the machine's own may be wrong, or be set right meanwhile.
const now = () => Date.parse(page.now) + performance.now();

function place(form) {
  const at = new URL(form.action, window.location.href);
  return `${PREFIX}${page.person}-${at.pathname}${at.search}`;
}

function keep(form) {
  try {
    const copy = copyOf([...new FormData(form)], form.elements._key.value, now());
    localStorage.setItem(place(form), JSON.stringify({ ...copy, base: form.dataset.savedAt || '' }));
  } catch {
    // A full store must not keep anybody from sending.
    localStorage.removeItem(place(form));
  }
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

// The server has all that was typed: the copy is no newer than what it has.
function noteSaved(form) {
  const copy = read(place(form));
  if (copy) localStorage.setItem(place(form), JSON.stringify({ ...copy, saved: true }));
}

// What the server has by now, and what is old, is dropped.
function tidy() {
  for (const name of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
    if (isDone(read(name), now(), page.sent)) localStorage.removeItem(name);
  }
}

// Rows that the form does not have yet are added first.
function addMissingRows(form, names) {
  for (const rows of form.querySelectorAll('[data-rows]')) {
    const add = rows.querySelector('button[name="_add"]');
    const there = rows.querySelectorAll('[data-row-list] > [data-row]').length;
    const wanted = add ? rowsIn(names, add.value) : 0;
    for (let more = there; more < wanted; more += 1) add.click();
  }
}

const NOT_TYPED = ['file', 'hidden', 'submit'];

function fill(control, values) {
  if (control.type === 'checkbox' || control.type === 'radio') control.checked = Boolean(values?.includes(control.value));
  else if (values && !NOT_TYPED.includes(control.type)) control.value = values.shift() ?? '';
}

function restore(form, left) {
  form.elements._key.value = left.key;
  const given = byName(left.values);
  addMissingRows(form, [...given.keys()]);
  for (const control of form.elements) if (control.name !== 'csrf_token') fill(control, given.get(control.name));
  form.dispatchEvent(new Event('change'));
}

function offer(form) {
  const left = read(place(form));
  const bar = document.getElementById('kept-typed');
  if (left && form.dataset.savedAt && (isOnServer(left, form.dataset.savedAt) || isSameText(left.values, copyOf([...new FormData(form)], left.key, left.at).values))) {
    localStorage.removeItem(place(form));
    return;
  }
  if (!left || !bar || form.matches('[data-unsent]') || document.querySelector('.alert-danger:not([hidden])')) return;
  bar.hidden = false;
  bar.querySelector('[data-kept-at]').textContent = new Date(left.at).toLocaleString(document.documentElement.lang);
  bar.querySelector('[data-take]').addEventListener('click', () => {
    restore(form, left);
    form.dispatchEvent(new Event('gridflow:restored'));
    bar.hidden = true;
  });
  bar.querySelector('[data-drop]').addEventListener('click', () => {
    localStorage.removeItem(place(form));
    bar.hidden = true;
  });
}

// A body that the server would refuse unread is not sent: everything stays on the page, the chosen files too.
function tooLarge(form) {
  const limits = { all: Number(page.limit), texts: Number(page.textLimit), fields: Number(page.fieldLimit) };
  return exceeds([...new FormData(form)], limits);
}

// Who signs out leaves the machine to others: what he typed goes with him. A session that merely ended leaves it.
document.querySelector('form[data-sign-out]')?.addEventListener('submit', () => {
  for (const name of Object.keys(localStorage)) {
    if (OF_A_PERSON.some((prefix) => name.startsWith(`${prefix}${page.person}-`))) localStorage.removeItem(name);
  }
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  const told = document.getElementById('too-large');
  if (form.method !== 'post' || !told) return;
  told.hidden = !tooLarge(form);
  if (told.hidden) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  told.scrollIntoView({ block: 'center' });
  told.focus();
}, true);

tidy();
if (page.person) {
  for (const form of document.querySelectorAll('form[method="post"]')) {
    if (!form.elements._key) continue;
    offer(form);
    form.addEventListener('input', () => keep(form));
    form.addEventListener('gridflow:saved', () => noteSaved(form));
    form.addEventListener('change', (event) => { if (event.isTrusted) keep(form); });
  }
}
