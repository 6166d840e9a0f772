// A call is registered without the mouse: the first field has the focus, and items are proposed by what is typed.
const REST = 400;
const READ = ['description', 'location', 'case_title'];

class Proposals {
  constructor(form) {
    this.form = form;
    this.timer = 0;
    this.asked = '';
    this.boxes = new Map();
    for (const name of READ) form.elements[name]?.addEventListener('input', () => this.later());
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), REST);
  }

  async ask() {
    const words = READ.map((name) => this.form.elements[name]?.value ?? '').join(' ').trim();
    const place = this.form.querySelector('[name=_place]:checked')?.value ?? '';
    const asked = String(new URLSearchParams({ q: words, _place: place }));
    if (asked === this.asked) return;
    this.asked = asked;
    const answer = await fetch(`${this.form.dataset.propose}?${asked}`, { headers: { Accept: 'application/json' } });
    if (!answer.ok || asked !== this.asked) return;
    for (const [name, options] of Object.entries(await answer.json())) this.show(this.form.elements[name], options);
  }

  boxOf(control) {
    if (!this.boxes.has(control)) {
      const box = document.createElement('div');
      box.className = 'd-flex flex-wrap gap-2 align-items-center mb-2';
      box.setAttribute('role', 'status');
      control.before(box);
      this.boxes.set(control, box);
    }
    return this.boxes.get(control);
  }

  show(control, options) {
    if (!(control instanceof HTMLSelectElement)) return;
    const buttons = options.map(({ value, label }) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-sm', textContent: label });
      button.addEventListener('click', () => {
        control.value = value;
        control.dispatchEvent(new Event('change', { bubbles: true }));
        control.focus();
      });
      return button;
    });
    this.boxOf(control).replaceChildren(...(buttons.length ? [this.form.dataset.proposed, ...buttons] : []));
  }
}

for (const form of document.querySelectorAll('form[data-propose]')) new Proposals(form);

// Where something is to be mended, the message comes first.
for (const form of document.querySelectorAll('form[data-begin]')) {
  const first = [...form.elements].find((control) => control.name && control.offsetParent && control.type !== 'hidden' && !control.name.startsWith('_'));
  if (!document.querySelector('.alert-danger:not([hidden])')) first?.focus();
}
