/** Nested arguments and results: their tensors in order, and everything else as a key or as baked values. */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "./native.ts";

/** A nested value with its tensors taken out. */
export type Skeleton =
  | { readonly kind: "tensor"; readonly index: number }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "array"; readonly items: readonly Skeleton[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Skeleton])[] };

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identity(value: object): number {
  let id = identities.get(value);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(value, id);
  }
  return id;
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Takes the tensors out of `value`, depth first; appends them to `tensors`. With `isTensor` the caller decides what
 * counts as one.
 */
export function flatten(
  value: unknown,
  tensors: Tensor[],
  isTensor: (value: Tensor) => boolean = () => true,
): Skeleton {
  if (value instanceof core.Tensor && isTensor(value)) {
    tensors.push(value);
    return { kind: "tensor", index: tensors.length - 1 };
  }
  if (Array.isArray(value)) {
    return { kind: "array", items: value.map((item) => flatten(item, tensors, isTensor)) };
  }
  if (typeof value === "object" && value !== null && isPlainObject(value)) {
    return {
      kind: "object",
      entries: Object.keys(value).map(
        (key) => [key, flatten(value[key], tensors, isTensor)] as const,
      ),
    };
  }
  return { kind: "value", value };
}

/** The inverse of `flatten`. */
export function unflatten(skeleton: Skeleton, tensors: readonly Tensor[]): unknown {
  switch (skeleton.kind) {
    case "tensor":
      return tensors[skeleton.index];
    case "value":
      return skeleton.value;
    case "array":
      return skeleton.items.map((item) => unflatten(item, tensors));
    case "object":
      return Object.fromEntries(
        skeleton.entries.map(([key, item]) => [key, unflatten(item, tensors)]),
      );
  }
}

/**
 * A text that is equal for two calls exactly when the same graph serves both: shapes and dtypes of the
 * tensors, values of everything else (class instances and functions by identity).
 */
export function signature(skeleton: Skeleton, tensors: readonly Tensor[]): string {
  switch (skeleton.kind) {
    case "tensor": {
      const tensor = tensors[skeleton.index] as Tensor;
      return `${tensor.dtype}[${tensor.shape}]`;
    }
    case "value": {
      const { value } = skeleton;
      if ((typeof value === "object" && value !== null) || typeof value === "function") {
        return `#${identity(value)}`;
      }
      return Object.is(value, -0) ? "-0" : `${typeof value}:${JSON.stringify(String(value))}`;
    }
    case "array":
      return `(${skeleton.items.map((item) => signature(item, tensors)).join(",")})`;
    case "object":
      return `{${skeleton.entries
        .map(([key, item]) => `${JSON.stringify(key)}:${signature(item, tensors)}`)
        .join(",")}}`;
  }
}
