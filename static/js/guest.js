/* A guest's remark carries the place that the viewer shows; without script it is named by number. */

const form = document.querySelector('[data-guest-note]');
const field = form?.elements.namedItem('place');
const shown = form?.querySelector('[data-place-shown]');
const viewer = document.querySelector('[data-viewer]');

if (form && field && viewer) {
  viewer.addEventListener('viewer:placed', (event) => {
    field.value = JSON.stringify(event.detail.anchor ?? {});
    shown.textContent = event.detail.label ?? '';
    shown.hidden = !shown.textContent;
  });
}
viewer?.addEventListener('viewer:mark', (event) => {
  document.getElementById(`note-${event.detail.id}`)?.scrollIntoView({ block: 'center' });
});
