/* Charts, drawn by ECharts from the JSON beside them; the table in the same figure says the same, and stays when
   ECharts is not there. Numbers come ready from the server: nothing is computed here.
     <figure data-chart="KIND"> … <div class="chart-area"></div> <script type="application/json">DATA</script>
   KIND and DATA:
     line, area (stacked), stack (stacked columns)   {x: […], unit?, inverse? (the first place on top), series: [{name, tone?, values: […]}]}
     fan       {x, p50, p85, p95, unit?, actual?}          three paths of one forecast
     scatter   {unit?, points: [[date, value, name]…], lines: [{name, value}]}
     bubble    {x: "Effort", y: "Value", points: [{name, x, y, size, tone?, url?}]}
   tone: hotfix stability enhancement strategic good warn bad accent ink. */

const ORDER = ['accent', 'warn', 'ink-3', 'ink', 'good', 'bad']; // not the hues of the queues: those mean something

const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function base(paint, unit) {
  const words = { color: paint('ink-3'), fontSize: 11 };
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: paint('ink-2') },
    aria: { enabled: true, decal: { show: matchMedia('(forced-colors: active)').matches } },
    grid: { left: 4, right: 12, top: 30, bottom: 4, containLabel: true },
    legend: { top: 0, right: 0, itemWidth: 12, itemHeight: 8, icon: 'rect', textStyle: { color: paint('ink-2'), fontSize: 11 } },
    tooltip: {
      trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: paint('ink'), borderWidth: 0, padding: 8,
      textStyle: { color: paint('on-ink'), fontSize: 11 }, valueFormatter: (value) => (value === null || value === undefined ? '' : `${value}${unit ? ` ${unit}` : ''}`),
      axisPointer: { lineStyle: { color: paint('edge') } },
    },
    xAxis: { type: 'category', boundaryGap: false, axisLine: { lineStyle: { color: paint('line-2') } }, axisTick: { show: false }, axisLabel: { ...words, alignMinLabel: 'left', alignMaxLabel: 'right', hideOverlap: true } },
    yAxis: { type: 'value', axisLabel: unit === '%' ? { ...words, formatter: '{value}%' } : words, name: unit === '%' ? '' : unit, nameTextStyle: { ...words, align: 'left' }, splitLine: { lineStyle: { color: paint('line') } } },
  };
}

const tones = (series, paint) => series.map((one, index) => paint(one.tone ?? ORDER[index % ORDER.length]));

