// A copy of what is typed, on this machine, until the server has it: a dead network, a closed browser or a body too large loses nothing.
const PREFIX = 'gridflow-typed-';
const KEEP_DAYS = 7;
const page = document.body.dataset;

function place(form) {
  const at = new URL(form.action, window.location.href);
  return `${PREFIX}${page.person}-${at.pathname}${at.search}`;
}

// Everything a person typed or chose; files cannot be kept, passwords must not be.
function typedInto(form) {
  const values = [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'csrf_token' && !/^_(typed|password|username)$/.test(name));
  return { at: Date.now(), key: form.elements._key.value, values };
}

function keep(form) {
  try {
    localStorage.setItem(place(form), JSON.stringify(typedInto(form)));
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

// What the server has by now, and what is old, is dropped.
function tidy() {
  for (const name of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
    const left = read(name);
    const old = !left || Date.now() - left.at > KEEP_DAYS * 24 * 3600 * 1000;
    if (old || (page.sent && left.key === page.sent)) localStorage.removeItem(name);
  }
}

function restore(form, left) {
  form.elements._key.value = left.key;
  const given = new Map();
  for (const [name, value] of left.values) given.set(name, [...(given.get(name) || []), value]);
  // Rows that the form does not have yet are added first.
  for (const rows of form.querySelectorAll('[data-rows]')) {
    const add = rows.querySelector('button[name="_add"]');
    const wanted = new Set([...given.keys()].filter((name) => name.startsWith(`${add?.value}.`)).map((name) => name.split('.')[1]));
    const there = rows.querySelectorAll('[data-row-list] > [data-row]').length;
    for (let more = there; add && more < wanted.size; more += 1) add.click();
  }
  for (const control of form.elements) {
    const values = given.get(control.name);
    if (control.type === 'file' || control.name === 'csrf_token') continue;
    if (control.type === 'checkbox' || control.type === 'radio') control.checked = Boolean(values?.includes(control.value));
    else if (values && control.type !== 'hidden' && control.type !== 'submit') control.value = values.shift() ?? '';
  }
  form.dispatchEvent(new Event('change'));
}

function offer(form) {
  const left = read(place(form));
  const bar = document.getElementById('kept-typed');
  if (!left || !bar || form.matches('[data-unsent]') || document.querySelector('.alert-danger:not([hidden])')) return;
  bar.hidden = false;
  bar.querySelector('[data-kept-at]').textContent = new Date(left.at).toLocaleString(document.documentElement.lang);
  bar.querySelector('[data-take]').addEventListener('click', () => {
    restore(form, left);
    bar.hidden = true;
  });
  bar.querySelector('[data-drop]').addEventListener('click', () => {
    localStorage.removeItem(place(form));
    bar.hidden = true;
  });
}

// A body that the server would refuse unread is not sent: everything stays on the page, the chosen files too.
function tooLarge(form) {
  let text = 0;
  let files = 0;
  let fields = 0;
  for (const [, value] of new FormData(form)) {
    fields += 1;
    if (typeof value === 'string') text += new Blob([value]).size;
    else files += value.size;
  }
  return text + files > Number(page.limit) || text > Number(page.textLimit) || fields > Number(page.fieldLimit);
}

// Who signs out leaves the machine to others: what he typed goes with him. A session that merely ended leaves it.
document.querySelector('form[data-sign-out]')?.addEventListener('submit', () => {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(`${PREFIX}${page.person}-`)) localStorage.removeItem(name);
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
    form.addEventListener('change', (event) => { if (event.isTrusted) keep(form); });
  }
}
