/** The walk over a cell's syntax tree: where it is, and what it has found. */
import type { Node, Statement, VariableDeclaration } from "oxc-parser";
import { statementDeclarations } from "./declarations.ts";
import { type Meaning, type Role, Scope, type Span } from "./scope.ts";
import { children } from "./tree.ts";

export type Child = Node | null | undefined;

export type NodeOf<T extends Node["type"]> = Extract<Node, { type: T }>;

/** What to do at a node instead of visiting its children as they come. */
export type Handlers = { readonly [T in Node["type"]]?: (node: NodeOf<T>, walker: Walker) => void };

export class Walker {
  readonly top = new Scope(undefined, true);
  readonly nestedVars: VariableDeclaration[] = [];
  readonly loopTargets = new Set<VariableDeclaration>();
  readonly imports = new Set<string>();
  readonly importMetas: Span[] = [];
  readonly decorators: Span[] = [];
  readonly statementStarts = new Set<number>();
  hasTopLevelAwait = false;
  scope = this.top;
  #functionDepth = 0;
  readonly #handlers: Handlers;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  visit(node: Child): void {
    if (!node) return;
    const handle = this.#handlers[node.type] as ((node: Node, walker: Walker) => void) | undefined;
    if (handle) handle(node, this);
    else this.all(children(node));
  }

  all(nodes: readonly Child[]): void {
    for (const node of nodes) this.visit(node);
  }

  within(scope: Scope, visit: () => void): void {
    const outer = this.scope;
    this.scope = scope;
    visit();
    this.scope = outer;
  }

  block(visit: () => void): void {
    this.within(new Scope(this.scope), visit);
  }

  /** Visits what has its own `var` scope. */
  body(statements: readonly Statement[], parent = this.scope): void {
    this.within(new Scope(parent, true), () => this.statements(statements));
  }

  /** Visits a function's parts, in which `await` is not the cell's. */
  function(visit: () => void): void {
    this.#functionDepth++;
    this.block(visit);
    this.#functionDepth--;
  }

  statements(body: readonly Statement[]): void {
    const { scope } = this;
    for (const statement of body) {
      for (const { name, kind, isType } of statementDeclarations(statement)) {
        // `declare` makes no value, but in a scope of its own it hides the outer one all the same.
        const isTypeOnly = kind === "type" || kind === "interface";
        if (!isTypeOnly) (kind === "var" ? scope.varScope : scope).values.add(name);
        if (isType) scope.types.add(name);
      }
      if (statement.type === "ExpressionStatement") this.statementStarts.add(statement.start);
    }
    this.all(body);
  }

  refer(
    { name, start }: { readonly name: string; readonly start: number },
    meaning: Meaning,
    { role = "plain", writes = false, named }: { role?: Role; writes?: boolean; named?: Span } = {},
  ): void {
    const end = start + name.length;
    this.scope.refer({ name, start, end, meaning, role, writes, ...(named && { named }) });
  }

  awaits(): void {
    if (this.#functionDepth === 0) this.hasTopLevelAwait = true;
  }

  get atTopLevel(): boolean {
    return this.scope === this.top;
  }
}

type Wrapper = NodeOf<
  | "ParenthesizedExpression"
  | "TSAsExpression"
  | "TSSatisfiesExpression"
  | "TSTypeAssertion"
  | "TSNonNullExpression"
  | "TSInstantiationExpression"
>;

const wrappers: ReadonlySet<string> = new Set<Wrapper["type"]>([
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "TSNonNullExpression",
  "TSInstantiationExpression",
]);

/** Parentheses, or what only the type checker sees. */
export function isWrapper(node: Node): node is Wrapper {
  return wrappers.has(node.type);
}

/** The expression without its wrappers. */
export function unwrapped(expression: Node): Node {
  let inner = expression;
  while (isWrapper(inner)) inner = inner.expression;
  return inner;
}
