// The guided tour of the home page: one step after the other, on the first visit and again from the help.
const tour = document.getElementById('tour');

if (tour) {
  const name = `gridflow-tour-${tour.dataset.tour}`;
  const steps = [...tour.querySelectorAll('[data-tour-at]')].filter((step) => document.querySelector(step.dataset.tourAt));
  const place = tour.querySelector('[data-tour-place]');
  let number = 0;
  const mark = (step, on) => document.querySelector(step.dataset.tourAt).classList.toggle('gf-toured', on);
  const end = () => {
    localStorage.setItem(name, '1');
    steps.forEach((step) => mark(step, false));
    tour.hidden = true;
  };
  const show = (next) => {
    number = next;
    steps.forEach((step, index) => {
      step.hidden = index !== number;
      mark(step, index === number);
    });
    place.textContent = `${number + 1} / ${steps.length}`;
    tour.querySelector('[data-tour-back]').disabled = number === 0;
  };
  if (steps.length && ('again' in tour.dataset || !localStorage.getItem(name))) {
    tour.hidden = false;
    tour.querySelector('[data-tour-steps]').hidden = false;
    tour.querySelector('[data-tour-back]').addEventListener('click', () => show(Math.max(0, number - 1)));
    tour.querySelector('[data-tour-on]').addEventListener('click', () => (number + 1 < steps.length ? show(number + 1) : end()));
    tour.querySelector('[data-tour-end]').addEventListener('click', (event) => {
      event.preventDefault();
      end();
    });
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && !tour.hidden) end(); });
    show(0);
  }
}
