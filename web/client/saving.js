// A form saves itself on the server while somebody types: it is there again on the next visit, on another device too.
// The copy on this machine (kept.js) stands in while the server is away.
import { copyOf } from './typed_copy.js';

const REST = 2500;
const AGAIN = 30000;
const SUBMITTED = 8000;
const MOST_AT_LEAVING = 60000;

// What the server is sent: everything but files, which are sent with the form itself.
function contentOf(form) {
  const { csrf_token: token, _key: key } = form.elements;
  return new URLSearchParams([['csrf_token', token.value], ...copyOf([...new FormData(form)], key.value, Date.now()).values]);
}

// Sends the content; the server's answer. Throws when the server did not save it.
async function send(address, content, options) {
  const answer = await fetch(address, { method: 'POST', body: content, headers: { Accept: 'application/json' }, redirect: 'error', ...options });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

class SavingForm {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector('[data-save-state]');
    this.timer = 0;
    this.dirty = false;
    this.leaving = false;
    this.running = null;
  }

  say(text) {
    if (this.state) this.state.textContent = text;
  }

  typed() {
    this.dirty = true;
    this.later(REST);
  }

  later(milliseconds) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), milliseconds);
  }

  async save(keepalive = false) {
    window.clearTimeout(this.timer);
    const content = contentOf(this.form);
    if (!this.dirty || this.leaving || (keepalive && String(content).length > MOST_AT_LEAVING)) return;
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    this.dirty = false;
    this.say(this.state?.dataset.saving);
    try {
      this.saved(await send(this.form.dataset.save, content, { keepalive, signal: mine.signal }));
    } catch {
      if (mine === this.running && !this.leaving) this.failed();
    }
  }

  saved(told) {
    this.form.elements._saved.value = '1';
    this.form.dataset.savedAt = told.saved_at;
    if (this.dirty) return;
    this.say(told.said);
    this.form.dispatchEvent(new Event('gridflow:saved'));
  }

  failed() {
    this.dirty = true;
    this.say(this.state?.dataset.keptHere);
    this.later(AGAIN);
  }

  // A form of the page is sent: the page is left on purpose. A failed request leaves it open.
  sent(form) {
    if (form === this.form) this.running?.abort();
    else if (this.dirty) this.save(true);
    this.leaving = true;
    window.clearTimeout(this.timer);
    window.setTimeout(() => {
      this.leaving = false;
      if (this.dirty) this.typed();
    }, SUBMITTED);
  }

  watch() {
    this.form.addEventListener('input', () => this.typed());
    this.form.addEventListener('change', (event) => { if (event.isTrusted) this.typed(); });
    // A copy of this machine that was taken back goes to the server as well.
    this.form.addEventListener('gridflow:restored', () => this.typed());
    document.addEventListener('submit', (event) => { if (!event.defaultPrevented) this.sent(event.target); });
    // What was typed waits in this browser to be sent (waiting.js).
    this.form.addEventListener('gridflow:emptied', () => {
      this.running?.abort();
      window.clearTimeout(this.timer);
      this.dirty = false;
      this.say('');
    });
    document.addEventListener('visibilitychange', () => { if (document.hidden) this.save(true); });
    window.addEventListener('beforeunload', (event) => { if (this.dirty && !this.leaving) event.preventDefault(); });
  }
}

for (const form of document.querySelectorAll('form[data-save]')) new SavingForm(form).watch();
