// While the place of a case is typed, addresses of the city's table are offered: one that is chosen gives the
// place, its point and its grid.
const REST = 300;
const FEWEST = 2;

class Addresses {
  constructor(form) {
    this.form = form;
    this.field = form.elements.location;
    this.list = document.createElement('div');
    this.list.className = 'd-flex flex-wrap gap-2 mt-2';
    this.list.setAttribute('role', 'status');
    this.timer = 0;
    this.asked = '';
    this.field.after(this.list);
    this.field.addEventListener('input', () => this.later());
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), REST);
  }

  async ask() {
    const words = this.field.value.trim();
    this.asked = words;
    if (words.length < FEWEST) {
      this.list.replaceChildren();
      return;
    }
    try {
      const answer = await fetch(`${this.form.dataset.addresses}?${new URLSearchParams({ q: words })}`, { headers: { Accept: 'application/json' } });
      if (words !== this.asked) return;
      if (!answer.ok) {
        this.list.replaceChildren();
        return;
      }
      this.show(await answer.json());
    } catch {
      // Without a network the place is typed as before.
    }
  }

  show(known) {
    const buttons = known.map((address) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-sm', textContent: address.text });
      button.title = address.grid_name;
      button.addEventListener('click', () => this.take(address));
      return button;
    });
    this.list.replaceChildren(...buttons);
  }

  take({ text, point, grid_code: code, grid_name: name }) {
    window.clearTimeout(this.timer);
    this.asked = text;
    this.list.replaceChildren();
    this.field.value = text;
    this.field.focus();
    const position = this.form.querySelector('[data-point]');
    if (position) position.value = point;
    const chooser = this.form.querySelector('[data-grids]');
    if (chooser) chooser.dispatchEvent(new CustomEvent('gf-grid', { detail: { code, name } }));
    // The rest of the page follows what was filled in: drafts, cases that look alike, grids around the point.
    for (const control of [this.field, position]) control?.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

for (const form of document.querySelectorAll('form[data-addresses]')) {
  if (form.elements.location) new Addresses(form);
}
