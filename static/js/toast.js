/* Toasts, and the line that screen readers hear.
   toast({text, kind: "success" | "error" | "info", undo: {url, label}}): an undo posts to its url.
   A server asks for one with the header  HX-Trigger: {"toast": {"text": "…", "undo": {"url": "…"}}}. */

const STAYS_MS = 7000;

export function say(text) {
  const line = document.getElementById('status');
  if (!line || !text) return;
  line.textContent = '';
  setTimeout(() => { line.textContent = text; }, 50); // the same words twice are still heard twice
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? '';
}

export function toast({ text, kind = 'info', undo = null }) {
  const holder = document.getElementById('toasts');
  if (!holder || !text) return null;
  const box = document.createElement('div');
  box.className = 'toast';
  box.dataset.kind = kind;
  const words = document.createElement('span');
  words.textContent = text;
  box.append(words);
  if (undo?.url) {
    holder.querySelectorAll('[data-key="u"]').forEach((old) => old.removeAttribute('data-key'));
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: undo.label ?? 'Undo' });
    button.dataset.key = 'u';
    button.dataset.keyLabel = button.textContent;
    button.addEventListener('click', () => {
      box.remove();
      window.htmx.ajax('POST', undo.url, { source: holder, target: holder, swap: 'none' });
    });
    box.append(button);
  }
  box.append(closeButton());
  holder.append(box);
  while (holder.children.length > 3) holder.firstElementChild.remove();
  say(undo?.url ? `${text} ${undo.label ?? 'Undo'}: U` : text);
  linger(box);
  return box;
}

function closeButton() {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'toast-close', textContent: '×' });
  button.dataset.toastClose = '';
  button.setAttribute('aria-label', 'Close');
  return button;
}

/* Goes by itself, but not while somebody points at it or stands in it, and an error never does. */
function linger(box) {
  if (box.dataset.kind === 'error') return;
  const leave = () => {
    if (box.matches(':hover, :focus-within')) timer = setTimeout(leave, 1500);
    else box.remove();
  };
  let timer = setTimeout(leave, STAYS_MS);
}

document.addEventListener('click', (event) => event.target.closest('[data-toast-close]')?.closest('.toast').remove());
document.querySelectorAll('#toasts .toast').forEach(linger);
document.body.addEventListener('toast', (event) => toast(event.detail.value ?? event.detail));
