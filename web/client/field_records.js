// Records from the phone: a form marked data-offline that cannot be sent now is kept on this machine and sent later.
// A patrol's page notes where one walks; what it has noted outlives a closed page.
const person = document.body.dataset.person;
const WAITING = `gridflow-waiting-${person}`;
const KEEP_POINTS = 3000;
const MINIMUM_STEP = 0.00005;
const SHOWN = ['visited_at', 'began_at', 'note'];

function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function show() {
  const bar = document.querySelector('[data-waiting]');
  if (!bar) return;
  const waiting = read(WAITING, []);
  bar.hidden = waiting.length === 0;
  bar.querySelector('[data-waiting-count]').textContent = String(waiting.length);
  const refused = waiting.filter((each) => each.refused);
  bar.querySelector('[data-waiting-refused]').textContent = String(refused.length);
  bar.querySelector('[data-refused]').hidden = refused.length === 0;
  bar.querySelector('[data-refused-list]').replaceChildren(...refused.map((each) => refusedLine(bar, each)));
}

/** What was typed in a refused record, with a button that sends it as a page, which tells why and keeps the text. */
function refusedLine(bar, record) {
  const line = document.createElement('li');
  const said = record.values.filter(([name, value]) => SHOWN.includes(name) && value).map(([, value]) => value);
  line.textContent = `${said.join(' ')} `;
  const open = document.createElement('button');
  open.type = 'button';
  open.className = 'btn btn-sm';
  open.textContent = bar.dataset.open;
  open.addEventListener('click', () => {
    // It stays on this machine until it is deleted: sent again, it counts once.
    const form = document.createElement('form');
    form.method = 'post';
    form.action = record.action;
    const token = document.querySelector('input[name="csrf_token"]').value;
    for (const [name, value] of [...record.values, ['csrf_token', token]]) {
      const field = document.createElement('input');
      field.type = 'hidden';
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  });
  line.append(open);
  return line;
}

/** Sends one kept record; whether the server has it. A record has a key, so that it counts once. */
async function send(record, token) {
  const values = new URLSearchParams(record.values);
  values.set('csrf_token', token);
  const answer = await fetch(record.action, { method: 'POST', body: values, redirect: 'manual' });
  if (answer.type === 'opaqueredirect' || answer.ok) return 'sent';
  // 403: something must be done first, a training or a second factor; then it is sent.
  if (answer.status === 422 || answer.status === 404) return 'refused';
  return 'later';
}

let sending = false;

async function sendAll() {
  const token = document.querySelector('input[name="csrf_token"]')?.value;
  const kept = read(WAITING, []);
  if (sending || !token || kept.length === 0) return;
  sending = true;
  const left = [];
  for (const record of kept) {
    const became = record.refused ? 'refused' : await send(record, token).catch(() => 'later');
    if (became === 'refused') left.push({ ...record, refused: true });
    if (became === 'later') left.push(record);
  }
  // What was kept meanwhile stands behind what was there before.
  write(WAITING, [...left, ...read(WAITING, []).slice(kept.length)]);
  sending = false;
  show();
}

function keep(form) {
  const values = [...new FormData(form)].filter(([name, value]) => name !== 'csrf_token' && typeof value === 'string');
  return write(WAITING, [...read(WAITING, []), { action: form.action, values, at: Date.now() }]);
}

for (const form of document.querySelectorAll('form[data-offline]')) {
  form.addEventListener('submit', async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const values = [...new FormData(form)];
    const token = form.elements.csrf_token.value;
    const became = await send({ action: form.action, values }, token).catch(() => 'later');
    if (became === 'sent') {
      form.dispatchEvent(new Event('gridflow:kept'));
      window.location.assign(form.dataset.next);
    } else if (became === 'refused' || navigator.onLine || !keep(form)) {
      // The same record again, as a page of its own: it counts once, and a refusal is shown with all that was typed.
      form.submit();
    } else {
      form.dispatchEvent(new Event('gridflow:kept'));
      form.querySelector('[type="submit"]').disabled = true;
      form.querySelector('[data-kept]').hidden = false;
      show();
    }
  });
}

window.addEventListener('online', sendAll);
document.querySelector('[data-send-waiting]')?.addEventListener('click', sendAll);
document.querySelector('[data-drop-refused]')?.addEventListener('click', () => {
  write(WAITING, read(WAITING, []).filter((each) => !each.refused));
  show();
});
show();
if (navigator.onLine) sendAll();

// Where the visit was made.
for (const form of document.querySelectorAll('form[data-place]')) {
  navigator.geolocation?.getCurrentPosition(({ coords }) => {
    form.elements.longitude.value = String(coords.longitude);
    form.elements.latitude.value = String(coords.latitude);
    form.querySelector('[data-placed]').hidden = false;
  }, () => {}, { enableHighAccuracy: true, timeout: 20000 });
}

function patrol(form) {
  const name = `gridflow-patrol-${person}-${form.action}`;
  const local = (at) => new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  let walk = read(name, null);
  let watch = null;
  let place = null;

  const shown = () => {
    form.querySelector('[data-begin]').hidden = walk !== null;
    form.querySelector('[data-walking]').hidden = walk === null;
    if (!walk) return;
    form.elements.began_at.value = local(new Date(walk.began_at));
    form.querySelector('[data-points]').textContent = String(walk.points.length);
    const list = form.querySelector('[data-check-ins]');
    list.replaceChildren(...walk.check_ins.map((each) => {
      const line = document.createElement('li');
      line.textContent = `${new Date(each.at).toLocaleTimeString(document.documentElement.lang)} ${each.place}`;
      return line;
    }));
  };
  const note = () => {
    write(name, walk);
    form.elements.track.value = JSON.stringify({ points: walk.points, check_ins: walk.check_ins });
    shown();
  };
  const walked = ({ coords }) => {
    place = [coords.longitude, coords.latitude];
    const last = walk.points.at(-1);
    const far = !last || Math.abs(last[0] - place[0]) + Math.abs(last[1] - place[1]) > MINIMUM_STEP;
    if (far && walk.points.length < KEEP_POINTS) {
      walk.points.push(place);
      note();
    }
  };
  const follow = () => {
    watch = navigator.geolocation?.watchPosition(walked, () => {}, { enableHighAccuracy: true });
  };
  const ended = () => {
    localStorage.removeItem(name);
    if (watch !== null) navigator.geolocation?.clearWatch(watch);
  };

  form.querySelector('[data-begin]').addEventListener('click', () => {
    walk = { key: form.elements._key.value, began_at: new Date().toISOString(), points: [], check_ins: [] };
    note();
    follow();
  });
  form.querySelector('[data-check-in]').addEventListener('click', () => {
    const field = form.querySelector('[data-check-in-place]');
    const [longitude, latitude] = place ?? [null, null];
    walk.check_ins.push({ at: new Date().toISOString(), place: field.value.trim(), longitude, latitude });
    field.value = '';
    note();
  });
  form.addEventListener('submit', () => {
    if (walk) form.elements.ended_at.value = local(new Date(Date.now() + 60000));
  }, { capture: true });
  form.addEventListener('gridflow:kept', ended);
  if (walk && document.body.dataset.sent === walk.key) {
    walk = null;
    ended();
  }
  if (walk) {
    form.elements._key.value = walk.key;
    note();
    follow();
  }
  shown();
}

for (const form of document.querySelectorAll('form[data-patrol]')) patrol(form);
