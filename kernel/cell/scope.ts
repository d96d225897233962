/** Lexical scopes of one cell, and what its identifiers resolve to. */

/** Values and types have separate names; `namespace` is what stands left of a dot in a type. */
export type Meaning = "value" | "type" | "namespace";

/** How an identifier stands in the code around it, where that decides how it can be rewritten. */
export type Role =
  | "plain"
  /** `{ x }`: key and value are one identifier. */
  | "shorthand"
  /** What a call or a template tag calls. */
  | "callee"
  /** The operand of `typeof`, which may be undeclared. */
  | "typeof"
  /** In `export { x }`, which does not run. */
  | "export";

export interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly meaning: Meaning;
  readonly role: Role;
  readonly writes: boolean;
  /** Range of an anonymous function or class that is assigned to the name, and takes it as its own. */
  readonly named?: Span;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export class Scope {
  readonly parent: Scope | undefined;
  /** Where `var` goes: a function's body, the cell. */
  readonly holdsVar: boolean;
  readonly values = new Set<string>();
  readonly types = new Set<string>();
  /** What enums and namespaces of one name in this scope export to each other. */
  readonly #exports = new Map<string, Scope>();
  readonly #references: Reference[] = [];
  readonly #children: Scope[] = [];

  constructor(parent?: Scope, holdsVar = false) {
    this.parent = parent;
    this.holdsVar = holdsVar;
    if (parent) parent.#children.push(this);
  }

  get varScope(): Scope {
    let scope: Scope = this;
    while (!scope.holdsVar && scope.parent) scope = scope.parent;
    return scope;
  }

  exportsOf(name: string): Scope {
    let scope = this.#exports.get(name);
    if (!scope) {
      scope = new Scope(this);
      this.#exports.set(name, scope);
    }
    return scope;
  }

  refer(reference: Reference): void {
    this.#references.push(reference);
  }

  /** All references in this scope and those within it that no scope within it declares. */
  free(): Reference[] {
    const free: Reference[] = [];
    const visit = (scope: Scope) => {
      for (const reference of scope.#references) {
        if (!scope.#resolvesBelow(reference, this)) free.push(reference);
      }
      for (const child of scope.#children) visit(child);
    };
    visit(this);
    return free.sort((a, b) => a.start - b.start);
  }

  declares({ name, meaning }: Reference): boolean {
    if (meaning === "value") return this.values.has(name);
    if (meaning === "type") return this.types.has(name);
    return this.values.has(name) || this.types.has(name);
  }

  #resolvesBelow(reference: Reference, top: Scope): boolean {
    for (let scope: Scope = this; scope !== top; scope = scope.parent!) {
      if (scope.declares(reference)) return true;
    }
    return false;
  }
}
