/** The cells that were run, in this session and in earlier ones, kept in one file for all notebooks. */
import { appendFile, chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { logOnce } from "./log.ts";

export interface HistoryEntry {
  readonly session: number;
  /** The number in `In [n]`. */
  readonly line: number;
  readonly input: string;
  /** The result as text. */
  readonly output?: string;
}

/** Bytes: from here on the older half of the file is dropped. */
const fileLimit = 4 << 20;
const entriesInMemory = 10_000;
/** UTF-16 units; longer ones are not kept in the file. */
const longestInput = 100_000;
const longestOutput = 10_000;

export class History {
  readonly #file: string;
  readonly #limit: number;
  #entries: HistoryEntry[] = [];
  #session = 1;
  #work: Promise<void> | undefined;

  constructor(file = defaultFile(), limit = fileLimit) {
    this.#file = file;
    this.#limit = limit;
  }

  /** Notes a cell that has ended. */
  add(line: number, input: string, output?: string): void {
    this.#then(async () => {
      const entry: HistoryEntry = {
        session: this.#session,
        line,
        input,
        ...(output !== undefined && { output: output.slice(0, longestOutput) }),
      };
      this.#entries.push(entry);
      if (this.#entries.length > entriesInMemory) this.#entries.splice(0, entriesInMemory / 10);
      if (input.length <= longestInput) await this.#append(`${JSON.stringify(entry)}\n`);
    });
  }

  /** The last `n` cells, oldest first. */
  async tail(n: number): Promise<readonly HistoryEntry[]> {
    await this.#ready();
    return last(this.#entries, n);
  }

  /**
   * Cells of one session.
   * @param session 0: this one; −1: the one before, and so on; positive: as an entry tells it
   * @param start first line
   * @param stop the line after the last one; undefined: to the end
   */
  async range(session: number, start: number, stop?: number): Promise<readonly HistoryEntry[]> {
    await this.#ready();
    const wanted = session > 0 ? session : this.#sessionBefore(-session);
    return this.#entries.filter(
      (entry) =>
        entry.session === wanted &&
        entry.line >= start &&
        (stop === undefined || entry.line < stop),
    );
  }

  /**
   * Cells whose whole source matches.
   * @param pattern `*` stands for any text and `?` for one character
   * @param n at most so many, the latest ones
   * @param unique of equal sources only the latest
   */
  async search(pattern: string, n?: number, unique = false): Promise<readonly HistoryEntry[]> {
    await this.#ready();
    let found = this.#entries.filter(({ input }) => matches(input, pattern));
    if (unique) found = [...new Map(found.map((entry) => [entry.input, entry])).values()];
    return n === undefined ? found : last(found, n);
  }

  /** Settles when all is written. */
  async close(): Promise<void> {
    await this.#work;
  }

  #sessionBefore(distance: number): number {
    if (distance === 0) return this.#session;
    const sessions = [...new Set(this.#entries.map(({ session }) => session))]
      .filter((session) => session !== this.#session)
      .sort((a, b) => b - a);
    return sessions[distance - 1] ?? Number.NaN;
  }

  async #ready(): Promise<void> {
    await this.#then(async () => {});
  }

  #then(task: () => Promise<void>): Promise<void> {
    const report = (error: Error) =>
      logOnce(`History is not kept in ${this.#file}: ${error.message}`);
    this.#work ??= this.#load().catch(report);
    this.#work = this.#work.then(task).catch(report);
    return this.#work;
  }

  async #load(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const lines = text.split("\n").filter((line) => line !== "");
    const entries = lines.map(parse).filter((entry) => entry !== undefined);
    this.#entries = last(entries, entriesInMemory / 2);
    this.#session = entries.reduce((latest, { session }) => Math.max(latest, session), 0) + 1;
    if (Buffer.byteLength(text) > this.#limit) await this.#shorten(lines);
  }

  async #append(line: string): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await appendFile(this.#file, line, { mode: 0o600 });
    // Someone else's copy or an older version may have left it open to others.
    if (((await stat(this.#file)).mode & 0o077) !== 0) await chmod(this.#file, 0o600);
  }

  async #shorten(lines: readonly string[]): Promise<void> {
    let bytes = 0;
    let start = lines.length;
    while (start > 0) {
      bytes += Buffer.byteLength(lines[start - 1]!) + 1;
      if (bytes > this.#limit / 2) break;
      start--;
    }
    const copy = `${this.#file}.${process.pid}`;
    try {
      await writeFile(copy, `${lines.slice(start).join("\n")}\n`, { mode: 0o600 });
      await rename(copy, this.#file);
    } catch (error) {
      await rm(copy, { force: true });
      throw error;
    }
  }
}

function defaultFile(): string {
  return join(jupyterDataFolder(), "typescript-kernel", "history.jsonl");
}

/** As jupyter_core finds it. */
function jupyterDataFolder(): string {
  const { JUPYTER_DATA_DIR, APPDATA, XDG_DATA_HOME } = process.env;
  if (JUPYTER_DATA_DIR) return JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (process.platform === "win32" && APPDATA) return join(APPDATA, "jupyter");
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}

function parse(line: string): HistoryEntry | undefined {
  try {
    const entry = JSON.parse(line);
    const valid =
      Number.isSafeInteger(entry.session) &&
      Number.isSafeInteger(entry.line) &&
      typeof entry.input === "string" &&
      (entry.output === undefined || typeof entry.output === "string");
    return valid ? entry : undefined;
  } catch {
    // Cut off by a full disk or a lost machine.
    return undefined;
  }
}

function last<T>(items: readonly T[], n: number): T[] {
  return n > 0 ? items.slice(-n) : [];
}

/** In time proportional to the product of the lengths at most, whatever the pattern is. */
function matches(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
