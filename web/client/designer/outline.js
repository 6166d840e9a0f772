// The list of a drawing's elements beside it: read, and changed, without a mouse. Every act goes through the editor, so that the drawing follows.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { after, before, drawing } from './drawing.js';

const INDENT = 3;

// The elements in the order in which an instance meets them: [{ element, depth }]; what is attached follows its step, what is inside follows its whole.
export function ordered(shapes) {
  const found = [];
  const seen = new Set();
  const put = (element, depth) => {
    if (seen.has(element)) return;
    seen.add(element);
    found.push({ element, depth });
    const inside = shapes.filter((each) => each.parent === element && is(each, 'bpmn:FlowNode') && !each.host);
    walk(inside, depth + 1);
    for (const each of element.attachers || []) put(each, depth + 1);
    if (element.attachers) for (const each of element.attachers) follow(each, depth + 1);
  };
  const follow = (element, depth) => {
    const flows = (element.outgoing || []).filter((each) => is(each, 'bpmn:SequenceFlow'));
    for (const flow of flows) {
      if (flows.length > 1) found.push({ element: flow, depth: depth + 1 });
      if (flow.target && !seen.has(flow.target)) {
        put(flow.target, depth);
        follow(flow.target, depth);
      }
    }
  };
  function walk(nodes, depth) {
    const first = nodes.filter((each) => is(each, 'bpmn:StartEvent'));
    const free = nodes.filter((each) => !(each.incoming || []).some((flow) => is(flow, 'bpmn:SequenceFlow')));
    for (const each of [...first, ...free, ...nodes]) {
      if (seen.has(each)) continue;
      put(each, depth);
      follow(each, depth);
    }
  }
  walk(shapes.filter((each) => is(each, 'bpmn:FlowNode') && !each.host && !is(each.parent, 'bpmn:FlowNode')), 0);
  return found;
}

const isTarget = (element) => is(element, 'bpmn:FlowNode') && !is(element, 'bpmn:StartEvent');

/** A name as `called` gives it, without the marks around it; those of the name itself stay. */
export function bare(name) {
  return name.replace(/^“(.*)”$/s, '$1');
}

