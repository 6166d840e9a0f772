// Extension properties: those of a process, and the ones by which several people decide together.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';

export const WAYS = { all: '全部同意', any: '任一同意', 'in-turn': '依次会签', ratio: '按比例通过', veto: '一票否决' };

// The process that a pool or the bare drawing stands for.
export function processOf(element) {
  const object = getBusinessObject(element);
  if (is(object, 'bpmn:Participant')) return object.processRef;
  return is(object, 'bpmn:Process') ? object : null;
}

// An extension property of the process, such as its title, or of what `holder` gives for the element.
export function property(name, holder = processOf) {
  const listed = (element) => {
    const values = holder(element).get('extensionElements')?.get('values') || [];
    const properties = values.find((each) => is(each, 'camunda:Properties'));
    return { values, properties, all: properties?.get('values') || [] };
  };
  return {
    get: (element) => listed(element).all.find((each) => each.name === name)?.value || '',
    set: (element, value, factory) => {
      const { values, properties, all } = listed(element);
      const kept = [...all.filter((each) => each.name !== name), ...(value ? [factory.create('camunda:Property', { name, value })] : [])];
      const made = kept.length ? [factory.create('camunda:Properties', { values: kept })] : [];
      const others = values.filter((each) => each !== properties);
      return { extensionElements: factory.create('bpmn:ExtensionElements', { values: [...others, ...made] }) };
    },
  };
}

// How several people decide together: the way is a property; the marker is drawn as the way demands, and no other condition ends it.
export const way = {
  get: property('countersign', getBusinessObject).get,
  set: (element, chosen, factory) => {
    const kept = property('countersign', getBusinessObject).set(element, chosen, factory);
    if (!chosen) return kept;
    const before = getBusinessObject(element).get('loopCharacteristics');
    const same = before && is(before, 'bpmn:MultiInstanceLoopCharacteristics') ? before : null;
    const loop = factory.create('bpmn:MultiInstanceLoopCharacteristics', {
      isSequential: chosen === 'in-turn',
      ...(same?.get('loopCardinality') ? { loopCardinality: same.get('loopCardinality') } : {}),
    });
    for (const name of ['camunda:collection', 'camunda:elementVariable']) if (same?.get(name)) loop.set(name, same.get(name));
    return { ...kept, loopCharacteristics: loop };
  },
};

export function setting(name, otherwise) {
  const kept = property(name, getBusinessObject);
  return { get: (element) => kept.get(element) || otherwise, set: (element, value, factory) => kept.set(element, value === otherwise ? '' : value, factory) };
}
