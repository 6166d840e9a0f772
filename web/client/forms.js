// Forms: what the server would do at the next submit, done at once. Everything here also works without it.
import { holds } from './conditions.js';

// ---- conditions

// A field's value as the server reads it; what is hidden counts as empty. In a row, the row's own field comes first.
function valueOf(form, key, scope) {
  const inputs = [scope + key, key].map((name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]).find((found) => found.length) || [];
  const seen = inputs.filter((input) => !input.closest('[hidden]'));
  if (!seen.length) return null;
  const box = seen[0].type === 'checkbox';
  if (box && seen.length === 1 && seen[0].value === 'true') return seen[0].checked;
  if (box || seen[0].type === 'radio') {
    const chosen = seen.filter((input) => input.checked).map((input) => input.value);
    return box ? chosen : chosen[0] ?? null;
  }
  return seen[0].value;
}

function follow(form) {
  const groups = [...form.querySelectorAll('[data-hide-when]')].map((element) => [element, JSON.parse(element.dataset.hideWhen)]);
  for (let round = 0; round <= groups.length; round += 1) {
    let moved = false;
    for (const [element, tree] of groups) {
      const hidden = holds(tree, (key) => valueOf(form, key, element.dataset.scope));
      moved = moved || hidden !== element.hidden;
      element.hidden = hidden;
    }
    if (!moved) return;
  }
}

// ---- numbers

// The next number up or down that is a multiple of the step, in whole units of its last digit: 0.1 + 0.2 would not be 0.3.
export function stepped(text, step, up) {
  const typed = Number(text || 0);
  if (!Number.isFinite(typed)) return text;
  const digits = Math.max(...[step, String(text)].map((each) => (each.split('.')[1] || '').length));
  const unit = 10 ** digits;
  const [value, by] = [Math.round(typed * unit), Math.round(Number(step) * unit)];
  const below = Math.floor(value / by) * by;
  if (up) return String((below + by) / unit);
  return String((below === value ? value - by : below) / unit);
}

document.addEventListener('keydown', (event) => {
  const input = event.target;
  if (!input.dataset?.step || input.readOnly || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  event.preventDefault();
  input.value = stepped(input.value, input.dataset.step, event.key === 'ArrowUp');
  input.dispatchEvent(new Event('input', { bubbles: true }));
});

// ---- rows

function renumber(list) {
  list.querySelectorAll(':scope > [data-row] > legend [data-number]').forEach((mark, index) => { mark.textContent = index + 1; });
}

function addRow(rows) {
  const list = rows.querySelector('[data-row-list]');
  const used = [...list.querySelectorAll('button[name="_remove"]')].map((button) => Number(button.value.split('.').pop()));
  const holder = document.createElement('div');
  holder.innerHTML = rows.querySelector(':scope > template').innerHTML.replaceAll('__row__', String(Math.max(-1, ...used) + 1));
  const row = holder.firstElementChild;
  list.append(row);
  row.querySelectorAll('[data-options]').forEach(offerFilter);
  renumber(list);
  row.querySelector('input, select, textarea')?.focus();
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[name="_add"], button[name="_remove"]');
  const rows = button?.closest('[data-rows]');
  if (!rows) return;
  event.preventDefault();
  const form = button.form;
  if (button.name === '_add') {
    addRow(rows);
  } else {
    const list = rows.querySelector('[data-row-list]');
    button.closest('[data-row]').remove();
    renumber(list);
    rows.querySelector('button[name="_add"]')?.focus();
  }
  follow(form);
});

// ---- long lists of choices get a box to filter them

function offerFilter(list) {
  const box = document.createElement('input');
  box.type = 'search';
  box.className = 'form-control form-control-sm mb-2';
  box.placeholder = list.dataset.hint;
  box.setAttribute('aria-label', list.dataset.named);
  box.addEventListener('input', () => {
    for (const option of list.querySelectorAll('.form-check')) {
      const chosen = option.querySelector('input').checked;
      option.hidden = !chosen && !option.textContent.includes(box.value.trim());
    }
  });
  box.addEventListener('keydown', (event) => { if (event.key === 'Enter') event.preventDefault(); });
  list.before(box);
}

// ---- how many characters of the limit are used

// Until then the limit is no news.
const NEAR = 0.8;

function count(field) {
  const hint = document.getElementById(`${field.id}-hint`) ?? field.closest('.mb-3')?.querySelector('.form-hint');
  if (!hint) return;
  let shown = hint.querySelector('[data-count]');
  if (!shown) {
    shown = document.createElement('span');
    shown.dataset.count = '';
    shown.className = 'ms-2';
    hint.append(shown);
  }
  const used = [...field.value.trim()].length;
  const isNear = used > Number(field.dataset.limit) * NEAR;
  const most = hint.querySelector('[data-most]');
  if (most) most.hidden = !isNear;
  shown.hidden = Boolean(most) && !isNear;
  shown.textContent = `${used}/${field.dataset.limit}`;
  shown.classList.toggle('text-danger', used > Number(field.dataset.limit));
}

document.addEventListener('input', (event) => { if (event.target.dataset?.limit) count(event.target); });
document.querySelectorAll('[data-limit]').forEach(count);

for (const form of document.querySelectorAll('form[data-follow]')) {
  form.addEventListener('change', () => follow(form));
  form.addEventListener('input', () => follow(form));
  form.querySelectorAll('[data-options]').forEach(offerFilter);
  follow(form);
}
