/** What a suite found, as a page. */
import { escapeHtml, htmlPage } from '../html-page.js';
import type { ValidationResult } from '../../training/validation/validate.js';

/** @param view what was judged */
export function validationPage({ suite, success, elements, results }: ValidationResult, view: string): string {
  const rows = results.map(({ expectation: { type, kwargs }, success: passed, elements: all, ...found }) => {
    const { missing = 0, unexpected, observed } = found;
    const { column, ...rule } = { column: '', ...kwargs };
    const figures =
      unexpected !== undefined
        ? `${unexpected} of ${(all ?? 0) - missing} unexpected${missing > 0 ? `, ${missing} without a value` : ''}`
        : observed === undefined
          ? ''
          : `observed ${observed}`;
    const cells = [type, passed ? 'passed' : 'failed', column, JSON.stringify(rule), figures];
    return `<tr class="${passed ? 'ok' : 'no'}">${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  return htmlPage(
    `${suite}: ${success ? 'passed' : 'failed'}`,
    `<p>${elements} rows of ${escapeHtml(view)}.</p>
<table><tr><th>Expectation</th><th></th><th>Column</th><th>Rule</th><th>Found</th></tr>
${rows.join('\n')}</table>`,
  );
}
