/* A plan in the order that people give it. A drop posts {item, before} (before is empty at the end) to the list's
   data-move-url; Shift+J and Shift+K move the focused row. The server answers 204, or a sentence: then the row goes
   back. The menu of a row does the same without script. */
import { register } from './keys.js';
import { csrfToken, toast } from './toast.js';

const list = document.querySelector('[data-plan-list]');

function number() {
  [...list.children].forEach((row, at) => { row.querySelector('.plan-at').textContent = at + 1; });
}

async function post(row, from) {
  number();
  const body = new URLSearchParams({ item: row.dataset.plan, before: row.nextElementSibling?.dataset.plan ?? '' });
  let answer = null;
  try {
    answer = await fetch(list.dataset.moveUrl, { method: 'POST', body, headers: { 'X-CSRFToken': csrfToken(), 'HX-Request': 'true' } });
  } catch { /* offline: answer stays null */ }
  const elsewhere = answer?.headers.get('HX-Redirect');
  if (elsewhere) { location.assign(elsewhere); return; }
  if (answer?.ok) {
    const asked = answer.headers.get('HX-Trigger');
    toast((asked && JSON.parse(asked).toast) || { text: `${row.dataset.plan} moved.` });
    return;
  }
  const held = row.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(row, from);
  number();
  held?.focus();
  const text = answer ? new DOMParser().parseFromString(await answer.text().catch(() => ''), 'text/html').querySelector('.toast span')?.textContent : 'No connection. The row is back where it was.';
  toast({ kind: 'error', text: text ?? 'This move is not possible. The row is back where it was.' });
}

const whole = () => !new URLSearchParams(location.search).get('queue');

if (list && window.Sortable && whole()) {
  let from = null;
  window.Sortable.create(list, {
    draggable: '[data-plan]', filter: 'details, button, input', preventOnFilter: false,
    animation: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 120,
    ghostClass: 'is-ghost', delayOnTouchOnly: true, delay: 180,
    onStart: ({ item }) => { from = item.nextElementSibling; },
    onEnd: ({ item, oldIndex, newIndex }) => { if (oldIndex !== newIndex) post(item, from); },
  });
}

function step(by) {
  const row = document.activeElement?.closest?.('[data-plan]');
  const beside = by > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  if (!row || !beside || !list || !whole()) return false;
  const from = row.nextElementSibling;
  const held = document.activeElement;
  list.insertBefore(row, by > 0 ? beside.nextElementSibling : beside);
  held.focus();
  row.scrollIntoView({ block: 'nearest' });
  post(row, from);
  return true;
}

register('shift+j', 'Move the row down', () => step(1), 'Plan');
register('shift+k', 'Move the row up', () => step(-1), 'Plan');