/** `modeler`, the page's `root` of the list, `called` gives an element's name, `told` what stands below it, `debounce` delays a name that is typed, `words` the page's sentences. */
export function outline({ modeler, root, called, told, debounce, words }) {
  const list = root.querySelector('ol');
  const tools = root.querySelector('form');
  const said = root.querySelector('[role=status]');
  const part = (name) => tools.querySelector(`[name=${name}]`);
  const acts = drawing(modeler);
  const registry = modeler.get('elementRegistry');
  const selection = modeler.get('selection');
  const stack = modeler.get('commandStack');
  const say = (text) => { said.textContent = text; };
  const items = new Map();
  let drawn = [];
  let shown = null;

  function chosen() {
    const [element, more] = selection.get();
    return element && !more ? element.labelTarget || element : null;
  }

  function nameOf(element) {
    if (!is(element, 'bpmn:SequenceFlow')) return getBusinessObject(element).name || called(element);
    return `→ ${getBusinessObject(element).name || bare(called(element.target))}`;
  }

  function begun(id) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.element = id;
    item.append(button);
    items.set(id, item);
    return item;
  }

  // A row stays the same node: what is pressed on it while the list is drawn anew is still heard.
  function row({ element, depth }) {
    const item = items.get(element.id) || begun(element.id);
    item.className = `gf-depth-${Math.min(depth, INDENT)}`;
    const below = document.createElement('small');
    below.textContent = told(element);
    item.firstChild.replaceChildren(nameOf(element), below);
    return item;
  }

  function put(rows) {
    const same = rows.length === list.children.length && rows.every((item, index) => item === list.children[index]);
    if (!same) list.replaceChildren(...rows);
  }

  function draw() {
    const focused = document.activeElement?.dataset?.element;
    const canvasRoot = modeler.get('canvas').getRootElement();
    const shapes = registry.filter((each) => each !== canvasRoot && !each.labelTarget);
    drawn = ordered(shapes);
    put(drawn.map(row));
    if (focused) at(focused)?.focus();
    show();
  }

  function at(id) {
    return list.querySelector(`button[data-element="${CSS.escape(id)}"]`);
  }

  function options(select, entries) {
    select.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
  }

  function pointOut(place) {
    const buttons = [...list.querySelectorAll('button')];
    for (const each of buttons) {
      each.setAttribute('aria-pressed', String(each === place));
      each.tabIndex = each === place ? 0 : -1;
    }
    if (!place && buttons.length) buttons[0].tabIndex = 0;
    place?.scrollIntoView({ block: 'nearest' });
  }

  function offerTargets(element, node) {
    const rest = drawn.map((each) => each.element).filter((each) => each !== element && !each.host && isTarget(each));
    const target = shown === element ? part('target').value : '';
    options(part('target'), node ? rest.map((each) => [each.id, nameOf(each)]) : []);
    if (node && rest.some((each) => each.id === target)) part('target').value = target;
  }

  function offerLanes(element, node) {
    const lanes = node && !element.host ? acts.lanes() : [];
    options(part('lane'), lanes.map((each) => [each.id, getBusinessObject(each).name || each.id]));
    if (lanes.length) part('lane').value = acts.laneOf(element)?.id || '';
    part('lane').closest('div').hidden = lanes.length < 2;
  }

  // The tools stand for what is chosen.
  function show() {
    const element = chosen();
    const place = element && at(element.id);
    pointOut(place);
    tools.querySelector('fieldset').disabled = !place;
    part('undo').disabled = !stack.canUndo();
    part('redo').disabled = !stack.canRedo();
    if (!place) return;
    const node = is(element, 'bpmn:FlowNode');
    // Whoever types its name goes on typing.
    if (shown !== element || document.activeElement !== part('name')) part('name').value = getBusinessObject(element).name || '';
    offerTargets(element, node);
    shown = element;
    offerLanes(element, node);
    part('up').disabled = !node || !before(element);
    part('down').disabled = !node || !after(element);
    const last = is(element, 'bpmn:EndEvent');
    for (const name of ['target', 'connect']) part(name).disabled = !node || last;
    for (const name of ['kind', 'add']) part(name).disabled = last;
    part('branch').hidden = !is(element, 'bpmn:Gateway');
  }

  function choose(element, focus) {
    selection.select(element);
    modeler.get('canvas').scrollToElement(element);
    if (focus) at(element.id)?.focus();
  }

  function add(branch = false) {
    const source = chosen();
    if (acts.empty(source)) {
      choose(acts.addStart(source), true);
      say(words.begun);
      return;
    }
    const made = acts.addAfter(source, part('kind').value, branch);
    if (!made) {
      say(words.notHere);
      return;
    }
    choose(made);
    part('name').focus();
    say(words.added);
  }

  function connect() {
    const source = chosen();
    const target = registry.get(part('target').value);
    if ((source?.outgoing || []).some((each) => is(each, 'bpmn:SequenceFlow') && each.target === target)) {
      say(words.connectedBefore);
      return;
    }
    const made = acts.connect(source, target);
    // What goes on from a gateway has a condition: its panel is shown next.
    if (made && is(source, 'bpmn:Gateway')) choose(made);
    say(made ? words.connected : words.notConnected);
  }

  function remove() {
    const element = chosen();
    const index = drawn.findIndex((each) => each.element === element);
    const name = nameOf(element);
    acts.remove(element);
    draw();
    const next = drawn[Math.min(Math.max(index - 1, 0), drawn.length - 1)];
    if (next) choose(next.element, true);
    say(words.removed.replace('{name}', name));
  }

  function move(step) {
    const element = chosen();
    const other = element && is(element, 'bpmn:FlowNode') && (step < 0 ? before(element) : after(element));
    if (!other) {
      say(words.notMoved);
      return;
    }
    if (step < 0) acts.swap(other, element);
    else acts.swap(element, other);
    choose(element);
    say(words.moved);
  }

  // What is set of the whole process: who may start it, its title and number.
  function whole() {
    const pool = registry.find((each) => is(each, 'bpmn:Participant') && getBusinessObject(each).processRef?.isExecutable);
    selection.select(pool || null);
  }

  function settings() {
    const body = document.querySelector('#panel [data-group-id="group-gridflow"] :is(select, input, textarea)');
    (body || document.querySelector('#panel :is(select, input, textarea)'))?.focus();
  }

  function step(by) {
    const buttons = [...list.querySelectorAll('button')];
    const wanted = buttons.indexOf(document.activeElement) + by;
    const next = buttons[Math.min(Math.max(wanted, 0), buttons.length - 1)];
    if (next) choose(registry.get(next.dataset.element), true);
  }

  const undo = () => { if (stack.canUndo()) stack.undo(); };
  const redo = () => { if (stack.canRedo()) stack.redo(); };
  const pressed = { whole, add: () => add(), branch: () => add(true), connect, up: () => move(-1), down: () => move(1), remove, settings, undo, redo };

  function keyed(event) {
    const control = event.ctrlKey || event.metaKey;
    const keys = {
      Home: () => step(-drawn.length),
      End: () => step(drawn.length),
      ArrowDown: () => (event.altKey ? move(1) : step(1)),
      ArrowUp: () => (event.altKey ? move(-1) : step(-1)),
      Delete: () => chosen() && remove(),
      Insert: () => part('kind').focus(),
      F2: () => part('name').focus(),
      ...(control ? { z: event.shiftKey ? redo : undo, Z: redo, y: redo } : {}),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  list.addEventListener('keydown', keyed);
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) choose(registry.get(button.dataset.element), true);
  });
  tools.addEventListener('submit', (event) => event.preventDefault());
  tools.addEventListener('click', (event) => pressed[event.target.closest('button')?.name]?.());
  const rename = debounce((element, name) => {
    if (registry.get(element.id) === element && (getBusinessObject(element).name || '') !== name) acts.rename(element, name);
  });
  const named = () => { if (chosen()) rename(chosen(), part('name').value.trim()); };
  // The letters of an input method are not yet the name.
  part('name').addEventListener('input', (event) => { if (!event.isComposing) named(); });
  part('name').addEventListener('compositionend', named);
  part('name').addEventListener('change', () => rename.flush());
  part('lane').addEventListener('change', () => {
    acts.toLane(chosen(), registry.get(part('lane').value));
    say(words.moved);
  });
  modeler.on('commandStack.changed', draw);
  modeler.on('import.done', draw);
  modeler.on('selection.changed', show);
  return draw;
}
