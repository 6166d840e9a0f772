// What a form's viewer and the server's page each show of its fields, in one shape.
(() => {
  const said = (node) => (node ? node.textContent.replace(/（必填）|\*/g, '').replace(/\s+/g, ' ').trim() : '');
  const wide = (node) => Number(/cds--col-lg-(\d+)|gf-columns-(\d+)/.exec(node?.className || '')?.slice(1).find(Boolean) || 0);
  const box = (input) => ({ option: said(input.closest('label, .fjs-inline-label')), chosen: input.checked });
  // Description without the server's own remark on the length of a text.
  const hint = (node) => said(node).replace(/；?最多 \d+ 个字$/, '');

  function line(node) {
    const beside = [...(node?.querySelectorAll(':scope > .fjs-layout-column, :scope > [class*=col-md], :scope > .gf-columns') || [])];
    return beside.length > 1 ? beside.map(wide) : beside.map(wide).filter(Boolean);
  }

  function viewed(field) {
    const [, type] = FIELD.exec(field.className);
    const labels = [...field.querySelectorAll('.fjs-form-field-label')]
      .filter((each) => (type === 'checkbox' || !each.closest('.fjs-inline-label')) && !each.closest('.fjs-filepicker-container'));
    const inputs = [...field.querySelectorAll('input, textarea')];
    const boxes = inputs.filter((each) => ['radio', 'checkbox'].includes(each.type)).map(box);
    const display = field.querySelector('.fjs-select-display, .fjs-taglist-tag-label');
    return {
      label: labels.map(said).join('、'),
      required: Boolean(field.querySelector('.fjs-asterix')),
      description: hint(field.querySelector('.fjs-form-field-description')),
      beside: [...field.querySelectorAll('.fjs-input-adornment-text')].map(said).filter(Boolean),
      options: boxes.map((each) => each.option).filter((each) => type !== 'checkbox' && each),
      begins: boxes.length ? boxes.filter((each) => each.chosen).map((each) => each.option) : [said(display) || inputs[0]?.value || ''].filter(Boolean),
      accept: field.querySelector('input[type=file]')?.accept || '',
      several: Boolean(field.querySelector('input[type=file]')?.multiple),
      locked: inputs.some((each) => each.disabled || each.readOnly),
      step: type === 'number' ? inputs[0].getAttribute('step') : '',
      line: line(field.closest('.fjs-layout-row')),
    };
  }

  const stepOf = (field) => field.querySelector('[data-step]')?.dataset.step || '';

  function drawn(field) {
    const head = field.querySelector('.form-label, .form-check-label');
    const inputs = [...field.querySelectorAll('input, textarea, select')];
    const boxes = inputs.filter((each) => ['radio', 'checkbox'].includes(each.type)).map(box);
    const select = field.querySelector('select');
    const begins = select ? select.selectedOptions[0]?.value && said(select.selectedOptions[0]) : inputs[0]?.value;
    const whole = field.closest('.gf-columns, [class*=col-md]') || field;
    return {
      label: said(head),
      required: Boolean(field.querySelector('.text-danger')),
      description: hint(field.querySelector('.form-hint')),
      beside: [...field.querySelectorAll('.input-group-text')].map(said),
      options: field.matches('fieldset') ? boxes.map((each) => each.option) : [],
      begins: boxes.length ? boxes.filter((each) => each.chosen).map((each) => each.option) : [begins].filter(Boolean),
      accept: field.querySelector('input[type=file]')?.accept || '',
      several: Boolean(field.querySelector('input[type=file]')?.multiple),
      locked: inputs.some((each) => each.disabled || each.readOnly),
      step: stepOf(field),
      line: whole.parentElement.matches('.row') ? line(whole.parentElement) : [],
    };
  }

  const FIELD = /fjs-form-field-(textfield|number|datetime|textarea|checkbox|radio|select|checklist|taglist|filepicker)\b/;
  globalThis.viewedFields = (root) => [...root.querySelectorAll('.fjs-form-field')].filter((each) => FIELD.test(each.className)).map(viewed);
  globalThis.drawnFields = (root) => [...root.querySelectorAll('.mb-3')]
    .filter((each) => each.querySelector('input, textarea, select') && !each.matches('.gf-rows') && !each.closest('template'))
    .map(drawn);
})();
