// Small helps on top of pages that work without scripts.
import './kept.js';
import './forms.js';
import './forecast.js';
import './phrases.js';
import './saving.js';
import './signature.js';
import './tour.js';
import './accounts.js';
import './notifications.js';
import './passkeys.js';
import './inbox.js';
import './sheet.js';
import './field_records.js';
import './place.js';
import './filling.js';
import './grids.js';
import './addresses.js';
import './calls.js';
import './waiting.js';
import './alike.js';
import './when_seen.js';

// A form is sent once, however often the button is pressed.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = '1';
  window.setTimeout(() => delete form.dataset.sent, 8000);
});

// Questions before what cannot be taken back; what is missing in the form is told before, by the browser.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-confirm]');
  if (!button || (button.form && !button.formNoValidate && !button.form.noValidate && !button.form.checkValidity())) return;
  if (!window.confirm(button.dataset.confirm)) event.preventDefault();
});

// A code that is another one each minute.
for (const box of document.querySelectorAll('[data-refresh]')) {
  window.setTimeout(() => window.location.reload(), Number(box.dataset.refresh) * 1000);
}

// A line of a long text is marked and scrolled to.
function markLine(area, number) {
  const lines = area.value.split('\n');
  const start = lines.slice(0, number - 1).join('\n').length + (number > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[number - 1] ?? '').length);
  area.scrollTop = Math.max(0, (area.scrollHeight / lines.length) * (number - 5));
}
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-line]');
  if (link) markLine(document.querySelector(link.getAttribute('href')), Number(link.dataset.line));
});
for (const area of document.querySelectorAll('textarea[data-at-line]')) markLine(area, Number(area.dataset.atLine));

// The menu button on a phone.
for (const button of document.querySelectorAll('[data-bs-toggle="collapse"]')) {
  button.addEventListener('click', () => {
    const target = document.querySelector(button.dataset.bsTarget);
    const open = target.classList.toggle('show');
    button.setAttribute('aria-expanded', String(open));
  });
}

// A demo account is taken over with one click.
for (const button of document.querySelectorAll('[data-fill-username]')) {
  button.addEventListener('click', () => {
    document.getElementById('username').value = button.dataset.fillUsername;
    document.getElementById('password').value = button.closest('[data-password]').dataset.password;
    document.getElementById('username').form.requestSubmit();
  });
}

// Panels of which one is shown. Arrow keys lead from tab to tab.
for (const list of document.querySelectorAll('[data-tabs]')) {
  const tabs = [...list.querySelectorAll('[role=tab]')];
  const choose = (chosen) => {
    for (const tab of tabs) {
      const panel = document.getElementById(tab.getAttribute('aria-controls'));
      tab.classList.toggle('active', tab === chosen);
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel.hidden = tab !== chosen;
      if (tab === chosen) panel.dispatchEvent(new Event('gf-shown'));
    }
  };
  list.addEventListener('click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (tab) choose(tab);
  });
  list.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    choose(next);
    next.focus();
  });
}

// What a page offers to print.
for (const button of document.querySelectorAll('[data-print]')) {
  button.addEventListener('click', () => window.print());
}
