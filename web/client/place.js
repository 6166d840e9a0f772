// The phone's position goes into the field of a form that holds a point, when the person asks for it.
const PATIENCE = { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 };

function locate(button, form) {
  const field = form.querySelector('[data-point]');
  const told = form.querySelector('[data-located]');
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    field.value = `${coords.latitude.toFixed(6)},${coords.longitude.toFixed(6)}`;
    field.dispatchEvent(new Event('change', { bubbles: true }));
    told.textContent = told.dataset.done;
    button.disabled = false;
  }, () => {
    told.textContent = told.dataset.failed;
    button.disabled = false;
  }, PATIENCE);
}

for (const button of document.querySelectorAll('[data-locate]')) {
  if (!navigator.geolocation) continue;
  button.hidden = false;
  button.addEventListener('click', () => locate(button, button.form));
}

// ---- on a map

function loaded(address) {
  return new Promise((done, failed) => {
    const script = Object.assign(document.createElement('script'), { src: address, onload: done, onerror: failed });
    document.head.append(script);
  });
}

// The library of maps is loaded when somebody asks for the map; it stands under the button then.
async function openMap(button, source) {
  const holder = source.content.firstElementChild.cloneNode(true);
  button.after(holder);
  button.hidden = true;
  await loaded(source.dataset.script);
  return holder;
}

async function pick(button, source) {
  const { form } = button;
  const holder = await openMap(button, source);
  document.dispatchEvent(new CustomEvent('gf-pick', {
    detail: {
      field: form.querySelector('[data-point]'),
      panel: holder.querySelector('[data-point-map]'),
      middle: holder.querySelector('[data-middle]'),
      ground: JSON.parse(source.dataset.ground),
      words: { mark: source.dataset.mark },
    },
  }));
}

// For a county's plan the areas are those of the township that the form names.
async function draw(button, source) {
  const { form } = button;
  const holder = await openMap(button, source);
  document.dispatchEvent(new CustomEvent('gf-draw', {
    detail: {
      field: form.querySelector('[data-drawing]'),
      holder,
      ground: JSON.parse(source.dataset.ground),
      words: JSON.parse(source.dataset.words),
      areasAt: source.dataset.areasAt,
      body: form.elements.township_government?.value || source.dataset.body,
    },
  }));
}

function offer(buttons, source, open) {
  for (const button of source ? document.querySelectorAll(buttons) : []) {
    button.hidden = false;
    button.addEventListener('click', () => open(button, source));
  }
}

offer('[data-pick]', document.querySelector('template[data-map-source]'), pick);
offer('[data-draw]', document.querySelector('template[data-area-source]'), draw);
