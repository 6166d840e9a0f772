// Shows a process instance's diagram: where it stands, where it has been. The bpmn.io watermark stays.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

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
  canvas.zoom('fit-viewport', 'auto');
  container.dataset.ready = '1';
}

for (const container of document.querySelectorAll('[data-diagram]')) show(container);
