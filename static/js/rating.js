/* Ratings: 0 to 5 choose a level wherever the focus is in the row, as the page says. */
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-5]$/.test(event.key) || event.target.matches('textarea, input:not([type="radio"])')) return;
  const level = event.target.closest?.('[data-rating]')?.querySelector(`input[type="radio"][value="${event.key}"]`);
  if (!level) return;
  event.preventDefault();
  level.focus();
  if (!level.checked) level.click();
});
