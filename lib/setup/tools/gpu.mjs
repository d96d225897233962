import { existsSync } from "node:fs";
import { readStamp } from "../engine/engine.mjs";
import { Problem } from "../engine/problem.mjs";
import { venv } from "../paths.mjs";
import { ask, onPath } from "./child.mjs";

/** @typedef {"cpu" | "gpu"} Variant which of TensorFlow's wheels */

/** Whether TensorFlow has a wheel with CUDA for this platform. */
const hasCudaWheel = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

/**
 * Whether an NVIDIA device and its driver are there.
 */
export async function hasNvidiaDevice() {
  if (!hasCudaWheel) return false;
  if (existsSync("/proc/driver/nvidia/version")) return true;
  const command = onPath("nvidia-smi");
  return command ? /GPU \d/.test(await ask(command, ["--list-gpus"]).catch(() => "")) : false;
}

/**
 * The wheel to take: the one asked for now, else the one asked for earlier, else what fits the machine.
 *
 * @param {Variant | undefined} asked
 * @returns {Promise<{ variant: Variant, asked: boolean }>}
 */
export async function chooseVariant(asked) {
  if (asked === "gpu" && !hasCudaWheel) {
    throw new Problem(
      `TensorFlow has no wheel with CUDA for ${process.platform} ${process.arch}.`,
      "leave out --gpu; on Windows, WSL 2 works as Linux does",
    );
  }
  if (asked) return { variant: asked, asked: true };
  const earlier = /** @type {{ variant: Variant, asked: boolean } | undefined} */ (
    readStamp(venv)?.record
  );
  if (earlier?.asked) return { variant: earlier.variant, asked: true };
  return { variant: (await hasNvidiaDevice()) ? "gpu" : "cpu", asked: false };
}
