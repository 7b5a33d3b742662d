/** A chart of ratios as SVG: one bar each, and a line where both are equal. */
import type { Ratio } from './report.js';

const layout = { width: 760, label: 330, row: 26, top: 34, right: 60 } as const;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @param title - a line above the bars */
export function chart(title: string, ratios: readonly Ratio[]): string {
  const { width, label, row, top, right } = layout;
  const height = top + row * ratios.length + 14;
  const largest = Math.max(1, ...ratios.map(({ value }) => value));
  const scale = (width - label - right) / largest;
  const x = (value: number): string => (label + value * scale).toFixed(1);
  const bars = ratios.map(({ name, value }, i) => {
    const y = top + row * i;
    return [
      `<text x="${label - 8}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${label}" y="${y + 3}" width="${(value * scale).toFixed(1)}" height="16" rx="2" fill="#3b74b8"/>`,
      `<text x="${x(value)}" dx="6" y="${y + 15}">${value.toFixed(2)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>text { font: 13px system-ui, sans-serif; fill: #667 } .title { font-weight: 600 }</style>
<text class="title" x="8" y="20">${escaped(title)}</text>
${bars.join('\n')}
<line x1="${x(1)}" x2="${x(1)}" y1="${top - 4}" y2="${height - 8}" stroke="#c33" stroke-dasharray="4 3"/>
</svg>
`;
}
