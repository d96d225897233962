/**
 * TypeScript for notebooks: each cell is a module that sees what earlier cells declared. The modules are documents
 * of the language server that exist nowhere on disk, in the notebook's folder, so that imports resolve from there.
 */
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { analyze, type CellAnalysis } from "../cell/index.ts";
import {
  type Candidates,
  chooseCandidates,
  isCallable,
  toCompletion,
  wordAround,
} from "./completion.ts";
import { configText } from "./config.ts";
import { toDiagnostics } from "./diagnostics.ts";
import { Disk } from "./disk.ts";
import { toInspection } from "./inspection.ts";
import type {
  CompletionList,
  DiagnosticReport,
  Hover,
  LspCompletionItem,
  SignatureHelp,
} from "./lsp.ts";
import {
  cellModule,
  declaredAtMargin,
  identifier,
  isUnchecked,
  ModuleText,
  makePrelude,
  moduleName,
  moduleSpecifier,
  prefix,
} from "./module.ts";
import { Queue } from "./queue.ts";
import { type Module, Scope } from "./scope.ts";
import { Server } from "./server.ts";
import type { CheckResult, Completion, Inspection, Language, LanguageOptions } from "./types.ts";

const configName = `${prefix}tsconfig.json`;
/** Imports all cells, so that they belong to the project; changing it is cheaper than changing the configuration. */
const indexName = `${prefix}index.mts`;
/** The code that is being typed. */
const scratchName = `${prefix}scratch.mts`;

const empty = "export {};\n";

/** Milliseconds that a person waits for a cell to start, or for a list to open. */
const defaultLimit = 5000;
/** Items whose parameters are shown; each takes half a millisecond. */
const detailLimit = 10;

const settings = {
  customConfigFileName: configName,
  suggest: { autoImports: false, includeCompletionsForImportStatements: false },
  tsserver: { automaticTypeAcquisition: { enabled: false } },
};

/** A cell that was checked and has not been committed. */
interface Draft {
  readonly number: number;
  id: number;
  source: string;
  module: ModuleText;
  failed: boolean;
}

export class TypeScriptLanguage implements Language {
  readonly #options: LanguageOptions;
  readonly #server: Server;
  readonly #disk: Disk;
  readonly #scope = new Scope();
  /** Documents that no name leads to any more, to be used again. */
  readonly #freeNumbers: number[] = [];
  readonly #checks = new Queue();
  readonly #helps = new Queue();
  #draft: Draft | undefined;
  #lastNumber = 0;

  constructor(options: LanguageOptions) {
    // Files are known by their real path, so that a change is told under the name that the server has for it.
    this.#options = { ...options, directory: realpathSync(options.directory) };
    this.#server = new Server(this.#options.directory, settings, indexName);
    this.#disk = new Disk(this.#options);
    this.#configure();
    this.#index();
    this.#server.put(scratchName, empty);
  }

  start(): void {
    // A server that does not start is told with the first check.
    this.#server.start().catch(() => {});
  }

  /** The language server's process, while there is one. */
  get processId(): number | undefined {
    return this.#server.processId;
  }

