/** The parts of `@tensorflow/tfjs-node-gpu` that we use: everything but its search for an addon of its own. */
import util from "node:util";
import type * as tfjsNode from "@tensorflow/tfjs-node-gpu";
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";
import type { TFJSBinding } from "@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js";
import { require } from "./require.ts";
import { savingWhole } from "./whole-saves.ts";

/** Something that TensorFlow computes on. */
export interface Device {
  /** TensorFlow's name, such as `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly name: string;
  /** `CPU` or `GPU`. */
  readonly type: string;
  /** Bytes that TensorFlow may use there; for a CPU a nominal figure. */
  readonly memory: number;
}

/** The compiled addon: that of tfjs-node with what lib/tensorflow/native adds. */
export interface Binding extends TFJSBinding {
  devices(): Device[];
  /** From now on `executeOp(name, …)` runs the graph. */
  addFunction(
    name: string,
    graphDef: Uint8Array,
    inputs: readonly string[],
    outputs: readonly string[],
    controlOutputs: readonly string[],
  ): void;
  removeFunction(name: string): void;
  /** An id for `runSavedModel` and `deleteSavedModel`. */
  createSession(graphDef: Uint8Array): number;
}

export interface TfjsNodeParts {
  readonly node: typeof tfjsNode.node;
  readonly version: typeof tfjsNode.version;
  readonly Backend: new (binding: TFJSBinding, packageName: string) => NodeJSKernelBackend;
  readonly ProgbarLogger: Parameters<typeof tfjsNode.registerCallbackConstructor>[1];
}

/** What tfjs-node takes from `util` and Node 23 no longer has (and Node 22 warns about). */
const removedFromUtil = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
};

/** Loads with a `util` that has all of Node's and what it removed, without touching Node's own module. */
function withCompleteUtil<T>(load: () => T): T {
  // Node documents that an entry of this name stands before the built-in module for `require("util")`.
  const before = require.cache.util;
  const exports = Object.create(util, Object.getOwnPropertyDescriptors(removedFromUtil));
  require.cache.util = { id: "util", loaded: true, exports } as NodeJS.Module;
  try {
    return load();
  } finally {
    if (before) require.cache.util = before;
    else delete require.cache.util;
  }
}

/** Loads tfjs and registers tfjs-node's kernels; CommonJS, so that it is there once however often we are imported. */
export function loadTfjsNode(): TfjsNodeParts {
  const tf = require("@tensorflow/tfjs") as typeof tfjsNode;
  return withCompleteUtil(() => {
    const part = (path: string) => require(`@tensorflow/tfjs-node-gpu/dist/${path}.js`);
    part("register_all_kernels");
    const { nodeFileSystemRouter } = part("io/file_system");
    tf.io.registerLoadRouter(nodeFileSystemRouter);
    tf.io.registerSaveRouter(savingWhole(nodeFileSystemRouter));
    return {
      node: part("node").node,
      version: { ...tf.version, "tfjs-node": part("version").version },
      Backend: part("nodejs_kernel_backend").NodeJSKernelBackend,
      ProgbarLogger: part("callbacks").ProgbarLogger,
    };
  });
}
