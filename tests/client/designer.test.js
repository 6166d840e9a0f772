// The designer's panel and remarks on real diagrams: what a setting reads and writes, what an element is called, what the drawing's rules say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BpmnModdle } from 'bpmn-moddle';
import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import { below } from '../../web/client/designer/below.js';
import { called, translator } from '../../web/client/designer/calling.js';
import * as comparing from '../../web/client/designer/comparing.js';
import { lint } from '../../web/client/designer/lint.js';
import { defaultAmong, timersAt } from '../../web/client/designer/following.js';
import { beside, crossed } from '../../web/client/designer/routing.js';
import { inDrawing } from '../../web/client/designer/provider.js';
import { property, setting, way } from '../../web/client/designer/properties.js';
import words from '../../web/client/designer/words.js';

const moddle = new BpmnModdle({ camunda });
const factory = { create: (type, attributes) => moddle.create(type, attributes) };

function put(element, changes) {
  for (const [name, value] of Object.entries(changes)) element.set(name, value);
}

async function task(inside = '') {
  const { rootElement } = await moddle.fromXML(
    `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d">
       <process id="p"><userTask id="t">${inside}</userTask></process></definitions>`,
  );
  return rootElement.rootElements[0].flowElements[0];
}

test('a countersigned task gets its marker and keeps its other settings', async () => {
  const element = await task('<extensionElements><camunda:properties><camunda:property name="own" value="1"/></camunda:properties></extensionElements>');
  put(element, way.set(element, 'in-turn', factory));
  assert.equal(way.get(element), 'in-turn');
  assert.equal(element.loopCharacteristics.isSequential, true);
  put(element, way.set(element, 'all', factory));
  assert.equal(way.get(element), 'all');
  assert.equal(element.loopCharacteristics.isSequential, false);
  const all = element.extensionElements.values[0].values.map(({ name, value }) => [name, value]);
  assert.deepEqual(all, [['own', '1'], ['countersign', 'all']]);
});

test('what repeats a countersigned task stays, its own end does not', async () => {
  const element = await task(
    `<multiInstanceLoopCharacteristics camunda:collection="units" camunda:elementVariable="unit">
       <completionCondition>x</completionCondition></multiInstanceLoopCharacteristics>`,
  );
  put(element, way.set(element, 'veto', factory));
  assert.equal(element.loopCharacteristics.get('camunda:collection'), 'units');
  assert.equal(element.loopCharacteristics.get('camunda:elementVariable'), 'unit');
  assert.equal(element.loopCharacteristics.completionCondition, undefined);
});

test('a setting at its usual value is not written', async () => {
  const element = await task();
  const vote = setting('countersignVote', 'decision');
  assert.equal(vote.get(element), 'decision');
  put(element, vote.set(element, 'opinion', factory));
  assert.equal(vote.get(element), 'opinion');
  put(element, vote.set(element, 'decision', factory));
  assert.deepEqual(element.extensionElements.values, []);
});

test('a property of the process leaves what else extends it', async () => {
  const process = (await task()).$parent;
  const title = property('title');
  const list = factory.create('camunda:InputOutput', {});
  process.extensionElements = factory.create('bpmn:ExtensionElements', { values: [list] });
  put(process, title.set(process, '事项准入', factory));
  assert.equal(title.get(process), '事项准入');
  assert.equal(process.extensionElements.values[0], list);
});

test('words of the first dictionary win, gaps are filled, what nobody knows stays', () => {
  const translate = translator({ Task: '任务' }, { Task: 'x', 'Add {name}': '加{name}' });
  assert.equal(translate('Task'), '任务');
  assert.equal(translate('Add {name}', { name: '网关' }), '加网关');
  assert.equal(translate('Add {name}'), '加{name}');
  assert.equal(translate('toString'), 'toString');
});

test('a name that a version of the editor writes otherwise is found all the same', () => {
  const translate = translator(words, { 'Receive task': 'x' });
  assert.equal(translate('Receive task'), '接收任务');
  assert.equal(translate('Event sub-process'), '事件子流程');
  assert.equal(translate('Timer boundary event (non-interrupting)'), '时限（到期后原任务继续）');
  assert.equal(translate('Change element'), '更改种类');
  assert.equal(translate('constructor'), 'constructor');
});

