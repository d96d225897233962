/**
 * What a lesson claims, checked wherever the lesson runs: a claim that does not hold fails its cell. Each claim
 * prints one line, which starts with PASSED, FAILED or SKIPPED; the headless run of the lessons counts them.
 */
import { inspect } from "node:util";

/** Whose values a run uses: the committed lesson's, or the reduced ones of a quick check. */
export type Settings = "full" | "quick";

/** Both ends belong to the range; one may be left open. */
export type Range =
  | { readonly atLeast: number; readonly atMost?: number }
  | { readonly atLeast?: number; readonly atMost: number };

/** Where the value must lie, or in words why nothing can be asked of it. */
export type Expectation = Range | string;

/** A claim of the lesson does not hold. */
export class GateError extends Error {
  override name = "GateError";
}

/**
 * Checks a measured number. The lesson's own settings and the reduced ones of a quick run promise different
 * values, so both are stated:
 *
 * ```ts
 * gate("test accuracy", accuracy, { quick: { atLeast: 0.985 }, full: { atLeast: 0.9955 } });
 * gate("mean of three seeds", mean, { quick: "one seed only", full: { atLeast: 0.94 } });
 * ```
 *
 * @param value undefined is allowed only where nothing is asked of it
 * @throws {GateError} the value lies outside its range, or is not a number
 */
export function gate(
  name: string,
  value: number | undefined,
  expectations: Readonly<Record<Settings, Expectation>>,
): void {
  const settings = currentSettings();
  const expected = expectations[settings];
  const found = value === undefined ? "not measured" : format(value);
  if (typeof expected === "string") {
    report("SKIPPED", `${name}: ${found} (${expected})`);
    return;
  }
  const { atLeast = -Infinity, atMost = Infinity } = expected;
  if (!(atLeast <= atMost) || (atLeast === -Infinity && atMost === Infinity)) {
    throw new RangeError(
      `The gate "${name}" has the range ${inspect(expected)}: expected numbers, atLeast ≤ atMost.`,
    );
  }
  const wanted = describe(expected);
  if (value !== undefined && value >= atLeast && value <= atMost) {
    report("PASSED", `${name}: ${found}, expected ${wanted}`);
    return;
  }
  fail(`${name}: ${found}, expected ${wanted} with ${settings} settings`);
}

/**
 * Checks what must hold with any settings: equal boxes, a label that comes first.
 *
 * @param found shown where the claim does not hold
 * @throws {GateError} `holds` is false
 */
export function check(claim: string, holds: boolean, found?: unknown): void {
  if (holds) {
    report("PASSED", claim);
    return;
  }
  const shown = found === undefined ? "" : `, found ${inspect(found, { depth: 4 })}`;
  fail(`${claim}: does not hold${shown}`);
}

/** Says of a claim that it is not checked in this run, and why: data or weights that are not there. */
export function skip(claim: string, reason: string): void {
  report("SKIPPED", `${claim} (${reason})`);
}

/** Set by the headless run; without it a lesson keeps the promises of its own settings. */
function currentSettings(): Settings {
  const settings = process.env.CONVNET_LAB_SETTINGS || "full";
  if (settings === "full" || settings === "quick") return settings;
  throw new RangeError(
    `The environment variable CONVNET_LAB_SETTINGS is "${settings}": expected "quick" or "full".`,
  );
}

function describe({ atLeast, atMost }: Range): string {
  if (atLeast === atMost) return `exactly ${atLeast}`;
  if (atMost === undefined) return `at least ${atLeast}`;
  if (atLeast === undefined) return `at most ${atMost}`;
  return `from ${atLeast} to ${atMost}`;
}

/** Six digits: enough that a value just outside its range does not look as if it were inside. */
const format = (value: number): string => String(Number(value.toPrecision(6)));

function fail(message: string): never {
  report("FAILED", message);
  throw new GateError(message);
}

function report(result: "PASSED" | "FAILED" | "SKIPPED", message: string): void {
  console.log(`${result.padEnd(7)} ${message}`);
}
