// Grids are proposed while the place is typed, and the form's choices follow the grid that is chosen.
const REST = 300;

function proposal({ code, name, why }, checked) {
  const label = document.createElement('label');
  label.className = 'form-check';
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: '_place', value: code, className: 'form-check-input', checked });
  const text = Object.assign(document.createElement('span'), { className: 'form-check-label', textContent: `${name} ` });
  text.append(Object.assign(document.createElement('span'), { className: 'text-secondary', textContent: why }));
  label.append(input, text);
  return label;
}

class Chooser {
  constructor(box) {
    this.box = box;
    this.form = box.closest('form');
    this.list = box.querySelector('[data-proposals]');
    this.timer = 0;
    this.asked = 0;
    this.chosenByHand = Boolean(this.chosen());
  }

  chosen() {
    return this.list.querySelector('input:checked')?.value ?? '';
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.propose(), REST);
  }

  async propose() {
    const { _place_text: text, location: place, coordinates: point } = this.form.elements;
    const words = text.value || place?.value || '';
    this.asked += 1;
    const mine = this.asked;
    const asked = new URLSearchParams({ q: words, point: point?.value ?? '' });
    const answer = await fetch(`${this.box.dataset.grids}?${asked}`, { headers: { Accept: 'application/json' } });
    if (!answer.ok || mine !== this.asked) return;
    this.show(await answer.json());
  }

  show(found) {
    const before = this.chosen();
    const kept = this.chosenByHand ? this.list.querySelector('input:checked')?.closest('label') : null;
    const others = found.filter(({ code }) => !kept || code !== before);
    const rows = others.map((each, at) => proposal(each, !kept && at === 0));
    this.list.replaceChildren(...(kept ? [kept] : []), ...rows);
    if (!kept && !rows.length) this.list.textContent = this.list.dataset.none;
    if (this.chosen() !== before) this.follow();
  }

  async follow() {
    const code = this.chosen();
    if (!code) return;
    const answer = await fetch(`${this.box.dataset.choices}?${new URLSearchParams({ _place: code })}`, { headers: { Accept: 'application/json' } });
    if (!answer.ok || code !== this.chosen()) return;
    for (const [name, options] of Object.entries(await answer.json())) this.offer(this.form.elements[name], options);
  }

  // What was chosen stays chosen where the new grid has it too.
  offer(control, options) {
    if (!(control instanceof HTMLSelectElement)) return;
    const before = control.value;
    const first = control.querySelector('option[value=""]');
    const rows = options.map(({ value, label }) => new Option(label, value, false, value === before));
    control.replaceChildren(...(first ? [first] : []), ...rows);
  }

  watch() {
    for (const name of ['_place_text', 'location', 'coordinates']) {
      const control = this.form.elements[name];
      control?.addEventListener('input', () => this.later());
      control?.addEventListener('change', () => this.later());
    }
    this.form.elements._place_text.addEventListener('input', () => { this.chosenByHand = false; });
    this.list.addEventListener('change', () => {
      this.chosenByHand = true;
      this.follow();
    });
    // A grid that the table of addresses names.
    this.box.addEventListener('gf-grid', ({ detail: { code, name } }) => {
      if (!code) {
        this.chosenByHand = false;
        const before = this.list.querySelector('input:checked');
        if (before) before.checked = false;
        return;
      }
      this.chosenByHand = true;
      this.list.replaceChildren(proposal({ code, name, why: '' }, true));
      this.follow();
    });
    this.box.querySelector('button[name=_find]').addEventListener('click', (event) => {
      event.preventDefault();
      this.propose();
    });
  }
}

for (const box of document.querySelectorAll('[data-grids]')) new Chooser(box).watch();
