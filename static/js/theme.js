/* Theme and rail. The server keeps both (theme with the person, rail in a cookie), so a page never flashes. */
import { csrfToken } from './toast.js';

const root = document.documentElement;

document.querySelectorAll('[data-theme-form]').forEach((form) => {
  form.addEventListener('submit', (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    const theme = event.submitter.value;
    root.dataset.theme = theme;
    form.querySelectorAll('button').forEach((button) => button.setAttribute('aria-pressed', String(button.value === theme)));
    document.dispatchEvent(new CustomEvent('ballast:theme'));
    fetch(form.action, { method: 'POST', headers: { 'X-CSRFToken': csrfToken() }, body: new URLSearchParams({ theme }), redirect: 'manual' });
  });
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new CustomEvent('ballast:theme')));

document.querySelectorAll('[data-rail-fold]').forEach((button) => {
  button.hidden = false;
  const show = () => button.setAttribute('aria-expanded', String(document.body.dataset.rail !== 'slim'));
  show();
  button.addEventListener('click', () => {
    const slim = document.body.dataset.rail !== 'slim';
    if (slim) document.body.dataset.rail = 'slim'; else delete document.body.dataset.rail;
    document.cookie = `rail=${slim ? 'slim' : 'wide'}; path=/; max-age=31536000; samesite=lax`;
    show();
  });
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) document.querySelectorAll('[data-mod-k]').forEach((kbd) => { kbd.textContent = '⌘ K'; });
