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
}

export interface Entry {
  readonly module: Module;
  readonly kind: DeclarationKind;
}

const variables: ReadonlySet<DeclarationKind> = new Set(["const", "let", "var", "function"]);

/** Names as the next cell sees them. A value and a type of one name may come from different cells. */
export class Scope {
  readonly #values = new Map<string, Entry>();
  readonly #types = new Map<string, Entry>();
  readonly #unreached = new Set<string>();
  readonly #augmentations = new Map<string, Module>();
  #modules = new Map<number, Module>();

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
    this.#augmentations.clear();
    this.#modules.clear();
    return modules;
  }

  /**
   * Makes the names of a cell that has run visible: all its types, and of its values those it reached.
   * @param source identifies a repeated run of a cell that augments: the earlier one is replaced.
   */
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
    if (module.augments) this.#augmentations.set(source, module);
  }

  /** Takes out the modules that no name leads to, and returns them. */
  sweep(): Module[] {
    const needed = new Map<number, Module>();
    const visit = (start: Module) => {
      const stack = [start];
      for (let module = stack.pop(); module; module = stack.pop()) {
        if (needed.has(module.number)) continue;
        needed.set(module.number, module);
        for (const number of module.dependencies) {
          const dependency = this.#modules.get(number);
          if (dependency) stack.push(dependency);
        }
      }
    };
    for (const entry of this.#values.values()) visit(entry.module);
    for (const entry of this.#types.values()) visit(entry.module);
    for (const module of this.#augmentations.values()) visit(module);
    const unneeded = [...this.#modules.values()].filter((module) => !needed.has(module.number));
    this.#modules = needed;
    return unneeded;
  }
}
