/** A cell's source as what is done with it: set up, checked, run. */
import {
  type CellAnalysis,
  type CellSyntaxError,
  type MagicCall,
  parseCell,
} from "../cell/index.ts";
import { magics as entries, readMagics } from "../magics/index.ts";
import { asAssignments, setsParameters } from "./parameters.ts";

/** TypeScript with what stands between it for the kernel. */
export interface Code {
  readonly code: string;
  readonly analysis: CellAnalysis;
  readonly magics: readonly MagicCall[];
}

export interface UnderstoodCell extends Code {
  readonly errors: readonly CellSyntaxError[];
  /** What runs before the rest is checked, as the check depends on it. */
  readonly setUp?: Code;
  /** The set-up forgets all names. */
  readonly forgets: boolean;
}

/** What the notebook knows of names. */
export interface KnownNames {
  /** The name has a meaning, in earlier cells or everywhere. */
  isKnown(name: string): boolean;
  /** An earlier cell declares it with `let` or `var`. */
  isVariable(name: string): boolean;
}

export function understand(
  source: string,
  analyze: (code: string) => CellAnalysis,
  { isKnown, isVariable }: KnownNames,
): UnderstoodCell {
  const isPapermills = setsParameters(source);
  const { code, magics, errors } = isPapermills
    ? { code: asAssignments(source, analyze(source), isVariable), magics: [], errors: [] }
    : readMagics(source, isKnown);
  const found = analyze(code);
  const analysis = isPapermills ? omitResult(found) : withoutResult(found, magics);
  const whole = { code, analysis, magics, errors: analysis.errors, forgets: false };
  if (magics.length === 0 && errors.length === 0) return whole;
  const all = [...errors, ...analysis.errors].sort((a, b) => a.start - b.start);
  if (all.length > 0) return { ...whole, errors: all };
  const ahead = setUpOf(code, magics);
  const misplaced = magics.find((magic) => magic.name === "reset" && !ahead.includes(magic));
  if (misplaced) {
    const message = "%reset must stand before the code of its cell";
    return { ...whole, errors: [{ message, ...misplaced, incomplete: false }] };
  }
  const last = ahead.at(-1);
  if (!last) return whole;
  const head = code.slice(0, last.end);
  let rest = code;
  for (const { values } of ahead) if (values) rest = blank(rest, values.start, values.end);
  return {
    ...whole,
    code: rest,
    analysis: withoutResult(analyze(rest), magics),
    magics: magics.filter((magic) => !ahead.includes(magic)),
    setUp: { code: head, analysis: withoutResult(analyze(head), ahead), magics: ahead },
    forgets: ahead.some(({ name }) => name === "reset"),
  };
}

/** The magics before the first statement, up to the last one that the check depends on. */
function setUpOf(code: string, magics: readonly MagicCall[]): MagicCall[] {
  const lines = magics.filter(({ scope }) => scope === "line");
  const isSetUp = ({ name }: MagicCall) => entries[name]?.isSetUp === true;
  if (!lines.some(isSetUp)) return [];
  const isOwn = (offset: number) => lines.some(({ start, end }) => start <= offset && offset < end);
  const first = parseCell(code).program.body.find(
    ({ type, start }) => type !== "EmptyStatement" && !isOwn(start),
  );
  const before = lines.filter(({ start }) => start < (first?.start ?? code.length));
  return before.slice(0, before.findLastIndex(isSetUp) + 1);
}

/** A cell's last expression is no result where a magic comes after it, or where it is a value for a magic. */
function withoutResult(analysis: CellAnalysis, magics: readonly MagicCall[]): CellAnalysis {
  const { result } = analysis;
  const isLast = ({ scope, end }: MagicCall) => result && scope === "line" && end > result.start;
  return magics.some(isLast) ? omitResult(analysis) : analysis;
}

function omitResult(analysis: CellAnalysis): CellAnalysis {
  const { result: _, ...rest } = analysis;
  return rest;
}

function blank(code: string, start: number, end: number): string {
  return code.slice(0, start) + " ".repeat(end - start) + code.slice(end);
}
