// The badge of 通知 follows while a page stays open; the browser tells of a new one where its person allowed it.
const EVERY = 60_000;
const SHOWN = 'gridflow-notification-shown';
const badge = document.querySelector('[data-unread]');

// A browser that keeps nothing shows each new one once a page.
const memory = new Map();

function shownLast() {
  try {
    return window.localStorage.getItem(SHOWN);
  } catch {
    return memory.get(SHOWN);
  }
}

function remember(id) {
  try {
    window.localStorage.setItem(SHOWN, id);
  } catch {
    memory.set(SHOWN, id);
  }
}

function show(answer) {
  badge.textContent = answer.count > 99 ? '99+' : String(answer.count || '');
  badge.hidden = !answer.count;
  if (!answer.newest || answer.newest === shownLast()) return;
  remember(answer.newest);
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const note = new Notification(document.querySelector('.navbar-brand').textContent.trim(), {
    body: answer.said,
    tag: answer.newest,
  });
  note.onclick = () => {
    window.focus();
    window.location.assign(badge.dataset.list);
  };
}

async function ask() {
  try {
    const answer = await fetch(badge.dataset.unread, { headers: { Accept: 'application/json' } });
    if (answer.ok && !answer.redirected) show(await answer.json());
  } catch {
    // No network: the next round asks again.
  }
}

if (badge) window.setInterval(ask, EVERY);

// 我的 offers the browser's own notifications where the browser has them.
for (const button of document.querySelectorAll('[data-allow-notifications]')) {
  const state = button.parentElement.querySelector('[data-state]');
  const tell = () => {
    const known = 'Notification' in window ? Notification.permission : 'missing';
    state.textContent = state.dataset[known] || '';
    button.hidden = known !== 'default';
  };
  button.addEventListener('click', async () => {
    await Notification.requestPermission();
    tell();
  });
  tell();
}
