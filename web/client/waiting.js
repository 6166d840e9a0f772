// What could not be sent for want of a network waits in this browser, with its photographs, and is sent once when
// there is one again: the server knows each submission by its key.
import { deleteOne, listAll, putOne } from './waiting_store.js';

const page = document.body.dataset;
const panel = document.getElementById('waiting');
const PATIENCE = 60000;
const REACHED = 8000;
let sending = false;

const tokenOf = () => document.querySelector('form[data-sign-out] [name=csrf_token]')?.value ?? '';
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, '0')).join('');
const mine = async () => (await listAll()).filter((each) => each.person === page.person);

// ---- keeping

function entryOf(form) {
  const values = [...new FormData(form)].filter(([name, value]) => name !== 'csrf_token' && (!(value instanceof File) || value.name));
  const { pathname, search } = new URL(form.action, window.location.href);
  return { key: form.elements._key.value, person: page.person, address: pathname + search, title: titleOf(form), at: Date.now(), values, problem: '' };
}

function titleOf(form) {
  const { case_title: title, location: place } = form.elements;
  return title?.value || place?.value || document.title;
}

function empty(form) {
  const { pathname, search } = new URL(form.action, window.location.href);
  localStorage.removeItem(`gridflow-typed-${page.person}-${pathname}${search}`);
  form.reset();
  form.elements._key.value = newKey();
  form.dispatchEvent(new Event('gridflow:emptied'));
}

async function keep(form) {
  await putOne(entryOf(form));
  empty(form);
  await show();
  panel.scrollIntoView({ block: 'nearest' });
  panel.focus();
}

// ---- sending

function bodyOf(entry) {
  const body = new FormData();
  body.append('csrf_token', tokenOf());
  for (const [name, value] of entry.values) body.append(name, value);
  return body;
}

// 'sent', 'later', or what has to be changed first.
async function outcome(entry) {
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(entry.address, { method: 'POST', body: bodyOf(entry), signal: stop.signal });
    if (answer.ok && answer.redirected) return 'sent';
    if (answer.status >= 500) return 'later';
    const told = new DOMParser().parseFromString(await answer.text(), 'text/html');
    return [...told.querySelectorAll('.alert-danger:not([hidden]), .invalid-feedback')].map((each) => each.textContent.trim()).join(' ') || panel.dataset.refused;
  } catch {
    return 'later';
  } finally {
    window.clearTimeout(timer);
  }
}

async function sendAll() {
  if (sending) return;
  sending = true;
  let sent = 0;
  for (const entry of await mine()) {
    const found = await outcome(entry);
    if (found === 'later') break;
    if (found === 'sent') {
      await deleteOne(entry.key);
      sent += 1;
    } else {
      await putOne({ ...entry, problem: found });
    }
  }
  sending = false;
  await show();
  const told = panel.querySelector('[data-sent]');
  told.textContent = sent ? told.dataset.sent.replace('{count}', String(sent)) : '';
  if (sent) panel.hidden = false;
}

// ---- the list

function button(text, act) {
  const made = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-sm', textContent: text });
  made.addEventListener('click', act);
  return made;
}

function row(entry) {
  const item = Object.assign(document.createElement('li'), { className: 'mb-2' });
  const photos = entry.values.filter(([, value]) => value instanceof File).length;
  const told = `${entry.title} · ${new Date(entry.at).toLocaleString(document.documentElement.lang)} · ${panel.dataset.files.replace('{count}', String(photos))}`;
  item.append(Object.assign(document.createElement('div'), { textContent: told }));
  if (entry.problem) item.append(Object.assign(document.createElement('div'), { className: 'text-danger', textContent: entry.problem }));
  const open = Object.assign(document.createElement('a'), { className: 'btn btn-sm me-2', textContent: panel.dataset.open, href: `${entry.address}#waiting-${entry.key}` });
  item.append(open, button(panel.dataset.drop, async () => {
    if (!window.confirm(panel.dataset.sure)) return;
    await deleteOne(entry.key);
    await show();
  }));
  return item;
}

async function show() {
  const entries = await mine();
  panel.hidden = entries.length === 0;
  panel.querySelector('[data-count]').textContent = String(entries.length);
  panel.querySelector('ul').replaceChildren(...entries.map(row));
}

// ---- taking one back into its form

function fill(control, values) {
  if (control.type === 'file') {
    const files = new DataTransfer();
    for (const file of values) files.items.add(file);
    control.files = files.files;
  } else if (control.type === 'radio' || control.type === 'checkbox') control.checked = values.includes(control.value);
  else if (values.length) control.value = values.shift();
}

function restore(form, entry) {
  const given = new Map();
  for (const [name, value] of entry.values) given.set(name, [...(given.get(name) ?? []), value]);
  for (const control of form.elements) if (control.name && control.name !== 'csrf_token') fill(control, given.get(control.name) ?? []);
  form.dispatchEvent(new Event('change'));
}

async function offer(form) {
  const wanted = window.location.hash.match(/^#waiting-(.+)$/)?.[1];
  const entry = wanted && (await mine()).find(({ key }) => key === wanted);
  if (entry) restore(form, entry);
}

// ---- sending a form of this page

// Whether the server can be reached: a browser that is online may still reach nothing.
async function reached() {
  if (!navigator.onLine) return false;
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), REACHED);
  try {
    await fetch(panel.dataset.reached, { signal: stop.signal, cache: 'no-store' });
    return true;
  } catch {
    return false;
  } finally {
    window.clearTimeout(timer);
  }
}

// A form that is sure of a network goes its usual way, so that its answer is a page.
function sendOrKeep(form, event) {
  if (event.defaultPrevented || event.submitter?.name || form.dataset.reached) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  reached().then((there) => {
    if (!there) {
      keep(form);
      return;
    }
    deleteOne(form.elements._key.value);
    form.dataset.reached = '1';
    form.requestSubmit();
    delete form.dataset.reached;
  });
}

if (panel && page.person && 'indexedDB' in window) {
  for (const form of document.querySelectorAll('form[data-waits]')) {
    offer(form);
    form.addEventListener('submit', (event) => sendOrKeep(form, event));
  }
  panel.querySelector('[data-send]').addEventListener('click', sendAll);
  window.addEventListener('online', sendAll);
  show().then(() => { if (navigator.onLine) sendAll(); });
}
