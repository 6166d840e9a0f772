// Phrases of one's own: one touch writes one where the person was writing.
let last = null;

document.addEventListener('focusin', (event) => {
  if (event.target.matches?.('form[data-follow] textarea')) last = event.target;
});

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-phrase]');
  if (!button) return;
  const shown = [...button.form.querySelectorAll('textarea')].filter((each) => !each.closest('[hidden]'));
  const field = shown.includes(last) ? last : shown[0];
  if (!field) return;
  const joint = field.value && !/[。；，\n]$/.test(field.value) ? '；' : '';
  field.setRangeText(`${joint}${button.dataset.phrase}`, field.value.length, field.value.length, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
});

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('#phrases-form');
  if (!form) return;
  event.preventDefault();
  const box = document.querySelector('[data-phrases]');
  const input = document.querySelector('[form=phrases-form][name=text]');
  const sent = new FormData(form, event.submitter);
  const answer = await fetch(form.action, { method: 'POST', body: sent, headers: { 'X-Part': '1', Accept: 'text/html' } });
  delete form.dataset.sent;
  const told = document.querySelector('[data-phrases-told]');
  if (answer.ok) {
    box.innerHTML = await answer.text();
    input.value = '';
    told.textContent = '';
  } else {
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    told.textContent = page.querySelector('.alert')?.textContent.trim() ?? '';
  }
});
