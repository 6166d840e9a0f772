// A signature drawn with finger, pen or mouse; it is sent as a picture with the form.
for (const form of document.querySelectorAll('[data-signature]')) {
  const area = form.querySelector('[data-drawing]');
  const canvas = area.querySelector('canvas');
  const pen = canvas.getContext('2d');
  let written = false;
  area.hidden = false;
  pen.lineWidth = 6;
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * (canvas.width / box.width), (event.clientY - box.top) * (canvas.height / box.height)];
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
    written = true;
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  area.querySelector('[data-clear]').addEventListener('click', () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    written = false;
  });
  form.addEventListener('submit', () => { form.elements._drawn.value = written ? canvas.toDataURL('image/png') : ''; });
}
