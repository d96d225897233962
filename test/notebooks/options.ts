import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Problem } from "../../lib/setup/engine/problem.mjs";

export interface Options {
  readonly files: readonly string[];
  readonly full: boolean;
  readonly update: boolean;
  /** In place of the lessons' own. */
  readonly seed: number | undefined;
  /** Seconds for a cell that names no limit of its own. */
  readonly timeout: number;
  readonly out: string;
  readonly baselines: string;
  readonly help: boolean;
}

export const usage = `npm run lessons -- [options] [files or numbers…]

Runs lessons through the kernel and compares what they put out with what is recorded.

  --full           the lesson's own settings and data (CONVNET_LAB_MIRROR), compared with its committed outputs;
                   default: quick settings, no mirror, compared with test/notebooks/quick
  --seed N         another seed than the lessons' own: nothing is compared, but what a lesson claims has to hold
  --update         record what comes out now
  --timeout S      seconds for a cell without a limit of its own (default 120, with --full 600)
  --out DIR        folder of the executed copies (default build/lessons)
  --baselines DIR  folder of the quick baselines (default test/notebooks/quick)
  --help           print this`;

const hint = "`npm run lessons -- --help` lists the options";

/** @throws {Problem} an unknown option, a bad value or a lesson that is not there */
export async function parseOptions(args: readonly string[], root: string): Promise<Options> {
  const { values, positionals } = parse(args);
  const full = values.full ?? false;
  const seed = parseSeed(values.seed);
  if (seed !== undefined && values.update) {
    throw new Problem("--update records a run with the lessons' own seeds, not with --seed.", hint);
  }
  // npm runs scripts in the package's folder, whatever folder its user is in.
  const here = process.env.INIT_CWD ?? process.cwd();
  return {
    files: values.help ? [] : await findLessons(positionals, root, here),
    full,
    update: values.update ?? false,
    seed,
    timeout: parseTimeout(values.timeout) ?? (full ? 600 : 120),
    out: values.out ? resolve(here, values.out) : join(root, "build", "lessons"),
    baselines: values.baselines
      ? resolve(here, values.baselines)
      : join(root, "test", "notebooks", "quick"),
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        full: { type: "boolean" },
        update: { type: "boolean" },
        seed: { type: "string" },
        timeout: { type: "string" },
        out: { type: "string" },
        baselines: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new Problem(String((error as Error).message.split(". ")[0]), hint);
  }
}

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new Problem(`--timeout "${text}" is not a positive number of seconds.`, hint);
}

function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new Problem(`--seed "${text}" is not a whole number from 0.`, hint);
}

/** A lesson is named by its file, or by what its name in notebooks/ starts with, such as its number. */
async function findLessons(
  names: readonly string[],
  root: string,
  here: string,
): Promise<string[]> {
  const folder = join(root, "notebooks");
  const entries = await readdir(folder).catch(() => []);
  const all = entries.filter((name) => name.endsWith(".ipynb")).sort();
  if (names.length === 0) return all.map((name) => join(folder, name));
  return names.flatMap((name) => {
    const file = resolve(here, name);
    if (name.endsWith(".ipynb") && existsSync(file)) return [file];
    const stem = basename(name).replace(/\.(ipynb|ts)$/, "");
    const found = all.filter((lesson) => lesson.startsWith(stem));
    if (found.length > 0) return found.map((lesson) => join(folder, lesson));
    throw new Problem(
      `There is no lesson "${name}": it is neither a file nor the beginning of a name in notebooks/.`,
      hint,
    );
  });
}
