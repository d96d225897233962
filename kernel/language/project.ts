/**
 * The notebook as a project of the language server: a configuration, a document for each cell, and the files on disk
 * around them. None of it is written to disk.
 */
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { configText } from "./config.ts";
import { FrozenSources } from "./frozen.ts";
import { moduleName, moduleSpecifier, prefix } from "./module.ts";
import { type Limits, Server } from "./server.ts";
import { type Source, Sources } from "./sources.ts";
import { Surroundings } from "./surroundings.ts";
import type { LanguageOptions } from "./types.ts";

const configName = `${prefix}tsconfig.json`;
/** Imports the cells, so that they belong to the project; changing it is cheaper than changing the configuration. */
const indexName = `${prefix}index.mts`;
/** The code that is being typed. */
export const scratchName = `${prefix}scratch.mts`;

const empty = "export {};\n";

const settings = {
  customConfigFileName: configName,
  suggest: { autoImports: false, includeCompletionsForImportStatements: false },
  tsserver: { automaticTypeAcquisition: { enabled: false } },
};

/**
 * Documents that a new process is told of with one question. Each costs a rebuild of the program, which is slow with
 * many, so that the rest waits for the next question.
 */
const openLimit = 100;

interface Cell {
  readonly text: string;
  readonly imports: ReadonlyMap<string, Source>;
}

export class Project {
  readonly #options: LanguageOptions;
  readonly #server: Server;
  readonly #sources: Sources;
  readonly #surroundings: Surroundings;
  readonly #frozen: FrozenSources;
  readonly #cells = new Map<number, Cell>();
  /** Cells' documents that nothing needs any more, to be used again. */
  readonly #free: number[] = [];
  #lastNumber = 0;

  constructor(options: LanguageOptions) {
    // Files are known by their real path, so that a change is told under the name that the server has for it.
    this.#options = { ...options, directory: realpathSync(options.directory) };
    const { directory } = this.#options;
    this.#server = new Server(
      directory,
      settings,
      [configName, scratchName, indexName],
      options.server,
    );
    this.#sources = new Sources(this.#options);
    this.#surroundings = new Surroundings(directory);
    this.#frozen = new FrozenSources(this.#sources, (name, text, languageId) =>
      this.#server.put(name, text, languageId),
    );
    this.#configure();
    this.#server.put(scratchName, empty);
    this.#server.put(indexName, empty);
  }

  get processId(): number | undefined {
    return this.#server.processId;
  }

  start(): void {
    // A server that does not start is told with the first question.
    this.#server.start().catch(() => {});
  }

  dispose(): Promise<void> {
    return this.#server.dispose();
  }

  /** The number of a document for a further cell. */
  newNumber(): number {
    return this.#free.pop() ?? ++this.#lastNumber;
  }

  /** Gives a cell's document its text. The versions of the local files that it imports now are those it keeps. */
  putCell(number: number, text: string): void {
    this.#cells.set(number, { text, imports: this.#sources.importedBy(text) });
    this.#server.put(moduleName(number), text);
  }

  putScratch(text: string): void {
    this.#server.put(scratchName, text);
  }

  /** Takes out what a cell's document holds. */
  clearCell(number: number): void {
    this.#cells.delete(number);
    this.#server.put(moduleName(number), empty);
  }

  freeCell(number: number): void {
    this.clearCell(number);
    this.#free.push(number);
  }

  /** Whether the running process knows these cells. */
  knows(numbers: readonly number[]): boolean {
    return numbers.every((number) => this.#server.isOpen(moduleName(number)));
  }

  /**
   * Asks about a document.
   * @param needed the numbers of the cells that the answer depends on, the nearest first.
   */
  ask(
    method: string,
    name: string,
    params: object,
    needed: readonly number[],
    limits: Limits,
  ): Promise<unknown> {
    return this.#server.request(
      `textDocument/${method}`,
      { textDocument: { uri: this.#server.uri(name) }, ...params },
      limits,
      () => this.#open(needed),
    );
  }

  /** What the server tells more of an item of a completion list. */
  resolve(item: unknown, limits: Limits): Promise<unknown> {
    return this.#server.request("completionItem/resolve", item, limits);
  }

  /** Tells the server what has changed on disk since the last call. */
  refresh(): void {
    const { created, changed, deleted } = this.#sources.look();
    const { configs, packages } = this.#surroundings.look();
    this.#configure();
    // There is no telling which files of a package are others now.
    if (packages) this.#server.restart();
    const event = (type: number) => (path: string) => ({ uri: pathToFileURL(path).href, type });
    const changes = [
      ...created.map(event(1)),
      ...[...changed, ...configs].map(event(2)),
      ...deleted.map(event(3)),
    ];
    if (changes.length > 0) this.#server.notify("workspace/didChangeWatchedFiles", { changes });
  }

  #open(needed: readonly number[]): void {
    const versions = this.#freeze(needed);
    const cells = needed.map(moduleName);
    const isOpen = (name: string) => this.#server.isOpen(name);
    const missing = [...versions, ...cells].filter((name) => !isOpen(name)).slice(0, openLimit);
    if (missing.length === 0) return;
    const wanted = new Set(missing);
    let index = empty;
    for (let number = 1; number <= this.#lastNumber; number++) {
      const name = moduleName(number);
      if (wanted.has(name) || isOpen(name)) index += `import "${moduleSpecifier(number)}";\n`;
    }
    for (const name of this.#frozen.names()) {
      if (wanted.has(name) || isOpen(name)) index += `import "./${name}";\n`;
    }
    this.#server.put(indexName, index);
    for (const name of missing) this.#server.open(name);
  }

  /** Lets cells keep the versions of files that they imported. Returns the documents of these versions. */
  #freeze(needed: readonly number[]): Set<string> {
    const used = new Set<string>();
    this.#frozen.sweep([...this.#cells.values()].map(({ imports }) => imports));
    for (const number of needed) {
      const cell = this.#cells.get(number);
      if (!cell || cell.imports.size === 0) continue;
      this.#server.put(moduleName(number), this.#frozen.freeze(cell.text, cell.imports, used));
    }
    return used;
  }

  #configure(): void {
    this.#server.put(configName, configText(this.#options, [indexName, scratchName]), "json");
  }
}
