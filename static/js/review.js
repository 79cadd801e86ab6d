/* Notes beside the viewer: whatever is typed begins a note at the place where the person is; a note shows its place, and
   a mark in the viewer shows its note. Without this script notes name their place by number. */
const viewer = document.querySelector('[data-viewer]');
const form = document.querySelector('[data-note-form]');
const field = form?.elements.body;
const line = form?.querySelector('[data-place-line]');
const label = form?.querySelector('[data-place-label]');

let words = '';

function take() {
  const place = viewer?.dataset.place ?? '{}';
  const empty = place === '{}' || place === '';
  form.elements.place.value = empty ? '' : place;
  line.hidden = empty;
  label.textContent = words || spoken(JSON.parse(place || '{}'));
  const number = form.querySelector('[data-by-number]');
  if (number) number.hidden = !empty;
}

function spoken(anchor) {
  const minutes = (second) => `${Math.floor(second / 60)}:${String(Math.floor(second % 60)).padStart(2, '0')}`;
  if (anchor.line) return anchor.end_line && anchor.end_line !== anchor.line ? `${anchor.line}–${anchor.end_line}` : String(anchor.line);
  if (anchor.second !== undefined) return minutes(anchor.second) + (anchor.end_second !== undefined ? `–${minutes(anchor.end_second)}` : '');
  return anchor.page ? String(anchor.page) : '▭';
}

if (form) {
  viewer?.addEventListener('viewer:placed', (event) => {
    words = event.detail.label ?? '';
    if (!field.value || document.activeElement !== field) take();
  });
  field.addEventListener('focus', () => { if (!field.value) take(); });
  form.querySelector('[data-place-off]').addEventListener('click', () => {
    form.elements.place.value = '';
    line.hidden = true;
    field.focus();
  });
  document.querySelector('[data-note-here]')?.addEventListener('click', (event) => {
    event.preventDefault();
    take();
    field.focus();
    field.scrollIntoView({ block: 'center' });
  });
  /* Typing anywhere begins a note. Single keys that do something here keep what they do. */
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!/^\p{Lu}$/u.test(event.key)) return;
    if (document.querySelector('dialog[open]') || event.target.closest('input, textarea, select, [contenteditable], [role="slider"]')) return;
    take();
    field.focus(); // the letter itself arrives in the field
  });
}

function show(note) {
  document.querySelectorAll('.comment.is-shown').forEach((one) => one.classList.remove('is-shown'));
  note.classList.add('is-shown');
  note.scrollIntoView({ block: 'nearest' });
  note.focus({ preventScroll: true });
}

viewer?.addEventListener('viewer:mark', (event) => {
  const note = document.getElementById(`note-${event.detail.id}`);
  if (note) show(note);
});
document.addEventListener('click', (event) => {
  const go = event.target.closest('[data-go]');
  const note = go?.closest('[data-anchor]');
  if (!note || !viewer) return;
  event.preventDefault();
  viewer.dispatchEvent(new CustomEvent('viewer:go', { detail: { anchor: JSON.parse(note.dataset.anchor) } }));
});

document.querySelector('[data-check-all]')?.addEventListener('click', (event) => {
  event.target.closest('fieldset').querySelectorAll('input[type="checkbox"]').forEach((box) => { box.checked = true; });
  event.target.closest('form').querySelector('.btn-primary').focus();
});
