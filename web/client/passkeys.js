// Forms that a passkey of the device fills in: the server asks, the device answers, the form goes.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (each) => each.charCodeAt(0));

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (each) => String.fromCharCode(each)).join('');
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

const listed = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

async function made(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const asked = { ...options, user, challenge: bytes(options.challenge), excludeCredentials: listed(options.excludeCredentials) };
  const key = await navigator.credentials.create({ publicKey: asked });
  const { clientDataJSON, attestationObject } = key.response;
  return answer(key, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) });
}

async function proved(options) {
  const asked = { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) };
  const key = await navigator.credentials.get({ publicKey: asked });
  const { clientDataJSON, authenticatorData, signature, userHandle } = key.response;
  return answer(key, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  });
}

function answer(key, response) {
  return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {} });
}

async function fill(form) {
  const asked = await fetch(form.dataset.ask, { method: 'POST', body: new FormData(form), headers: { Accept: 'application/json' }, redirect: 'error' });
  const question = await asked.json();
  if (!asked.ok) return question.told || form.dataset.cancelled;
  const options = JSON.parse(question.options);
  form.elements.answer.value = await (form.dataset.passkey === 'create' ? made(options) : proved(options));
  form.elements.state.value = question.state;
  return '';
}

for (const form of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential || !navigator.credentials) continue;
  form.hidden = false;
  form.parentElement.querySelector('[data-no-passkeys]')?.remove();
  const told = form.querySelector('[data-told]');
  const button = form.querySelector('button');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    event.stopPropagation();
    button.disabled = true;
    told.hidden = true;
    let refused;
    try {
      refused = await fill(form);
    } catch {
      refused = form.dataset.cancelled;
    }
    button.disabled = false;
    if (refused) {
      told.textContent = refused;
      told.hidden = false;
      return;
    }
    if (form.elements.password) form.elements.password.disabled = true;
    form.submit();
  });
}
