// What could not be sent for want of a network waits in this browser, with its photographs, and is sent once when
// there is one again: the server knows each submission by its key.
import { deleteOne, listAll, putOne } from './waiting_store.js';

const page = document.body.dataset;
const panel = document.getElementById('waiting');
const PATIENCE = 60000;
const REACHED = 8000;
const SENT = 'gridflow-submitted';
let sending = false;
let count = 0;
const asked = new WeakSet();
const untouched = new WeakMap();
const emptied = new WeakSet();

const tokenOf = () => document.querySelector('form[data-sign-out] [name=csrf_token]')?.value ?? '';
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, '0')).join('');
const mine = async () => (await listAll()).filter((each) => each.person === page.person);
const forms = () => [...document.querySelectorAll('form[data-waits]')];
const wanted = () => window.location.hash.match(/^#waiting-(.+)$/)?.[1];
// What stands in a form of this page is sent by that form alone.
const isOpen = ({ key }) => key === wanted() || forms().some((form) => form.elements._key.value === key);

function tell(text) {
  panel.querySelector('[data-sent]').textContent = text;
  if (text) panel.hidden = false;
}

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

function typedIn(form) {
  const typed = entryOf(form).values.filter(([name]) => name !== '_key');
  return JSON.stringify(typed.map(([name, value]) => [name, value.name ?? value]));
}

function empty(form) {
  const { pathname, search } = new URL(form.action, window.location.href);
  localStorage.removeItem(`gridflow-typed-${page.person}-${pathname}${search}`);
  form.reset();
  form.elements._key.value = newKey();
  if (wanted()) window.history.replaceState(null, '', window.location.pathname + window.location.search);
  form.dispatchEvent(new Event('gridflow:emptied'));
  untouched.set(form, typedIn(form));
  emptied.add(form);
}

async function keep(form) {
  try {
    await putOne(entryOf(form));
  } catch {
    // The browser has no room, or keeps nothing in a private window.
    tell(panel.dataset.full);
    panel.focus();
    return;
  }
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

async function sendEach() {
  let sent = 0;
  for (const entry of await mine()) {
    if (isOpen(entry)) continue;
    const found = await outcome(entry);
    if (found === 'later') break;
    if (found === 'sent') {
      await deleteOne(entry.key);
      sent += 1;
    } else {
      await putOne({ ...entry, problem: found });
    }
  }
  return sent;
}

async function sendAll() {
  if (sending) return;
  sending = true;
  try {
    const sent = await sendEach();
    await show();
    const told = panel.querySelector('[data-sent]');
    tell(sent ? told.dataset.sent.replace('{count}', String(sent)) : '');
  } catch {
    tell(panel.dataset.unkept);
  } finally {
    sending = false;
  }
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
  count = entries.length;
  panel.hidden = count === 0;
  panel.querySelector('[data-count]').textContent = String(count);
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

async function offer(form, begun) {
  const key = wanted();
  const entry = key && (await mine()).find((each) => each.key === key);
  if (!entry || (begun && form.elements._key.value === key)) return;
  const changed = untouched.get(form) !== typedIn(form);
  if (begun && changed && !window.confirm(panel.dataset.replace)) return;
  restore(form, entry);
}

// A form that was sent shows another page, which says so; until then its entry stays.
async function forgetSent() {
  const sent = JSON.parse(sessionStorage.getItem(SENT) ?? 'null');
  sessionStorage.removeItem(SENT);
  const moved = sent && window.location.pathname !== sent.path;
  if (moved && document.querySelector('.alert-success')) await deleteOne(sent.key);
}

// What was changed since it waits is what waits from now on.
async function submitNow(form) {
  const entry = entryOf(form);
  const key = entry.key;
  try {
    if ((await mine()).some((each) => each.key === key)) await putOne(entry);
    sessionStorage.setItem(SENT, JSON.stringify({ key, path: entry.address.split('?')[0] }));
  } catch {
    // The browser keeps nothing; the form is sent all the same.
  }
  form.dataset.reached = '1';
  form.requestSubmit();
  delete form.dataset.reached;
}

// ---- sending a form of this page

// Whether the server can be reached: a browser that is online may still reach nothing.
async function reached() {
  if (!navigator.onLine) return false;
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), REACHED);
  try {
    const answer = await fetch(panel.dataset.reached, { signal: stop.signal, cache: 'no-store' });
    return answer.ok;
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
  if (asked.has(form)) return;
  asked.add(form);
  sendByNetwork(form).finally(() => asked.delete(form));
}

async function sendByNetwork(form) {
  if (await reached()) {
    await submitNow(form);
    return;
  }
  // A second press finds the form emptied by the first.
  if (!emptied.has(form) || untouched.get(form) !== typedIn(form)) await keep(form);
}

async function begin() {
  try {
    await forgetSent();
    for (const form of forms()) await offer(form, false);
    await show();
  } catch {
    // This browser keeps nothing, so nothing waits in it.
    return;
  }
  if (navigator.onLine) await sendAll();
}

// What waits leaves with nobody: it is said before who has to send it is gone.
function warnOfLeaving(event) {
  if (count === 0 || window.confirm(panel.dataset.stays.replace('{count}', String(count)))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

if (panel && page.person && 'indexedDB' in window) {
  for (const form of forms()) {
    untouched.set(form, typedIn(form));
    form.addEventListener('submit', (event) => sendOrKeep(form, event));
  }
  document.querySelector('form[data-sign-out]')?.addEventListener('submit', warnOfLeaving, true);
  window.addEventListener('hashchange', () => forms().forEach((form) => offer(form, true)));
  panel.querySelector('[data-send]').addEventListener('click', sendAll);
  window.addEventListener('online', sendAll);
  begin();
}
