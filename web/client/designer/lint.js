// bpmnlint's rules, told in Chinese. They are remarks about the drawing: what refuses a deployment is said by the server.
import Linter from 'bpmnlint/lib/linter';
import conditionalFlows from 'bpmnlint/rules/conditional-flows';
import endEvent from 'bpmnlint/rules/end-event-required';
import eventGateway from 'bpmnlint/rules/event-based-gateway';
import eventSubprocess from 'bpmnlint/rules/event-sub-process-typed-start-event';
import globals from 'bpmnlint/rules/global';
import label from 'bpmnlint/rules/label-required';
import link from 'bpmnlint/rules/link-event';
import drawing from 'bpmnlint/rules/no-bpmndi';
import complex from 'bpmnlint/rules/no-complex-gateway';
import disconnected from 'bpmnlint/rules/no-disconnected';
import duplicates from 'bpmnlint/rules/no-duplicate-sequence-flows';
import joinFork from 'bpmnlint/rules/no-gateway-join-fork';
import implicitEnd from 'bpmnlint/rules/no-implicit-end';
import implicitSplit from 'bpmnlint/rules/no-implicit-split';
import implicitStart from 'bpmnlint/rules/no-implicit-start';
import overlapping from 'bpmnlint/rules/no-overlapping-elements';
import blankStart from 'bpmnlint/rules/single-blank-start-event';
import singleDefinition from 'bpmnlint/rules/single-event-definition';
import startEvent from 'bpmnlint/rules/start-event-required';
import subprocessStart from 'bpmnlint/rules/sub-process-blank-start-event';
import superfluousGateway from 'bpmnlint/rules/superfluous-gateway';
import superfluousLabel from 'bpmnlint/rules/superfluous-label';
import superfluousTermination from 'bpmnlint/rules/superfluous-termination';

// Left out of the recommended set: fake-join (several flows into one task are how an instance comes back after a supplement, and are run as drawn),
// no-inclusive-gateway (they are honoured), ad-hoc-sub-process (told by the server).
const RULES = {
  'conditional-flows': [conditionalFlows, '没有写条件'],
  'end-event-required': [endEvent, '没有结束事件，请画上流程在哪里结束'],
  'event-based-gateway': [eventGateway, '事件网关之后要有两条以上不带条件的流转线'],
  'event-sub-process-typed-start-event': [eventSubprocess, '事件子流程的开始事件要写明等什么'],
  global: [globals, '这个错误、消息或信号没有名称、没有用到或者重名'],
  'label-required': [label, '没有名称，请写上办理人看得懂的名称'],
  'link-event': [link, '链接事件的两端对不上，请核对链接名称'],
  'no-bpmndi': [drawing, '图上没有画出这个元素'],
  'no-complex-gateway': [complex, '不宜用复杂网关'],
  'no-disconnected': [disconnected, '没有与别的步骤连起来'],
  'no-duplicate-sequence-flows': [duplicates, '两条流转线的起点、终点和条件都相同'],
  'no-gateway-join-fork': [joinFork, '这个网关既汇合又分支，分成两个网关更易读'],
  'no-implicit-end': [implicitEnd, '之后没有去向，请连到下一步或者结束事件'],
  'no-implicit-split': [implicitSplit, '一个步骤引出几条流转线，请用网关画明是都走还是选一条'],
  'no-implicit-start': [implicitStart, '没有流转线通到这里'],
  'no-overlapping-elements': [overlapping, '与别的元素重叠，或者画到了边框之外'],
  'single-blank-start-event': [blankStart, '只能有一个普通的开始事件'],
  'single-event-definition': [singleDefinition, '一个事件只能等一样'],
  'start-event-required': [startEvent, '没有开始事件，请画上流程从哪里开始'],
  'sub-process-blank-start-event': [subprocessStart, '子流程的开始事件不能带触发条件'],
  'superfluous-gateway': [superfluousGateway, '只有一进一出，这个网关可以去掉'],
  'superfluous-label': [superfluousLabel, '不必写名称'],
  'superfluous-termination': [superfluousTermination, '这里不必用终止结束，普通结束即可'],
};

const resolver = {
  resolveRule: (_package, name) => RULES[name][0],
  resolveConfig: () => { throw new Error('no config is extended'); },
};

function* flowsOf(scope) {
  for (const element of [...(scope.rootElements || []), ...(scope.flowElements || [])]) {
    if (element.$type === 'bpmn:SequenceFlow') {
      yield element;
    }
    yield* flowsOf(element);
  }
}

// Other tools leave out which flows an element has; the rules read nothing else. Returns what takes the additions away again.
export function joinFlows(definitions) {
  const added = [];
  for (const flow of flowsOf(definitions)) {
    for (const [element, name] of [[flow.sourceRef, 'outgoing'], [flow.targetRef, 'incoming']]) {
      const flows = element?.get(name);
      if (flows && !flows.includes(flow)) {
        flows.push(flow);
        added.push([flows, flow]);
      }
    }
  }
  return () => added.forEach(([flows, flow]) => flows.splice(flows.indexOf(flow), 1));
}

// What the rules say of a diagram: [{ element, severity, rule, told }], element by element; `called` gives an element's name from its id.
export async function lint(definitions, called) {
  const rules = Object.fromEntries(Object.keys(RULES).map((name) => [name, 'warn']));
  // Some rules remember what they have seen: each drawing gets a linter of its own.
  const leave = joinFlows(definitions);
  const results = await new Linter({ resolver }).lint(definitions, { rules }).finally(leave);
  return Object.entries(results).flatMap(([rule, reports]) => reports.map((each) => {
    return { element: each.id, severity: 'drawing', rule, told: `${called(each.id)}${RULES[rule]?.[1] || each.message}` };
  }));
}
