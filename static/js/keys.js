/* One registry of keys. In HTML:
     data-key="j"  "g b"  "shift+x"  "mod+enter"    what to press; several with a bar between: "j|down"
     data-key-label="Next item"   data-key-group="This list"    how the ? page names it
   Pressing a key clicks the element, or focuses it when it is a field. In a module: register('j', 'Next', run, 'Lists').
   Ctrl+Enter in a field sends the form that it stands in.
   A dialog that is open has the keys to itself. Nothing happens while somebody types, and single keys can be switched off. */

const SEQUENCE_MS = 1200;
const registered = [];
let typed = '';
let timer = 0;

export function register(keys, label, run, group = 'This page') {
  registered.push({ keys, label, run, group });
}

const names = { ' ': 'space', ArrowDown: 'down', ArrowUp: 'up', ArrowLeft: 'left', ArrowRight: 'right', Escape: 'esc', Enter: 'enter' };
const isField = (element) => element.isContentEditable || element.matches('textarea, select, input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"], [type="file"], [type="range"])');
const allowed = () => document.documentElement.dataset.keys !== 'off' && localStorage.getItem('ballast.keys') !== 'off';

function stroke(event) {
  const key = names[event.key] ?? event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : '';
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) ? 'shift+' : '';
  return mod + shift + key;
}

const matches = (keys, pressed) => keys.split('|').includes(pressed);
const begins = (keys, pressed) => keys.split('|').some((one) => one.startsWith(`${pressed} `));
const usable = (element) => !element.disabled && element.getAttribute('aria-disabled') !== 'true'
  // what stands in closed details has a box, but is not to be seen
  && ((element.offsetParent !== null && element.checkVisibility?.() !== false) || element.closest('.rail, .topbar, details[data-menu]') !== null);

function scope() {
  const modal = [...document.querySelectorAll('dialog:modal')].pop();
  return modal ?? document;
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || !event.key) return;
  const pressed = stroke(event);
  const plain = !pressed.startsWith('mod+');
  if (pressed === 'esc' && isField(event.target) && !event.target.closest('dialog')) { event.target.blur(); return; } // once to leave the field, once more to act
  if (plain && (isField(event.target) || (!allowed() && pressed !== 'esc'))) return;
  if (plain && ['enter', 'space', 'left', 'right', 'up', 'down'].includes(pressed) && event.target.closest('button, summary, input, [role="listbox"]')) return;
  if (plain && pressed === 'enter' && event.target.closest('a[href]:not([data-row-link])')) return;
  if (pressed === 'mod+enter' && isField(event.target) && send(event)) return;
  const within = scope();
  for (const attempt of typed ? [`${typed} ${pressed}`, pressed] : [pressed]) {
    if (act(attempt, within, event)) { typed = ''; return; }
    const waiting = [...within.querySelectorAll('[data-key]')].some((element) => begins(element.dataset.key, attempt))
      || (within === document && registered.some((entry) => begins(entry.keys, attempt)));
    if (waiting) {
      typed = attempt;
      clearTimeout(timer);
      timer = setTimeout(() => { typed = ''; }, SEQUENCE_MS);
      return;
    }
  }
  typed = '';
});

/* The form that is written in, whatever else on the page has the same key: by the button that has it, else by its first. */
function send(event) {
  const buttons = [...event.target.form?.elements ?? []].filter((one) => one.type === 'submit' && usable(one));
  const button = buttons.find((one) => matches(one.dataset.key ?? '', 'mod+enter')) ?? buttons[0];
  if (!button || event.target.form.method !== 'post') return false;
  event.preventDefault();
  button.click();
  return true;
}

/* A form that a key unfolds is entered at once: what is typed next must not be lost before the toggle is announced. */
function enter(element) {
  if (!element.matches('summary') || !element.parentElement.open) return;
  element.parentElement.querySelector('form')?.querySelector('input:not([type="hidden"], [type="checkbox"], [type="radio"]), textarea, select')?.focus();
}

function act(pressed, within, event) {
  const element = [...within.querySelectorAll('[data-key]')].reverse().find((one) => matches(one.dataset.key, pressed) && usable(one));
  if (element) {
    event.preventDefault();
    if (isField(element)) { element.focus(); element.select?.(); } else {
      if (element.matches('summary')) element.focus(); // what opens is walked from here
      element.click();
      enter(element);
    }
    return true;
  }
  if (within !== document) return false;
  const entry = registered.findLast((one) => matches(one.keys, pressed));
  if (!entry || entry.run(event) === false) return false;
  event.preventDefault();
  return true;
}

/* The ? page, made from what this page has. */
const shown = (keys) => keys.split('|')[0].split(/[ +]/).map((key) => ({ mod: /Mac/.test(navigator.platform) ? '⌘' : 'Ctrl', shift: '⇧', enter: '↵', esc: 'Esc', down: '↓', up: '↑', left: '←', right: '→' })[key] ?? key.toUpperCase());
const labelOf = (element) => element.dataset.keyLabel || element.getAttribute('aria-label') || element.textContent.replace(/\s+/g, ' ').trim();

export function pageKeys() {
  const found = [...document.querySelectorAll('[data-key]')].filter(usable).map((element) => ({
    keys: element.dataset.key,
    label: labelOf(element),
    group: element.dataset.keyGroup || element.closest('[data-key-group]')?.dataset.keyGroup || 'This page',
    run: () => (isField(element) ? element.focus() : element.click()),
  }));
  const order = ['This page', 'Lists', 'Go to', 'Everywhere'];
  return [...found, ...registered].sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
}

function help() {
  const dialog = document.getElementById('keys-help');
  if (!dialog || dialog.open) return;
  const groups = Map.groupBy ? Map.groupBy(pageKeys(), (entry) => entry.group) : new Map([['Keys', pageKeys()]]);
  const grid = dialog.querySelector('.keys-grid');
  grid.replaceChildren(...[...groups].map(([name, entries]) => {
    const section = document.createElement('section');
    const head = document.createElement('h3');
    head.textContent = name;
    const list = document.createElement('dl');
    const seen = new Set();
    for (const entry of entries) {
      if (seen.has(entry.keys)) continue;
      seen.add(entry.keys);
      const row = document.createElement('div');
      const term = document.createElement('dt');
      term.textContent = entry.label;
      const keys = document.createElement('dd');
      keys.append(...shown(entry.keys).map((key) => Object.assign(document.createElement('kbd'), { textContent: key })));
      row.append(term, keys);
      list.append(row);
    }
    section.append(head, list);
    return section;
  }));
  const box = dialog.querySelector('[data-keys-switch]');
  box.checked = allowed();
  dialog.showModal();
}

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-keys-switch]')) localStorage.setItem('ballast.keys', event.target.checked ? 'on' : 'off');
});
document.querySelectorAll('[data-keys-help]').forEach((button) => { button.hidden = false; button.addEventListener('click', help); });
register('?', 'These keys', help, 'Everywhere');
