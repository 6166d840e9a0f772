// What the editors of a draft's files share: saving by itself, a copy on this machine while saving fails, who else has the draft open, checks.
import { showFindings } from './findings.js';

const SAVE_AFTER = 1200;
const CHECK_AFTER = 80;
const HERE_EVERY = 8000;
const RETRY_AFTER = 5000;

export function tell(id, text) {
  const place = document.getElementById(id);
  place.textContent = text;
  place.hidden = !text;
}

/**
 * box: the element with the addresses and words; flush: hands over what is typed and still waits; read: gives the file's text as it stands; load: takes a text that was kept on this machine;
 * begun: gives the text that the server has, in the form that `read` gives; jump: shows an element by id and tells whether there is one; mark: shows at its element what was found; remarks: what the page itself has to say, beside what the server says.
 */
export function workspace({ box, read, load, jump, begun, flush = () => {}, mark = () => {}, remarks = async () => [], checked = () => {} }) {
  const words = JSON.parse(box.dataset.words);
  const kept = `gridflow-draft-${document.body.dataset.person}-${box.dataset.draft}-${box.dataset.file}`;
  let revision = Number(box.dataset.revision);
  let stale = false;
  let noted = '';
  let base = '';
  let unsaved = false;
  let changes = 0;
  let checking;
  let saving;
  let pending = Promise.resolve();

  async function send(address, body) {
    return fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': box.dataset.csrf },
      body: JSON.stringify(body),
    });
  }

  // What is refused for want of a sign-in or of a good token is sent again with a fresh token, as soon as the same person is signed in.
  async function ask(address, body) {
    const answer = await send(address, body);
    if (answer.status !== 401 || !(await renewed())) return answer;
    return send(address, body);
  }

  async function renewed() {
    const answer = await fetch(box.dataset.token).catch(() => null);
    if (!answer?.ok) return false;
    const told = await answer.json();
    box.dataset.csrf = told.token;
    const same = told.username === box.dataset.username;
    if (same) signIn.hidden = true;
    else offerSignIn(told.username ? words.another : words.signedOut);
    return same;
  }

  const signIn = document.getElementById('sign-in-here');
  const password = document.getElementById('sign-in-password');

  function offerSignIn(why) {
    if (!signIn.hidden) return;
    signIn.hidden = false;
    document.getElementById('sign-in-told').textContent = why;
  }

  signIn.addEventListener('submit', async (event) => {
    event.preventDefault();
    await renewed();
    const answer = await send(box.dataset.signIn, { username: box.dataset.username, password: password.value }).catch(() => null);
    const told = answer ? await answer.json().catch(() => ({})) : {};
    password.value = '';
    if (!answer?.ok) {
      document.getElementById('sign-in-told').textContent = told.told || words.failed;
      return;
    }
    box.dataset.csrf = told.token;
    signIn.hidden = true;
    check();
    save();
  });

  async function check() {
    flush();
    const asked = changes;
    const began = performance.now();
    const text = await read();
    keep(text);
    const [answer, own] = await Promise.all([ask(box.dataset.check, { name: box.dataset.file, text }), remarks()]);
    if (!answer.ok || asked !== changes) return;
    const told = await answer.json();
    const wrong = new Set(told.findings.filter((each) => each.severity === 'error').map((each) => each.element));
    const all = [...told.findings, ...own.filter((each) => !wrong.has(each.element))];
    showFindings(document.getElementById('findings'), all, { jump, words });
    mark(all);
    checked(told);
    document.getElementById('checked-in').textContent = words.took.replace('{seconds}', ((performance.now() - began) / 1000).toFixed(1));
  }

  // A copy on this machine until the server has it: a closed browser loses nothing. A full store must not keep the server from getting it.
  function keep(text) {
    if (!unsaved) return;
    for (const copy of [{ text, revision, base }, { text, revision }]) {
      try {
        localStorage.setItem(kept, JSON.stringify(copy));
        return;
      } catch {
        localStorage.removeItem(kept);
      }
    }
  }

  // One save at a time: the next one begins from the revision that this one made.
  function save(comment = '') {
    pending = pending.then(() => saveNow(comment));
    return pending;
  }

  async function saveNow(comment) {
    flush();
    if (stale || (!unsaved && !comment)) return;
    const saved = changes;
    const text = await read();
    keep(text);
    tell('saved', words.saving);
    const sent = { name: box.dataset.file, text, revision, comment };
    let { answer, told } = await answered(sent);
    // Somebody saved meanwhile: the server puts both together.
    if (answer?.status === 409) ({ answer, told } = await answered({ ...sent, base }));
    if (answer?.ok && Number.isInteger(told.revision)) await accepted(told, saved, text);
    else refused(answer?.status, told, comment);
  }

  async function answered(sent) {
    const answer = await ask(box.dataset.save, sent).catch(() => null);
    const told = answer && !answer.redirected ? await answer.json().catch(() => ({})) : {};
    return { answer, told };
  }

  async function accepted(told, saved, text) {
    flush();
    base = text;
    if (told.text && saved !== changes) {
      // Changed again while it was put together: the next save puts that to it, from what was sent now.
      later();
      return;
    }
    let upTo = saved;
    if (told.text) {
      await load(told.text);
      upTo = changes;
      base = await read();
      tell('merged', words.merged);
      check();
    }
    revision = told.revision;
    box.dataset.revision = String(revision);
    // What was changed meanwhile is saved by its own turn.
    if (upTo !== changes) return;
    unsaved = false;
    localStorage.removeItem(kept);
    tell('saved', words.saved);
  }

  function refused(status, { told: why, overlapping }, comment) {
    if (status === 409 && overlapping) {
      stale = true;
      noted = comment;
      document.getElementById('overlapping').hidden = false;
      document.getElementById('overlapping-told').textContent = why;
      tell('saved', words.asked);
    } else if (status === 409) {
      stale = true;
      tell('conflict', why);
      tell('saved', words.notSaved);
    } else if (status === 422) {
      tell('saved', why || words.failed);
    } else {
      tell('saved', status === 401 ? words.signedOut : words.failed);
      window.setTimeout(() => save(comment), RETRY_AFTER);
    }
  }

  function changed() {
    changes += 1;
    unsaved = true;
    if (!stale) tell('saved', words.saving);
    window.clearTimeout(checking);
    checking = window.setTimeout(check, CHECK_AFTER);
    later();
  }

  function later() {
    window.clearTimeout(saving);
    saving = window.setTimeout(() => save(), SAVE_AFTER);
  }

  // Whose change counts where both changed the same.
  async function settle(prefer) {
    flush();
    const saved = changes;
    const text = await read();
    const { answer, told } = await answered({ name: box.dataset.file, text, revision, base, prefer, comment: noted });
    if (!answer?.ok) {
      document.getElementById('overlapping-told').textContent = told.told || words.failed;
      return;
    }
    document.getElementById('overlapping').hidden = true;
    stale = false;
    await accepted(told, saved, text);
    // While it was asked nothing was saved by itself.
    if (saved !== changes) later();
  }

  // A state that its author wants to find again, with his own words.
  async function saveWith(event) {
    event.preventDefault();
    const comment = document.getElementById('comment').value.trim();
    window.clearTimeout(saving);
    await save(comment);
    if (!unsaved) window.location.reload();
  }

  // Whoever leaves by a link of the page leaves once his last change is saved.
  async function leave(event) {
    flush();
    const link = event.target.closest('a[href]');
    if (!link || !unsaved || stale || link.target || event.ctrlKey || event.metaKey || link.hash === link.getAttribute('href')) return;
    event.preventDefault();
    window.clearTimeout(saving);
    await save();
    window.location = link.href;
  }

  // Who signs out leaves no copy behind: the change is saved first, or he agrees that it is lost.
  async function signOut(event) {
    flush();
    if (!unsaved) return;
    event.preventDefault();
    window.clearTimeout(saving);
    await save();
    if (unsaved && !window.confirm(words.lost)) {
      keep(await read());
      return;
    }
    unsaved = false;
    localStorage.removeItem(kept);
    event.target.submit();
  }

  async function here() {
    const answer = await ask(box.dataset.here, {}).catch(() => null);
    if (!answer?.ok) return;
    const told = await answer.json();
    tell('others', told.others.length ? words.here + told.others.join('、') : '');
    // Somebody saved it since: said before the first change runs into it.
    if (told.revision > revision && !unsaved && !stale) tell('merged', words.newer);
  }

  function offerKept() {
    const left = JSON.parse(localStorage.getItem(kept) || 'null');
    if (!left) return;
    const bar = document.getElementById('kept');
    bar.hidden = false;
    if (left.revision !== revision && !left.base) document.getElementById('kept-told').textContent = words.older;
    document.getElementById('take-kept').addEventListener('click', async () => {
      await load(left.text);
      bar.hidden = true;
      if (left.base && left.revision !== revision) {
        // It is saved as a change of what it began from, and so put together with what was saved since.
        ({ base, revision } = left);
      }
      changed();
    });
    document.getElementById('drop-kept').addEventListener('click', () => {
      localStorage.removeItem(kept);
      bar.hidden = true;
    });
  }

  async function begin() {
    document.addEventListener('click', leave);
    document.querySelector('form[data-sign-out]')?.addEventListener('submit', signOut);
    document.getElementById('comment-form')?.addEventListener('submit', saveWith);
    for (const whose of ['mine', 'theirs']) document.getElementById(`take-${whose}`).addEventListener('click', () => settle(whose));
    base = await begun();
    offerKept();
    await check();
    await here();
    window.setInterval(here, HERE_EVERY);
    box.dataset.ready = '1';
  }

  // What the page itself has saved of the draft beside the file: the next save begins from there.
  function adopt(before, after) {
    if (before !== revision) return;
    revision = after;
    box.dataset.revision = String(after);
  }

  return { adopt, ask, begin, changed, words };
}
