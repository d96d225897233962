/** Compares texts that contain numbers, and shows how they differ. */

export interface TextRules {
  /** Numbers with a decimal point or an exponent may differ by this part of their value. */
  readonly tolerance: number;
  /** Durations and rates do not count. */
  readonly timed: boolean;
}

/** Rounding noise around zero has no digits in common with anything. */
const ABSOLUTE = 1e-6;
const NUMBER = /(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?/gi;
const DURATION = /\d+(?:[.,]\d+)*\s?(?:ns|µs|ms|s|min|h|(?:images|steps|items|[KM]B)\/s)\b/g;

/** What `lib/lesson` prints of a claim with a number, which it has judged: any number that holds is as good. */
const JUDGED = /^((?:PASSED|SKIPPED) .*: )-?[\d.]+(?:e[-+]?\d+)?(?=, expected | \()/gm;

/**
 * Numbers by tolerance, whole ones exactly, those of claims not at all; all else as it is, only that columns may be
 * padded otherwise.
 */
export function sameText(actual: string, expected: string, rules: TextRules): boolean {
  const [a, b] = [actual, expected].map((text) => parse(text, rules.timed));
  return (
    a!.words === b!.words &&
    a!.numbers.every((number, i) => sameNumber(number, b!.numbers[i]!, rules.tolerance))
  );
}

/** As printed: `3.0` may be off a little, `3` may not. */
function sameNumber(actual: string, expected: string, tolerance: number): boolean {
  if (actual === expected) return true;
  const [a, b] = [actual, expected].map((text) => Number(text.replaceAll(",", "")));
  const isWhole = /^[\d,]+$/.test(actual) && /^[\d,]+$/.test(expected);
  return isWhole ? a === b : closeNumbers(a!, b!, tolerance);
}

export function closeNumbers(actual: number, expected: number, tolerance: number): boolean {
  if (Object.is(actual, expected)) return true;
  return Math.abs(actual - expected) <= tolerance * Math.abs(expected) + ABSOLUTE;
}

function parse(text: string, timed: boolean): { words: string; numbers: string[] } {
  const numbers: string[] = [];
  const judged = text.replace(JUDGED, "$1⟨value⟩");
  const words = (timed ? judged.replace(DURATION, "⟨time⟩") : judged)
    .replace(NUMBER, (number) => {
      numbers.push(number);
      return "#";
    })
    .replace(/ +/g, " ");
  return { words, numbers };
}

const CONTEXT = 2;
const LONGEST = 60;

/** The lines that differ, `-` for expected and `+` for actual, with the lines around them. */
export function diffLines(actual: string, expected: string, rules: TextRules): string[] {
  const [a, b] = [actual.split("\n"), expected.split("\n")];
  // Length of the longest common subsequence of a[i…] and b[j…].
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const same = (i: number, j: number) => sameText(a[i]!, b[j]!, rules);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i]![j] = same(i, j)
        ? common[i + 1]![j + 1]! + 1
        : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const diff: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && same(i, j)) {
      diff.push(`  ${a[i++]}`);
      j++;
    } else if (j < b.length && (i === a.length || common[i]![j + 1]! >= common[i + 1]![j]!)) {
      diff.push(`- ${b[j++]}`);
    } else {
      diff.push(`+ ${a[i++]}`);
    }
  }
  const near = diff.filter((_, at) =>
    diff.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => !line.startsWith(" ")),
  );
  return near.length <= LONGEST
    ? near
    : [...near.slice(0, LONGEST), `… ${near.length - LONGEST} lines more`];
}
