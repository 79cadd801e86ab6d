/* The command palette, Ctrl or Cmd+K: the pages of the rail, the actions of this page (everything with a key), and what
   the server finds at data-palette-url?q=… as {"results": [{"label", "hint", "url"}]}. */
import { pageKeys, register } from './keys.js';

const dialog = document.getElementById('palette');
const input = dialog?.querySelector('input');
const list = dialog?.querySelector('[role="listbox"]');
const address = document.body.dataset.paletteUrl;
let shown = [];
let at = 0;
let asked = 0;
let pending = null;

function local() {
  const seen = new Set();
  return pageKeys().filter((entry) => entry.label && !seen.has(entry.label) && seen.add(entry.label)).map((entry) => ({
    label: entry.label,
    hint: entry.group === 'Go to' ? 'Page' : entry.keys.split('|')[0].toUpperCase(),
    run: entry.run,
  }));
}

/* All words must begin some word of the label. */
function fits(label, query) {
  const words = label.toLowerCase().split(/[\s,·]+/);
  return query.toLowerCase().split(/\s+/).filter(Boolean).every((part) => words.some((word) => word.startsWith(part)));
}

function draw(entries) {
  shown = entries.slice(0, 40);
  at = 0;
  list.replaceChildren(...shown.map((entry, index) => {
    const row = document.createElement('div');
    row.id = `palette-${index}`;
    row.setAttribute('role', 'option');
    const label = document.createElement('span');
    label.className = 'clip';
    label.textContent = entry.label;
    const hint = document.createElement('span');
    hint.className = 'hush';
    hint.textContent = entry.hint ?? '';
    row.append(label, hint);
    row.addEventListener('pointermove', () => mark(index));
    row.addEventListener('click', () => choose(index));
    return row;
  }));
  if (!shown.length) list.append(Object.assign(document.createElement('p'), { className: 'palette-none', textContent: 'Nothing found. Try fewer letters, or a key such as BAL-12.' }));
  mark(0);
}

function mark(index) {
  at = index;
  [...list.querySelectorAll('[role="option"]')].forEach((row, n) => row.setAttribute('aria-selected', String(n === at)));
  const row = list.children[at];
  input.setAttribute('aria-activedescendant', row?.id ?? '');
  row?.scrollIntoView({ block: 'nearest' });
}

function choose(index) {
  const entry = shown[index];
  if (!entry) return;
  dialog.close();
  if (entry.url) location.assign(entry.url);
  else entry.run(new Event('palette'));
}

let mine = [];
function look() {
  const query = input.value.trim();
  const near = query ? mine.filter((entry) => fits(entry.label, query)) : mine;
  draw(near);
  if (!address || query.length < 2) return;
  const turn = ++asked;
  clearTimeout(pending);
  pending = setTimeout(async () => {
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(query)}`, { headers: { Accept: 'application/json' } });
      if (!answer.ok || turn !== asked) return;
      const { results } = await answer.json();
      if (turn === asked && dialog.open) draw([...near, ...results]);
    } catch { /* offline: the pages and actions are still there */ }
  }, 120);
}

function open() {
  if (dialog.open) return;
  mine = local();
  input.value = '';
  draw(mine);
  dialog.showModal();
  input.focus();
}

if (dialog && document.querySelector('[data-nav]')) {
  register('mod+k', 'Commands', open, 'Everywhere');
  input.addEventListener('input', look);
  dialog.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'k') { event.preventDefault(); dialog.close(); }
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (shown.length) mark((at + (event.key === 'ArrowDown' ? 1 : -1) + shown.length) % shown.length);
    } else if (event.key === 'Enter') { event.preventDefault(); choose(at); }
  });
  document.querySelectorAll('[data-palette]').forEach((button) => { button.hidden = false; button.addEventListener('click', open); });
}
