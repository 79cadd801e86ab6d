/* The room of a refinement session. Every second and a half it asks for the pulse (who is here, who has voted, whether the
   screen changed); only when the screen changed does it fetch the parts, and each part is swapped for itself.

   What a person is typing is never overwritten: a part with a field that was changed waits until it is sent or left as it
   was. A vote is kept in the browser until the server has it: a dropped connection or a reload loses none. */
import { register } from './keys.js';
import { csrfToken, say } from './toast.js';

const POLL_MS = 1500;
const HERE_MS = 4000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;

let room = document.getElementById('room');
const session = room.dataset.session;
const trouble = document.getElementById('room-trouble');
let tag = room.dataset.tag;
let screen = Number(room.dataset.screen);
let skew = Date.parse(room.dataset.now) - Date.now(); // the server's clock, not ours, says what time is left
let fetching = false;
let again = false;

const fragment = { 'HX-Request': 'true', 'HX-Current-URL': location.href };

/* --- Asking ----------------------------------------------------------------------------------- */

let failures = 0;
function online(yes) {
  failures = yes ? 0 : failures + 1;
  trouble.hidden = failures < 2;
}

async function pulse() {
  try {
    const answer = await fetch(`${room.dataset.pulse}?known=${encodeURIComponent(tag)}`, { headers: fragment, cache: 'no-store' });
    if (answer.status === 401 || answer.redirected) { location.reload(); return; }
    if (answer.status === 404) { location.href = '../'; return; }
    online(answer.ok);
    if (answer.status !== 200) return;
    const found = await answer.json();
    tag = found.tag;
    if (found.state === 'closed') { location.href = `${room.dataset.url}minutes/`; return; }
    people(found);
    if (found.screen !== screen) await refresh();
  } catch { online(false); }
}

function people({ present, voted }) {
  const here = new Set(present);
  const have = new Set(voted);
  document.querySelectorAll('[data-person]').forEach((row) => {
    const id = Number(row.dataset.person);
    row.classList.toggle('is-here', here.has(id));
    if (room.dataset.at === room.dataset.entry) row.classList.toggle('has-voted', have.has(id));
  });
  count();
}

function count() {
  const line = document.getElementById('room-counted');
  const voted = document.querySelectorAll('[data-person].has-voted').length;
  const here = document.querySelectorAll('[data-person]:is(.is-here, .has-voted)').length;
  if (line && here) line.textContent = line.dataset.words.replace('{n}', voted).replace('{all}', here);
}

async function poll() {
  if (!document.hidden || room.dataset.state === 'live') await pulse();
  setTimeout(poll, POLL_MS);
}

async function here() {
  if (room.dataset.here && !document.hidden) {
    try {
      await fetch(room.dataset.here, { method: 'POST', headers: { ...fragment, 'X-CSRFToken': csrfToken() } });
    } catch { /* the poll says that there is no connection */ }
  }
  setTimeout(here, HERE_MS);
}

/* --- Swapping --------------------------------------------------------------------------------- */

const bare = (html) => html.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, '').replace(/\s(open)=""/g, '');
const served = new Map(); // region -> what the server last said of it
document.querySelectorAll('[data-region]').forEach((region) => served.set(region.id, bare(region.innerHTML)));

export async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    const asked = performance.now();
    const answer = await fetch(room.dataset.url + location.search, { headers: fragment, cache: 'no-store' });
    if (answer.status === 404 && location.search) { history.replaceState(null, '', room.dataset.url); again = true; return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const next = page.getElementById('room');
    if (!next) { location.reload(); return; }
    if (next.dataset.state === 'closed') { location.href = `${room.dataset.url}minutes/`; return; }
    const moved = next.dataset.entry !== room.dataset.entry || next.dataset.round !== room.dataset.round;
    for (const name of ['state', 'entry', 'round', 'at', 'now']) room.dataset[name] = next.dataset[name];
    screen = Number(next.dataset.screen);
    tag = next.dataset.tag;
    skew = Date.parse(next.dataset.now) - Date.now();
    page.querySelectorAll('[data-region]').forEach((fresh) => swap(fresh, asked, moved));
    if (moved) {
      say(document.getElementById('room-title')?.textContent ?? '');
      window.scrollTo({ top: 0 });
    }
    clocks();
    count();
  } catch { online(false); } finally {
    fetching = false;
    if (again) { again = false; refresh(); }
  }
}

function swap(fresh, asked, moved) {
  const region = document.getElementById(fresh.id);
  const html = bare(fresh.innerHTML);
  if (!region || served.get(region.id) === html) return;
  const sameItem = !moved;
  if (sameItem && isBeingWritten(region)) { region.dataset.waits = ''; return; } // its turn comes when it is sent or left
  served.set(region.id, html);
  delete region.dataset.waits;
  const active = region.contains(document.activeElement) ? document.activeElement : null;
  const held = active && { id: active.id, name: active.name, value: active.value, type: active.type, key: active.dataset.key };
  const opened = sameItem ? [...region.querySelectorAll('details[id]')].map((each) => [each.id, each.open]) : [];
  region.replaceChildren(...fresh.childNodes);
  opened.forEach(([id, open]) => { const each = document.getElementById(id); if (each) each.open = open; });
  window.htmx?.process(region);
  if (region.id === 'room-votes') { restore(asked); armed = null; }
  if (held) focusAgain(region, held);
}

