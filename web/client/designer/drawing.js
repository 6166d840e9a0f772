// What is done to a drawing without a mouse. Each act is one command of the editor: it draws as if done by hand, and is undone at once.
import { getNewShapePosition } from 'bpmn-js/lib/features/auto-place/BpmnAutoPlaceUtil';
import { getMid } from 'diagram-js/lib/layout/LayoutUtil';
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { isExpanded } from 'bpmn-js/lib/util/DiUtil';
import { beside, crossed } from './routing.js';

const GAP = 50;
// Room for a flow below the steps of a pool that they fill.
const ROOM = 60;
const ANYWHERE = { x: -1e6, y: -1e6, width: 2e6, height: 2e6 };
const LOWER = 30;

/** What can be added after a step, by its name in the page's list. */
export const KINDS = {
  user: { type: 'bpmn:UserTask' },
  service: { type: 'bpmn:ServiceTask' },
  table: { type: 'bpmn:BusinessRuleTask' },
  script: { type: 'bpmn:ScriptTask' },
  call: { type: 'bpmn:CallActivity' },
  subprocess: { type: 'bpmn:SubProcess', isExpanded: true },
  exclusive: { type: 'bpmn:ExclusiveGateway' },
  parallel: { type: 'bpmn:ParallelGateway' },
  inclusive: { type: 'bpmn:InclusiveGateway' },
  wait: { type: 'bpmn:IntermediateCatchEvent', eventDefinitionType: 'bpmn:TimerEventDefinition' },
  message: { type: 'bpmn:IntermediateCatchEvent', eventDefinitionType: 'bpmn:MessageEventDefinition' },
  send: { type: 'bpmn:IntermediateThrowEvent', eventDefinitionType: 'bpmn:MessageEventDefinition' },
  end: { type: 'bpmn:EndEvent' },
  late: { type: 'bpmn:BoundaryEvent', eventDefinitionType: 'bpmn:TimerEventDefinition', cancelActivity: false },
  timeout: { type: 'bpmn:BoundaryEvent', eventDefinitionType: 'bpmn:TimerEventDefinition' },
};

function Together() {}
Together.prototype.preExecute = (context) => { context.made = context.act(); };

const flowsOut = (element) => (element.outgoing || []).filter((each) => is(each, 'bpmn:SequenceFlow'));
const flowsIn = (element) => (element.incoming || []).filter((each) => is(each, 'bpmn:SequenceFlow'));

/** The step before it that it can change places with: the only one that leads to it, and that leads nowhere else. */
export function before(element) {
  const [flow, more] = flowsIn(element);
  const movable = (each) => is(each, 'bpmn:Activity') || is(each, 'bpmn:IntermediateCatchEvent') || is(each, 'bpmn:IntermediateThrowEvent');
  if (!flow || more || !movable(element) || !movable(flow.source)) return null;
  return flowsOut(flow.source).length === 1 && flow.source !== element && flow.source.parent === element.parent ? flow.source : null;
}

export function after(element) {
  const [flow] = flowsOut(element);
  return flow && before(flow.target) === element ? flow.target : null;
}

