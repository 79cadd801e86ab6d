/* How long a round is expected to take with those who are ticked, as reviews.velocity.expected works it out: the quorum-th
   fastest of a stage, the slowest stage of a step, the sum of the steps. Without this script: with those proposed. */
const data = document.getElementById('expectations');
const said = document.querySelector('[data-expected]');

function expected() {
  const steps = new Map();
  for (const [layer, { step, quorum, hours }] of Object.entries(JSON.parse(data.textContent))) {
    const asked = [...document.querySelectorAll(`input[name="${layer}"]:checked`)].map((box) => hours[box.value]);
    if (!asked.length) continue;
    if (asked.some((each) => each[0] === null)) return said.dataset.none;
    const wanted = Number(document.querySelector(`input[name="${layer}_quorum"]`).value) || quorum || asked.length;
    const at = Math.min(wanted, asked.length) - 1;
    const before = steps.get(step) ?? [0, 0];
    steps.set(step, [0, 1].map((which) => Math.max(before[which], asked.map((each) => each[which]).sort((a, b) => a - b)[at])));
  }
  if (!steps.size) return said.dataset.nobody;
  const [median, p85] = [0, 1].map((which) => duration([...steps.values()].reduce((sum, each) => sum + each[which], 0)));
  return said.dataset.words.replace('{0}', median).replace('{1}', p85);
}

function duration(hours) {
  const shown = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  return hours < 48 ? said.dataset.hours.replace('{n}', shown.format(hours)) : said.dataset.days.replace('{n}', shown.format(hours / 24));
}

said?.closest('form').addEventListener('change', () => { said.textContent = expected(); });
