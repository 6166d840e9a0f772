// Two versions of a diagram side by side: what was added, removed, changed or only moved; one list leads to both.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { diff } from 'bpmn-js-differ';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import { READABLE, showBeginning, zooming } from './designer/zooming.js';

const page = document.getElementById('comparison');

async function draw(container) {
  const viewer = new NavigatedViewer({ container, moddleExtensions: { camunda } });
  const answer = await fetch(container.dataset.source, { headers: { Accept: 'application/xml' } });
  if (!answer.ok) throw new Error('no diagram');
  await viewer.importXML(await answer.text());
  viewer.get('canvas').zoom('fit-viewport', 'auto');
  return viewer;
}

// A difference in the middle, at a size that can be read.
function show(viewer, id) {
  const element = viewer.get('elementRegistry').get(id);
  if (!element) return;
  const canvas = viewer.get('canvas');
  canvas.zoom(READABLE, { x: element.x + (element.width || 0) / 2, y: element.y + (element.height || 0) / 2 });
  canvas.scrollToElement(element, { top: 80, bottom: 80, left: 120, right: 120 });
}

// All of it where names can be read then; else the first difference, or the beginning.
function open(viewers, told) {
  if (viewers.every((viewer) => viewer.get('canvas').zoom() >= READABLE * 0.7)) return;
  const there = (id) => viewers.find((viewer) => viewer.get('elementRegistry').get(id));
  const first = told.map((each) => each.dataset.element).find(there);
  if (first) {
    show(there(first), first);
    return;
  }
  const [viewer] = viewers;
  showBeginning(viewer.get('canvas'), viewer.get('elementRegistry').find((each) => each.type === 'bpmn:StartEvent'));
}

function mark(viewer, ids, name) {
  const registry = viewer.get('elementRegistry');
  for (const id of ids) {
    const element = registry.get(id);
    // A process or a lane that is marked would colour all that lies in it.
    if (element && element.parent && !/Participant|Lane|Process/.test(element.type)) viewer.get('canvas').addMarker(id, name);
  }
}

// What is moved or zoomed on one side is on the other.
function together(one, other) {
  let busy = false;
  const follow = (from, to) => from.on('canvas.viewbox.changed', ({ viewbox }) => {
    if (busy) return;
    busy = true;
    to.get('canvas').viewbox({ x: viewbox.x, y: viewbox.y, width: viewbox.width, height: viewbox.height });
    busy = false;
  });
  follow(one, other);
  follow(other, one);
}

// One that cannot be drawn says so in its place; the other is shown all the same.
async function drawn(container) {
  try {
    return await draw(container);
  } catch {
    container.textContent = page.dataset.failed;
    return null;
  }
}

async function begin() {
  const [before, after] = await Promise.all([...page.querySelectorAll('[data-source]')].map(drawn));
  if (!before || !after) return;
  const found = diff(before.getDefinitions(), after.getDefinitions());
  const told = [...document.querySelectorAll('[data-element]')];
  const changed = new Set([...told.filter((each) => each.dataset.kind === 'changed').map((each) => each.dataset.element)]);
  mark(before, Object.keys(found._removed), 'gf-removed');
  mark(after, Object.keys(found._added), 'gf-added');
  for (const viewer of [before, after]) mark(viewer, changed, 'gf-changed');
  const moved = Object.keys(found._layoutChanged).filter((id) => !changed.has(id));
  mark(after, moved, 'gf-moved');
  together(before, after);
  zooming(page.querySelector('[data-zooms]'), after.get('canvas'), page, { eventBus: after.get('eventBus') });
  page.addEventListener('fullscreenchange', () => before.get('canvas').resized());
  open([after, before], told);
  for (const each of told) {
    each.addEventListener('click', () => {
      for (const viewer of [before, after]) show(viewer, each.dataset.element);
      page.scrollIntoView({ behavior: 'smooth' });
    });
  }
  document.getElementById('moved').textContent = moved.length;
  page.dataset.ready = '1';
}

begin().catch(() => { page.querySelectorAll('[data-source]').forEach((each) => { each.textContent = page.dataset.failed; }); });
