// How much of a drawing is seen: its beginning at a size that can be read, its whole width, all of it; larger, smaller, full screen.

// Scale at which an element's name is read without effort.
export const READABLE = 0.9;
const LARGEST_AT_FIRST = 1.2;
const MARGIN = 24;
const STEP = 1.2;
const SMALLEST = 0.2;
const LARGEST = 4;

/** The area { x, y, width, height } that shows the drawing `box` in a canvas of `size`: its whole width where names can still be read, else its
 * beginning; `start` is what must be seen, `left` what the palette covers, in pixels of the screen. */
export function firstView(box, size, start, left = 0) {
  const fitting = (size.width - left - 2 * MARGIN) / box.width;
  const scale = Math.min(LARGEST_AT_FIRST, Math.max(READABLE, fitting));
  const seen = { width: size.width / scale, height: size.height / scale };
  const margin = MARGIN / scale;
  let { x } = box;
  if (start && start.x + start.width > box.x + seen.width - left / scale - margin) x = start.x;
  let y = box.y + box.height / 2 - seen.height / 2;
  if (box.height > seen.height) {
    const middle = start ? start.y + start.height / 2 : box.y;
    y = Math.min(Math.max(box.y - margin, middle - seen.height / 2), box.y + box.height + margin - seen.height);
  }
  return { x: x - margin - left / scale, y, ...seen };
}

/** Shows the area of `firstView`; `start` is an element of the drawing or nothing. */
export function showBeginning(canvas, start, left = 0) {
  const { inner, outer } = canvas.viewbox();
  if (!inner.width || !outer.width) return;
  canvas.viewbox(firstView(inner, outer, start, left));
}

export function showWidth(canvas, left = 0) {
  const { inner, outer } = canvas.viewbox();
  if (!inner.width || !outer.width) return;
  const scale = Math.min(LARGEST_AT_FIRST, (outer.width - left - 2 * MARGIN) / inner.width);
  const seen = { width: outer.width / scale, height: outer.height / scale };
  canvas.viewbox({ x: inner.x - (MARGIN + left) / scale, y: inner.y + inner.height / 2 - seen.height / 2, ...seen });
}

/** Makes the buttons [data-zoom] of `bar` work on the canvas; `framed` is what fills the screen. */
export function zooming(bar, canvas, framed, { left = 0, eventBus } = {}) {
  const told = bar.querySelector('[data-zoom-told]');
  const tell = () => { if (told) told.textContent = `${Math.round(canvas.zoom() * 100)}%`; };
  const by = (factor) => canvas.zoom(Math.min(LARGEST, Math.max(SMALLEST, canvas.zoom() * factor)), 'auto');
  const acts = {
    in: () => by(STEP),
    out: () => by(1 / STEP),
    width: () => showWidth(canvas, left),
    all: () => canvas.zoom('fit-viewport', 'auto'),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : framed.requestFullscreen()),
  };
  for (const [name, act] of Object.entries(acts)) bar.querySelector(`[data-zoom=${name}]`)?.addEventListener('click', act);
  const full = bar.querySelector('[data-zoom=full]');
  if (full && !document.fullscreenEnabled) full.hidden = true;
  framed.addEventListener('fullscreenchange', () => {
    full?.setAttribute('aria-pressed', String(document.fullscreenElement === framed));
    canvas.resized();
  });
  eventBus.on('canvas.viewbox.changed', tell);
  tell();
}
