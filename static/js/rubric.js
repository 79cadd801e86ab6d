// A slider says its number while it moves, in steps; one that nobody touches keeps its number exactly.
document.addEventListener('input', (event) => {
  const slider = event.target.closest?.('input[type=range][data-step]');
  if (!slider) return;
  const step = Number(slider.dataset.step);
  const value = Math.max(Number(slider.min), Math.round(slider.value / step) * step);
  slider.value = String(Number(value.toFixed(3)));
  slider.parentElement.querySelector('output').textContent = slider.value;
});
