// The demonstration's accounts on the sign-in page: found by name, account or body.

import { matches } from './account_words.js';

for (const box of document.querySelectorAll('[data-accounts]')) {
  const field = box.querySelector('[data-find-account]');
  field.addEventListener('input', () => {
    const words = field.value.trim();
    let found = 0;
    for (const level of box.querySelectorAll('[data-level]')) {
      let here = 0;
      for (const row of level.querySelectorAll('[data-account]')) {
        row.hidden = !matches(row.textContent, words);
        here += row.hidden ? 0 : 1;
      }
      level.hidden = here === 0;
      level.open = Boolean(words) && here > 0;
      found += here;
    }
    box.querySelector('[data-no-account]').hidden = found > 0;
  });
}
