/** `{expression}` in a command: the value of an expression of the notebook. */
import { analyze, parseCell, type Span } from "../cell/index.ts";

/** Ends of an expression that are tried. */
const tries = 20;

export class Interpolation {
  /** The text before, between and after the values. */
  readonly parts: readonly string[];
  /** The values with their braces. */
  readonly spans: readonly Span[];

  /**
   * Braces that hold no expression of known names are the command's own, as those of `{a,b}.txt`, `${HOME}` and
   * `awk '{print $1}'` are, and so are double ones.
   */
  constructor(text: string, isKnown: (name: string) => boolean) {
    const spans: Span[] = [];
    for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at)) {
      const doubled = /^\{\{+/.exec(text.slice(at))?.[0].length;
      const end = doubled || text[at - 1] === "$" ? undefined : valueEnd(text, at, isKnown);
      if (end !== undefined) spans.push({ start: at, end });
      at = end ?? at + (doubled ?? 1);
    }
    this.spans = spans;
    const ends = [0, ...spans.map(({ end }) => end)];
    this.parts = ends.map((end, index) => text.slice(end, spans[index]?.start));
  }
}

function valueEnd(
  text: string,
  start: number,
  isKnown: (name: string) => boolean,
): number | undefined {
  let close = start;
  for (let count = 0; count < tries; count++) {
    close = text.indexOf("}", close + 1);
    if (close < 0) return undefined;
    const inner = text.slice(start + 1, close);
    if (isExpression(inner, isKnown)) return close + 1;
  }
  return undefined;
}

function isExpression(text: string, isKnown: (name: string) => boolean): boolean {
  if (/[\n\r]/.test(text) || text.trim() === "") return false;
  const code = `(${text})`;
  const { program, errors } = parseCell(code);
  const [statement] = program.body;
  if (errors.length > 0 || program.body.length !== 1) return false;
  if (statement?.type !== "ExpressionStatement") return false;
  const { expression } = statement;
  if (expression.type !== "ParenthesizedExpression" || expression.end !== code.length) return false;
  const { type } = expression.expression;
  // `{a,b}` is one of the shell's own.
  if (type === "SequenceExpression" || type === "Literal") return false;
  return [...analyze(code).references].every(isKnown);
}