test('an element without a name is called by its kind and what comes before it', () => {
  const translate = translator(words);
  const gateway = { businessObject: { $type: 'bpmn:ExclusiveGateway' }, incoming: [{ source: { businessObject: { name: '审核' } } }] };
  assert.equal(called({ businessObject: { $type: 'bpmn:UserTask', name: '审核' } }, translate), '“审核”');
  assert.equal(called(gateway, translate), '“审核”之后的条件网关');
  assert.equal(called({ businessObject: gateway.businessObject, incoming: [] }, translate), '条件网关');
  assert.equal(called(undefined, translate), '');
  const border = { $type: 'bpmn:BoundaryEvent', attachedToRef: { name: '审批' } };
  assert.equal(called({ businessObject: border }, translate), '“审批”边上的边界事件');
});

test('a diagram of the product has no remark of the kind that stops people', async () => {
  const { rootElement } = await moddle.fromXML(readFileSync('bpmn/shared/supervision.bpmn', 'utf8'));
  const found = await lint(rootElement, (id) => id);
  assert.deepEqual(found.filter((each) => ['no-disconnected', 'no-bpmndi', 'no-implicit-start', 'conditional-flows'].includes(each.rule)), []);
});

test('a drawing\'s faults are said in Chinese, at their elements', async () => {
  const found = await lint((await task()).$parent.$parent, (id) => `<${id}>`);
  const said = found.filter((each) => each.element === 't').map((each) => each.told);
  assert.ok(said.includes('<t>没有名称，请写上办理人看得懂的名称'), said.join());
  assert.ok(said.includes('<t>之后没有去向，请连到下一步或者结束事件'), said.join());
  assert.ok(found.every((each) => each.severity === 'drawing' && /[\u4e00-\u9fff]/.test(each.told)));
});

test('a timer follows its step only where it goes off when the step is due', async () => {
  const timer = (body) => ({ businessObject: moddle.create('bpmn:BoundaryEvent', {
    eventDefinitions: [moddle.create('bpmn:TimerEventDefinition', { timeDuration: moddle.create('bpmn:FormalExpression', { body }) })],
  }) });
  const [late, soon] = [timer('deadline:review'), timer('1工作日')];
  assert.deepEqual(timersAt({ attachers: [late, soon] }, 'deadline:review'), [late]);
  assert.deepEqual(timersAt({ attachers: [late, soon] }, undefined), []);
});

test('the panel offers the bodies that the forms of the drawing choose, each variable once', () => {
  const asking = (key) => ({ businessObject: moddle.create('bpmn:UserTask', { 'camunda:formKey': key }) });
  const of = (form, value) => ({ form, value, label: `${value}（${form}）` });
  const all = { fields: [], chosenBodies: [of('one', 'a'), of('two', 'a'), of('three', 'b')], lists: [of('three', 'c')], keys: [of('two', 'd')] };
  const offered = inDrawing(all, [asking('one'), asking('two')]);
  assert.deepEqual(offered.chosenBodies.map(({ value }) => value), ['a']);
  assert.deepEqual(offered.lists, []);
  assert.deepEqual(offered.keys.map(({ value }) => value), ['d']);
});

test('a flow that becomes the default gives up its condition', () => {
  const [asked, free] = [{ businessObject: { conditionExpression: {} } }, { businessObject: {} }];
  const gateway = { outgoing: [asked, free] };
  assert.equal(defaultAmong(gateway, asked.businessObject), asked);
  assert.equal(defaultAmong(gateway, free.businessObject), undefined);
  assert.equal(defaultAmong(gateway, undefined), undefined);
});

test('a yes or no of a decision table is compared as such', () => {
  const field = { key: 'major', name: '重大', kind: 'answer', options: [] };
  assert.equal(comparing.first(field), 'major');
  assert.equal(comparing.told(comparing.read('not major', [field])), '“重大”否');
});

test('a condition on what every instance begins with is told in words', async () => {
  const { rootElement } = await moddle.fromXML(
    `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"><process id="p"><userTask id="a"/><userTask id="b"/>
       <sequenceFlow id="f" sourceRef="a" targetRef="b"><conditionExpression>initiator_role == "grid-office"</conditionExpression></sequenceFlow></process></definitions>`,
  );
  const [source, , flow] = rootElement.rootElements[0].flowElements;
  const circumstances = [{ key: 'initiator_role', name: '发起机构的角色', kind: 'choice', unit: '', options: [{ value: 'grid-office', label: '网格化服务中心' }] }];
  const edge = { businessObject: flow, source: { businessObject: source, incoming: [] } };
  assert.equal(below(edge, { circumstances, fields: [], tables: [] }, String), '“发起机构的角色”是“网格化服务中心”');
});

