/** Walks a cell's syntax tree once and finds what its identifiers mean. */
import type { Program, VariableDeclaration } from "oxc-parser";
import type { Reference, Scope, Span } from "./scope.ts";
import { codeHandlers } from "./walk-code.ts";
import { typeHandlers } from "./walk-types.ts";
import { Walker } from "./walker.ts";

export interface Resolved {
  /** The cell's top level: the names that it declares, but not those of earlier cells. */
  readonly scope: Scope;
  /** References that no scope within the cell's top level declares, in the order of the source. */
  readonly references: readonly Reference[];
  /** `var` declarations below the top level, whose names belong to it. */
  readonly nestedVars: readonly VariableDeclaration[];
  /** Those of them that stand before `of` or `in`. */
  readonly loopTargets: ReadonlySet<VariableDeclaration>;
  readonly imports: readonly string[];
  readonly importMetas: readonly Span[];
  /** The expressions after `@`. */
  readonly decorators: readonly Span[];
  readonly hasTopLevelAwait: boolean;
  /** Where expression statements start that stand in a list, so that a semicolon may precede them. */
  readonly statementStarts: ReadonlySet<number>;
}

const handlers = { ...codeHandlers, ...typeHandlers };

export function resolve(program: Program): Resolved {
  const walker = new Walker(handlers);
  walker.statements(program.body);
  return {
    scope: walker.top,
    references: walker.top.free(),
    nestedVars: walker.nestedVars,
    loopTargets: walker.loopTargets,
    imports: [...walker.imports],
    importMetas: walker.importMetas,
    decorators: walker.decorators,
    hasTopLevelAwait: walker.hasTopLevelAwait,
    statementStarts: walker.statementStarts,
  };
}
