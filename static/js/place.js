/* Moving an item by hand in the ranked list of one queue. Shift+J and Shift+K ask for one place down or up, m asks where to,
   and a row can be dragged by the handle in its first column. All of them open the same dialog, which the server fills with
   what the move takes; nothing is written before its form is sent.
     [data-placing="queue"]   the list of one queue;   [data-placing="all"] several orders dealt out: then only a sentence */
import { register } from './keys.js';
import { toast } from './toast.js';

const list = document.querySelector('[data-placing]');
const dialog = document.getElementById('place-dialog');
const holder = document.getElementById('place-holder');
const MOVING = 'ballast.moving';
const here = () => document.activeElement?.closest?.('[data-row]') ?? document.querySelector('[data-row][aria-current]');
const keyOf = (row) => row?.id.replace(/^row-/, '');

function ask(row, query = {}) {
  if (!row) return false;
  if (list.dataset.placing !== 'queue') {
    toast({ text: list.dataset.placingSays });
    return true;
  }
  const link = row.querySelector('[data-row-link]');
  const asked = new URLSearchParams({ ...query, next: location.pathname + location.search });
  sessionStorage.setItem(MOVING, keyOf(row));
  holder.replaceChildren();
  window.htmx.ajax('GET', `${link.href.replace(location.origin, '')}place/?${asked}`, { target: holder, swap: 'innerHTML' }).then(() => {
    if (!holder.childElementCount || dialog.open) return;
    dialog.showModal();
    holder.querySelector('[name="claim"], [name="target"]')?.focus();
  });
  dialog.addEventListener('close', () => { sessionStorage.removeItem(MOVING); link.focus({ preventScroll: true }); }, { once: true });
  return true;
}

/* The list is loaded again once an item has moved: the hand stays on it. */
document.getElementById(`row-${sessionStorage.getItem(MOVING)}`)?.querySelector('[data-row-link]')?.focus();
sessionStorage.removeItem(MOVING);

if (list && dialog) {
  register('shift+k', 'One place up, by judgement', () => ask(here(), { to: 'up' }), 'Lists');
  register('shift+j', 'One place down, by judgement', () => ask(here(), { to: 'down' }), 'Lists');
  register('m', 'Move it somewhere else, by judgement', () => ask(here()), 'Lists');
}

/* A grip stands in each row's place cell; rows that come later get theirs when they arrive. */
function grips() {
  list.querySelectorAll('[data-row] .c-rank:not(.has-grip)').forEach((cell) => {
    const grip = Object.assign(document.createElement('span'), { className: 'grip', title: list.dataset.placingGrip });
    grip.setAttribute('aria-hidden', 'true');
    cell.prepend(grip);
    cell.classList.add('has-grip');
  });
}

if (list?.dataset.placing === 'queue' && window.Sortable) {
  const body = list.querySelector('tbody');
  grips();
  document.body.addEventListener('htmx:afterSettle', grips);
  let order = [];
  window.Sortable.create(body, {
    handle: '.grip', draggable: '[data-row]', ghostClass: 'is-ghost',
    animation: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 120,
    onStart: () => { order = [...body.children]; },
    onEnd: ({ item, oldIndex, newIndex }) => {
      const rows = [...body.querySelectorAll('[data-row]')];
      const at = rows.indexOf(item);
      const before = rows[at - 1];
      const behind = rows[at + 1];
      body.append(...order); // it goes there once the form is sent
      if (oldIndex === newIndex) return;
      const up = newIndex < oldIndex;
      const other = up ? behind ?? before : before ?? behind;
      ask(item, { [other === before ? 'below' : 'above']: keyOf(other) });
    },
  });
}
