/** Configuration and packages around the notebook: whether they changed since the last look. */
import { dirname, join } from "node:path";
import { baseConfigs } from "./config.ts";
import { stampOf } from "./stamp.ts";

export interface SurroundingChanges {
  /** Configuration files that changed. */
  readonly configs: readonly string[];
  /** A package was installed, updated or removed. */
  readonly packages: boolean;
}

export class Surroundings {
  readonly #directory: string;
  #configs: ReadonlyMap<string, string | undefined>;
  #packages: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#configs = this.#stampConfigs();
    this.#packages = this.#stampPackages();
  }

  look(): SurroundingChanges {
    const before = this.#configs;
    this.#configs = this.#stampConfigs();
    const configs = [...before].filter(([path]) => stampOf(path) !== before.get(path));
    const packages = this.#stampPackages();
    const changed = packages !== this.#packages;
    this.#packages = packages;
    return { configs: configs.map(([path]) => path), packages: changed };
  }

  #stampConfigs(): Map<string, string | undefined> {
    return new Map([...baseConfigs(this.#directory)].map((path) => [path, stampOf(path)]));
  }

  /** Package managers touch these when they install, update or remove something. */
  #stampPackages(): string {
    const stamps = [];
    for (let folder = this.#directory; ; folder = dirname(folder)) {
      const packages = join(folder, "node_modules");
      const lock = join(packages, ".package-lock.json");
      const types = join(packages, "@types");
      for (const path of [packages, lock, types]) stamps.push(stampOf(path) ?? "");
      if (dirname(folder) === folder) return stamps.join();
    }
  }
}
