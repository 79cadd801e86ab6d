/* Lists: j and k move, Enter opens the item beside the list, x ticks, Shift+x ticks up to here, Esc closes.
     [data-list]            the list;   [data-row] a row;   [data-row-link] its main link
     a[data-panel="url"]    opens url in #side-panel; the address gets ?item=KEY (data-item) so that it can be shared
     [data-select]          the tick of a row;   [data-select-all] all;   [data-selected-count] shows how many */
import { register } from './keys.js';
import { say } from './toast.js';

const panel = document.getElementById('side-panel');
const rows = () => [...document.querySelectorAll('[data-list] [data-row]')].filter((row) => row.offsetParent);
const here = () => document.activeElement?.closest?.('[data-row]') ?? document.querySelector('[data-row][aria-current]');
let lastTicked = null;

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(here());
  const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  const link = row.querySelector('[data-row-link]') ?? row;
  link.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
  if (panel?.childElementCount && link.dataset.panel) openSoon(link);
  return true;
}

/* The panel follows j and k, but not through every row of a fast run. */
let soon = 0;
function openSoon(link) {
  clearTimeout(soon);
  soon = setTimeout(() => open(link, false), 120);
}

function open(link, moveFocus = true) {
  if (!panel || !window.htmx) return false;
  opener = link;
  window.htmx.ajax('GET', link.dataset.panel, { target: panel, swap: 'innerHTML' }).then(() => {
    if (opener !== link || !panel.childElementCount) return; // another was opened since, or this one failed
    unmark();
    link.closest('[data-row]')?.setAttribute('aria-current', 'true');
    if (link.dataset.item) address(link.dataset.item);
    if (moveFocus) panel.querySelector('h1, h2, [tabindex]')?.focus();
  });
  return true;
}
let opener = null;

function unmark() {
  document.querySelectorAll('[data-row][aria-current]').forEach((row) => row.removeAttribute('aria-current'));
}

function address(item) {
  const url = new URL(location.href);
  if (item) url.searchParams.set('item', item); else url.searchParams.delete('item');
  history.replaceState(history.state, '', url);
}

function close() {
  if (!panel?.childElementCount) return false;
  panel.replaceChildren();
  address(null);
  unmark();
  if (opener?.isConnected) opener.focus({ preventScroll: true });
  return true;
}

function tick(range) {
  const row = here();
  const box = row?.querySelector('[data-select]');
  if (!box) return false;
  if (range && lastTicked?.isConnected) fill(lastTicked, row, true);
  else box.checked = !box.checked;
  lastTicked = row;
  count();
  return true;
}

function fill(from, to, checked) {
  const all = rows();
  const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((x, y) => x - y);
  all.slice(Math.max(0, a), b + 1).forEach((row) => { const box = row.querySelector('[data-select]'); if (box) box.checked = checked; });
}

function count() {
  const boxes = [...document.querySelectorAll('[data-select]')];
  const ticked = boxes.filter((box) => box.checked).length;
  document.querySelectorAll('[data-selected-count]').forEach((element) => { element.textContent = ticked; });
  document.querySelectorAll('[data-select-all]').forEach((box) => {
    box.checked = ticked > 0 && ticked === boxes.length;
    box.indeterminate = ticked > 0 && ticked < boxes.length;
  });
  say(ticked ? `${ticked} selected` : 'Nothing selected');
}

function clear() {
  const ticked = document.querySelectorAll('[data-select]:checked');
  ticked.forEach((box) => { box.checked = false; });
  if (ticked.length) count();
  return ticked.length > 0;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-panel]');
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && event.button === 0 && open(link, event.detail === 0)) event.preventDefault();
  if (event.target.closest('[data-panel-close]')) { event.preventDefault(); close(); }
  if (event.target.closest('[data-select-none]')) clear();
  const box = event.target.closest('[data-select]');
  if (box) {
    const row = box.closest('[data-row]');
    if (event.shiftKey && lastTicked?.isConnected) fill(lastTicked, row, box.checked);
    lastTicked = row;
    count();
  }
  const all = event.target.closest('[data-select-all]');
  if (all) { document.querySelectorAll('[data-select]').forEach((one) => { one.checked = all.checked; }); count(); }
});

document.addEventListener('ballast:ticked', count); // rows were ticked by other means: a lasso

if (document.querySelector('[data-list]')) {
  register('j|down', 'Next row', () => step(1), 'Lists');
  register('k|up', 'Row before', () => step(-1), 'Lists');
  register('enter', 'Open beside the list', () => {
    const link = here()?.querySelector('a[data-panel]');
    return link ? open(link) : false;
  }, 'Lists');
  register('o', 'Open the whole page', () => {
    const link = here()?.querySelector('[data-row-link]');
    if (!link) return false;
    if (link.href) location.assign(link.href); else link.click(); // one that is a form is sent
    return true;
  }, 'Lists');
  if (document.querySelector('[data-select]')) {
    register('x', 'Tick', () => tick(false), 'Lists');
    register('shift+x', 'Tick up to here', () => tick(true), 'Lists');
  }
}
const shared = new URLSearchParams(location.search).get('item');
if (shared && panel?.childElementCount) {
  document.getElementById(`row-${shared}`)?.setAttribute('aria-current', 'true');
  panel.querySelector('h1, h2, [tabindex]')?.focus({ preventScroll: true });
}
register('esc', 'Close, or untick', () => close() || clear(), 'Everywhere');
