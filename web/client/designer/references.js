// The editor forgets a reference to what stands nowhere in the file, though it may be a variable's name or a code: it is kept as it was written.
const KEPT = ['loopDataInputRef', 'loopDataOutputRef', 'errorRef', 'escalationRef', 'messageRef', 'signalRef', 'activityRef'];

function keep({ warnings }) {
  for (const { element, property, value } of warnings || []) {
    const name = String(property || '').replace(/^bpmn:/, '');
    if (!element || !KEPT.includes(name) || element.get(name)) continue;
    element.set(name, element.$model.create('bpmn:RootElement', { id: value }));
  }
}

function References(eventBus) {
  eventBus.on('import.parse.complete', keep);
}
References.$inject = ['eventBus'];

export default { __init__: ['gridflowReferences'], gridflowReferences: ['type', References] };
