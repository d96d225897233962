/**
 * The Python that the peers run in: `build/peers`, made on first use from requirements.txt beside this file, or the
 * one that CONVNET_LAB_PEERS names.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root, venvPython } from "../../lib/setup/paths.mjs";
import { execute } from "../../lib/setup/tools/child.mjs";
import { findPython } from "../../lib/setup/tools/python.mjs";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const folder = join(root, "build", "peers");
const stamp = join(folder, "requirements.txt");

/** The peers' Python; made if it is not there, which takes a minute. */
export async function peerPython(log: (line: string) => void): Promise<string> {
  const found = await findPeers();
  if (found) return found;
  log("making the Python environment of the peers, build/peers …");
  const unfinished = `${stamp}.new`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { file } = await findPython();
  await execute(file, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"];
  await execute(venvPython(folder), [...pip, "-r", requirements]);
  writeFileSync(unfinished, readFileSync(requirements));
  renameSync(unfinished, stamp);
  return venvPython(folder);
}

/** The peers' Python if it is there, for tests that can do without. */
export async function findPeers(): Promise<string | undefined> {
  const named = process.env.CONVNET_LAB_PEERS;
  if (named) {
    const runs = await promisify(execFile)(named, ["-c", "import pycocotools"]).catch(
      () => undefined,
    );
    if (runs) return named;
    throw new Error(
      `CONVNET_LAB_PEERS names ${named}, which is no Python that has pycocotools. ` +
        "Name another, or unset it.",
    );
  }
  const made =
    existsSync(stamp) && readFileSync(stamp, "utf8") === readFileSync(requirements, "utf8");
  return made ? venvPython(folder) : undefined;
}

/** A measurement of Keras on the set-up's TensorFlow, with TensorFlow's environment variables. */
type WithEnvironment = (env: Readonly<Record<string, string>>) => () => Promise<number>;

/**
 * The peer at its best: one try with oneDNN's kernels and one without, and from then on the better of the two. (Which
 * one TensorFlow takes by itself depends on the processor, and is the worse one on many.)
 *
 * @param better whether the first figure is the better one
 */
export async function atItsBest(
  name: string,
  contestant: WithEnvironment,
  better: (a: number, b: number) => boolean,
  log: (line: string) => void,
): Promise<() => Promise<number>> {
  const settings = [{ TF_ENABLE_ONEDNN_OPTS: "1" }, { TF_ENABLE_ONEDNN_OPTS: "0" }] as const;
  const [on, off] = [await contestant(settings[0])(), await contestant(settings[1])()];
  const best = better(on, off) ? settings[0] : settings[1];
  log(`${name}: ${on.toPrecision(4)} with oneDNN, ${off.toPrecision(4)} without`);
  return contestant(best);
}
