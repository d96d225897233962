/** JupyterLab as `npm start` opens it, on copies of notebooks and with settings of its own. */
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { root } from "../../lib/setup/paths.mjs";
import { startSupervised } from "../../lib/setup/tools/child.mjs";

export const screenshotFolder = join(root, "build", "browser");

export class Lab {
  /** Of the notebooks. They lie inside the project: else they could not import its library by name. */
  readonly folder: string;
  readonly #state: string;
  #child: ReturnType<typeof startSupervised> | undefined;
  #address: URL | undefined;
  #pages = 0;

  private constructor(work: string) {
    this.folder = join(work, "notebooks");
    this.#state = join(work, "state");
  }

  /** @param notebooks copied, since JupyterLab saves what it opens */
  static async start(notebooks: readonly string[]): Promise<Lab> {
    await mkdir(screenshotFolder, { recursive: true });
    const lab = new Lab(await mkdtemp(join(screenshotFolder, "lab-")));
    try {
      await mkdir(lab.folder);
      for (const path of notebooks) await copyFile(path, join(lab.folder, basename(path)));
      await lab.#start();
      return lab;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const script = join(import.meta.dirname, "start-lab.mjs");
    const child = startSupervised(process.execPath, [script, this.folder, this.#state], {
      grace: 15_000,
    });
    this.#child = child;
    let output = "";
    this.#address = await new Promise<URL>((resolve, reject) => {
      const onData = (data: unknown) => {
        output += data;
        const [, address] = /JupyterLab: (http\S+)/.exec(output) ?? [];
        if (address) resolve(new URL(address));
      };
      child.stdout?.on("data", onData);
      child.stderr?.on("data", onData);
      child.on("close", () => reject(new Error(`JupyterLab did not start:\n${output}`)));
    });
  }

  /**
   * Address that opens a notebook alone, in a workspace of its own: of one that pages share, a reload shows what any of
   * them had open.
   */
  address(notebook: string): string {
    const url = new URL(this.#address!);
    const workspace = `page-${++this.#pages}`;
    url.pathname = `/lab/workspaces/${workspace}/tree/${encodeURIComponent(notebook)}`;
    url.searchParams.set("reset", "");
    return url.href;
  }

  /** Ends the server and its kernels, and removes the copies. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null) {
      const closed = once(child, "close");
      child.stdin?.end();
      await closed;
    }
    await rm(dirname(this.folder), { recursive: true, force: true });
  }
}