test('a body and a time that a variable decides are told in words', () => {
  const roles = [{ value: 'grid-leader', label: '网格长' }, { value: 'grid-office', label: '网格化机构' }];
  const choices = {
    circumstances: [{ key: 'initiator_role', name: '发起机构的角色', kind: 'choice', unit: '', options: roles }],
    fields: [],
    tables: [],
    bodies: [{ value: 'grid-leader@grid', label: '网格网格长' }, { value: 'grid-member@grid', label: '网格网格员' }],
    chosenBodies: [{ value: '${asked}', label: '向谁请求' }],
    lists: [{ value: 'departments', label: '会签部门' }],
    deadlines: [{ value: 'deadline:report', label: '上报 24小时' }],
  };
  const of = (groups, due, loop) => below({
    businessObject: moddle.create('bpmn:UserTask', { documentation: [], 'camunda:candidateGroups': groups, 'camunda:dueDate': due, loopCharacteristics: loop }),
    incoming: [],
  }, choices, String);
  assert.equal(
    of('${"grid-leader" if initiator_role == "grid-leader" else "grid-member"}@grid', '3工作日'),
    'User Task · 网格网格长（“发起机构的角色”是“网格长”时），否则网格网格员 · 3工作日',
  );
  assert.equal(of('${asked},grid-office@${level_now}', '${"deadline:report" if urgent else "5天"}'), 'User Task · 向谁请求、网格化机构（级别由变量 level_now 定） · 上报 24小时（urgent时），否则5天');
  assert.equal(of('${host_body}', ''), 'User Task · 变量 host_body 里的机构');
  const loop = moddle.create('bpmn:MultiInstanceLoopCharacteristics', { 'camunda:collection': 'departments', 'camunda:elementVariable': 'departments_one' });
  assert.equal(of('${departments_one}', '', loop), 'User Task · “会签部门”中的每一个');
});

test('a flow is drawn beside the steps through which it would go', () => {
  const shape = (x, y = 100) => ({ x, y, width: 100, height: 80 });
  const [source, target] = [shape(100), shape(500)];
  const between = [shape(300)];
  const straight = [{ x: 200, y: 140 }, { x: 500, y: 140 }];
  assert.deepEqual(crossed(straight, between), between);
  const points = beside(source, target, between, { x: 0, y: 0, width: 800, height: 400 });
  assert.deepEqual(crossed(points, [...between, source, target]), []);
  assert.ok(points.every(({ y }) => y > 0 && y < 400));
  assert.equal(beside(source, target, between, { x: 0, y: 95, width: 800, height: 90 }), null);
  // A drawing without a pool has room on every side of its one row.
  assert.ok(beside(source, target, between, { x: -1e6, y: -1e6, width: 2e6, height: 2e6 }));
});

test('every event that can be drawn has a Chinese word of its own', () => {
  const translate = translator(words, {});
  const places = { 'Start Event': 'Message Timer Conditional Signal Error Escalation Compensate', 'Intermediate Throw Event': 'Message Signal Escalation Compensate Link',
    'Intermediate Catch Event': 'Message Timer Conditional Signal Link', 'Boundary Event': 'Message Timer Conditional Signal Error Escalation Compensate Cancel',
    'End Event': 'Message Signal Error Escalation Compensate Cancel Terminate' };
  for (const [place, kinds] of Object.entries(places)) {
    for (const kind of kinds.split(' ')) assert.doesNotMatch(translate(`${kind} ${place}`), /[A-Za-z]/, `${kind} ${place}`);
  }
});

test('a drawing of another tool, whose elements do not name their flows, is not told as unconnected', async () => {
  const { rootElement } = await moddle.fromXML(
    `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"><process id="p">
       <startEvent id="s" name="开始"/><userTask id="t" name="办理"/><endEvent id="e" name="结束"/><userTask id="alone" name="没有连上"/>
       <subProcess id="sub" name="内"><startEvent id="is"/><userTask id="it" name="内办"/><endEvent id="ie" name="内结束"/>
         <sequenceFlow id="i1" sourceRef="is" targetRef="it"/><sequenceFlow id="i2" sourceRef="it" targetRef="ie"/></subProcess>
       <sequenceFlow id="f1" sourceRef="s" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="sub"/><sequenceFlow id="f3" sourceRef="sub" targetRef="e"/>
     </process></definitions>`,
  );
  const joined = ['no-disconnected', 'no-implicit-end', 'no-implicit-start'];
  const found = (await lint(rootElement, (id) => id)).filter((each) => joined.includes(each.rule));
  assert.deepEqual([...new Set(found.map((each) => each.element))], ['alone']);
  const { xml } = await moddle.toXML(rootElement);
  assert.ok(!xml.includes('<outgoing>'), 'what is saved stays as it was drawn');
});
