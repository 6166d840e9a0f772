// The open list of tasks: keys, a task beside the list, and what has come meanwhile.
const EVERY = 60_000;
const WIDE = '(min-width: 1200px)';
const preview = document.getElementById('task-preview');
const keys = document.getElementById('keys');
const bar = document.getElementById('arrived');

const rows = () => [...document.querySelectorAll('#rows tr[data-task]')];
const current = () => document.querySelector('#rows tr.gf-current');

function choose(row, focus = true) {
  current()?.classList.remove('gf-current');
  if (!row) return;
  row.classList.add('gf-current');
  if (focus) row.querySelector('a').focus();
  row.scrollIntoView({ block: 'nearest' });
}

function move(step) {
  const all = rows();
  const at = all.indexOf(current());
  choose(at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[Math.min(Math.max(at + step, 0), all.length - 1)]);
  if (!preview.hidden) show(current());
}

// The newest question wins: an answer that comes late is of a row that was left.
let asked = '';

async function show(row) {
  if (!row || !window.matchMedia(WIDE).matches) return;
  asked = row.dataset.preview;
  const address = asked;
  let shown = '';
  try {
    const answer = await fetch(address, { headers: { 'X-Requested-With': 'fetch' } });
    if (answer.ok && !answer.redirected) shown = await answer.text();
  } catch {
    // No network: the sentence below says so.
  }
  if (address !== asked) return;
  if (shown) preview.innerHTML = shown;
  else preview.textContent = preview.dataset.failed;
  preview.dataset.of = row.dataset.task;
  preview.hidden = false;
}

function close() {
  asked = '';
  preview.hidden = true;
  current()?.querySelector('a').focus();
}

function toggle(row) {
  choose(row);
  if (!preview.hidden && preview.dataset.of === row?.dataset.task) close();
  else show(row);
}

const ACTIONS = {
  j: () => move(1),
  k: () => move(-1),
  e: () => toggle(current() || rows()[0]),
  x: () => current()?.querySelector('input[type="checkbox"]')?.click(),
  c: () => current()?.querySelector('form[data-claim]')?.requestSubmit(),
  '/': () => document.getElementById('q').focus(),
  '?': () => keys.showModal(),
  Escape: () => !preview.hidden && close(),
};

export function isTyping(target) {
  return Boolean(target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]'));
}

function onKey(event) {
  const action = ACTIONS[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || keys.open) return;
  event.preventDefault();
  action();
}

// What stands between: the rows and the counters are those of the same address now; chosen ones stay chosen.
async function refresh() {
  const chosen = [...document.querySelectorAll('#rows [name="task"]:checked')].map((box) => box.value);
  const here = current()?.dataset.task;
  const place = window.scrollY;
  const answer = await fetch(window.location.href, { headers: { 'X-Requested-With': 'fetch' } });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!answer.ok || !page.getElementById('arrived')) {
    window.location.reload();
    return;
  }
  for (const part of ['#rows', '.gf-counters']) {
    const [old, anew] = [document.querySelector(part), page.querySelector(part)];
    if (!old || !anew) {
      window.location.reload();
      return;
    }
    old.replaceWith(document.adoptNode(anew));
  }
  for (const box of document.querySelectorAll('#rows [name="task"]')) box.checked = chosen.includes(box.value);
  choose(rows().find((row) => row.dataset.task === here), false);
  offerAll();
  bar.dataset.since = page.getElementById('arrived').dataset.since;
  bar.replaceChildren();
  window.scrollTo(0, place);
}

function tell(count) {
  if (!count) {
    bar.replaceChildren();
    return;
  }
  const button = bar.querySelector('button') || document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-primary w-100 mb-3';
  button.textContent = bar.dataset.words.replace('{count}', count);
  button.onclick = refresh;
  if (!button.isConnected) bar.append(button);
}

async function ask() {
  if (document.hidden) return;
  try {
    const address = new URL(bar.dataset.arrived, window.location.href);
    address.searchParams.set('since', bar.dataset.since);
    const answer = await fetch(address, { headers: { Accept: 'application/json' } });
    if (answer.ok && !answer.redirected) tell((await answer.json()).count);
  } catch {
    // No network: the next round asks again.
  }
}

if (preview && keys) {
  document.addEventListener('keydown', onKey);
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-close-preview]')) close();
    if (event.target.closest('[data-open-preview]')) toggle(event.target.closest('tr'));
    if (event.target.closest('[data-show-keys]')) keys.showModal();
  });
  document.addEventListener('focusin', (event) => {
    const row = event.target.closest('#rows tr[data-task]');
    if (row && row !== current()) choose(row, false);
  });
}
// The box above the rows: all of this page or none, and half ticked for some. Without this script it is not there.
function offerAll() {
  const all = document.querySelector('[data-choose-all]');
  if (!all) return;
  const boxes = [...document.querySelectorAll('#rows [name="task"]')];
  const chosen = boxes.filter((box) => box.checked).length;
  all.hidden = false;
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
}

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-choose-all]')) {
    for (const box of document.querySelectorAll('#rows [name="task"]')) box.checked = event.target.checked;
  }
  if (event.target.closest('#rows')) offerAll();
});
// A page that the browser brings back has its ticks again.
window.addEventListener('pageshow', offerAll);
offerAll();

if (bar) {
  window.setInterval(ask, EVERY);
  document.addEventListener('visibilitychange', ask);
}