/* A field whose text differs from what the page came with. Votes are not among them: they are kept for themselves. */
function isBeingWritten(region) {
  return [...region.querySelectorAll('input, textarea, select')].some((field) => {
    if (field.closest('[data-ballot]') || field.type === 'hidden') return false;
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
    if (field.tagName === 'SELECT') return [...field.options].some((each) => each.selected !== each.defaultSelected) && [...field.options].some((each) => each.defaultSelected);
    return field.value !== field.defaultValue;
  });
}

function focusAgain(region, held) {
  const named = [...region.querySelectorAll('input, select, textarea, button, summary, a')];
  const twin = (held.id && document.getElementById(held.id))
    || named.find((each) => held.key && each.dataset.key === held.key)
    || named.find((each) => held.name && each.name === held.name && (held.type !== 'radio' || each.value === held.value));
  twin?.focus({ preventScroll: true });
}

/* A form that was sent holds nothing unsaved any more. */
document.body.addEventListener('htmx:afterRequest', (event) => {
  const form = event.detail.elt.closest?.('form');
  if (!form || event.detail.xhr.status >= 400) return; // a refusal is swapped in too, and counts as successful there
  form.querySelectorAll('input, textarea').forEach((field) => { field.defaultValue = field.value; if ('defaultChecked' in field) field.defaultChecked = field.checked; });
  form.querySelectorAll('option').forEach((option) => { option.defaultSelected = option.selected; });
  if (form.matches('[data-clears]')) form.querySelectorAll('input:not([type="hidden"])').forEach((field) => { field.value = ''; field.defaultValue = ''; });
  form.closest('details.room-tool, details.adder')?.removeAttribute('open');
  if (form.matches('[data-follow]')) { history.replaceState(null, '', room.dataset.url); fragment['HX-Current-URL'] = location.href; }
});
document.body.addEventListener('room', () => refresh());
document.addEventListener('focusout', () => setTimeout(() => {
  if (document.querySelector('[data-region][data-waits]') && ![...document.querySelectorAll('[data-waits]')].some(isBeingWritten)) refresh();
}, 0));

/* --- Votes ------------------------------------------------------------------------------------ */

const STORE = `ballast.votes.${session}.${room.dataset.me}`;
const unsaved = read(); // "entry.round" -> criterion -> {level, certainty}
const savedAt = new Map(); // criterion of the open ballot -> when the server had it
let sending = false;
let pause = FIRST_RETRY_MS;

function read() {
  try { return JSON.parse(sessionStorage.getItem(STORE)) ?? {}; } catch { return {}; }
}
function keep() {
  try { sessionStorage.setItem(STORE, JSON.stringify(unsaved)); } catch { /* private mode: the page itself still holds them */ }
}

const ballot = () => document.getElementById('ballot');
const slot = (form) => `${form.dataset.ballot}.${form.dataset.round}`;

function chosen(row) {
  const level = row.querySelector('input[type="radio"]:checked');
  return level && { name: level.name, level: level.value, certainty: row.querySelector('select').value };
}

document.addEventListener('change', (event) => {
  const form = event.target.closest('[data-ballot]');
  const vote = form && chosen(event.target.closest('[data-rating]'));
  if (!vote) return;
  (unsaved[slot(form)] ??= {})[vote.name] = { level: vote.level, certainty: vote.certainty, url: form.action };
  keep();
  mark();
  send();
});

async function send() {
  if (sending) return;
  const at = Object.keys(unsaved).find((each) => Object.keys(unsaved[each]).length);
  if (!at) return;
  const [criterion, vote] = Object.entries(unsaved[at])[0];
  sending = true;
  let wait = 0;
  try {
    const body = new URLSearchParams({ round: at.split('.')[1], changed: criterion, [criterion]: vote.level, [`${criterion}-certainty`]: vote.certainty });
    const answer = await fetch(vote.url, { method: 'POST', body, headers: { ...fragment, 'X-CSRFToken': csrfToken() } });
    if (answer.ok) {
      pause = FIRST_RETRY_MS;
      if (unsaved[at]?.[criterion] === vote) delete unsaved[at][criterion];
      savedAt.set(`${at}.${criterion}`, performance.now());
      online(true);
    } else if (answer.status === 409 || answer.status === 422 || answer.status === 404) { // turned over, or not to be had: the server says why
      delete unsaved[at];
      document.getElementById('toasts').insertAdjacentHTML('beforeend', await answer.text());
      await refresh();
    } else { wait = pause; }
  } catch { wait = pause; online(false); }
  if (wait) pause = Math.min(2 * pause, LAST_RETRY_MS);
  keep();
  mark();
  sending = false;
  if (wait) setTimeout(send, wait); else send();
}
window.addEventListener('online', () => { pause = FIRST_RETRY_MS; send(); pulse(); });
window.addEventListener('beforeunload', (event) => { if (Object.values(unsaved).some((each) => Object.keys(each).length) && !navigator.onLine) event.preventDefault(); });

