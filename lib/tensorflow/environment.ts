/** What this process computes with, for people and for `npm run doctor`. */
import { addonFile, pythonEnvironment } from "./places.ts";
import { registration } from "./register.ts";
import { require } from "./require.ts";
import type { Device } from "./tfjs-node.ts";
import { poolThreads } from "./threads.ts";

export interface Environment {
  /** Version of Node, without the v. */
  readonly node: string;
  /** Version of TensorFlow; null on the JavaScript backend. */
  readonly tensorflow: string | null;
  /** Version of TensorFlow.js. */
  readonly tfjs: string;
  /** The backend in use: `tensorflow`, or `cpu` for the JavaScript one. */
  readonly backend: string;
  readonly devices: readonly Device[];
  /** Threads within one operation, and operations at a time; 1 and 1 on the JavaScript backend. */
  readonly threads: { readonly intraOp: number; readonly interOp: number };
  /** The compiled addon that is in use. */
  readonly addon: string | null;
  /** The Python environment with TensorFlow, weights and pictures. */
  readonly venv: string | null;
  /** Why the JavaScript backend is in use; null where all is well. */
  readonly problem: string | null;
}

export function environment(): Environment {
  const { binding, parts, problem } = registration;
  const { getBackend } = require("@tensorflow/tfjs") as { getBackend(): string };
  return {
    node: process.versions.node,
    tensorflow: binding?.TF_Version ?? null,
    tfjs: parts.version.tfjs,
    backend: getBackend(),
    devices: binding?.devices() ?? [{ name: "JavaScript", type: "CPU", memory: 0 }],
    threads: binding
      ? {
          intraOp: poolThreads("TF_NUM_INTRAOP_THREADS"),
          interOp: poolThreads("TF_NUM_INTEROP_THREADS"),
        }
      : { intraOp: 1, interOp: 1 },
    addon: binding ? addonFile() : null,
    venv: pythonEnvironment()?.folder ?? null,
    problem: problem ?? null,
  };
}
