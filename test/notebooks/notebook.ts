/** Notebook files: nbformat 4, read and written as Jupyter does, with texts joined while in memory. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";

export type MimeBundle = Record<string, unknown>;

export interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: string;
}

export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}

export interface RichOutput {
  output_type: "display_data" | "execute_result";
  execution_count?: number | null;
  data: MimeBundle;
  metadata: MimeBundle;
}

export type Output = StreamOutput | ErrorOutput | RichOutput;

export interface CellMetadata {
  tags?: string[];
  [name: string]: unknown;
}

export interface CodeCell {
  cell_type: "code";
  id?: string;
  metadata: CellMetadata;
  source: string;
  execution_count: number | null;
  outputs: Output[];
}

export interface TextCell {
  cell_type: "markdown" | "raw";
  id?: string;
  metadata: CellMetadata;
  source: string;
  attachments?: unknown;
}

export type Cell = CodeCell | TextCell;

export interface Notebook {
  cells: Cell[];
  metadata: { kernelspec?: { name?: string }; language_info?: unknown; [name: string]: unknown };
  nbformat: number;
  nbformat_minor: number;
}

export const isCode = (cell: Cell): cell is CodeCell => cell.cell_type === "code";

/** Cells that a frontend runs: it sends nothing for a blank one, which so gets no number either. */
export const runs = (cell: Cell): cell is CodeCell => isCode(cell) && cell.source.trim() !== "";

export const hasTag = (cell: Cell, tag: string): boolean =>
  cell.metadata.tags?.includes(tag) ?? false;

/** @throws if the file is not a notebook of nbformat 4 */
export async function readNotebook(path: string): Promise<Notebook> {
  const name = basename(path);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${name} is not a notebook: it is not JSON (${error.message}).`);
  }
  const notebook = content as Notebook;
  if (notebook?.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new Error(
      `${name} is not a notebook of format 4: it has nbformat ${notebook?.nbformat}. ` +
        "Open it in JupyterLab and save it there.",
    );
  }
  for (const cell of notebook.cells) {
    cell.source = joined(cell.source);
    for (const output of isCode(cell) ? cell.outputs : []) {
      if (output.output_type === "stream") output.text = joined(output.text);
      else if (output.output_type !== "error") output.data = mapTexts(output.data, joined);
    }
  }
  return notebook;
}

/** Writes to a temporary name first: a full disk must not cost a notebook. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: lines(cell.source),
    ...(isCode(cell) && { outputs: cell.outputs.map(splitOutput) }),
  }));
  const content = `${JSON.stringify(sorted({ ...notebook, cells }), null, 1)}\n`;
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

function splitOutput(output: Output): unknown {
  if (output.output_type === "stream") return { ...output, text: lines(output.text) };
  if (output.output_type === "error") return output;
  return { ...output, data: mapTexts(output.data, lines) };
}

/** The format keeps texts as lists of lines, which compare better; JSON and base64 stay as they are. */
function mapTexts(data: MimeBundle, change: (text: string) => unknown): MimeBundle {
  const isText = (type: string) =>
    type.startsWith("text/") || type === "image/svg+xml" || type === "application/javascript";
  return Object.fromEntries(
    Object.entries(data).map(([type, value]) => [
      type,
      isText(type) ? change(joined(value)) : isJson(type) ? value : joined(value),
    ]),
  );
}

export const isJson = (type: string): boolean =>
  type === "application/json" || type.endsWith("+json");

function joined(text: unknown): string {
  return Array.isArray(text) ? text.join("") : String(text ?? "");
}

const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Jupyter sorts keys, so that a notebook saved in JupyterLab and one written here differ in nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
