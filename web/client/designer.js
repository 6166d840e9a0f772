// The process designer's editor: bpmn-js with a panel that offers what the jurisdiction has, checks while editing, and saves by itself.
import BpmnModeler from 'bpmn-js/lib/Modeler';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CamundaPlatformPropertiesProviderModule } from 'bpmn-js-properties-panel';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import minimap from 'diagram-js-minimap';
import colours from 'bpmn-js-color-picker';
import chinese from 'bpmn-js-i18n/translations/zn.js';
import own from './designer/words.js';
import provider from './designer/provider.js';
import clipboard from './designer/clipboard.js';

const SAVE_AFTER = 1200;
const CHECK_AFTER = 300;
const HERE_EVERY = 8000;

const box = document.getElementById('designer');
const words = JSON.parse(box.dataset.words);
const kept = `gridflow-draft-${box.dataset.draft}`;
let revision = Number(box.dataset.revision);
let stale = false;

const modeler = new BpmnModeler({
  container: '#canvas',
  propertiesPanel: { parent: '#panel' },
  moddleExtensions: { camunda },
  additionalModules: [
    BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CamundaPlatformPropertiesProviderModule,
    minimap, colours, clipboard, provider(JSON.parse(document.getElementById('choices').textContent)),
    { translate: ['value', (text, gaps = {}) => (own[text] || chinese[text] || text).replace(/{([^}]+)}/g, (_, key) => gaps[key] ?? `{${key}}`)] },
  ],
});
// For tests and for whoever helps a designer from the console.
window.gridflowModeler = modeler;

async function ask(address, body) {
  return fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': box.dataset.csrf },
    body: JSON.stringify(body),
  });
}

async function xml() {
  return (await modeler.saveXML({ format: true })).xml;
}

function tell(id, text) {
  const place = document.getElementById(id);
  place.textContent = text;
  place.hidden = !text;
}

// ------------------------------------------------------------------------------------------------------------ checks

let marked = [];

function show(findings) {
  const canvas = modeler.get('canvas');
  const registry = modeler.get('elementRegistry');
  for (const [id, name] of marked) if (registry.get(id)) canvas.removeMarker(id, name);
  marked = [];
  const list = document.getElementById('findings');
  list.replaceChildren(...findings.map((each) => {
    const item = document.createElement(each.element ? 'button' : 'div');
    item.className = 'list-group-item list-group-item-action';
    const badge = document.createElement('span');
    badge.className = `badge me-2 ${each.severity === 'error' ? 'bg-red-lt' : 'bg-secondary-lt'}`;
    badge.textContent = each.severity === 'error' ? '错误' : '提示';
    item.append(badge, each.told);
    const element = each.element && registry.get(each.element);
    if (element) {
      const name = each.severity === 'error' ? 'gf-wrong' : 'gf-remark';
      canvas.addMarker(element, name);
      marked.push([each.element, name]);
      item.type = 'button';
      item.addEventListener('click', () => {
        canvas.scrollToElement(element);
        modeler.get('selection').select(element);
      });
    }
    return item;
  }));
  if (!findings.length) {
    const item = document.createElement('div');
    item.className = 'list-group-item text-secondary';
    item.textContent = words.none;
    list.replaceChildren(item);
  }
  list.dataset.ready = String(Number(list.dataset.ready || 0) + 1);
}

let changes = 0;

async function check() {
  const asked = changes;
  const began = performance.now();
  const answer = await ask(box.dataset.check, { diagram: await xml() });
  if (!answer.ok || asked !== changes) return;
  show((await answer.json()).findings);
  const took = Math.round(performance.now() - began);
  document.getElementById('checked-in').textContent = `${took} ms`;
}

// ------------------------------------------------------------------------------------------------------------ saving

async function save() {
  const diagram = await xml();
  localStorage.setItem(kept, JSON.stringify({ diagram, revision }));
  if (stale) return;
  tell('saved', words.saving);
  let answer;
  try {
    answer = await ask(box.dataset.save, { diagram, revision });
  } catch {
    tell('saved', words.failed);
    window.setTimeout(save, 5000);
    return;
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 409) {
    stale = true;
    tell('conflict', told.told);
    tell('saved', words.failed);
  } else if (!answer.ok) {
    tell('saved', told.told || words.failed);
  } else {
    revision = told.revision;
    box.dataset.revision = String(revision);
    localStorage.removeItem(kept);
    tell('saved', words.saved);
  }
}

let checking;
let saving;

function changed() {
  changes += 1;
  window.clearTimeout(checking);
  window.clearTimeout(saving);
  checking = window.setTimeout(check, CHECK_AFTER);
  saving = window.setTimeout(save, SAVE_AFTER);
}

async function here() {
  const answer = await ask(box.dataset.here, {}).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  tell('others', told.others.length ? words.here + told.others.join('、') : '');
}

async function begin() {
  try {
    await modeler.importXML(JSON.parse(document.getElementById('diagram-source').textContent));
  } catch {
    tell('conflict', words.unreadable);
    return;
  }
  modeler.get('canvas').zoom('fit-viewport', 'auto');
  modeler.on('commandStack.changed', changed);
  const left = JSON.parse(localStorage.getItem(kept) || 'null');
  if (left) {
    document.getElementById('kept').hidden = false;
    document.getElementById('take-kept').addEventListener('click', async () => {
      await modeler.importXML(left.diagram);
      document.getElementById('kept').hidden = true;
      changed();
    });
    document.getElementById('drop-kept').addEventListener('click', () => {
      localStorage.removeItem(kept);
      document.getElementById('kept').hidden = true;
    });
  }
  await check();
  await here();
  window.setInterval(here, HERE_EVERY);
  box.dataset.ready = '1';
}

begin();
