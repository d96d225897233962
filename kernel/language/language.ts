/**
 * TypeScript for notebooks: each cell is a module that sees what earlier cells declared. The modules are documents
 * of the language server that exist nowhere on disk, in the notebook's folder, so that imports resolve from there.
 */
import {
  analyze,
  type CellAnalysis,
  type DeclarationKind,
  declaredAtMargin,
  identifier,
} from "../cell/index.ts";
import {
  type Candidates,
  chooseCandidates,
  isCallable,
  toCompletion,
  wordAround,
} from "./completion.ts";
import { toDiagnostics } from "./diagnostics.ts";
import { toInspection } from "./inspection.ts";
import type {
  CompletionList,
  DiagnosticReport,
  Hover,
  LspCompletionItem,
  SignatureHelp,
} from "./lsp.ts";
import { cellModule, isUnchecked, ModuleText, makePrelude, moduleName } from "./module.ts";
import { Project, scratchName } from "./project.ts";
import { Queue } from "./queue.ts";
import { type Module, resultNames, Scope } from "./scope.ts";
import { ServerUnavailable } from "./server.ts";
import type { CheckResult, Completion, Inspection, Language, LanguageOptions } from "./types.ts";

/** Milliseconds that a person waits for a cell to start, or for a list to open. */
const defaultLimit = 5000;
/** Items whose parameters are shown; each takes half a millisecond. */
const detailLimit = 10;

/** A cell in a document that no other cell sees yet. */
interface Draft {
  readonly number: number;
  readonly id: number;
  readonly source: string;
  readonly module: ModuleText;
  /** Its document is being asked about. */
  isBusy: boolean;
  hasFailed: boolean;
  isCommitted: boolean;
}

export class TypeScriptLanguage implements Language {
  readonly #project: Project;
  readonly #checkLimit: number;
  readonly #helpLimit: number;
  readonly #scope = new Scope();
  readonly #checks = new Queue();
  readonly #helps = new Queue();
  #draft: Draft | undefined;

  constructor(options: LanguageOptions) {
    this.#project = new Project(options);
    this.#checkLimit = options.checkLimit ?? defaultLimit;
    this.#helpLimit = options.helpLimit ?? defaultLimit;
  }

  /** The language server's process, while there is one. */
  get processId(): number | undefined {
    return this.#project.processId;
  }

  start(): void {
    this.#project.start();
  }

  dispose(): Promise<void> {
    return this.#project.dispose();
  }

