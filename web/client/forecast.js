// What comes next: fetched once the page stands; of the answers only the chosen one is shown.
function fits(answers, form) {
  return Object.entries(answers).every(([name, value]) => {
    const controls = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter((each) => !each.closest('[hidden]'));
    const chosen = controls.filter((each) => each.type !== 'radio' || each.checked).map((each) => each.value).filter(Boolean);
    return !chosen.length || chosen.includes(value);
  });
}

function narrow(box, form) {
  for (const line of box.querySelectorAll('[data-answers]')) line.hidden = !fits(JSON.parse(line.dataset.answers), form);
}

for (const box of document.querySelectorAll('[data-forecast]')) {
  const form = box.closest('form');
  fetch(box.dataset.forecast, { headers: { Accept: 'text/html' } })
    .then((answer) => (answer.ok ? answer.text() : ''))
    .then((html) => {
      if (!html) return;
      box.innerHTML = html;
      narrow(box, form);
      form.addEventListener('change', () => narrow(box, form));
    })
    .catch(() => {}); // The link stays, which leads to the same.
}
