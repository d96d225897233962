/** What the tests of Jupyter's programs have in common: a folder with the kernel installed, and Python with the peers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKernel } from "../../../kernel/install.mjs";
import { builtKernel } from "../build.ts";
import { findPeers } from "./environment.ts";

export interface Peers {
  /** Folder with the kernelspec; removed after the tests. */
  prefix: string;
  /** Python with the peers. */
  program: string;
}

/**
 * Sets up the tests of a `describe`, or skips them where they cannot run, and says why.
 *
 * @param missing what this program needs beyond the peers and has not
 */
export function usePeers(name: string, missing?: string): Peers {
  const peers: Peers = { prefix: "", program: "" };
  before(async function () {
    this.timeout(300_000);
    const found = missing === undefined ? findPeers() : { problem: missing };
    if ("problem" in found) {
      this.test!.title = found.problem;
      this.skip();
    }
    peers.program = found.python;
    peers.prefix = await mkdtemp(join(tmpdir(), `kernel-${name}-`));
    await installKernel({ prefix: peers.prefix, entry: await builtKernel() });
  });
  after(async () => {
    if (peers.prefix) await rm(peers.prefix, { recursive: true, force: true });
  });
  return peers;
}
