// The process designer's editor: bpmn-js with a panel that offers what the jurisdiction has, checks while editing, and saves by itself.
import BpmnModeler from 'bpmn-js/lib/Modeler';
import { options } from '@bpmn-io/properties-panel/preact';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CamundaPlatformPropertiesProviderModule } from 'bpmn-js-properties-panel';
import TokenSimulationModule from 'bpmn-js-token-simulation';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import minimap from 'diagram-js-minimap';
import colours from 'bpmn-js-color-picker';
import chinese from 'bpmn-js-i18n/translations/zn.js';
import own, { panel, simulation } from './designer/words.js';
import { called, translator } from './designer/calling.js';
import provider from './designer/provider.js';
import clipboard from './designer/clipboard.js';
import following from './designer/following.js';
import references from './designer/references.js';
import menus from './designer/menus.js';
import { below } from './designer/below.js';
import { outline } from './designer/outline.js';
import { showBeginning, zooming } from './designer/zooming.js';
import { lint } from './designer/lint.js';
import { localise } from './designer/localise.js';
import { followAtOnce, leaveField, typing } from './designer/typing.js';
import { tell, workspace } from './designer/workspace.js';

const box = document.getElementById('designer');
const translate = translator(own, chinese);
const choices = JSON.parse(document.getElementById('choices').textContent);
// What the palette covers of the canvas.
const PALETTE = 120;
// So long after the last key the drawing has what was typed, in milliseconds.
const TYPED_AFTER = 250;
const FIRST = 2000;
const typed = typing(TYPED_AFTER);
followAtOnce(options);

const modeler = new BpmnModeler({
  container: '#canvas',
  propertiesPanel: { parent: '#panel' },
  moddleExtensions: { camunda },
  additionalModules: [
    BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CamundaPlatformPropertiesProviderModule, TokenSimulationModule,
    minimap, colours, clipboard, following, references, menus(choices.menus), provider(choices),
    { translate: ['value', translate], debounceInput: ['value', typed.debounce] },
  ],
});
// For tests and for whoever helps a designer from the console.
window.gridflowModeler = modeler;
// What was typed belongs to the element that was chosen until now.
modeler.on('selection.changed', FIRST, typed.flush);

function jump(id) {
  const element = modeler.get('elementRegistry').get(id);
  if (!element) return;
  modeler.get('canvas').scrollToElement(element);
  modeler.get('selection').select(element);
}

const steps = document.getElementById('steps');
outline({
  modeler,
  root: steps,
  called: (element) => called(element, translate),
  told: (element) => below(element, choices, translate),
  debounce: typed.debounce,
  words: JSON.parse(steps.dataset.words),
});

let marked = [];

function mark(findings) {
  const canvas = modeler.get('canvas');
  const registry = modeler.get('elementRegistry');
  for (const [id, name] of marked) if (registry.get(id)) canvas.removeMarker(id, name);
  marked = [];
  for (const each of findings) {
    if (!each.element || !registry.get(each.element)) continue;
    const name = each.severity === 'error' ? 'gf-wrong' : 'gf-remark';
    canvas.addMarker(each.element, name);
    marked.push([each.element, name]);
  }
}

// Another text of the same drawing, seen from where it was seen before.
async function reload(text) {
  const { x, y, width, height } = modeler.get('canvas').viewbox();
  const chosen = modeler.get('selection').get().map((each) => each.id);
  const goBack = leaveField(box);
  await modeler.importXML(text);
  modeler.get('canvas').viewbox({ x, y, width, height });
  const registry = modeler.get('elementRegistry');
  modeler.get('selection').select(chosen.map((id) => registry.get(id)).filter(Boolean));
  await goBack();
}

const calledById = (id) => called(modeler.get('elementRegistry').get(id), translate);

const desk = workspace({
  box,
  jump,
  mark,
  flush: typed.flush,
  read: async () => (await modeler.saveXML({ format: true })).xml,
  begun: async () => (await modeler.saveXML({ format: true })).xml,
  load: reload,
  remarks: () => lint(modeler.getDefinitions(), calledById),
});

async function begin() {
  try {
    await modeler.importXML(JSON.parse(document.getElementById('source').textContent));
  } catch {
    tell('conflict', desk.words.unreadable);
    return;
  }
  localise(document.getElementById('canvas'), simulation);
  localise(document.getElementById('panel'), panel);
  const canvas = modeler.get('canvas');
  const start = modeler.get('elementRegistry').find((each) => each.type === 'bpmn:StartEvent' && each.parent?.type !== 'bpmn:SubProcess');
  showBeginning(canvas, start, PALETTE);
  zooming(box.querySelector('[data-zooms]'), canvas, box, { left: PALETTE, eventBus: modeler.get('eventBus') });
  modeler.on('commandStack.changed', desk.changed);
  await desk.begin();
  const asked = decodeURIComponent(window.location.hash.slice(1));
  if (asked) jump(asked);
  else if (start) modeler.get('selection').select(start);
}

begin();
