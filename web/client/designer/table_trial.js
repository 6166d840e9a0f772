// Below a decision table: its inputs, which rows they match, and the tests that are kept with it.

/** `read` gives the tables as they stand, `open` the id of the decision that is shown. */
export function tableTrial({ box, desk, read, open }) {
  const place = document.getElementById('table-trial');
  const inputs = document.getElementById('table-inputs');
  const answer = document.getElementById('table-answer');
  const tests = document.getElementById('table-tests');
  let drawn;

  // What was typed stays when the table's columns change.
  function show(told) {
    if (told.tests !== undefined) tests.innerHTML = told.tests;
    if (told.inputs === undefined || told.inputs === drawn) return;
    const typed = [...inputs.querySelectorAll('[name]')].map((field) => [field.id, field.value]);
    drawn = told.inputs;
    inputs.innerHTML = drawn;
    for (const [id, value] of typed) {
      const field = id && document.getElementById(id);
      if (field) field.value = value;
    }
  }

  function say(text, kind) {
    answer.hidden = !text;
    answer.textContent = text;
    answer.className = `card-body py-2 text-${kind}`;
  }

  // The rows of another decision than the one that is shown are not to be seen.
  function mark(decision, matching) {
    const rows = open() === decision ? matching : [];
    const drawnRows = document.querySelectorAll('#table-editor tbody tr');
    drawnRows.forEach((row, number) => row.classList.toggle('gf-row-matches', rows.includes(number + 1)));
  }

  async function ask(address, body) {
    const given = await desk.ask(address, { name: box.dataset.file, text: await read(), ...body }).catch(() => null);
    const told = given ? await given.json().catch(() => ({})) : {};
    if (!given?.ok) say(told.told || place.dataset.failed, 'danger');
    if (given?.ok && told.revision) desk.adopt(told.before, told.revision);
    if (given?.ok) show(told);
    return given?.ok ? told : null;
  }

  inputs.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { _title: title = '', ...given } = Object.fromEntries(new FormData(event.target));
    const body = { decision: event.target.dataset.decision, given, title };
    mark(body.decision, []);
    const told = await ask(place.dataset.try, body);
    if (!told) return;
    mark(body.decision, told.rows);
    say(told.told, told.failed ? 'danger' : 'success');
    if (event.submitter?.value === 'keep') await ask(place.dataset.keep, body);
  });

  tests.addEventListener('click', async (event) => {
    const title = event.target.closest('[data-drop-test]')?.dataset.dropTest;
    if (title) await ask(place.dataset.drop, { title });
  });

  return { show };
}
