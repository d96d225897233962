/** `name?` and `?name`: a cell that asks what a name is, as in other notebooks. */

const path = String.raw`%{0,2}[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*`;
const before = new RegExp(String.raw`^\s*(\?\??)\s*(${path})\s*;?\s*$`, "u");
const after = new RegExp(String.raw`^\s*(${path})\s*(\?\??)\s*$`, "u");

export interface Question {
  readonly name: string;
  readonly detail: 0 | 1;
}

/** The question that a cell is, if it is one: none of them is TypeScript. */
export function readQuestion(source: string): Question | undefined {
  const [, marks, name] = before.exec(source) ?? [];
  if (marks && name) return { name, detail: marks.length > 1 ? 1 : 0 };
  const [, other, otherMarks] = after.exec(source) ?? [];
  if (other && otherMarks) return { name: other, detail: otherMarks.length > 1 ? 1 : 0 };
  return undefined;
}
