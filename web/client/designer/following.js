// What follows a change in the same command: a timer on a step that goes off when the step is due goes off at its new time, and a flow that is
// gone where no condition holds has none itself.
import CommandInterceptor from 'diagram-js/lib/command/CommandInterceptor';
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';

const DUE = 'camunda:dueDate';

export function timerOf(element) {
  return getBusinessObject(element).get('eventDefinitions')?.find((definition) => is(definition, 'bpmn:TimerEventDefinition'));
}

/** The timer's definition with another duration, or with none; it keeps its id. */
export function lasting(element, duration, factory) {
  const timer = factory.create('bpmn:TimerEventDefinition', { id: timerOf(element).id });
  if (duration) timer.timeDuration = factory.create('bpmn:FormalExpression', { body: duration });
  return { eventDefinitions: [timer] };
}

/** The timers on the element that go off when it was due until now. */
export function timersAt(element, due) {
  return (element.attachers || []).filter((event) => due && timerOf(event)?.timeDuration?.body === due);
}

/** The flow from the element that became its default and still has a condition. */
export function defaultAmong(element, object) {
  return (element.outgoing || []).find((flow) => object?.conditionExpression && getBusinessObject(flow) === object);
}

class TimersFollow extends CommandInterceptor {
  constructor(eventBus, modeling, bpmnFactory) {
    super(eventBus);
    this.postExecuted('element.updateProperties', ({ context: { element, properties, oldProperties } }) => {
      const now = properties[DUE];
      if (!now || !oldProperties) return;
      for (const event of timersAt(element, oldProperties[DUE])) modeling.updateProperties(event, lasting(event, now, bpmnFactory));
    });
  }
}
class DefaultsHaveNone extends CommandInterceptor {
  constructor(eventBus, modeling) {
    super(eventBus);
    this.postExecuted('element.updateProperties', ({ context: { element, properties } }) => {
      const flow = defaultAmong(element, properties.default);
      if (flow) modeling.updateProperties(flow, { conditionExpression: undefined });
    });
  }
}
DefaultsHaveNone.$inject = ['eventBus', 'modeling'];

TimersFollow.$inject = ['eventBus', 'modeling', 'bpmnFactory'];

export default {
  __init__: ['timersFollow', 'defaultsHaveNone'],
  timersFollow: ['type', TimersFollow],
  defaultsHaveNone: ['type', DefaultsHaveNone],
};
