/** What the cells of a lesson put out with quick settings: NN.json, and pictures beside it. */
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isJson, type MimeBundle } from "./notebook.ts";
import { type CellRecord, isPicture, type OutputRecord } from "./record.ts";

/** By the number of the cell, `n` of `In [n]`. */
export type Records = ReadonlyMap<number, CellRecord>;

export class QuickBaseline {
  readonly #folder: string;
  /** The lesson's number, or its whole name where it has none. */
  readonly #prefix: string;

  constructor(folder: string, lesson: string) {
    this.#folder = folder;
    const name = basename(lesson, ".ipynb");
    this.#prefix = /^\d+(?=-)/.exec(name)?.[0] ?? name;
  }

  get file(): string {
    return join(this.#folder, `${this.#prefix}.json`);
  }

  /** Undefined where nothing was recorded yet. */
  async read(): Promise<Records | undefined> {
    const text = await readFile(this.file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const cells = JSON.parse(text) as Record<string, CellRecord>;
    const records = new Map<number, CellRecord>();
    for (const [number, record] of Object.entries(cells)) {
      records.set(Number(number), await this.#load(record));
    }
    return records;
  }

  async write(records: Records): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.#removePictures(this.#folder);
    const cells: Record<string, unknown> = {};
    for (const [number, record] of records) cells[number] = await this.#store(number, record);
    await writeFile(this.file, `${JSON.stringify(cells, null, 2)}\n`);
  }

  /** Leaves a picture that differs where it is looked for: beside the old one. */
  async leave(cell: number, output: number, picture: Buffer): Promise<string> {
    const file = join(this.#folder, "new", this.#picture(cell, output));
    await mkdir(join(this.#folder, "new"), { recursive: true });
    await writeFile(file, picture);
    return file;
  }

  /** Removes what an earlier run left. */
  async clean(): Promise<void> {
    const folder = join(this.#folder, "new");
    await this.#removePictures(folder);
    await rmdir(folder).catch(() => undefined); // not empty, or not there
  }

  #picture(cell: number, output: number): string {
    return `${this.#prefix}-${cell}-${output}.png`;
  }

  async #removePictures(folder: string): Promise<void> {
    for (const name of await readdir(folder).catch(() => [])) {
      const isOurs = name.startsWith(`${this.#prefix}-`) && /-\d+-\d+\.png$/.test(name);
      if (isOurs) await rm(join(folder, name));
    }
  }

  #store(cell: number, record: CellRecord): Promise<unknown> {
    return mapTexts(record, splitLines, async (data, output) => {
      const name = this.#picture(cell, output);
      await writeFile(join(this.#folder, name), Buffer.from(String(data), "base64"));
      return name;
    });
  }

  async #load(stored: object): Promise<CellRecord> {
    return (await mapTexts(stored, joinLines, (name) =>
      readFile(join(this.#folder, String(name)), "base64").catch(() => undefined),
    )) as CellRecord;
  }
}

/** Changes all texts of a record, and its pictures. */
async function mapTexts(
  record: CellRecord | object,
  text: (value: unknown) => unknown,
  picture: (value: unknown, output: number) => Promise<unknown>,
): Promise<object> {
  if ("kinds" in record) return record;
  const { stdout, stderr, shown, ...rest } = record as OutputRecord;
  const bundles: MimeBundle[] = [];
  for (const [at, data] of (shown ?? []).entries()) {
    const bundle: MimeBundle = {};
    for (const [type, value] of Object.entries(data)) {
      if (isPicture(type)) bundle[type] = await picture(value, at + 1);
      else bundle[type] = isJson(type) ? value : text(value);
    }
    bundles.push(bundle);
  }
  return {
    ...(stdout && { stdout: text(stdout) }),
    ...(stderr && { stderr: text(stderr) }),
    ...(shown && { shown: bundles }),
    ...rest,
  };
}

/** Texts of several lines are kept as lists of lines: a changed line is then one line of the file. */
const splitLines = (value: unknown): unknown =>
  typeof value === "string" && value.includes("\n") ? value.split("\n") : value;

const joinLines = (value: unknown): unknown => (Array.isArray(value) ? value.join("\n") : value);
