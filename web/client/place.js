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
