import { isDeepStrictEqual } from "node:util";
import { comparePictures } from "../pictures.ts";
import { isJson, type MimeBundle } from "./notebook.ts";
import { type CellRecord, isPicture, type KindsRecord, type OutputRecord } from "./record.ts";
import { closeNumbers, diffLines, sameText, type TextRules } from "./text.ts";

export interface Difference {
  /** Which output, and how it differs. */
  readonly message: string;
  readonly diff: readonly string[];
  /** The picture as it is now, and which of the cell's outputs it is, from 1. */
  readonly picture?: { readonly output: number; readonly now: Buffer; readonly old?: Buffer };
}

/** How what a cell put out differs from what was recorded. */
export async function compareRecords(
  actual: CellRecord = {},
  expected: CellRecord = {},
  rules: TextRules,
): Promise<Difference[]> {
  if ("kinds" in actual || "kinds" in expected) return compareKinds(actual, expected);
  const differences: Difference[] = [];
  for (const part of ["stdout", "stderr", "error"] as const) {
    differences.push(...compareTexts(part, actual[part] ?? "", expected[part] ?? "", rules));
  }
  differences.push(...(await compareShown(actual, expected, rules)));
  return differences;
}

function compareKinds(actual: CellRecord, expected: CellRecord): Difference[] {
  const [now, old] = [actual, expected].map((record) =>
    kindsOf(record).map((types) => types.join(", ")),
  );
  if (isDeepStrictEqual(now, old)) return [];
  const diff = [...old!.map((line) => `- ${line}`), ...now!.map((line) => `+ ${line}`)];
  return [{ message: "the kinds of the outputs differ", diff }];
}

const kindsOf = (record: KindsRecord | OutputRecord): readonly (readonly string[])[] =>
  "kinds" in record ? record.kinds : (record.shown ?? []).map((data) => Object.keys(data).sort());

async function compareShown(
  { shown: actual = [] }: OutputRecord,
  { shown: expected = [] }: OutputRecord,
  rules: TextRules,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (let at = 0; at < Math.max(actual.length, expected.length); at++) {
    const [now, old] = [actual[at], expected[at]];
    const output = at + 1;
    const all = [...Object.keys(now ?? {}), ...Object.keys(old ?? {})];
    for (const type of new Set(all)) {
      const name = `output ${output}, ${type}`;
      differences.push(...(await compareData({ name, type, output }, now, old, rules)));
    }
  }
  return differences;
}

async function compareData(
  { name, type, output }: { name: string; type: string; output: number },
  now: MimeBundle | undefined,
  old: MimeBundle | undefined,
  rules: TextRules,
): Promise<Difference[]> {
  const [actual, expected] = [now?.[type], old?.[type]];
  if (isPicture(type)) {
    const [a, b] = [actual, expected].map((data) =>
      typeof data === "string" ? Buffer.from(data, "base64") : undefined,
    );
    const message = a && b ? await comparePicture(a, b) : a ? "is new" : "is missing";
    const picture = a && { output, now: a, ...(b && { old: b }) };
    return message
      ? [{ message: `${name}: ${message}`, diff: [], ...(picture && { picture }) }]
      : [];
  }
  if (isJson(type)) {
    if (sameJson(actual, expected, rules.tolerance)) return [];
    const [a, b] = [actual, expected].map((data) => JSON.stringify(data, null, 1) ?? "");
    return [{ message: `${name} differs`, diff: diffLines(a!, b!, rules) }];
  }
  return compareTexts(name, String(actual ?? ""), String(expected ?? ""), rules);
}

async function comparePicture(actual: Buffer, expected: Buffer): Promise<string> {
  try {
    return (await comparePictures(actual, expected)).message;
  } catch (error) {
    return `cannot be read (${(error as Error).message})`;
  }
}

function compareTexts(
  name: string,
  actual: string,
  expected: string,
  rules: TextRules,
): Difference[] {
  if (sameText(actual, expected, rules)) return [];
  const message = expected === "" ? "is new" : actual === "" ? "is missing" : "differs";
  return [{ message: `${name} ${message}`, diff: diffLines(actual, expected, rules) }];
}

function sameJson(actual: unknown, expected: unknown, tolerance: number): boolean {
  if (typeof actual === "number" && typeof expected === "number") {
    if (Number.isInteger(actual) && Number.isInteger(expected)) return actual === expected;
    return closeNumbers(actual, expected, tolerance);
  }
  const isObject = (value: unknown) => typeof value === "object" && value !== null;
  if (!isObject(actual) || !isObject(expected)) return Object.is(actual, expected);
  if (Array.isArray(actual) !== Array.isArray(expected)) return false;
  const [a, b] = [actual, expected] as Record<string, unknown>[];
  const keys = Object.keys(a!);
  return (
    keys.length === Object.keys(b!).length &&
    keys.every((key) => key in b! && sameJson(a![key], b![key], tolerance))
  );
}
