/* The matrix: the table's items as bubbles, drawn by ECharts. A click opens the item beside; a lasso ticks rows of the
   table, so that bulk edits are the list's; a bubble that is dragged along an axis is tried on the server, which writes
   nothing. Every number comes from the JSON beside the chart; without script the table says the same. */
const figure = document.querySelector('[data-matrix]');
const source = document.getElementById('matrix-data');
const region = document.getElementById('what-if');
const TONES = { hotfix: 'hotfix', stability: 'stability', enhancement: 'enhancement', strategic_bet: 'strategic', '': 'ink-3' };
const GLYPHS = { hotfix: 'diamond', stability: 'rect', enhancement: 'circle', strategic_bet: 'triangle', '': 'roundRect' };
const DRAG_FROM = 5; // pixels: less is a click with an unsteady hand

const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

let data;
let chart;
let mode = 'drag';
let grabbed = null;

/* Bubbles that stand on the same spot are set apart by some pixels, always the same way; values stay what they are. */
function apart(points) {
  const seen = new Map();
  return points.map((point) => {
    const spot = `${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
    const at = seen.get(spot) ?? 0;
    seen.set(spot, at + 1);
    const turn = at * 2.4; // the golden angle: no two fall on one line
    const far = 7 * Math.sqrt(at);
    return [far * Math.cos(turn), far * Math.sin(turn)];
  });
}

/* Wide against its place: a range from half the place to twice it is a faint bubble. */
function sureness(point) {
  if (!point.range || !point.rank) return 0.55;
  const wide = Math.log2(Math.max(1, point.range[1]) / Math.max(1, point.range[0]));
  return Math.max(0.25, 0.9 - 0.22 * wide);
}

/* Points of effort double rather than add up: 1, 2, 3, 5, 8, 13 … stand evenly on a logarithmic axis. */
const LEAST_EFFORT = 0.5;
const placed = (described, value) => (described.key === 'effort' ? Math.max(LEAST_EFFORT, value) : value);

function axis(described, vertical) {
  const words = { color: colour('ink-3'), fontSize: 11 };
  return {
    type: described.key === 'effort' ? 'log' : 'value', logBase: 2, name: described.unit ? `${described.name}, ${described.unit}` : described.name, nameLocation: 'middle', nameGap: vertical ? 32 : 28, nameTextStyle: { ...words, fontWeight: 600 },
    min: described.key === 'effort' ? LEAST_EFFORT : 0, max: described.max ?? undefined, axisLine: { show: true, lineStyle: { color: colour('line-2') } }, axisLabel: words,
    splitLine: { lineStyle: { color: colour('line') } }, axisPointer: { show: false },
  };
}

function option() {
  const offsets = apart(data.points);
  const biggest = Math.max(1, ...data.points.map((point) => point.size ?? 0));
  const { x, y, size } = data.axes;
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour('ink-2') },
    grid: { left: 56, right: 56, top: 16, bottom: 44 },
    xAxis: axis(x, false), yAxis: axis(y, true),
    tooltip: {
      trigger: 'item', renderMode: 'richText', confine: true, backgroundColor: colour('ink'), borderWidth: 0, padding: 8, textStyle: { color: colour('on-ink'), fontSize: 11 },
      formatter: ({ data: { point } }) => [
        `${point.key}  ${point.name.length > 60 ? `${point.name.slice(0, 58)}…` : point.name}`,
        [x, y, size].map((each, i) => `${each.name} ${round([point.x, point.y, point.size][i])}`).join('   '),
        point.rank ? `#${point.rank}${point.range ? `  (${point.range[0]}–${point.range[1]})` : ''}` : '',
      ].filter(Boolean).join('\n'),
    },
    toolbox: { show: true, showTitle: false, itemSize: 0, feature: { dataZoom: { show: true, icon: { zoom: 'path://', back: 'path://' }, filterMode: 'none' }, brush: { type: ['polygon', 'clear'], icon: { polygon: 'path://', clear: 'path://' } } } },
    brush: { toolbox: [], xAxisIndex: 0, brushStyle: { color: 'transparent', borderColor: colour('accent'), borderWidth: 1.5 }, throttleType: 'debounce', throttleDelay: 120, outOfBrush: { colorAlpha: 0.2 } },
    series: [{
      type: 'scatter',
      cursor: 'grab',
      labelLayout: { hideOverlap: true },
      label: { show: true, formatter: ({ data: { point } }) => point.key, position: 'right', distance: 3, fontSize: 10, color: colour('ink-2') },
      emphasis: { scale: 1.15, itemStyle: { borderColor: colour('ink'), borderWidth: 1.5 } },
      data: data.points.map((point, i) => ({
        point, name: point.key, value: [placed(x, point.x), placed(y, point.y)], symbol: GLYPHS[point.queue] ?? 'circle', symbolOffset: offsets[i],
        symbolSize: 9 + 22 * Math.sqrt(Math.max(0, point.size ?? 0) / biggest),
        itemStyle: { color: colour(TONES[point.queue] ?? 'ink-3'), opacity: sureness(point), borderColor: colour('paper'), borderWidth: 1 },
      })),
    }],
  };
}

