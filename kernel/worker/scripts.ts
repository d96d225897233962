/** The code that the worker made from TypeScript, and the way back from its lines. */
import { LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

export interface Script {
  /** What stands for the script in stack traces, such as `cell[3]`. */
  readonly name: string;
  /** Source map, version 3. */
  readonly map: string;
  /** The TypeScript; absent for a file, which can be read. */
  readonly source?: string;
}

export interface Position {
  readonly line: number;
  /** Counted from 1, as in stack traces. */
  readonly column: number;
}

/** Scripts whose positions are known; older ones show the positions of their JavaScript. */
const remembered = 5_000;

export class Scripts {
  readonly #scripts = new Map<string, Script>();
  /** Only of scripts that were in a stack trace. */
  readonly #maps = new Map<string, TraceMap>();

  add(url: string, script: Script): void {
    this.#scripts.delete(url);
    this.#maps.delete(url);
    this.#scripts.set(url, script);
    for (const oldest of this.#scripts.keys()) {
      if (this.#scripts.size <= remembered) break;
      this.#scripts.delete(oldest);
      this.#maps.delete(oldest);
    }
  }

  get(url: string): Script | undefined {
    return this.#scripts.get(url);
  }

  /** The place in the TypeScript; undefined where none belongs to the place in the JavaScript. */
  original(url: string, { line, column }: Position): Position | undefined {
    const script = this.#scripts.get(url);
    if (!script) return undefined;
    let map = this.#maps.get(url);
    if (!map) {
      map = new TraceMap(script.map);
      this.#maps.set(url, map);
    }
    const place = { line, column: column - 1 };
    let found = originalPositionFor(map, place);
    // Before the first mapped place of its line.
    if (found.line === null)
      found = originalPositionFor(map, { ...place, bias: LEAST_UPPER_BOUND });
    return found.line === null ? undefined : { line: found.line, column: found.column + 1 };
  }
}
