/* Claims beside a script: the words that are selected in the viewer fill the form; a claim's line is shown in the viewer. */

const viewer = document.querySelector('[data-viewer][data-kind="text"]');
const form = document.querySelector('[data-claim-form]');

/* The viewer counts UTF-16 units, the server characters. */
function characters(line, column) {
  const text = viewer.querySelector(`#line-${line} > span`)?.textContent ?? '';
  return [...text.slice(0, column)].length;
}

viewer?.addEventListener('viewer:placed', ({ detail }) => {
  if (!form) return;
  const words = viewer.dataset.words ? JSON.parse(viewer.dataset.words) : null;
  const put = (name, value) => { form.elements[name].value = value ?? ''; };
  put('first_line', words?.first_line ?? detail.anchor.line);
  put('last_line', words?.last_line ?? detail.anchor.end_line);
  put('first_column', words && characters(words.first_line, words.first_column));
  put('last_column', words && characters(words.last_line, words.last_column));
  form.querySelector('[data-claim-words]').textContent = detail.label;
});

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-go-line]');
  if (!link || !viewer) return;
  event.preventDefault();
  const line = Number(link.dataset.goLine);
  const end = Number(link.dataset.goEnd) || line;
  viewer.dispatchEvent(new CustomEvent('viewer:go', { detail: { anchor: { line, end_line: end } } }));
});
