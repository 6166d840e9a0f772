// A field is filled with the text of others until somebody types into it: a title from the item and the place.
const textOf = (control) => {
  if (!control) return '';
  if (control instanceof HTMLSelectElement) return control.value ? control.selectedOptions[0].textContent.split('：').pop() : '';
  return control.value;
};

function fill(target, form) {
  if (target.dataset.typed) return;
  const [first, ...rest] = target.dataset.filledWith.split(',').map((name) => textOf(form.elements[name]).trim()).filter(Boolean);
  const text = rest.length ? `${first}（${rest.join('，')}）` : first ?? '';
  const most = target.maxLength > 0 ? target.maxLength : 200;
  target.value = text.slice(0, most);
}

for (const target of document.querySelectorAll('[data-filled-with]')) {
  const { form } = target;
  if (target.value) target.dataset.typed = '1';
  target.addEventListener('input', (event) => { if (event.isTrusted) target.dataset.typed = '1'; });
  const follow = () => fill(target, form);
  form.addEventListener('input', follow);
  form.addEventListener('change', follow);
  form.addEventListener('gridflow:emptied', () => { delete target.dataset.typed; });
}
