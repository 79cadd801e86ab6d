/* Who can be mentioned, while somebody writes @: names of the product's members under the field, from the same address as
   the command palette's finds. Arrows choose, Enter or Tab takes, Esc leaves it as it is written. */
import { say } from './toast.js';

const WORD = /(?:^|[\s(])@([\w.+-]*)$/;
const address = document.body.dataset.paletteUrl;
let people = [];
let at = 0;
let asked = 0;

function close(field) {
  people = [];
  document.getElementById('mentions')?.remove();
  field.removeAttribute('aria-activedescendant');
}

function mark(field, place) {
  at = (place + people.length) % people.length;
  [...document.querySelectorAll('#mentions > li')].forEach((row, number) => row.setAttribute('aria-selected', String(number === at)));
  field.setAttribute('aria-activedescendant', `mention-${at}`);
}

function take(field) {
  const before = field.value.slice(0, field.selectionStart).replace(/@[\w.+-]*$/, `${people[at].value} `);
  const after = field.value.slice(field.selectionStart);
  field.value = before + after;
  field.setSelectionRange(before.length, before.length);
  close(field);
}

function draw(field) {
  document.getElementById('mentions')?.remove();
  const list = Object.assign(document.createElement('ul'), { id: 'mentions', className: 'mentions' });
  list.setAttribute('role', 'listbox');
  list.append(...people.map((person, number) => {
    const row = Object.assign(document.createElement('li'), { id: `mention-${number}`, textContent: `${person.text} ` });
    row.setAttribute('role', 'option');
    row.append(Object.assign(document.createElement('span'), { className: 'hush', textContent: person.value }));
    row.addEventListener('pointerdown', (event) => { event.preventDefault(); at = number; take(field); });
    return row;
  }));
  field.after(list);
  mark(field, 0);
  say(people.map((person) => person.text).join(', '));
}

async function look(field) {
  const word = WORD.exec(field.value.slice(0, field.selectionStart));
  const turn = ++asked;
  if (!word) { close(field); return; }
  const answer = await fetch(`${address}?who=${encodeURIComponent(`@${word[1]}`)}`, { headers: { 'HX-Request': 'true' } }).catch(() => null);
  if (!answer?.ok || turn !== asked) return;
  const options = new DOMParser().parseFromString(`<datalist>${await answer.text()}</datalist>`, 'text/html').querySelectorAll('option');
  if (turn !== asked) return;
  people = [...options].map((option) => ({ value: option.value, text: option.textContent }));
  if (people.length) draw(field); else close(field);
}

for (const field of address ? document.querySelectorAll('textarea[data-mentions]') : []) {
  field.addEventListener('input', () => look(field));
  field.addEventListener('blur', () => { asked += 1; close(field); });
  field.addEventListener('keydown', (event) => {
    if (!people.length || event.ctrlKey || event.metaKey) return;
    const act = { ArrowDown: () => mark(field, at + 1), ArrowUp: () => mark(field, at - 1), Enter: () => take(field), Tab: () => take(field), Escape: () => close(field) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
