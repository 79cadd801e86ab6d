/* Dialogs, menus and file drops: the little that HTML does not do by itself.
   <button data-dialog="id"> opens <dialog id="id">. <details data-menu> closes on Esc, on a click elsewhere and when a
   sibling opens. [data-dialog-open] on a dialog opens it when it arrives. [data-submit] on a field sends its form on change. */

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-dialog]');
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && !dialog.open) { event.preventDefault(); dialog.showModal(); }
  }
  if (event.target.matches('dialog') && inBackdrop(event)) event.target.close();
  document.querySelectorAll('details[data-menu][open]').forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

function inBackdrop(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('details[data-menu][open]');
  if (!menu) return;
  if (event.key === 'Escape') {
    menu.open = false;
    menu.querySelector('summary').focus();
    event.stopPropagation();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const options = [...menu.querySelectorAll('.option, .pop input, .pop button')].filter((option) => option.offsetParent);
    if (!options.length || event.target.matches('select, textarea, input[type="text"], input[type="number"], input[type="date"]')) return;
    event.preventDefault();
    const at = options.indexOf(document.activeElement);
    options[(at + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length].focus();
  }
}, true);

document.addEventListener('toggle', (event) => {
  const menu = event.target;
  if (!menu.matches?.('details[data-menu]') || !menu.open) return;
  const pop = menu.querySelector('.pop');
  const box = pop?.getBoundingClientRect();
  if (!box) return;
  if (box.right > innerWidth - 8) menu.classList.add('menu-end'); // keeps a menu near the edge on the page
  if (box.bottom > innerHeight - 8 && box.height < menu.getBoundingClientRect().top) menu.classList.add('menu-up');
  pop.querySelector('[autofocus]')?.focus();
}, true);

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});

for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    const zone = event.target.closest?.('[data-drop]');
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle('is-over', name === 'dragover');
    if (name !== 'drop') return;
    const input = zone.querySelector('input[type="file"]');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}
document.addEventListener('change', (event) => {
  const zone = event.target.matches('input[type="file"]') && event.target.closest('[data-drop]');
  const line = zone && zone.querySelector('[data-drop-names]');
  if (line) line.textContent = [...event.target.files].map((file) => file.name).join(', ');
});

function arrived(region) {
  region.querySelectorAll?.('dialog[data-dialog-open]').forEach((dialog) => { if (!dialog.open) dialog.showModal(); });
}
document.body.addEventListener('htmx:afterSettle', (event) => arrived(event.detail.elt));
arrived(document);
