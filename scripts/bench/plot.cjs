'use strict';
// Plots as SVG.

const FONT = 'font-family="sans-serif" font-size="12"';
const COLOURS = ['#1f6feb', '#cf222e', '#6e7781'];
const escaped = (text) =>
  String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const coordinate = (value) => Number(value.toFixed(1));
const text = (x, y, content, more = '') =>
  `<text x="${coordinate(x)}" y="${coordinate(y)}" ${FONT} ${more}>${escaped(content)}</text>`;
const line = (x1, y1, x2, y2, stroke, more = '') =>
  `<line x1="${coordinate(x1)}" y1="${coordinate(y1)}" x2="${coordinate(x2)}" y2="${coordinate(y2)}" stroke="${stroke}" ${more}/>`;

const drawing = (width, height, parts) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');

const BAR = { left: 150, width: 360, height: 18, step: 28, top: 44 };

/** Each bar is a share of its floor, which is the whole width; `mark` is the share that is wanted. */
function shares(title, bars) {
  const widest = Math.max(1, ...bars.map(({ share }) => share));
  const scale = BAR.width / widest;
  const drawn = bars.flatMap(({ label, share, note, mark }, index) => {
    const y = BAR.top + index * BAR.step;
    const frame = `y="${y}" height="${BAR.height}"`;
    return [
      text(BAR.left - 8, y + 13, label, 'text-anchor="end"'),
      `<rect x="${BAR.left}" ${frame} width="${coordinate(scale)}" fill="#eaeef2"/>`,
      `<rect x="${BAR.left}" ${frame} width="${coordinate(scale * share)}" fill="${COLOURS[0]}"/>`,
      ...(mark === undefined
        ? []
        : [line(BAR.left + scale * mark, y - 3, BAR.left + scale * mark, y + 21, COLOURS[1])]),
      text(BAR.left + BAR.width + 10, y + 13, note),
    ];
  });
  return drawing(820, BAR.top + bars.length * BAR.step + 10, [text(10, 22, title, 'font-weight="bold"'), ...drawn]);
}

const PANEL = { width: 250, height: 190, left: 46, right: 12, top: 30, bottom: 34 };
const finite = (values) => values.filter((value) => Number.isFinite(value) && value > 0);

/** One panel: lines over the same places, on a logarithmic scale. */
function panel({ title, places, series }, [x, y], [low, high]) {
  const plotWidth = PANEL.width - PANEL.left - PANEL.right;
  const plotHeight = PANEL.height - PANEL.top - PANEL.bottom;
  const across = (index) => x + PANEL.left + (places.length < 2 ? 0.5 : index / (places.length - 1)) * plotWidth;
  const up = (value) => y + PANEL.top + plotHeight * (1 - (Math.log10(value) - low) / (high - low));
  const parts = [text(x + PANEL.left, y + 20, title, 'font-weight="bold"')];
  for (let power = low; power <= high; power++) {
    parts.push(line(across(0), up(10 ** power), x + PANEL.width - PANEL.right, up(10 ** power), '#d0d7de'));
    parts.push(text(x + PANEL.left - 6, up(10 ** power) + 4, 10 ** power, 'text-anchor="end"'));
  }
  places.forEach((place, index) =>
    parts.push(text(across(index), y + PANEL.height - 16, place, 'text-anchor="middle"')),
  );
  series.forEach(({ values }, index) => {
    const points = values.map((value, at) => [value, at]).filter(([value]) => Number.isFinite(value) && value > 0);
    const path = points.map(([value, at]) => `${coordinate(across(at))},${coordinate(up(value))}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="${COLOURS[index % COLOURS.length]}" stroke-width="2"/>`);
  });
  return parts;
}

/** Panels with the same scale and the same names of lines. */
function panels(title, all, columns = 4) {
  const values = finite(all.flatMap(({ series }) => series.flatMap((one) => one.values)));
  const low = Math.floor(Math.log10(Math.min(1, ...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, ...values))));
  const rows = Math.ceil(all.length / columns);
  const names = all[0]?.series.map(({ name }) => name) ?? [];
  const legend = names.flatMap((name, index) => {
    const x = 330 + index * 150;
    return [line(x, 18, x + 24, 18, COLOURS[index % COLOURS.length], 'stroke-width="2"'), text(x + 30, 22, name)];
  });
  const drawn = all.flatMap((one, index) => {
    const origin = [(index % columns) * PANEL.width, 34 + Math.floor(index / columns) * PANEL.height];
    return panel(one, origin, [low, high]);
  });
  const heading = text(10, 22, title, 'font-weight="bold"');
  return drawing(columns * PANEL.width, 40 + rows * PANEL.height, [heading, ...legend, ...drawn]);
}

const grouped = (number) => Math.round(number).toLocaleString('en-US');

function ratesPlot({ closed }) {
  const at50 = closed.filter(({ callers }) => callers === 50);
  const bar = (label, { targets, beside }, other, mark) => ({
    label,
    share: beside[other].rate,
    mark,
    note: `${grouped(100 * beside[other].rate)} %: ${grouped(targets.service.perSecond)} of ${grouped(targets[other].perSecond)} req/s`,
  });
  const bars = at50.flatMap((row) => {
    if (row.operation === 'get') return [bar('get / echo', row, 'echo', 0.5), bar('get / floor', row, 'floor')];
    const isWanted = ['list', 'create', 'update', 'delete'].includes(row.operation);
    return [bar(`${row.operation} / floor`, row, 'floor', isWanted ? 0.6 : undefined)];
  });
  return shares('Rate of the service as a share of its floor, 50 callers; red: wanted', bars);
}

function latencyPlot({ closed }) {
  const operations = [...new Set(closed.map(({ operation }) => operation))];
  const all = operations.map((operation) => {
    const rows = closed.filter((row) => row.operation === operation).toSorted((a, b) => a.callers - b.callers);
    const curve = (name, target, measure) => ({ name, values: rows.map(({ targets }) => targets[target][measure]) });
    return {
      title: operation,
      places: rows.map(({ callers }) => callers),
      series: [
        curve('service, p50', 'service', 'p50'),
        curve('service, p99', 'service', 'p99'),
        curve('floor, p50', 'floor', 'p50'),
      ],
    };
  });
  return panels('Latency in ms by number of callers', all);
}

module.exports = { shares, panels, ratesPlot, latencyPlot };
