/** Makes TensorFlow the backend of tfjs, once in a process however often this module is loaded. */
import { existsSync } from "node:fs";
import type * as tfjs from "@tensorflow/tfjs";
import { installGather } from "./compile/gather.ts";
import { installRandom } from "./compile/random.ts";
import { installGradients } from "./gradients/index.ts";
import { addonFile } from "./places.ts";
import { quietly } from "./quiet.ts";
import { require } from "./require.ts";
import { repairRound } from "./round.ts";
import { type Binding, loadTfjsNode, type TfjsNodeParts } from "./tfjs-node.ts";
import { applyThreadBudget, preferOneDnn } from "./threads.ts";

export interface Registration {
  readonly parts: TfjsNodeParts;
  /** The native addon; undefined on the JavaScript backend. */
  readonly binding: Binding | undefined;
  /** Why the JavaScript backend is used although nobody asked for it. */
  readonly problem: string | undefined;
}

const key = Symbol.for("convnet-lab.tensorflow");
const registry = globalThis as { [key]?: Registration };

function loadBinding(): Binding {
  const file = addonFile();
  if (!existsSync(file)) throw new Error(`the native addon ${file} has not been built`);
  // On a GPU, take memory as needed instead of all of it, so that two notebooks can share one.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  return quietly(() => require(file));
}

function register(): Registration {
  const tf = require("@tensorflow/tfjs") as typeof tfjs;
  const parts = loadTfjsNode();
  const asked = process.env.CONVNET_LAB_BACKEND;
  if (asked !== undefined && asked !== "tensorflow" && asked !== "cpu") {
    throw new Error(`CONVNET_LAB_BACKEND is "${asked}", expected "tensorflow" or "cpu".`);
  }
  let binding: Binding | undefined;
  let problem: string | undefined;
  if (asked !== "cpu") {
    applyThreadBudget();
    preferOneDnn();
    try {
      binding = loadBinding();
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  if (asked === "tensorflow" && problem !== undefined) {
    throw new Error(
      `CONVNET_LAB_BACKEND asks for TensorFlow, but ${problem}. Run "npm start -- --setup-only".`,
    );
  }
  if (binding) {
    const native = binding;
    const packageName = native.isUsingGpuDevice()
      ? "@tensorflow/tfjs-node-gpu"
      : "@tensorflow/tfjs-node";
    tf.registerBackend("tensorflow", () => new parts.Backend(native, packageName), 3);
    tf.setBackend("tensorflow");
    repairRound(tf);
    installGather();
    installRandom();
  } else {
    tf.setBackend("cpu");
    // Its first use prints a banner that recommends what we have just tried.
    (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  }
  installGradients();
  tf.registerCallbackConstructor(1, parts.ProgbarLogger);
  if (problem !== undefined) {
    console.warn(
      `convnet-lab runs on the slow JavaScript backend, because ${problem}.\n` +
        `Build the native one with "npm start -- --setup-only"; "npm run doctor" tells more.`,
    );
  }
  return { parts, binding, problem };
}

registry[key] ??= register();
export const registration: Registration = registry[key];
