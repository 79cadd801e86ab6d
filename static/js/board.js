/* Dragging on a board. [data-column] holds cards [data-card]; a drop posts {item, to, before} to the column's
   data-move-url. The server answers 204, or 409/422 with a sentence: then the card goes back. The menu of a card does the
   same without dragging, and keys < and > move the focused card to the column beside. */
import { register } from './keys.js';
import { csrfToken, toast } from './toast.js';

const columns = [...document.querySelectorAll('[data-column]')];
document.querySelectorAll('[data-card] a').forEach((link) => { link.draggable = false; });

function place(card) {
  return { parent: card.parentElement, next: card.nextElementSibling };
}

async function post(card, from) {
  const column = card.closest('[data-column]');
  const body = new URLSearchParams({ item: card.dataset.card, to: column.dataset.column, before: card.nextElementSibling?.dataset.card ?? '' });
  let answer = null;
  try {
    answer = await fetch(column.dataset.moveUrl, { method: 'POST', body, headers: { 'X-CSRFToken': csrfToken(), 'HX-Request': 'true', Accept: 'application/json' } });
  } catch { /* offline: answer stays null */ }
  const elsewhere = answer?.headers.get('HX-Redirect');
  if (elsewhere) { location.assign(elsewhere); return; }
  if (answer?.ok) {
    const asked = answer.headers.get('HX-Trigger');
    toast((asked?.startsWith('{') && JSON.parse(asked).toast) || { text: `${card.dataset.card} moved to ${nameOf(column)}.` });
    return;
  }
  const held = card.contains(document.activeElement) ? document.activeElement : null;
  from.parent.insertBefore(card, from.next);
  held?.focus();
  toast({ kind: 'error', text: await reason(answer) });
}

async function reason(answer) {
  if (!answer) return 'No connection. The card is back where it was.';
  const body = await answer.text().catch(() => '');
  const sent = (answer.headers.get('Content-Type') ?? '').includes('json')
    ? JSON.parse(body).detail : new DOMParser().parseFromString(body, 'text/html').querySelector('.toast span')?.textContent;
  return sent ?? 'This move is not possible. The card is back where it was.';
}

const nameOf = (column) => column.closest('.column')?.querySelector('h2')?.textContent.trim() ?? column.dataset.column;

if (window.Sortable) {
  columns.filter((column) => column.dataset.moveUrl).forEach((column) => {
    let from = null;
    window.Sortable.create(column, {
      group: 'board', draggable: '[data-card]', filter: 'details, button', preventOnFilter: false,
      animation: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 120,
      ghostClass: 'is-ghost', dragClass: 'is-drag', delayOnTouchOnly: true, delay: 180,
      onStart: ({ item }) => { from = place(item); },
      onEnd: ({ item, from: source, to, oldIndex, newIndex }) => { if (source !== to || oldIndex !== newIndex) post(item, from); },
    });
  });
}

function beside(by) {
  const card = document.activeElement?.closest?.('[data-card]');
  const now = card?.closest('[data-column]');
  const column = columns[columns.indexOf(now) + by];
  if (!card || !column?.dataset.moveUrl) return false;
  const from = place(card);
  const link = document.activeElement;
  column.prepend(card);
  link.focus();
  post(card, from);
  return true;
}

function walk(down, across) {
  const card = document.activeElement?.closest?.('[data-card]');
  const column = card?.closest('[data-column]') ?? columns[0];
  const at = card ? [...column.children].indexOf(card) : -1;
  const target = across ? columns[columns.indexOf(column) + across]?.children : column?.children;
  const next = target?.[across ? Math.min(Math.max(at, 0), target.length - 1) : at + down];
  next?.querySelector('a')?.focus();
  next?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return Boolean(next);
}

register('j|down', 'Next card', () => walk(1, 0), 'Lists');
register('k|up', 'Card before', () => walk(-1, 0), 'Lists');
register('h|left', 'Column to the left', () => walk(0, -1), 'Lists');
register('l|right', 'Column to the right', () => walk(0, 1), 'Lists');
register('>', 'Move the card to the right', () => beside(1), 'Lists');
register('<', 'Move the card to the left', () => beside(-1), 'Lists');