const kinds = {
  line(data, paint) {
    const option = base(paint, data.unit);
    option.xAxis.data = data.x;
    if (data.inverse) Object.assign(option.yAxis, { inverse: true, min: 1, minInterval: 1 });
    option.color = tones(data.series, paint);
    option.series = data.series.map((one) => ({ type: 'line', name: one.name, data: one.values, symbol: 'circle', symbolSize: 4, showSymbol: data.x.length < 30, lineStyle: { width: 1.75 } }));
    return option;
  },
  area(data, paint) {
    const option = kinds.line(data, paint);
    option.series = option.series.map((one) => ({ ...one, stack: 'all', areaStyle: { opacity: 0.55 }, showSymbol: false, lineStyle: { width: 1 } }));
    return option;
  },
  stack(data, paint) {
    const option = kinds.line(data, paint);
    option.xAxis.boundaryGap = true;
    option.xAxis.axisLabel = { ...option.xAxis.axisLabel, alignMinLabel: 'center', alignMaxLabel: 'center' };
    option.tooltip.axisPointer = { type: 'shadow' };
    option.series = data.series.map((one) => ({ type: 'bar', name: one.name, data: one.values, stack: 'all', barMaxWidth: 34, itemStyle: { borderColor: paint('paper'), borderWidth: 1 } }));
    return option;
  },
  fan(data, paint) {
    const option = base(paint, data.unit);
    option.xAxis.data = data.x;
    const path = (name, values, type, width) => ({ type: 'line', name, data: values, symbol: 'none', lineStyle: { type, width }, color: paint('accent') });
    const between = data.p85.map((value, i) => data.p50[i] - value);
    option.series = [
      { type: 'line', name: 'floor', data: data.p85, stack: 'fan', symbol: 'none', lineStyle: { opacity: 0 }, tooltip: { show: false }, silent: true },
      { type: 'line', name: 'band', data: between, stack: 'fan', symbol: 'none', lineStyle: { opacity: 0 }, areaStyle: { color: paint('accent'), opacity: 0.18 }, tooltip: { show: false }, silent: true },
      path('P50', data.p50, 'solid', 2), path('P85', data.p85, 'dashed', 1.5), path('P95', data.p95, 'dotted', 1.5),
    ];
    if (data.actual) option.series.push({ ...path('Measured', data.actual, 'solid', 2), color: paint('ink') });
    option.legend.data = option.series.map((one) => one.name).filter((name) => name !== 'floor' && name !== 'band');
    return option;
  },
  scatter(data, paint) {
    const option = base(paint, data.unit);
    Object.assign(option.xAxis, { type: 'time', splitLine: { show: false } });
    option.legend.show = false;
    option.tooltip.trigger = 'item';
    option.tooltip.formatter = ({ value }) => (Array.isArray(value) ? `${value[2] ?? ''}  ${value[1]} ${data.unit ?? ''}\n${value[0]}` : '');
    option.series = [{
      type: 'scatter', data: data.points, symbolSize: 7, itemStyle: { color: paint('accent'), opacity: 0.6 },
      markLine: { silent: true, symbol: 'none', label: { formatter: '{b}', position: 'insideEndTop', color: paint('ink-2'), fontSize: 11 }, lineStyle: { color: paint('ink-3'), type: 'dashed' }, data: (data.lines ?? []).map((line) => ({ name: `${line.name}: ${line.value}`, yAxis: line.value })) },
    }];
    return option;
  },
  bubble(data, paint) {
    const option = base(paint);
    const biggest = Math.max(1, ...data.points.map((point) => point.size ?? 1));
    Object.assign(option.xAxis, { type: 'value', name: data.x, nameLocation: 'middle', nameGap: 22, nameTextStyle: { color: paint('ink-3') }, splitLine: { lineStyle: { color: paint('line') } } });
    Object.assign(option.yAxis, { name: data.y });
    Object.assign(option.grid, { bottom: 18 });
    option.legend.show = false;
    option.tooltip.trigger = 'item';
    option.tooltip.formatter = ({ data: point }) => `${point.name}\n${data.x} ${point.value[0]}, ${data.y} ${point.value[1]}`;
    option.series = [{
      type: 'scatter', symbolSize: (value) => 6 + 26 * Math.sqrt((value[2] ?? 1) / biggest),
      data: data.points.map((point) => ({ name: point.name, value: [point.x, point.y, point.size], url: point.url, itemStyle: { color: paint(point.tone ?? 'accent'), opacity: 0.65, borderColor: paint('paper') } })),
    }];
    return option;
  },
};

const drawn = new Map();

function draw(figure) {
  const area = figure.querySelector('.chart-area');
  const source = figure.querySelector('script[type="application/json"]');
  const kind = kinds[figure.dataset.chart];
  if (!area || !source || !kind) return;
  drawn.get(figure)?.dispose();
  area.classList.add('is-drawn');
  const chart = window.echarts.init(area, null, { renderer: 'svg' });
  const option = kind(JSON.parse(source.textContent), colour);
  if (option.series.length === 1) option.legend.show = false;
  chart.setOption(option);
  chart.on('click', ({ data }) => { if (data?.url) location.assign(data.url); });
  drawn.set(figure, chart);
}

const all = () => document.querySelectorAll('[data-chart]').forEach(draw);
if (window.echarts) {
  all();
  new ResizeObserver(() => drawn.forEach((chart) => chart.resize())).observe(document.querySelector('main'));
  document.addEventListener('ballast:theme', all);
  document.body.addEventListener('htmx:afterSettle', (event) => event.detail.elt.querySelectorAll?.('[data-chart]').forEach(draw));
  addEventListener('beforeprint', all);
}
