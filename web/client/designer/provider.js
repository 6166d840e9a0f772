// The panel's group of what a jurisdiction has: body, form, deadline, topic, article. Chosen, not typed.
import { SelectEntry, isSelectEntryEdited } from '@bpmn-io/properties-panel';
import { h } from '@bpmn-io/properties-panel/preact';
import { useService } from 'bpmn-js-properties-panel';
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';

// Groups of Camunda's panel whose settings the engine does not honour.
const HIDDEN = new Set([
  'CamundaPlatform__AsynchronousContinuations', 'CamundaPlatform__JobExecution', 'CamundaPlatform__HistoryCleanup',
  'CamundaPlatform__Tasklist', 'CamundaPlatform__CandidateStarter', 'CamundaPlatform__ExecutionListener', 'CamundaPlatform__TaskListener',
  'CamundaPlatform__ExtensionProperties', 'CamundaPlatform__FieldInjection', 'CamundaPlatform__Form', 'CamundaPlatform__FormData',
  'CamundaPlatform__UserAssignment', 'CamundaPlatform__Implementation', 'CamundaPlatform__ExternalTask', 'CamundaPlatform__StartInitiator',
  'CamundaPlatform__ConnectorInputs', 'CamundaPlatform__ConnectorOutputs', 'CamundaPlatform__BusinessKey',
]);
const GROUND = /^依据：([^\n]*)(?:\n|$)/;

function attribute(name) {
  return {
    get: (element) => getBusinessObject(element).get(name) || '',
    set: (element, value) => ({ [name]: value || undefined }),
  };
}

function documentation(element) {
  return getBusinessObject(element).get('documentation')[0]?.get('text') || '';
}

function entry(id, label, options, field, apply) {
  function Component({ element }) {
    const modeling = useService('modeling');
    const factory = useService('bpmnFactory');
    const debounce = useService('debounceInput');
    const value = field.get(element);
    const offered = [{ value: '', label: '（未选）' }, ...options];
    if (value && !options.some((each) => each.value === value)) offered.push({ value, label: value });
    return h(SelectEntry, {
      id, element, label, debounce,
      getValue: () => value,
      setValue: (chosen) => modeling.updateProperties(element, (apply || field.set)(element, chosen, factory)),
      getOptions: () => offered,
    });
  }
  return { id, component: Component, isEdited: isSelectEntryEdited };
}

// The article is the first line of the documentation; what follows stays.
function withGround(element, chosen, factory) {
  const text = documentation(element);
  const rest = text.replace(GROUND, '');
  const joined = [chosen ? `依据：${chosen}` : '', rest].filter(Boolean).join('\n');
  return { documentation: joined ? [factory.create('bpmn:Documentation', { text: joined })] : [] };
}

export default function provider(choices) {
  function GridflowProvider(propertiesPanel) {
    propertiesPanel.registerProvider(200, this);
  }
  GridflowProvider.$inject = ['propertiesPanel'];
  GridflowProvider.prototype.getGroups = (element) => (groups) => {
    const entries = [];
    if (is(element, 'bpmn:UserTask')) {
      entries.push(entry('gf-body', '办理机构', choices.bodies, attribute('camunda:candidateGroups')));
      entries.push(entry('gf-due', '办理时限', choices.deadlines, attribute('camunda:dueDate')));
    }
    if (is(element, 'bpmn:UserTask') || is(element, 'bpmn:StartEvent')) {
      entries.push(entry('gf-form', '表单', choices.forms, attribute('camunda:formKey')));
    }
    if (is(element, 'bpmn:ServiceTask')) {
      const apply = (_element, chosen) => ({ 'camunda:type': chosen ? 'external' : undefined, 'camunda:topic': chosen || undefined });
      entries.push(entry('gf-topic', '自动处理', choices.topics, attribute('camunda:topic'), apply));
    }
    if (is(element, 'bpmn:FlowNode')) {
      const field = { get: (each) => documentation(each).match(GROUND)?.[1] || '' };
      entries.push(entry('gf-ground', '依据', choices.articles, field, withGround));
    }
    const shown = groups.filter((group) => !HIDDEN.has(group.id));
    if (entries.length) shown.splice(1, 0, { id: 'gridflow', label: '网格流程', entries, shouldOpen: true });
    return shown;
  };
  return { __init__: ['gridflowProvider'], gridflowProvider: ['type', GridflowProvider] };
}
