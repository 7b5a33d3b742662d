/** A report as one HTML file: no script, nothing from elsewhere. */

export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`);

/** Rows of class `ok` and `no` have their second cell in green and in red. @param body HTML */
export const htmlPage = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:15px system-ui;margin:2em auto;max-width:60em}td,th{padding:.3em .6em;border-top:1px solid #ccc;vertical-align:top;text-align:left}
.no td:nth-child(2){color:#b00020;font-weight:bold}.ok td:nth-child(2){color:#1b6e3c}svg{width:100%}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${body}
</body></html>
`;
