/** Which earlier cell each name comes from, and which cells' documents are therefore still needed. */
import type { CellAnalysis, DeclarationKind } from "../cell/types.ts";

/** A committed cell as a document. */
export interface Module {
  /** The number in the document's name. */
  readonly number: number;
  /** Numbers of the documents whose names it uses. */
  readonly dependencies: ReadonlySet<number>;
  /** Declares things outside itself (`declare global`, `declare module`): needed whether used by name or not. */
  readonly augments: boolean;
  /** The checker failed on it, so that nothing is asked about it any more: its names are `any`. */
  readonly opaque: boolean;
  /** Its names may be `any` because a cell that they depend on is opaque. */
  readonly untyped: boolean;
}

/** The value of a cell's last expression. */
export interface Result {
  readonly module: Module;
  /** The document of the cell with the result among its exports, as `resultName`. */
  readonly text: string;
}

export interface Entry {
  readonly module: Module;
  readonly kind: DeclarationKind;
}

const variables: ReadonlySet<DeclarationKind> = new Set(["const", "let", "var", "function"]);

const declaredName =
  /\b(?:var|let|const|function|class|interface|enum|namespace|type)\s+([\p{ID_Continue}$]+)/gu;

/** By which cells name the results before them, the latest first. */
export const resultNames: readonly string[] = ["_", "__", "___"];

/** Names as the next cell sees them. A value and a type of one name may come from different cells. */
export class Scope {
  readonly #values = new Map<string, Entry>();
  readonly #types = new Map<string, Entry>();
  readonly #unreached = new Set<string>();
  /** Modules that augment, with the names that they may declare outside themselves. */
  readonly #augmentations = new Map<Module, ReadonlySet<string>>();
  readonly #modules = new Map<number, Module>();
  /** The latest first. */
  #results: readonly Result[] = [];

  /** What `_` and its like stand for, where no cell declares such a name. */
  result(name: string): Result | undefined {
    if (this.#values.has(name) || this.#types.has(name) || this.#unreached.has(name))
      return undefined;
    return this.#results[resultNames.indexOf(name)];
  }

  /** To be called before `sweep`. */
  keepResult(result: Result): void {
    this.#results = [result, ...this.#results].slice(0, resultNames.length);
  }

  value(name: string): Entry | undefined {
    return this.#values.get(name);
  }

  type(name: string): Entry | undefined {
    return this.#types.get(name);
  }

  /** A cell declares it, but no cell came as far as giving it a value. */
  isUnreached(name: string): boolean {
    return this.#unreached.has(name) && !this.#values.has(name);
  }

  names(): Set<string> {
    return new Set([...this.#values.keys(), ...this.#types.keys()]);
  }

  clear(): Module[] {
    const modules = [...this.#modules.values()];
    this.#values.clear();
    this.#types.clear();
    this.#unreached.clear();
    this.#results = [];
    this.#augmentations.clear();
    this.#modules.clear();
    return modules;
  }

  /** Makes the names of a cell that has run visible: all its types, and of its values those it reached. */
  add(module: Module, source: string, analysis: CellAnalysis, reached: ReadonlySet<string>): void {
    this.#modules.set(module.number, module);
    for (const { name, kind, isValue, isType } of analysis.declarations) {
      const entry = { module, kind };
      // `declare const x: T` promises that x exists elsewhere, so running the cell does not make it.
      const promised = !isValue && !isType && variables.has(kind);
      if (promised || (isValue && reached.has(name))) this.#values.set(name, entry);
      else if (isValue) this.#unreached.add(name);
      if (isType) this.#types.set(name, entry);
    }
    if (module.augments) this.#augment(module, source);
  }

  /** A cell that is run again, as it was or changed, replaces what it declared outside itself before. */
  #augment(module: Module, source: string): void {
    const names = new Set([...source.matchAll(declaredName)].map(([, name]) => name!));
    for (const [earlier, declared] of this.#augmentations) {
      if ([...names].some((name) => declared.has(name))) this.#augmentations.delete(earlier);
    }
    this.#augmentations.set(module, names);
  }

  /** Takes out the modules that no name leads to, and returns them. */
  sweep(): Module[] {
    const entries = [...this.#values.values(), ...this.#types.values(), ...this.#results];
    const roots = entries.map(({ module }) => module);
    const needed = this.#reach(roots);
    const unneeded = [...this.#modules.values()].filter((module) => !needed.has(module));
    for (const { number } of unneeded) this.#modules.delete(number);
    return unneeded;
  }

  /** The numbers of all documents that the given ones depend on, these included, the nearest first. */
  closure(numbers: Iterable<number>): number[] {
    const roots = [...numbers].flatMap((number) => this.#modules.get(number) ?? []);
    return [...this.#reach(roots)].map(({ number }) => number);
  }

  /** What is reached from the roots and from the modules that augment, breadth first. */
  #reach(roots: Iterable<Module>): Set<Module> {
    const reached = new Set([...roots, ...this.#augmentations.keys()]);
    // A set that grows while it is gone through is gone through to its end.
    for (const { dependencies } of reached) {
      for (const number of dependencies) {
        const module = this.#modules.get(number);
        if (module) reached.add(module);
      }
    }
    return reached;
  }
}
