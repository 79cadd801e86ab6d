/* What is typed in a script is kept in this browser until it is saved: a closed tab, a dead battery or a lost session costs
   nothing. A text that was kept and differs is offered, never put in by itself. */

const form = document.querySelector('[data-writing]');
const field = form?.elements.text;

if (field) {
  const key = `ballast.writing ${location.pathname}`;
  const said = form.querySelector('[data-writing-said]');
  let timer = 0;
  const keep = () => {
    try {
      localStorage.setItem(key, JSON.stringify({ text: field.value, rationale: form.elements.rationale.value, base: form.elements.base?.value ?? '' }));
      said.textContent = 'What you typed is kept in this browser.';
    } catch { said.textContent = 'This browser keeps nothing: save before you leave.'; }
  };
  const kept = JSON.parse(localStorage.getItem(key) ?? 'null');
  if (form.dataset.failed !== undefined) keep();
  else if (kept && kept.text !== field.value && kept.text.trim()) {
    said.textContent = kept.base && kept.base !== form.elements.base?.value
      ? 'A text that you did not save, begun on an older version, is kept in this browser. '
      : 'A text that you did not save is kept in this browser. ';
    const take = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small', textContent: 'Take it' });
    const drop = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small btn-quiet', textContent: 'Forget it' });
    take.addEventListener('click', () => {
      field.value = kept.text;
      if (!form.elements.rationale.value) form.elements.rationale.value = kept.rationale;
      if (kept.base && form.elements.base) form.elements.base.value = kept.base;
      said.textContent = 'Taken.';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.focus();
    });
    drop.addEventListener('click', () => { localStorage.removeItem(key); said.textContent = ''; });
    said.append(take, ' ', drop);
  }
  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(keep, 300); });
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (event.submitter?.value) keep(); else localStorage.removeItem(key); // what fails comes back with the answer
  });
}