/* Turning over waits for one's own last votes, or they would come too late; not longer than a person would. While it waits
   the bar may be swapped: then the form that stands there now is sent, for one that is gone sends nothing. */
let waited = false;
document.body.addEventListener('htmx:confirm', (event) => {
  const waiting = () => Object.values(unsaved).some((each) => Object.keys(each).length);
  const { elt, path, issueRequest } = event.detail;
  if (!path?.endsWith('/flip/') || waited || !waiting()) return;
  event.preventDefault();
  const until = performance.now() + 3000;
  const go = () => {
    if (waiting() && performance.now() < until) { setTimeout(go, 50); return; }
    if (elt.isConnected) { issueRequest(true); return; }
    waited = true;
    document.querySelector(`form[hx-post="${CSS.escape(path)}"]`)?.requestSubmit();
    waited = false;
  };
  go();
});

/* Choices that the server does not have yet, or had only after it wrote this page. */
function restore(asked = Infinity) {
  const form = ballot();
  if (!form) return;
  const at = slot(form);
  for (const [criterion, vote] of Object.entries(unsaved[at] ?? {})) choose(form, criterion, vote);
  for (const [name, when] of savedAt) if (when >= asked && name.startsWith(`${at}.`)) refreshSoon();
  mark();
}
let soon = 0;
function refreshSoon() { clearTimeout(soon); soon = setTimeout(() => { served.delete('room-votes'); refresh(); }, 300); }

function choose(form, criterion, { level, certainty }) {
  const radio = form.querySelector(`input[type="radio"][name="${CSS.escape(criterion)}"][value="${CSS.escape(level)}"]`);
  if (!radio) return;
  radio.checked = true;
  radio.closest('[data-rating]').querySelector('select').value = certainty;
}

function mark() {
  const form = ballot();
  const state = document.getElementById('vote-state');
  if (!form || !state) return;
  const waiting = unsaved[slot(form)] ?? {};
  form.querySelectorAll('[data-rating]').forEach((row) => {
    const name = row.querySelector('input[type="radio"]').name;
    row.classList.toggle('is-unsaved', name in waiting);
    row.classList.toggle('is-chosen', Boolean(row.querySelector(':checked[type="radio"]')));
    row.querySelector('.rating-aside').textContent = name in waiting ? form.dataset.unsaved : '';
  });
  const all = form.querySelectorAll('[data-rating]').length;
  const done = form.querySelectorAll('input[type="radio"]:checked').length - Object.keys(waiting).length;
  const words = form.dataset.saved.replace('{n}', done).replace('{all}', all);
  if (state.textContent !== words) state.textContent = words;
}

/* 0 to 5 wherever the focus is: the first criterion without a vote, or the one stood in; then on to the next. */
let armed = null;
const rows = () => [...(ballot()?.querySelectorAll('[data-rating]') ?? [])];
for (const digit of '012345') {
  register(digit, digit === '0' ? 'Vote 0 to 5 on the next criterion' : '', () => {
    const row = armed?.isConnected ? armed : rows().find((each) => !each.querySelector('input[type="radio"]:checked')) ?? rows()[0];
    if (!row) return false;
    step(row, digit);
    return true;
  }, 'Refinement');
}
function step(row, digit) {
  const radio = row.querySelector(`input[type="radio"][value="${digit}"]`);
  radio.focus();
  if (!radio.checked) radio.click();
  advance(row);
}
function advance(row) {
  const all = rows();
  const next = all[all.indexOf(row) + 1];
  armed = next ?? null;
  if (next) { (next.querySelector('input[type="radio"]:checked') ?? next.querySelector('input[type="radio"]')).focus(); } else { document.activeElement.blur(); }
}
document.addEventListener('keyup', (event) => {
  const row = /^[0-5]$/.test(event.key) && event.target.matches?.('[data-ballot] input[type="radio"]') && event.target.value === event.key ? event.target.closest('[data-rating]') : null;
  if (row && row !== armed) advance(row);
});

/* A tool that opens is filled in at once. */
document.addEventListener('toggle', (event) => {
  if (event.target.matches?.('.room-tool[open], #note-add[open]')) event.target.querySelector('input:not([type="hidden"]), textarea, select')?.focus();
}, true);

/* --- Clocks ----------------------------------------------------------------------------------- */

function clocks() {
  const now = Date.now() + skew;
  document.querySelectorAll('[data-until]').forEach((element) => {
    const seconds = Math.round((Date.parse(element.dataset.until) - now) / 1000);
    const over = seconds < 0;
    const size = Math.abs(seconds);
    const words = `${over ? '−' : ''}${Math.floor(size / 60)}:${String(size % 60).padStart(2, '0')}`;
    if (element.textContent !== words) element.textContent = words;
    element.classList.toggle('is-late', over);
  });
}

restore();
clocks();
setInterval(clocks, 1000);
if (room.dataset.state === 'live' || room.dataset.state === 'planned') { here(); setTimeout(poll, POLL_MS); }
send();
