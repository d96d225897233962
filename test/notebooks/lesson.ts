/** One lesson: run, compare, record. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { loadImage } from "canvas";
import { QuickBaseline, type Records } from "./baseline.ts";
import { type Counts, countClaims } from "./claims.ts";
import { compareRecords, type Difference } from "./compare.ts";
import { execute, type Stop } from "./execute.ts";
import { findKernel } from "./kernelspec.ts";
import {
  type CodeCell,
  hasTag,
  type Notebook,
  readNotebook,
  runs,
  writeNotebook,
} from "./notebook.ts";
import { dropNotices } from "./notices.ts";
import type { Options } from "./options.ts";
import { type Place, Places } from "./place.ts";
import { type CellRecord, isPicture, recordOf } from "./record.ts";
import { type InjectedSettings, runSettings, tags, toleranceOf } from "./settings.ts";
import { withoutUnpublished } from "./unpublished.ts";

export interface Failure {
  readonly message: string;
  /** Absent where the notebook as a whole is at fault. */
  readonly place?: Place;
  /** More lines: a diff, a stack trace, where the new picture is. */
  readonly details: readonly string[];
}

export interface LessonResult {
  readonly file: string;
  readonly cells: number;
  readonly claims: Counts;
  readonly failures: readonly Failure[];
  readonly updated: boolean;
}

export interface LessonContext {
  readonly root: string;
  readonly options: Pick<Options, "full" | "update" | "seed" | "timeout" | "out" | "baselines">;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

export async function runLesson(file: string, context: LessonContext): Promise<LessonResult> {
  const { root, options, onProgress, signal } = context;
  const notebook = await readNotebook(file);
  const cells = notebook.cells.filter(runs);
  const committed = options.full ? await recordsOf(cells, true) : undefined;
  const settings = runSettings(notebook, options);
  for (const cell of cells) toleranceOf(cell);
  const places = new Places(file, notebook);

  const stop = await execute(notebook, {
    ...{ file, timeout: options.timeout, signal },
    ...(settings && { settings }),
    spec: await findKernel(root, notebook.metadata.kernelspec?.name),
    env: environment(options.full),
    onCell: (cell, at, of) => onProgress(`cell ${at} of ${of}: ${places.of(cell).source}`),
  });
  dropNotices(cells);
  await writeExecuted(file, notebook, settings, options);

  const result = { file, cells: cells.length, claims: countClaims(cells) };
  const broken = stop
    ? [describeStop(stop, places, settings)]
    : await brokenPictures(cells, places);
  if (broken.length > 0) return { ...result, failures: broken, updated: false };
  // With another seed the numbers are others; its claims are what has to hold.
  if (options.seed !== undefined) return { ...result, failures: [], updated: false };
  const baseline = new QuickBaseline(options.baselines, file);
  if (options.update) {
    if (options.full) await writeNotebook(file, await withoutUnpublished(notebook));
    else await baseline.write(await recordsOf(cells, false));
    return { ...result, failures: [], updated: true };
  }
  const differences = new Differences(file, options, places, baseline);
  const expected = committed ?? (await baseline.read());
  const failures = await differences.find(cells, expected);
  return { ...result, failures, updated: false };
}

/** A quick run knows no mirror, so that it is the same everywhere. */
function environment(full: boolean): NodeJS.ProcessEnv {
  const { CONVNET_LAB_MIRROR: mirror, ...env } = process.env;
  return full
    ? { ...env, CONVNET_LAB_SETTINGS: "full", ...(mirror && { CONVNET_LAB_MIRROR: mirror }) }
    : { ...env, CONVNET_LAB_SETTINGS: "quick" };
}

async function recordsOf(cells: readonly CodeCell[], full: boolean): Promise<Records> {
  const records = new Map<number, CellRecord>();
  for (const [at, cell] of cells.entries()) {
    const record = await recordOf(cell, full);
    if (record) records.set(at + 1, record);
  }
  return records;
}

async function writeExecuted(
  file: string,
  notebook: Notebook,
  settings: InjectedSettings | undefined,
  { out }: Pick<Options, "out">,
): Promise<void> {
  const cells = notebook.cells.flatMap((cell) =>
    cell === settings?.after ? [cell, settings.injected] : [cell],
  );
  await mkdir(out, { recursive: true });
  await writeNotebook(join(out, basename(file)), { ...notebook, cells });
}

function describeStop(
  { cell, reason, traceback }: Stop,
  places: Places,
  settings: InjectedSettings | undefined,
): Failure {
  const details = traceback.flatMap((line) => stripVTControlCharacters(line).split("\n"));
  if (cell === settings?.injected) {
    return {
      message: `the settings of this run: ${reason}`,
      place: places.of(settings.after),
      details,
    };
  }
  return { message: reason, place: places.ofError(cell, traceback), details };
}

/** Also where pictures are not compared, they must at least be pictures. */
async function brokenPictures(cells: readonly CodeCell[], places: Places): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const cell of cells) {
    for (const output of cell.outputs) {
      if (output.output_type === "stream" || output.output_type === "error") continue;
      for (const [type, data] of Object.entries(output.data)) {
        if (!isPicture(type)) continue;
        const error = await loadImage(Buffer.from(String(data), "base64")).then(
          () => undefined,
          (reason: Error) => reason,
        );
        if (!error) continue;
        const message = `shows ${type} that is not a picture (${error.message})`;
        failures.push({ message, place: places.of(cell), details: [] });
      }
    }
  }
  return failures;
}

