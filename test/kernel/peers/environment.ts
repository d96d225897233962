/**
 * Python programs that the kernel is tried with. They are installed when a test first asks for them, into a folder that
 * is kept, since nobody needs them who only uses the kernel.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { python } from "../conformance/jupyter.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
/** Our own package for papermill. */
const own = join(root, "kernel", "papermill");

export type Peers = { readonly python: string } | { readonly problem: string };

let found: Peers | undefined;

export function findPeers(): Peers {
  found ??= install();
  return found;
}

function install(): Peers {
  const cache = join(root, ".cache");
  const folder = join(cache, `kernel-peers-${stamp()}`);
  const program = join(folder, "bin", "python");
  if (existsSync(join(folder, "complete"))) return { python: program };
  if (!existsSync(python)) return { problem: "needs Python in .venv" };
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache).filter((each) => each.startsWith("kernel-peers-")))
    rmSync(join(cache, name), { recursive: true, force: true });
  const steps = [
    ["-m", "venv", folder],
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements, own],
  ];
  for (const [index, args] of steps.entries()) {
    const { status, stderr } = spawnSync(index === 0 ? python : program, args, {
      encoding: "utf8",
    });
    if (status === 0) continue;
    rmSync(folder, { recursive: true, force: true });
    const [reason = ""] = (stderr ?? "").trim().split("\n").slice(-1);
    return { problem: `needs packages from PyPI, which could not be installed: ${reason}` };
  }
  writeFileSync(join(folder, "complete.tmp"), "");
  renameSync(join(folder, "complete.tmp"), join(folder, "complete"));
  return { python: program };
}

/** Changes with what is installed. */
function stamp(): string {
  const files = readdirSync(own, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:py|toml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash("sha256").update(python);
  for (const file of [requirements, ...files]) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
}
