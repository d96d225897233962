/** HTML that is safe and looks right in light and dark frontends: it takes its colours from where it stands. */

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** A table of texts. Columns of numbers stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly caption?: string; readonly right?: readonly boolean[] } = {},
): string {
  const cell = (tag: "td" | "th", text: string, column: number): string => {
    const align = options.right?.[column]
      ? ' style="text-align: right"'
      : ' style="text-align: left"';
    return `<${tag}${align}>${escapeHtml(text)}</${tag}>`;
  };
  const line = (tag: "td" | "th", texts: readonly string[]): string =>
    `<tr>${texts.map((text, column) => cell(tag, text, column)).join("")}</tr>`;
  const caption = options.caption
    ? `<caption style="text-align: left; white-space: nowrap">${escapeHtml(options.caption)}</caption>`
    : "";
  const header = head.length > 0 ? `<thead>${line("th", head)}</thead>` : "";
  const body = rows.map((row) => line("td", row)).join("\n");
  return `<table>${caption}${header}<tbody>\n${body}\n</tbody></table>`;
}