  check(
    id: number,
    source: string,
    analysis: CellAnalysis,
    signal?: AbortSignal,
  ): Promise<CheckResult> {
    if (isUnchecked(source)) return Promise.resolve({ diagnostics: [] });
    return this.#checks.run(async () => {
      if (signal?.aborted) return { diagnostics: [] };
      this.#project.refresh();
      const draft = this.#putDraft(id, source, analysis);
      const { number, module } = draft;
      const needed = [number, ...this.#scope.closure(module.prelude.dependencies)];
      draft.isBusy = true;
      try {
        const name = moduleName(number);
        const limits = { limit: this.#checkLimit, signal };
        const report = await this.#project.ask("diagnostic", name, {}, needed, limits);
        const { items = [] } = report as DiagnosticReport;
        const untyped = module.prelude.untyped || !this.#project.knows(needed);
        return { diagnostics: toDiagnostics(items, module, source, this.#scope, untyped) };
      } catch (error) {
        if (signal?.aborted) return { diagnostics: [] };
        draft.hasFailed = !(error instanceof ServerUnavailable);
        this.start();
        const reason = error instanceof Error ? error.message : String(error);
        return { diagnostics: [], notice: `${reason} The cell runs without a type check.` };
      } finally {
        draft.isBusy = false;
        // Another cell was committed meanwhile, and took the next document.
        if (this.#draft !== draft && !draft.isCommitted) this.#project.freeCell(number);
      }
    });
  }

  commit(
    id: number,
    source: string,
    analysis: CellAnalysis,
    reached: readonly string[],
    hasResult = false,
  ): void {
    const checked = this.#draft?.id === id && this.#draft.source === source;
    const draft = checked ? this.#draft! : this.#putDraft(id, source, analysis);
    const { number, hasFailed } = draft;
    draft.isCommitted = true;
    const { dependencies, untyped } = draft.module.prelude;
    const committed: Module = {
      number,
      dependencies,
      augments: /\bdeclare\s+(?:global|module)\b/.test(source),
      opaque: hasFailed,
      untyped: untyped || hasFailed,
    };
    this.#scope.add(committed, source, analysis, new Set(reached));
    const { result } = analysis;
    if (hasResult && result) {
      this.#scope.keepResult({ module: committed, text: draft.module.withResult(result) });
    }
    const unneeded = this.#scope.sweep();
    // The document of a cell that nothing needs is used for the next one as it stands.
    if (!unneeded.includes(committed) && this.#draft === draft) this.#draft = undefined;
    for (const module of unneeded) {
      if (module !== committed) this.#project.freeCell(module.number);
    }
    // What is asked about a cell that the checker failed on fails again.
    if (hasFailed) this.#project.clearCell(number);
  }

  reset(): void {
    for (const { number } of this.#scope.clear()) this.#project.freeCell(number);
  }

  complete(source: string, offset: number): Promise<Completion> {
    return this.#helps.run(async () => {
      this.#project.refresh();
      const word = wordAround(source, offset);
      const typed = source.slice(word.start, offset).toLowerCase();
      const words = new Set(source.match(identifier));
      const isWanted = (name: string) => words.has(name) || name.toLowerCase().startsWith(typed);
      const module = this.#putScratch(source, isWanted);
      try {
        const context = { triggerKind: 1 };
        const list = await this.#help<CompletionList>("completion", module, offset, { context });
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
      this.#project.refresh();
      const words = new Set(source.match(identifier));
      const module = this.#putScratch(source, (name) => words.has(name));
      const word = wordAround(source, offset);
      const isOnWord = word.end > word.start;
      try {
        const context = { triggerKind: 1, isRetrigger: false };
        const [hover, signatures] = await Promise.all([
          isOnWord ? this.#help<Hover>("hover", module, word.start) : undefined,
          this.#help<SignatureHelp>("signatureHelp", module, offset, { context }),
        ]);
        return toInspection(hover, signatures, detail);
      } catch {
        return undefined;
      }
    });
  }

  /** Asks about the code that is being typed. */
  async #help<T>(
    method: string,
    module: ModuleText,
    offset: number,
    more: object = {},
  ): Promise<T | undefined> {
    const needed = this.#scope.closure(module.prelude.dependencies);
    const params = { position: module.toPosition(offset), ...more };
    const limits = { limit: this.#helpLimit };
    const answer = await this.#project.ask(method, scratchName, params, needed, limits);
    return (answer as T | null) ?? undefined;
  }

  #putDraft(id: number, source: string, analysis: CellAnalysis): Draft {
    const module = cellModule(source, analysis, this.#scope);
    const last = this.#draft;
    const number = last && !last.isBusy ? last.number : this.#project.newNumber();
    this.#exportResults(module);
    this.#project.putCell(number, module.text);
    this.#draft = {
      number,
      id,
      source,
      module,
      isBusy: false,
      hasFailed: false,
      isCommitted: false,
    };
    return this.#draft;
  }

  #putScratch(source: string, isWanted: (name: string) => boolean): ModuleText {
    const { declarations, errors } = analyze(source);
    const own = new Set(declarations.map(({ name }) => name));
    if (errors.length > 0) for (const name of declaredAtMargin(source)) own.add(name);
    const words = new Set(source.match(identifier));
    const all = [...this.#scope.names(), ...resultNames.filter((name) => words.has(name))];
    const visible = all.filter((name) => !own.has(name) && isWanted(name));
    const prelude = makePrelude(this.#scope, visible, { assignable: false });
    const module = new ModuleText(source, prelude, []);
    this.#exportResults(module);
    this.#project.putScratch(module.text);
    return module;
  }

  /** Results are exported only where a name stands for them: mostly none does. */
  #exportResults({ prelude }: ModuleText): void {
    for (const { module, text } of prelude.results) this.#project.putCell(module.number, text);
  }

  /** The server tells parameters, and what an import is, only item by item, so a long list goes without. */
  async #details({ items }: Candidates): Promise<Map<LspCompletionItem, string>> {
    const asked = items
      .map(({ item }) => item)
      .filter((item) => {
        const kind = this.#kindOf(item.label);
        return isCallable(item) || kind === "function" || kind === "import";
      });
    const details = new Map<LspCompletionItem, string>();
    if (asked.length > detailLimit) return details;
    await Promise.all(
      asked.map(async (item) => {
        const resolved = await this.#project.resolve(item, { limit: this.#helpLimit });
        const { detail } = resolved as LspCompletionItem;
        if (detail !== undefined) details.set(item, detail);
      }),
    );
    return details;
  }

  /** How an earlier cell declares a name. */
  #kindOf(name: string): DeclarationKind | undefined {
    return this.#scope.value(name)?.kind ?? this.#scope.type(name)?.kind;
  }
}
