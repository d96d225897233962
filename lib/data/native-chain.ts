/**
 * What a dataset is, told so that TensorFlow's dataset operations can make its items: a source, maps, perhaps batches
 * and maps of batches, and which item stands where. A dataset that cannot be told so has the reason instead.
 */
import type { NativeSource } from "../tensorflow/pipeline/index.ts";
import type { MapContext } from "./dataset-types.ts";
import { NativePool } from "./native-run.ts";
import { hashKeys } from "./random.ts";

/** A map as the user wrote it. */
export interface MapStep {
  readonly fn: (item: never, context: MapContext) => unknown;
  readonly seed: number;
}

/** A batch: where it begins among the items of which pass, and a key for each map of batches. */
export interface BatchPlace {
  readonly batch: number;
  readonly pass: number;
  readonly keys: readonly number[];
}

export interface Chain {
  readonly source: () => Promise<NativeSource>;
  /** Shared by chains that differ only in the order of their items. */
  readonly pool: NativePool;
  /** Go native without being asked: where JavaScript would read and decode. */
  readonly auto: boolean;
  /** A map that cannot be captured is an error. */
  readonly strict?: boolean;
  readonly maps: readonly MapStep[];
  /** Number in the source, and a key for each map, of an item of a pass. */
  readonly row: (index: number, pass: number) => number[];
  readonly batches?: {
    readonly size: number;
    /** Of the items that are batched; may be Infinity. */
    readonly items: number;
    readonly maps: readonly MapStep[];
    readonly place: (index: number, pass: number) => BatchPlace;
  };
}

/** A chain, or why there is none. */
export type Native = Chain | string;

export function chainOf(source: Chain["source"], auto: boolean): Chain {
  return { source, auto, maps: [], row: (index) => [index], pool: new NativePool() };
}

export type RunsIn = "auto" | "tensorflow" | "javascript";

export function mapped(chain: Native, step: MapStep, run: RunsIn): Native {
  if (run === "javascript") return "a map asks for JavaScript";
  if (typeof chain === "string") {
    if (run === "tensorflow") {
      throw new Error(`map: TensorFlow cannot make the items that it gets, because ${chain}.`);
    }
    return chain;
  }
  const { batches, maps, row } = chain;
  const auto = chain.auto || run === "tensorflow";
  const strict = chain.strict || run === "tensorflow";
  const key = (index: number, pass: number) => hashKeys(step.seed, pass, index);
  if (!batches) {
    return {
      ...chain,
      auto,
      strict,
      pool: new NativePool(),
      maps: [...maps, step],
      row: (index, pass) => [...row(index, pass), key(index, pass)],
    };
  }
  const place = (index: number, pass: number): BatchPlace => {
    const before = batches.place(index, pass);
    return { ...before, keys: [...before.keys, key(index, pass)] };
  };
  const withMap = { ...batches, maps: [...batches.maps, step], place };
  return { ...chain, auto, strict, pool: new NativePool(), batches: withMap };
}

/** Items in another order; `place` tells where an item of the new dataset stands in the old one. */
export function moved(
  chain: Native,
  place: (index: number, pass: number) => readonly [index: number, pass: number],
): Native {
  if (typeof chain === "string") return chain;
  const { row, batches } = chain;
  if (!batches) return { ...chain, row: (index, pass) => row(...place(index, pass)) };
  return {
    ...chain,
    batches: { ...batches, place: (index, pass) => batches.place(...place(index, pass)) },
  };
}

export function batched(chain: Native, size: number, items: number): Native {
  if (typeof chain === "string") return chain;
  if (chain.batches) return "batches are batched again";
  const place = (batch: number, pass: number): BatchPlace => ({ batch, pass, keys: [] });
  return { ...chain, pool: new NativePool(), batches: { size, items, maps: [], place } };
}
