/**
 * The notebook as a project of the language server: a configuration, a document for each cell, and the files on disk
 * around them. None of it is written to disk.
 */
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { configText } from "./config.ts";
import { Disk } from "./disk.ts";
import { moduleName, moduleSpecifier, prefix } from "./module.ts";
import { type Limits, Server } from "./server.ts";
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

export class Project {
  readonly #options: LanguageOptions;
  readonly #server: Server;
  readonly #disk: Disk;
  /** Cells' documents that nothing needs any more, to be used again. */
  readonly #free: number[] = [];
  #lastNumber = 0;

  constructor(options: LanguageOptions) {
    // Files are known by their real path, so that a change is told under the name that the server has for it.
    this.#options = { ...options, directory: realpathSync(options.directory) };
    const { directory } = this.#options;
    this.#server = new Server(directory, settings, [configName, scratchName, indexName]);
    this.#disk = new Disk(this.#options);
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

  /** Watches the local modules that a cell imports. */
  track(specifiers: readonly string[]): void {
    this.#disk.track(specifiers);
  }

  /** The number of a document for a further cell. */
  newNumber(): number {
    return this.#free.pop() ?? ++this.#lastNumber;
  }

  putCell(number: number, text: string): void {
    this.#server.put(moduleName(number), text);
  }

  putScratch(text: string): void {
    this.#server.put(scratchName, text);
  }

  /** Takes out what a cell's document holds. */
  clearCell(number: number): void {
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
    const { created, changed, deleted, packages } = this.#disk.look();
    this.#configure();
    // There is no telling which files of a package are others now.
    if (packages) this.#server.restart();
    const changes = [
      ...created.map((path) => ({ uri: pathToFileURL(path).href, type: 1 })),
      ...changed.map((path) => ({ uri: pathToFileURL(path).href, type: 2 })),
      ...deleted.map((path) => ({ uri: pathToFileURL(path).href, type: 3 })),
    ];
    if (changes.length > 0) this.#server.notify("workspace/didChangeWatchedFiles", { changes });
  }

  #open(needed: readonly number[]): void {
    const isOpen = (number: number) => this.#server.isOpen(moduleName(number));
    const missing = needed.filter((number) => !isOpen(number)).slice(0, openLimit);
    const wanted = new Set(missing);
    let index = empty;
    for (let number = 1; number <= this.#lastNumber; number++) {
      if (wanted.has(number) || isOpen(number)) index += `import "${moduleSpecifier(number)}";\n`;
    }
    this.#server.put(indexName, index);
    for (const number of missing) this.#server.open(moduleName(number));
  }

  #configure(): void {
    this.#server.put(configName, configText(this.#options, [indexName, scratchName]), "json");
  }
}
