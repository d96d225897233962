/** From the server's completion list to what Jupyter shows. */
import { type DeclarationKind, identifier } from "../cell/index.ts";
import type { CompletionList, LspCompletionItem, Range } from "./lsp.ts";
import { type ModuleText, prefix } from "./module.ts";
import type { Completion, CompletionItem } from "./types.ts";

/** More than a person looks through; a longer list only costs time on its way to the browser. */
const limit = 1000;

/** LSP's CompletionItemKind, which counts from 1. */
const kinds = [
  "text",
  "method",
  "function",
  "class",
  "property",
  "variable",
  "class",
  "interface",
  "module",
  "property",
  "unit",
  "value",
  "enum",
  "keyword",
  "snippet",
  "color",
  "path",
  "reference",
  "path",
  "enum member",
  "constant",
  "struct",
  "event",
  "operator",
  "type",
];

const keywordKind = 14;

/** Where the word starts and ends that the offset is in or beside. */
export function wordAround(source: string, offset: number): { start: number; end: number } {
  const line =
    Math.max(source.lastIndexOf("\n", offset - 1), source.lastIndexOf("\r", offset - 1)) + 1;
  const rest = source.slice(line).search(/[\r\n]/);
  const text = source.slice(line, rest < 0 ? undefined : line + rest);
  for (const { index, 0: word } of text.matchAll(identifier)) {
    const start = line + index;
    if (start <= offset && offset <= start + word.length)
      return { start, end: start + word.length };
  }
  return { start: offset, end: offset };
}

/** A completion that still has the server's own items, from which more can be asked. */
export interface Candidates {
  readonly items: readonly { readonly text: string; readonly item: LspCompletionItem }[];
  readonly start: number;
  readonly end: number;
}

/** Chooses and sorts: what continues the text before `offset`, and can replace one range. */
export function chooseCandidates(
  list: CompletionList,
  module: ModuleText,
  source: string,
  offset: number,
): Candidates {
  const word = wordAround(source, offset);
  const fallback = wholeRange(list.itemDefaults?.editRange);
  const candidates = list.items
    .filter(({ label }) => !label.startsWith(prefix))
    .map((item) => {
      const range = wholeRange(item.textEdit) ?? fallback;
      return { item, range: (range && module.toOffsets(range)) ?? word };
    })
    .sort((a, b) => compare(a.item, b.item));
  // One range serves all in Jupyter: the one that most items have. Others, such as `["a-b"]` for a dot, are left out.
  const range = commonRange(candidates.map((candidate) => candidate.range)) ?? word;
  const typed = source.slice(range.start, offset).toLowerCase();
  const items = new Map<string, LspCompletionItem>();
  for (const { item, range: own } of candidates) {
    if (own.start !== range.start || own.end !== range.end) continue;
    const text = item.textEdit?.newText ?? item.insertText ?? item.label;
    if (items.has(text) || !text.toLowerCase().startsWith(typed)) continue;
    items.set(text, item);
    if (items.size === limit) break;
  }
  return { items: [...items].map(([text, item]) => ({ text, item })), ...range };
}

const callableKinds: ReadonlySet<number | undefined> = new Set([2, 3]);

/** Has parameters that its name alone does not tell. */
export function isCallable(item: LspCompletionItem): boolean {
  return callableKinds.has(item.kind);
}

/**
 * @param kindOf how an earlier cell declares a name, or `import`; to the server each is an import.
 * @param details what the server told about items when asked for more, such as `(method) Array.at(i: number): T` or
 * `(alias) function add(a: number): number`.
 */
export function toCompletion(
  { items, start, end }: Candidates,
  kindOf: (name: string) => DeclarationKind | undefined,
  details: ReadonlyMap<LspCompletionItem, string>,
): Completion {
  return {
    start,
    end,
    items: items.map(({ text, item }): CompletionItem => {
      const [detail = ""] = details.get(item)?.split("\n", 1) ?? [];
      // An import may have another name here than where it is declared.
      const [, imported, name = item.label] =
        /^\(alias\) (\w+)(?: ([\p{ID_Continue}$]+))?/u.exec(detail) ?? [];
      const declared = isVariable(item) ? kindOf(text) : undefined;
      const type =
        typeOf(declared === "import" ? imported : declared) ??
        kinds[(item.kind ?? 1) - 1] ??
        "text";
      const signature =
        type === "function" || type === "method" ? signatureIn(detail, name) : undefined;
      return { text, type, ...(signature !== undefined && { signature }) };
    }),
  };
}

/** What follows the name, as `(a: number): void` does in `(method) Thing.name(a: number): void`. */
function signatureIn(detail: string, name: string): string | undefined {
  for (let at = detail.indexOf(name); at >= 0; at = detail.indexOf(name, at + 1)) {
    const rest = detail.slice(at + name.length);
    if (/[ .]/.test(detail[at - 1] ?? " ") && /^[(<]/.test(rest)) return rest;
  }
  return undefined;
}

/** A declaration's keyword in the words of the list above. */
function typeOf(keyword: string | undefined): string | undefined {
  if (keyword === "const" || keyword === "let" || keyword === "var") return "variable";
  return keyword === "namespace" ? "module" : keyword;
}

function isVariable(item: LspCompletionItem): boolean {
  return kinds[(item.kind ?? 1) - 1] === "variable";
}

function compare(a: LspCompletionItem, b: LspCompletionItem): number {
  return order(rank(a), rank(b)) || order(a.label, b.label);
}

/** By code units: a collation would put the keywords' mark first. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What the code declares before globals, and keywords last. */
function rank(item: LspCompletionItem): string {
  return item.kind === keywordKind ? "~" : (item.sortText ?? item.label);
}

type EditRange = Range | { readonly range?: Range; readonly replace?: Range };

function wholeRange(edit: EditRange | undefined): Range | undefined {
  if (!edit) return undefined;
  if ("start" in edit) return edit;
  return edit.replace ?? edit.range;
}

function commonRange(
  ranges: readonly { start: number; end: number }[],
): { start: number; end: number } | undefined {
  const counts = new Map<string, { range: { start: number; end: number }; count: number }>();
  for (const range of ranges) {
    const key = `${range.start}:${range.end}`;
    const entry = counts.get(key) ?? { range, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  return [...counts.values()].reduce<
    { range: { start: number; end: number }; count: number } | undefined
  >((best, entry) => (best && best.count >= entry.count ? best : entry), undefined)?.range;
}