class Differences {
  readonly #folder: string;
  readonly #options: Pick<Options, "full">;
  readonly #places: Places;
  readonly #baseline: QuickBaseline;

  constructor(
    file: string,
    options: Pick<Options, "full" | "out">,
    places: Places,
    baseline: QuickBaseline,
  ) {
    this.#folder = join(options.out, "differences", basename(file, ".ipynb"));
    this.#options = options;
    this.#places = places;
    this.#baseline = baseline;
  }

  async find(cells: readonly CodeCell[], expected: Records | undefined): Promise<Failure[]> {
    await rm(this.#folder, { recursive: true, force: true });
    await this.#baseline.clean();
    const update = `npm run lessons -- ${this.#options.full ? "--full " : ""}--update`;
    if (!expected || (this.#options.full && expected.size === 0)) {
      return [{ message: `nothing to compare with: record it by \`${update}\``, details: [] }];
    }
    const failures: Failure[] = [];
    for (const [at, cell] of cells.entries()) {
      const rules = { tolerance: toleranceOf(cell), timed: hasTag(cell, tags.timed) };
      const found = await compareRecords(
        await recordOf(cell, this.#options.full),
        expected.get(at + 1),
        rules,
      );
      for (const difference of found) failures.push(await this.#describe(cell, difference));
    }
    const lost = [...expected.keys()].filter((number) => number > cells.length);
    if (lost.length > 0) {
      const message = `cells ${lost.join(", ")} are recorded but not there: record anew by \`${update}\``;
      failures.push({ message, details: [] });
    }
    return failures;
  }

  async #describe(cell: CodeCell, { message, diff, picture }: Difference): Promise<Failure> {
    const place = this.#places.of(cell);
    if (!picture) return { message, place, details: diff };
    const { output, now, old } = picture;
    if (!this.#options.full) {
      const left = await this.#baseline.leave(place.cell, output, now);
      return { message, place, details: [...diff, `the new picture: ${left}`] };
    }
    await mkdir(this.#folder, { recursive: true });
    const name = (which: string) => join(this.#folder, `cell-${place.cell}-${output}.${which}.png`);
    if (old) await writeFile(name("old"), old);
    await writeFile(name("new"), now);
    return { message, place, details: [...diff, `the pictures: ${this.#folder}`] };
  }
}
