/* htmx: the CSRF header, what happens when a request fails, where the focus goes, what is said aloud. */
import { csrfToken, say, toast } from './toast.js';

const body = document.body;
const safe = new Set(['get', 'head', 'options']);

body.addEventListener('htmx:configRequest', (event) => {
  if (!safe.has(event.detail.verb)) event.detail.headers['X-CSRFToken'] = csrfToken();
});

body.addEventListener('htmx:beforeRequest', () => { body.dataset.busy = ''; });
body.addEventListener('htmx:afterRequest', () => { delete body.dataset.busy; });

body.addEventListener('htmx:sendError', () => toast({
  kind: 'error',
  text: 'No connection. Nothing was changed; try again when you are back online.',
}));
body.addEventListener('htmx:timeout', () => toast({ kind: 'error', text: 'That took too long. Look whether it was done, then try again.' }));
body.addEventListener('htmx:responseError', (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) return; // the answer carries HX-Redirect to the sign-in page
  toast({ kind: 'error', text: sentence(event.detail.xhr) });
});

function sentence(xhr) {
  if ((xhr.getResponseHeader('Content-Type') ?? '').includes('json')) {
    try {
      const detail = JSON.parse(xhr.responseText).detail;
      if (detail) return detail;
    } catch { /* not JSON after all */ }
  }
  if (xhr.status === 403) return 'You may not do this here. Nothing was changed.';
  if (xhr.status === 404) return 'This is no longer here. Reload the page to see what is.';
  if (xhr.status === 413) return 'This is larger than allowed. Nothing was changed.';
  if (xhr.status === 429) return 'Too many requests in a short time. Wait a minute and try again.';
  if (xhr.status >= 500) return 'The server could not do this. Nothing was lost; try again.';
  return 'This did not work. Nothing was changed.';
}

/* Focus: a swap that takes the focused element away gives it to its successor. In order: the element that asks with
   data-focus, the first field in error, the one with the same id, then the swapped region itself. */
let held = null;
body.addEventListener('htmx:beforeSwap', (event) => {
  const active = document.activeElement;
  held = event.detail.target?.contains(active) && active !== body
    ? { id: active.id, name: active.name, value: active.value, key: active.dataset.key } : null;
});
body.addEventListener('htmx:afterSettle', (event) => {
  const region = event.detail.elt;
  if (!region?.isConnected) return;
  region.querySelectorAll('[data-announce]').forEach((element) => say(element.textContent.trim()));
  const wants = region.matches('[data-focus]') ? region : region.querySelector('[data-focus], [aria-invalid="true"]');
  if (wants) return focus(wants);
  if (!held || document.activeElement !== body) { held = null; return; }
  const twin = (held.id && document.getElementById(held.id))
    || (held.key && region.querySelector(`[data-key="${CSS.escape(held.key)}"]`))
    || (held.name && region.querySelector(`[name="${CSS.escape(held.name)}"]${held.value && held.value.length < 40 ? `[value="${CSS.escape(held.value)}"]` : ''}`));
  held = null;
  focus(twin || region);
});

export function focus(element) {
  if (!element.matches('a[href], button, input, select, textarea, summary, [tabindex]')) element.tabIndex = -1;
  element.focus({ preventScroll: false });
}

/* A page that opens with something to do begins there. */
const first = !location.hash && document.querySelector('main [data-focus]');
if (first && document.activeElement === body) focus(first);

/* HX-Trigger: {"counts": {"/p/ATLAS/triage/": 24}} keeps the numbers in the rail true. */
body.addEventListener('counts', (event) => {
  for (const [url, count] of Object.entries(event.detail)) {
    document.querySelectorAll(`nav a[href="${CSS.escape(url)}"]`).forEach((link) => {
      const shown = link.querySelector('.count') ?? link.appendChild(Object.assign(document.createElement('span'), { className: 'count' }));
      if (count) shown.textContent = count; else shown.remove();
    });
  }
});

/* A form sent twice by an impatient hand is sent once. */
document.addEventListener('submit', (event) => {
  const form = event.target;
  const method = event.submitter?.getAttribute('formmethod') ?? form.method;
  if (method !== 'post' || form.hasAttribute('hx-post') || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = '1';
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});
window.addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((form) => { delete form.dataset.sent; }));
