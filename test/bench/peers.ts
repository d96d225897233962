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
