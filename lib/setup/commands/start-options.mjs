import { parseArgs } from "node:util";
import { Problem } from "../engine/problem.mjs";

/**
 * @typedef {object} StartOptions
 * @property {boolean} setupOnly
 * @property {boolean} browser
 * @property {boolean} help
 * @property {number} [port]
 * @property {import("../tools/gpu.mjs").Variant} [variant]
 */

export const usage = `npm start -- [options]

Sets up what is missing, then opens JupyterLab on the lessons.

  --setup-only   stop when the set-up is done
  --no-browser   print the address, open no browser
  --port N       listen on this port (by default the first free one from 8888 on)
  --gpu          take TensorFlow with CUDA (by default where an NVIDIA device is found)
  --cpu          take TensorFlow without CUDA
  --help         print this`;

/**
 * @param {readonly string[]} args
 * @returns {StartOptions}
 * @throws {Problem} an unknown option or a bad value
 */
export function parseStartOptions(args) {
  const { values } = parse(args);
  if (values.gpu && values.cpu) {
    throw new Problem("--gpu and --cpu exclude each other.", "leave one of them out");
  }
  return {
    setupOnly: values["setup-only"] ?? false,
    browser: !values["no-browser"],
    help: values.help ?? false,
    port: values.port === undefined ? undefined : parsePort(values.port),
    variant: values.gpu ? "gpu" : values.cpu ? "cpu" : undefined,
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  const flag = /** @type {const} */ ({ type: "boolean" });
  try {
    return parseArgs({
      args: [...args],
      options: {
        "setup-only": flag,
        "no-browser": flag,
        port: { type: "string" },
        gpu: flag,
        cpu: flag,
        help: { ...flag, short: "h" },
      },
    });
  } catch (error) {
    // Node's messages name the option; only the first sentence is about it.
    const [what = ""] = /** @type {Error} */ (error).message.split(". ");
    throw new Problem(`${what.replace(/\.$/, "")}.`, "`npm start -- --help` lists the options");
  }
}

/** @param {string} text */
function parsePort(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new Problem(
    `--port "${text}" is not a port: a whole number from 1 to 65535 is expected.`,
    "npm start -- --port 8888",
  );
}
