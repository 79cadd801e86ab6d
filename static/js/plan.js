/* Lists in the order that people give them: plans, increments, lines of briefs. A drop posts {act, item, before} (before
   is empty at the end) to the row's or the list's data-move-url; Shift+J and Shift+K move the focused row. The server
   answers 204, or a sentence: then the row goes back. Buttons of a row do the same without script. */
import { register } from './keys.js';
import { csrfToken, toast } from './toast.js';

const lists = document.querySelectorAll('[data-plan-list]');

function number(list) {
  const rows = [...list.children];
  rows.forEach((row, at) => {
    const shown = row.querySelector('.plan-at');
    if (shown) shown.textContent = at + 1;
    row.querySelectorAll('button[value="up"]').forEach((button) => { button.disabled = at === 0; });
    row.querySelectorAll('button[value="down"]').forEach((button) => { button.disabled = at === rows.length - 1; });
  });
}

async function post(row, from) {
  const list = row.parentElement;
  number(list);
  const body = new URLSearchParams({ act: 'move', item: row.dataset.plan, before: row.nextElementSibling?.dataset.plan ?? '' });
  let answer = null;
  try {
    answer = await fetch(row.dataset.moveUrl ?? list.dataset.moveUrl, { method: 'POST', body, headers: { 'X-CSRFToken': csrfToken(), 'HX-Request': 'true' } });
  } catch { /* offline: answer stays null */ }
  const elsewhere = answer?.headers.get('HX-Redirect');
  if (elsewhere) { location.assign(elsewhere); return; }
  if (answer?.ok) {
    const said = answer.headers.get('HX-Trigger');
    const asked = said ? JSON.parse(said) : {};
    if (asked.version) document.querySelectorAll('[data-version]').forEach((input) => { input.value = asked.version; });
    toast(asked.toast || { text: `${row.dataset.plan} moved.` });
    return;
  }
  const held = row.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(row, from);
  number(list);
  held?.focus();
  const text = answer ? new DOMParser().parseFromString(await answer.text().catch(() => ''), 'text/html').querySelector('.toast span')?.textContent : 'No connection. The row is back where it was.';
  toast({ kind: 'error', text: text ?? 'This move is not possible. The row is back where it was.' });
}

const whole = () => !new URLSearchParams(location.search).get('queue');

for (const list of window.Sortable && whole() ? lists : []) {
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
  const list = row?.closest('[data-plan-list]');
  if (!beside || !list || !whole()) return false;
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
