/** A run of a native pipeline. */
import type { NodeBackend } from "../compile/native.ts";
import { type Skeleton, unflatten } from "../compile/structure.ts";

/** A run that goes on in TensorFlow until it is disposed. */
export class NativeIterator {
  readonly #backend: NodeBackend;
  readonly #handle: number;
  readonly #next: string;
  readonly #structure: Skeleton;
  readonly #leaves: number;
  #disposed = false;

  constructor(backend: NodeBackend, handle: number, next: string, structure: Skeleton) {
    this.#backend = backend;
    this.#handle = handle;
    this.#next = next;
    this.#structure = structure;
    this.#leaves = count(structure);
  }

  /** What comes next; waits until it is made. Call it only as often as there are items. */
  next(): unknown {
    const { binding } = this.#backend;
    const results = binding.executeOp(this.#next, [], [this.#handle], this.#leaves);
    return unflatten(
      this.#structure,
      results.map((metadata) => this.#backend.createOutputTensor(metadata)),
    );
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#backend.binding.deleteTensor(this.#handle);
  }
}

function count(structure: Skeleton): number {
  switch (structure.kind) {
    case "tensor":
      return 1;
    case "value":
      return 0;
    case "array":
      return structure.items.reduce((sum, item) => sum + count(item), 0);
    case "object":
      return structure.entries.reduce((sum, [, item]) => sum + count(item), 0);
  }
}