  check(id: number, source: string, analysis: CellAnalysis): Promise<CheckResult> {
    if (isUnchecked(source)) return Promise.resolve({ diagnostics: [] });
    return this.#checks.run(async () => {
      this.#disk.track(analysis.imports);
      this.#refresh();
      const module = cellModule(source, analysis, this.#scope);
      const draft = this.#putDraft(id, source, module);
      try {
        const report = (await this.#server.request(
          "textDocument/diagnostic",
          { textDocument: { uri: this.#server.uri(moduleName(draft.number)) } },
          this.#options.checkLimit ?? defaultLimit,
        )) as DiagnosticReport;
        return { diagnostics: toDiagnostics(report.items ?? [], module, source, this.#scope) };
      } catch (error) {
        draft.failed = true;
        this.start();
        return {
          diagnostics: [],
          notice: `${error instanceof Error ? error.message : error} The cell runs without a type check.`,
        };
      }
    });
  }

  commit(id: number, source: string, analysis: CellAnalysis, reached: readonly string[]): void {
    this.#disk.track(analysis.imports);
    const draft = this.#draft;
    const checked = draft?.id === id && draft.source === source;
    const { number, module, failed } = checked
      ? draft
      : this.#putDraft(id, source, cellModule(source, analysis, this.#scope));
    const committed: Module = {
      number,
      dependencies: module.dependencies,
      augments: /\bdeclare\s+(?:global|module)\b/.test(source),
      opaque: failed,
    };
    this.#scope.add(committed, source, analysis, new Set(reached));
    const unneeded = this.#scope.sweep();
    // The document of a cell that nothing needs is used for the next one as it stands.
    if (!unneeded.includes(committed)) this.#draft = undefined;
    this.#free(unneeded.filter((other) => other !== committed));
    // What is asked about a cell that the checker failed on fails again.
    if (failed) this.#server.put(moduleName(number), empty);
  }

  reset(): void {
    this.#free(this.#scope.clear());
  }

  complete(source: string, offset: number): Promise<Completion> {
    return this.#helps.run(async () => {
      this.#refresh();
      const word = wordAround(source, offset);
      const typed = source.slice(word.start, offset).toLowerCase();
      const words = new Set(source.match(identifier));
      const module = this.#putScratch(
        source,
        (name) => words.has(name) || name.toLowerCase().startsWith(typed),
      );
      try {
        const list = (await this.#ask("completion", module, offset, {
          context: { triggerKind: 1 },
        })) as CompletionList | null;
        if (!list) return { items: [], ...word };
        const candidates = chooseCandidates(list, module, source, offset);
        const details = await this.#details(candidates);
        return toCompletion(candidates, (name) => this.#kindOf(name), details);
      } catch {
        return { items: [], ...word };
      }
    });
  }

  inspect(source: string, offset: number, detail: 0 | 1): Promise<Inspection | undefined> {
    return this.#helps.run(async () => {
      this.#refresh();
      const words = new Set(source.match(identifier));
      const module = this.#putScratch(source, (name) => words.has(name));
      const word = wordAround(source, offset);
      try {
        const [hover, help] = await Promise.all([
          word.end > word.start ? this.#ask("hover", module, word.start) : null,
          this.#ask("signatureHelp", module, offset, {
            context: { triggerKind: 1, isRetrigger: false },
          }),
        ]);
        return toInspection(
          (hover as Hover | null) ?? undefined,
          (help as SignatureHelp | null) ?? undefined,
          detail,
        );
      } catch {
        return undefined;
      }
    });
  }

  async dispose(): Promise<void> {
    await this.#server.dispose();
  }

  get #helpLimit(): number {
    return this.#options.helpLimit ?? defaultLimit;
  }

  #ask(method: string, module: ModuleText, offset: number, more: object = {}): Promise<unknown> {
    return this.#server.request(
      `textDocument/${method}`,
      {
        textDocument: { uri: this.#server.uri(scratchName) },
        position: module.toPosition(offset),
        ...more,
      },
      this.#helpLimit,
    );
  }

  #putDraft(id: number, source: string, module: ModuleText): Draft {
    const number = this.#draft?.number ?? this.#freeNumbers.pop() ?? this.#newNumber();
    const draft = { number, id, source, module, failed: false };
    this.#draft = draft;
    this.#server.put(moduleName(number), module.text);
    return draft;
  }

  #newNumber(): number {
    const number = ++this.#lastNumber;
    this.#index();
    return number;
  }

  #putScratch(source: string, isWanted: (name: string) => boolean): ModuleText {
    const { declarations, errors } = analyze(source);
    const own = new Set(declarations.map(({ name }) => name));
    if (errors.length > 0) for (const name of declaredAtMargin(source)) own.add(name);
    const visible = [...this.#scope.names()].filter((name) => !own.has(name) && isWanted(name));
    const module = new ModuleText(
      source,
      makePrelude(this.#scope, visible, { assignable: false }),
      [],
    );
    this.#server.put(scratchName, module.text);
    return module;
  }

  /** The server tells parameters only item by item, so a long list goes without. */
  async #details({ items }: Candidates): Promise<Map<LspCompletionItem, string>> {
    const callables = items
      .map(({ item }) => item)
      .filter((item) => isCallable(item) || this.#kindOf(item.label) === "function");
    const details = new Map<LspCompletionItem, string>();
    if (callables.length > detailLimit) return details;
    await Promise.all(
      callables.map(async (item) => {
        const resolved = await this.#server.request(
          "completionItem/resolve",
          item,
          this.#helpLimit,
        );
        const { detail } = resolved as LspCompletionItem;
        if (detail !== undefined) details.set(item, detail);
      }),
    );
    return details;
  }

  #kindOf(name: string): string | undefined {
    const kind = this.#scope.value(name)?.kind ?? this.#scope.type(name)?.kind;
    if (kind === undefined || kind === "import") return undefined;
    if (kind === "namespace") return "module";
    return kind === "const" || kind === "let" || kind === "var" ? "variable" : kind;
  }

  #free(modules: readonly Module[]): void {
    for (const { number } of modules) {
      this.#freeNumbers.push(number);
      this.#server.put(moduleName(number), empty);
    }
  }

  #index(): void {
    let text = empty;
    for (let number = 1; number <= this.#lastNumber; number++) {
      text += `import "${moduleSpecifier(number)}";\n`;
    }
    this.#server.put(indexName, text);
  }

  /** Tells the server what has changed on disk. */
  #refresh(): void {
    const { created, changed, deleted, packages } = this.#disk.look();
    this.#configure();
    if (packages) this.#server.restart();
    const changes = [
      ...created.map((path) => ({ uri: pathToFileURL(path).href, type: 1 })),
      ...changed.map((path) => ({ uri: pathToFileURL(path).href, type: 2 })),
      ...deleted.map((path) => ({ uri: pathToFileURL(path).href, type: 3 })),
    ];
    if (changes.length > 0) this.#server.notify("workspace/didChangeWatchedFiles", { changes });
  }

  #configure(): void {
    this.#server.put(configName, configText(this.#options, [indexName, scratchName]), "json");
  }
}
