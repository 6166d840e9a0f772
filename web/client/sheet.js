// On a phone the form of a task lies over its application: how it closes, and that it stays open where its buttons lead back to the task.
const SHEET = '#decide';
const NARROW = '(max-width: 991.98px)';

export const isOpen = () => window.location.hash === SHEET && window.matchMedia(NARROW).matches;

// The reader stays where he was in the application.
function close(to) {
  const place = window.scrollY;
  window.location.hash = to;
  window.scrollTo({ top: place, behavior: 'instant' });
  document.querySelector('.gf-to-decide')?.focus({ preventScroll: true });
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-close-sheet]');
  if (!link || !isOpen()) return;
  event.preventDefault();
  close(link.hash);
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || !isOpen()) return;
  const link = document.querySelector(`${SHEET} [data-close-sheet]`);
  if (link && !document.querySelector('dialog[open]')) close(link.hash);
});

// A browser takes the address's part after # along, through the answer that leads to the next page.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.matches('[data-in-sheet]') && isOpen()) form.action = form.action.split('#')[0] + SHEET;
});
