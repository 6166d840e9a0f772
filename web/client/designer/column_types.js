// The type of a table's column, chosen by its Chinese name: the editor's own box shows the word of the file.
import { createComponentVNode, createVNode } from 'inferno';
import Select from 'dmn-js-shared/lib/components/Select';
import TypeRefCellContextMenu from 'dmn-js-decision-table/lib/features/type-ref/components/TypeRefCellContextMenu';
import { tables as words } from './words.js';

const BELOW_OTHERS = 750;

/** The types to choose from, one that the table has besides among them: [{ value, label }]. */
export function offered(types, now) {
  const all = !now || types.includes(now) ? types : [...types, now];
  return all.map((value) => ({ value, label: value === 'Any' ? '不限' : words[value] || value }));
}

class TypeChoice extends TypeRefCellContextMenu {
  render() {
    const element = this.getElement();
    const { typeRef } = element.inputExpression || element;
    const choice = createComponentVNode(2, Select, {
      className: 'type-ref-edit-select', label: words.Type, value: typeRef, options: offered(this._dataTypes.getAll(), typeRef), onChange: this.onTypeChange,
    });
    const field = createVNode(1, 'div', 'dms-form-control', [createVNode(1, 'label', 'dms-label', `${words.Type}：`, 0), choice], 0);
    return createVNode(1, 'div', 'type-ref-edit context-menu-container', field, 0);
  }
}

function ColumnTypes(components) {
  components.onGetComponent('context-menu', BELOW_OTHERS, ({ contextMenuType } = {}) => (['input-edit', 'output-edit'].includes(contextMenuType) ? TypeChoice : undefined));
}
ColumnTypes.$inject = ['components'];

// In the place of the editor's own.
export default { typeRefEditingProvider: ['type', ColumnTypes] };
