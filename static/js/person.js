/* A person's own pages: copying a secret that is shown once, and the time zone of this device. */
import { say } from './toast.js';

document.querySelectorAll('[data-copy]').forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = 'Copied';
    say('Copied');
  });
});
document.addEventListener('focusin', (event) => {
  if (event.target.matches('[data-copy-from]')) event.target.select();
});

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  document.querySelectorAll('input[data-zone]').forEach((field) => { field.value = zone; });
  document.querySelectorAll('[data-zone-offer]').forEach((offer) => {
    const field = document.getElementById(offer.dataset.zoneOffer);
    if (!field || field.value === zone) return;
    const button = offer.querySelector('button');
    button.textContent = zone;
    button.addEventListener('click', () => { field.value = zone; offer.hidden = true; field.focus(); });
    offer.hidden = false;
  });
}