export function drawing(modeler) {
  const get = (name) => modeler.get(name);
  const modeling = get('modeling');
  get('commandStack').registerHandler('gridflow.together', Together);

  // Several changes as one command; what `act` returns.
  function together(act) {
    const context = { act };
    get('commandStack').execute('gridflow.together', context);
    return context.made;
  }

  // Whether a step stands where a shape of that size would be drawn.
  function taken(left, middle, shape) {
    const meets = (each) => each.x < left + shape.width && each.x + each.width > left
      && each.y < middle + shape.height / 2 && each.y + each.height > middle - shape.height / 2;
    const steps = get('elementRegistry').filter((each) => is(each, 'bpmn:FlowNode') && !each.labelTarget);
    return steps.some(meets);
  }

  // Whether a flow goes through where a shape of that size would be drawn: it would seem to go through the step.
  function passed(left, middle, shape) {
    const place = { x: left, y: middle - shape.height / 2, width: shape.width, height: shape.height };
    const flows = get('elementRegistry').filter((each) => is(each, 'bpmn:SequenceFlow') && !each.labelTarget);
    return flows.some((flow) => crossed(flow.waypoints, [place]).length);
  }

  // Room to the right of `source` for the shape, where what follows stands too near or something else stands there.
  function makeRoom(source, next, shape, height) {
    const right = source.x + source.width;
    const free = next.x - right;
    const full = taken(right + GAP, height, shape);
    const wanted = full ? shape.width + GAP : shape.width + 2 * GAP - free;
    if (wanted <= 0) return;
    const tool = get('spaceTool');
    const all = get('elementRegistry').filter((each) => each.parent);
    const start = right + 5;
    const { movingShapes, resizingShapes } = tool.calculateAdjustments(all, 'x', wanted, start);
    tool.makeSpace(movingShapes, resizingShapes, { x: wanted, y: 0 }, 'e', start);
  }

  // Beside `source`, lower where something else stands or goes already.
  function besides(source, shape) {
    const position = getNewShapePosition(source, shape, get('elementRegistry'));
    const left = position.x - shape.width / 2;
    while (taken(left, position.y, shape) || passed(left, position.y, shape)) position.y += LOWER;
    return position;
  }

  function between(source, flow, shape) {
    const next = flow.target;
    let position;
    if (next.x >= source.x + source.width) {
      // Of several ways each has a height of its own, that of the step it leads to.
      const height = getMid(flowsOut(source).length > 1 ? next : source).y;
      makeRoom(source, next, shape, height);
      position = { x: source.x + source.width + GAP + shape.width / 2, y: height };
    } else {
      position = besides(source, shape);
    }
    const made = modeling.createShape(shape, position, (source.host || source).parent);
    modeling.reconnectEnd(flow, made, getMid(made));
    modeling.connect(made, next);
    return made;
  }

  function onBorder(host, shape) {
    const there = (host.attachers || []).map((each) => getMid(each).x);
    const free = (x) => there.every((each) => Math.abs(each - x) >= shape.width);
    const steps = Array.from({ length: Math.floor(host.width / 10) }, (_none, index) => host.x + host.width - 20 - index * 10);
    const x = steps.find(free) ?? host.x + 10;
    return modeling.createShape(shape, { x, y: host.y + host.height }, host, { attach: true });
  }

  // Into the chosen flow, or the only one that goes on from there; else, or where one is asked for, as one more way.
  function put(source, shape, branch) {
    if (is(source, 'bpmn:SequenceFlow')) return between(source.source, source, shape);
    const flows = flowsOut(source);
    const inserted = !branch && flows.length === 1 && !is(shape, 'bpmn:EndEvent') && flows[0].target !== source;
    if (inserted) return between(source, flows[0], shape);
    return modeling.appendShape(source, shape, besides(source, shape), (source.host || source).parent);
  }

  // Every subprocess has a start.
  function begin(parent) {
    return modeling.createShape({ type: 'bpmn:StartEvent' }, { x: parent.x + 60, y: getMid(parent).y }, parent);
  }

  function canFollow(source, wanted) {
    if (wanted.type === 'bpmn:BoundaryEvent') return is(source, 'bpmn:Activity');
    if (is(source, 'bpmn:SequenceFlow')) return wanted.type !== 'bpmn:EndEvent';
    return is(source, 'bpmn:FlowNode') && !is(source, 'bpmn:EndEvent');
  }

  function addAfter(source, kind, branch = false) {
    const wanted = KINDS[kind];
    const border = wanted.type === 'bpmn:BoundaryEvent';
    if (!canFollow(source, wanted)) return null;
    return together(() => {
      const shape = get('elementFactory').createShape(wanted);
      if (border) return onBorder(source, shape);
      const made = put(source, shape, branch);
      if (wanted.isExpanded) begin(made);
      return made;
    });
  }

  const addStart = (parent) => together(() => begin(parent));

  // Room at the bottom of what holds the steps, in its lowest lane where it has lanes.
  function heighten(whole) {
    const inside = lanes().filter((lane) => lane.x >= whole.x && lane.x + lane.width <= whole.x + whole.width);
    const lowest = inside.filter((lane) => lane.y >= whole.y && lane.y + lane.height <= whole.y + whole.height).sort((one, other) => other.y - one.y)[0];
    const { x, y, width, height } = lowest || whole;
    if (lowest) modeling.resizeLane(lowest, { x, y, width, height: height + ROOM });
    else modeling.resizeShape(whole, { x, y, width, height: height + ROOM });
  }

  // The same flow, beside the steps through which it would go.
  function around(flow) {
    const { source, target } = flow;
    const holds = (shape) => [source, target].some((end) => {
      for (let whole = end.parent; whole; whole = whole.parent) if (whole === shape) return true;
      return end === shape;
    });
    const steps = get('elementRegistry').filter((each) => is(each, 'bpmn:FlowNode') && !each.labelTarget && !holds(each));
    if (is(flow, 'bpmn:SequenceFlow') && source !== target && crossed(flow.waypoints, steps).length) {
      const whole = source.parent;
      let points = beside(source, target, steps, whole.width ? whole : ANYWHERE);
      if (!points && whole.width) {
        heighten(whole);
        points = beside(source, target, steps, whole);
      }
      if (points) modeling.updateWaypoints(flow, points);
    }
    return flow;
  }

  function connect(source, target) {
    if (!source || !target || !get('rules').allowed('connection.create', { source, target })) return null;
    return together(() => around(modeling.connect(source, target)));
  }

  function swap(first, second) {
    const flow = flowsOut(first).find((each) => each.target === second);
    const [ins, outs] = [flowsIn(first), flowsOut(second)];
    const shift = { x: getMid(second).x - getMid(first).x, y: 0 };
    if (Math.abs(shift.x) < 5) shift.y = getMid(second).y - getMid(first).y;
    together(() => {
      modeling.moveElements([first], shift);
      modeling.moveElements([second], { x: -shift.x, y: -shift.y });
      for (const each of ins) modeling.reconnectEnd(each, second, getMid(second));
      for (const each of outs) modeling.reconnectStart(each, first, getMid(first));
      modeling.reconnect(flow, second, first, [getMid(second), getMid(first)]);
      modeling.layoutConnection(flow);
    });
  }

  // The lanes that have no lanes of their own.
  function lanes() {
    return get('elementRegistry').filter((each) => is(each, 'bpmn:Lane') && !each.children.some((child) => is(child, 'bpmn:Lane')));
  }

  function laneOf(element) {
    const { x, y } = getMid(element);
    return lanes().find((each) => x >= each.x && x <= each.x + each.width && y >= each.y && y <= each.y + each.height);
  }

  function toLane(element, lane) {
    together(() => modeling.moveElements([element], { x: 0, y: getMid(lane).y - getMid(element).y }, lane.parent));
  }

  return {
    addAfter,
    addStart,
    connect,
    lanes,
    laneOf,
    swap,
    toLane,
    rename: (element, name) => modeling.updateLabel(element, name),
    remove: (element) => modeling.removeElements([element]),
    empty: (element) => is(element, 'bpmn:SubProcess') && isExpanded(element) && !getBusinessObject(element).get('flowElements').length,
  };
}
