/**
 * Cells by which papermill sets a notebook's parameters. They declare them, as any notebook may lack them; a variable
 * that the notebook does declare keeps its type, against which the value is checked.
 */
import type { CellAnalysis } from "../cell/index.ts";

/** What our translator for papermill (kernel/papermill) writes first. */
const mark = /^\/\/ .*\(set by papermill\)\r?\n/;

export function setsParameters(source: string): boolean {
  return mark.test(source);
}

/**
 * Makes assignments of the cell's declarations.
 * @param isVariable says whether an earlier cell declares the name with `let` or `var`
 * @returns code of the same length
 */
export function asAssignments(
  code: string,
  { declarations }: CellAnalysis,
  isVariable: (name: string) => boolean,
): string {
  let assigning = code;
  const keyword = "let ";
  for (const { name, kind, start } of declarations) {
    const before = start - keyword.length;
    if (kind !== "let" || !isVariable(name) || code.slice(before, start) !== keyword) continue;
    assigning = `${assigning.slice(0, before)}${" ".repeat(keyword.length)}${assigning.slice(start)}`;
  }
  return assigning;
}
