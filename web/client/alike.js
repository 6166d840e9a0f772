// Before a case is sent: cases that look like it, as they are typed.
const REST = 600;
const COMPARED = ['case_title', 'location', 'item_id', 'coordinates', '_place'];

function watch(box) {
  const form = box.closest('form') ?? document.getElementById(box.dataset.alikeOf);
  let timer = 0;
  let asked = '';
  const ask = async () => {
    const given = new URLSearchParams([...new FormData(form)].filter(([name, value]) => COMPARED.includes(name) && value));
    if (String(given) === asked || !(given.get('location') || given.get('coordinates'))) return;
    asked = String(given);
    try {
      const answer = await fetch(`${box.dataset.alike}?${given}`, { headers: { Accept: 'application/json' } });
      if (!answer.ok) return;
      const { html } = await answer.json();
      box.innerHTML = html;
      box.hidden = !html;
    } catch {
      // Without a network nothing is compared; the office sees it at triage.
    }
  };
  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, REST);
  };
  form.addEventListener('input', later);
  form.addEventListener('change', later);
}

for (const box of document.querySelectorAll('[data-alike]')) watch(box);
