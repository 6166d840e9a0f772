// Small helps on top of pages that work without scripts.

// A form is sent once, however often the button is pressed.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = '1';
  window.setTimeout(() => delete form.dataset.sent, 8000);
});

// Questions before what cannot be taken back.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-confirm]');
  if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
});

// Fields that depend on another field's value: the server has the last word, this only follows at once.
const groups = document.querySelectorAll('[data-hide-unless]');
function follow(form) {
  for (const group of groups) {
    const [name, ...values] = group.dataset.hideUnless.split('|');
    const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    if (!fields.length) continue;
    const chosen = fields.filter((field) => (field.type === 'radio' || field.type === 'checkbox' ? field.checked : true)).map((field) => field.value);
    group.hidden = !chosen.some((value) => values.includes(value));
  }
}
if (groups.length) {
  for (const form of document.querySelectorAll('form[data-follow]')) {
    form.addEventListener('change', () => follow(form));
    follow(form);
  }
}

// The menu button on a phone.
for (const button of document.querySelectorAll('[data-bs-toggle="collapse"]')) {
  button.addEventListener('click', () => {
    const target = document.querySelector(button.dataset.bsTarget);
    const open = target.classList.toggle('show');
    button.setAttribute('aria-expanded', String(open));
  });
}
