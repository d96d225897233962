/**
 * How deeply a cell nests, estimated before it is parsed: the parser is native code, and where its stack ends the
 * process ends. What people write is far from the limits, and the parser and what walks its trees bear far more.
 */

/** Brackets within brackets, `else` after `else`, `for` within `for`. */
const bracketLimit = 2_000;
/** Words and signs without a comma, a semicolon or a new line between them: each may be a level of its own. */
const chainLimit = 4_000;

const lineComment = /\/\/.*/y;
const blockComment = /\/\*[\s\S]*?(?:\*\/|$)/y;
const quoted = /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/y;
const templateText = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y;
const word = /[\p{ID_Continue}$]+/uy;

export function nestsTooDeeply(source: string): boolean {
  if (source.length < bracketLimit) return false;
  if ((source.match(/\b(?:else|for)\b/g)?.length ?? 0) > bracketLimit) return true;
  let brackets = 0;
  let chain = 0;
  /** The number of open brackets at each `${`. */
  const templates: number[] = [];
  const matches = (pattern: RegExp, start: number): number => {
    pattern.lastIndex = start;
    return pattern.test(source) ? pattern.lastIndex : 0;
  };
  const afterTemplateText = (start: number): number => {
    const end = matches(templateText, start);
    if (source[end - 1] === "{") templates.push(brackets++);
    return end;
  };
  for (let at = 0; at < source.length; ) {
    const sign = source[at]!;
    const skipped =
      (sign === "/" && (matches(lineComment, at) || matches(blockComment, at))) ||
      ((sign === '"' || sign === "'") && matches(quoted, at)) ||
      matches(word, at);
    at = skipped || at + 1;
    if (sign === ";" || sign === "," || sign === "\n") chain = 0;
    else if (sign !== " ") chain++;
    if (skipped) continue;
    if (sign === "`") at = afterTemplateText(at);
    else if ("([{".includes(sign)) brackets++;
    else if (")]}".includes(sign)) {
      brackets = Math.max(0, brackets - 1);
      if (sign === "}" && templates.at(-1) === brackets) {
        templates.pop();
        at = afterTemplateText(at);
      }
    }
    if (brackets > bracketLimit || chain > chainLimit) return true;
  }
  return false;
}