const round = (value) => (value === null || value === undefined ? '–' : Math.round(value * 10) / 10);

/* --- Trying ----------------------------------------------------------------------------------- */

function within(described, value) {
  const most = described.max ?? (described.key === 'priority' ? 100 : 100000);
  const step = described.max === 5 ? 10 : 1;
  return Math.min(most, Math.max(described.min, Math.round(value * step) / step));
}

let shadow = []; // the ring where the bubble would be, and the way to it

function ghost(spot) {
  const paper = chart.getZr();
  shadow.forEach((shape) => paper.remove(shape));
  shadow = [];
  if (!spot) return;
  const { Circle, Line } = window.echarts.graphic;
  const style = { fill: 'none', stroke: colour('accent'), lineWidth: 2, lineDash: [3, 2] };
  shadow = [
    new Circle({ silent: true, z: 100, shape: { cx: spot[0], cy: spot[1], r: 9 }, style }),
    new Line({ silent: true, z: 99, shape: { x1: spot[2], y1: spot[3], x2: spot[0], y2: spot[1] }, style: { ...style, lineWidth: 1 } }),
  ];
  shadow.forEach((shape) => paper.add(shape));
}

function moved(event) {
  if (!grabbed) return;
  const [across, up] = [event.offsetX - grabbed.at[0], event.offsetY - grabbed.at[1]];
  if (!grabbed.far && Math.hypot(across, up) < DRAG_FROM) return;
  grabbed.far = true;
  grabbed.along = Math.abs(across) >= Math.abs(up) ? 'x' : 'y'; // one thing is tried at a time
  grabbed.spot = grabbed.along === 'x' ? [event.offsetX, grabbed.from[1]] : [grabbed.from[0], event.offsetY];
  chart.dispatchAction({ type: 'hideTip' });
  ghost([...grabbed.spot, ...grabbed.from]);
}

function dropped() {
  const held = grabbed;
  grabbed = null;
  if (!held?.far) return;
  const [x, y] = chart.convertFromPixel('grid', held.spot);
  const described = data.axes[held.along];
  const value = within(described, held.along === 'x' ? x : y);
  window.htmx.ajax('POST', held.point.url, { target: region, swap: 'innerHTML', values: { axis: described.key, value } })
    .then(() => { region.scrollIntoView({ block: 'nearest' }); });
}

function reset() {
  ghost(null);
  region.replaceChildren();
}

/* --- Choosing --------------------------------------------------------------------------------- */

function chosen({ batch }) {
  const inside = new Set((batch?.[0]?.selected?.[0]?.dataIndex ?? []).map((i) => data.points[i].key));
  if (!batch?.[0]?.areas?.length) return;
  document.querySelectorAll('.matrix-table [data-select]').forEach((box) => { box.checked = inside.has(box.value); });
  document.dispatchEvent(new CustomEvent('ballast:ticked'));
}

function turn(to) {
  mode = to;
  figure.querySelectorAll('[data-mode]').forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.mode === to)));
  // both want the pointer, and whichever is told last decides: the one that is wanted
  const lasso = () => chart.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: to === 'lasso' ? 'polygon' : false, brushMode: 'single' } });
  const zoom = () => chart.dispatchAction({ type: 'takeGlobalCursor', key: 'dataZoomSelect', dataZoomSelectActive: to === 'zoom' });
  if (to === 'lasso') { zoom(); lasso(); } else { lasso(); zoom(); }
}

function draw() {
  const area = figure.querySelector('.chart-area');
  chart?.dispose();
  shadow = [];
  area.classList.add('is-drawn');
  chart = window.echarts.init(area, null, { renderer: 'svg' });
  chart.setOption(option());
  chart.on('mousedown', ({ data: { point }, event }) => {
    if (mode !== 'drag') return;
    const spot = chart.convertToPixel('grid', [placed(data.axes.x, point.x), placed(data.axes.y, point.y)]);
    grabbed = { point, at: [event.offsetX, event.offsetY], from: spot, far: false };
    ghost(null);
  });
  chart.on('click', ({ data: { point } }) => {
    if (mode === 'drag' && !figure.classList.contains('was-dragged')) document.getElementById(`row-${point.key}`)?.querySelector('a[data-panel]')?.click();
  });
  chart.on('brushSelected', chosen);
  const paper = chart.getZr();
  paper.on('mousemove', moved);
  paper.on('mouseup', () => {
    figure.classList.toggle('was-dragged', Boolean(grabbed?.far)); // the click that follows a drag opens nothing
    dropped();
  });
  turn(mode);
}

if (figure && source && window.echarts) {
  data = JSON.parse(source.textContent);
  figure.querySelector('.matrix-tools').hidden = false;
  draw();
  figure.addEventListener('click', (event) => {
    const button = event.target.closest('[data-mode]');
    if (button) turn(button.dataset.mode);
    if (event.target.closest('[data-matrix-whole]')) { chart.dispatchAction({ type: 'dataZoom', start: 0, end: 100 }); draw(); }
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-matrix-reset]') && region.childElementCount) { event.preventDefault(); reset(); }
  });
  new ResizeObserver(() => chart.resize()).observe(document.querySelector('main'));
  document.addEventListener('ballast:theme', draw);
}
