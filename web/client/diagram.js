// Shows a process instance's diagram: where it stands, where it has been. The bpmn.io watermark stays.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { READABLE, showBeginning, zooming } from './designer/zooming.js';

async function show(container) {
  const viewer = new NavigatedViewer({ container });
  const answer = await fetch(container.dataset.diagram, { headers: { Accept: 'application/xml' } });
  if (!answer.ok) {
    container.textContent = container.dataset.failed;
    return;
  }
  await viewer.importXML(await answer.text());
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const mark = (ids, className) => {
    for (const id of (ids || '').split(' ').filter(Boolean)) {
      if (registry.get(id)) canvas.addMarker(id, className);
    }
  };
  mark(container.dataset.visited, 'gf-visited');
  mark(container.dataset.current, 'gf-current');
  if (container.dataset.flows) {
    const said = new Set(`${container.dataset.missed || ''} ${container.dataset.waived || ''}`.split(' '));
    mark(registry.filter((each) => each.type === 'bpmn:SequenceFlow' && !said.has(each.id)).map((each) => each.id).join(' '), container.dataset.flows);
    mark(container.dataset.missed, 'gf-missed');
    mark(container.dataset.waived, 'gf-waived');
  }
  const standsOn = (container.dataset.current || '').split(' ').map((id) => registry.get(id)).find(Boolean);
  const showAll = () => canvas.zoom('fit-viewport', 'auto');
  const showCurrent = () => {
    if (!standsOn) {
      showBeginning(canvas, registry.find((each) => each.type === 'bpmn:StartEvent'));
      return;
    }
    canvas.zoom(READABLE, { x: standsOn.x + standsOn.width / 2, y: standsOn.y + standsOn.height / 2 });
    canvas.scrollToElement(standsOn, { top: 120, bottom: 120, left: 240, right: 240 });
  };
  const card = container.closest('.card');
  const bar = card.querySelector('[data-zooms]');
  if (bar) zooming(bar, canvas, container, { eventBus: viewer.get('eventBus') });
  card.querySelector('[data-zoom=current]')?.addEventListener('click', showCurrent);
  showAll();
  // A wide diagram that fits is too small to be read: it opens where the instance stands.
  if (canvas.zoom() < READABLE * 0.7) showCurrent();
  container.dataset.ready = '1';
}

for (const container of document.querySelectorAll('[data-diagram]')) {
  const panel = container.closest('[role=tabpanel]');
  if (panel?.hidden) panel.addEventListener('gf-shown', () => show(container), { once: true });
  else show(container);
}
