/** The local modules of a notebook: when the hooks that load them are installed, and what is told of them. */
import type { Interlock } from "./interlock.ts";
import { installModuleHooks, type ModuleHooks } from "./modules/index.ts";
import { shortPath } from "./paths.ts";
import type { Scripts } from "./scripts.ts";
import { mayImport } from "./wire.ts";

export interface LocalModulesOptions {
  /** See installModuleHooks. */
  readonly thread: URL;
  /** See HookOptions. */
  readonly builtins: Readonly<Record<string, string>>;
  /** The notebook's folder. */
  readonly directory: string;
  readonly interlock: Interlock;
  readonly scripts: Scripts;
  /** Tells the person at the notebook something. */
  readonly say: (text: string) => void;
}

export class LocalModules {
  readonly #options: LocalModulesOptions;
  #hooks: ModuleHooks | undefined;
  #hasTold = false;

  constructor(options: LocalModulesOptions) {
    this.#options = options;
  }

  /** Sees to it that the hooks are there before code runs that needs them. */
  prepare(code: string): void {
    if (mayImport.test(code)) this.install();
  }

  /** Brings the scripts up to date. */
  hear(): void {
    this.#hooks?.hear();
  }

  /** To be called when an interrupt has stopped code. */
  stopped(): void {
    this.#hooks?.stopped();
  }

  /** Older versions of Node start a thread for them, and wait for it. */
  install(): void {
    if (this.#hooks) return;
    const { thread, builtins, directory, interlock, scripts } = this.#options;
    // An interrupt finds them installed or not yet begun, never half.
    this.#hooks = interlock.guard(() =>
      installModuleHooks(thread, {
        builtins,
        onLoad: (url, file, map) => scripts.add(url, { name: shortPath(directory, file), map }),
        onReload: (files) => this.#tell(files),
      }),
    );
  }

  /** Once: who has read it knows. */
  #tell(files: readonly string[]): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const names = files.map((file) => shortPath(this.#options.directory, file)).join(", ");
    this.#options.say(
      `${names} ${files.length > 1 ? "have" : "has"} changed and will be loaded anew. ` +
        "Values that were made before keep the old code.\n",
    );
  }
}
