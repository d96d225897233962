/** Turns a cell's top level into the body of an async function that keeps the notebook's names in boxes. */
import type { SourceMap } from "magic-string";
import type { CellSyntax } from "./analyze.ts";
import { gateAwaits } from "./awaits.ts";
import { Draft } from "./draft.ts";
import { importsOf } from "./imports.ts";
import { speedUpLoops } from "./loops.ts";
import { rewriteMagics } from "./magics.ts";
import { rewriteDecorators, rewriteNestedVars, rewriteReferences } from "./references.ts";
import { rewriteStatement } from "./statements.ts";
import type { CellAnalysis, MagicCall } from "./types.ts";

export interface Rewritten {
  /** TypeScript that may contain `await`, but no `import` and no `export`. */
  readonly code: string;
  readonly map: SourceMap;
  /** The parameter through which the code reaches its `CellRuntime`. */
  readonly runtime: string;
}

/** @param isKnown says of a name that the cell does not declare whether earlier cells did. */
export function rewrite(
  source: string,
  { result }: CellAnalysis,
  syntax: CellSyntax,
  isKnown: (name: string) => boolean,
  magics: readonly MagicCall[] = [],
): Rewritten {
  const draft = new Draft(source, syntax, isKnown);
  const { text, prefix } = draft;
  // What overwrites comes before what is put around it, and what is inside before what is outside.
  rewriteReferences(draft);
  const { isAtTop } = gateAwaits(draft);
  speedUpLoops(draft);
  rewriteDecorators(draft);
  rewriteNestedVars(draft);
  for (const statement of syntax.program.body) rewriteStatement(statement, draft);
  if (result) {
    text.appendLeft(result.start, `${prefix}.result = (`);
    text.appendLeft(result.end, ")");
  }
  rewriteMagics(draft, magics);
  const { hashbang } = syntax.program;
  if (hashbang) text.remove(hashbang.start, hashbang.end);
  text.prepend(`${head(draft, isAtTop).join(" ")}\n`);
  return {
    code: text.toString(),
    map: text.generateMap({ source: "cell.ts", hires: "boundary" }),
    runtime: prefix,
  };
}

/** What happens before the first statement: names and functions exist, then modules are loaded in order. */
function head(draft: Draft, awaits: boolean): string[] {
  const { prefix: $, vars, functions, boxes, syntax } = draft;
  const head = [...boxes].map((name) => `const ${$}${name} = ${$}.box("${name}");`);
  if (awaits) head.push(`const ${$.repeat(3)} = ${$}.cell();`);
  if (vars.size > 0) {
    const names = [...vars].map((name) => `${name}: void 0`);
    head.push(`${$}.publish("hoisted", { ${names.join(", ")} });`);
  }
  if (functions.size > 0) head.push(`${draft.publication("function", functions)};`);
  for (const { specifier, attributes, names, start } of importsOf(syntax.program)) {
    const options = attributes ? `, { with: ${JSON.stringify(attributes)} }` : "";
    const loading = draft.loading(specifier, start, options);
    const bound = JSON.stringify(names);
    head.push(
      names ? `${$}.bind(${loading}, ${JSON.stringify(specifier)}, ${bound});` : `${loading};`,
    );
  }
  return head;
}
