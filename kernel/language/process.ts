/** One process of the language server, and the documents that it has been told of. */
import type { ServerProcess } from "./spawn.ts";
import { Wire } from "./wire.ts";

export interface Document {
  version: number;
  text: string;
  readonly languageId: string;
}

const capabilities = {
  workspace: { configuration: true, didChangeWatchedFiles: { dynamicRegistration: false } },
  textDocument: {
    diagnostic: { dynamicRegistration: false },
    hover: { contentFormat: ["markdown"] },
    completion: {
      contextSupport: true,
      completionItem: {
        snippetSupport: false,
        insertReplaceSupport: true,
        labelDetailsSupport: true,
        documentationFormat: ["markdown"],
      },
    },
    signatureHelp: {
      contextSupport: true,
      signatureInformation: {
        documentationFormat: ["markdown"],
        activeParameterSupport: true,
        parameterInformation: { labelOffsetSupport: true },
      },
    },
  },
};

export interface ProcessOptions {
  /** Address of the folder that it works in. */
  readonly root: string;
  /** What it is told when it asks for the section `js/ts` of the configuration. */
  readonly settings: unknown;
}

export class Process {
  readonly child: ServerProcess;
  readonly wire: Wire;
  /** It can be told of documents: from then on changes go to it as they come. */
  isReady = false;
  /** Requests that it has not answered. */
  pending = 0;
  /** It has made way for another one, and ends when all is answered. */
  isRetired = false;
  readonly #root: string;
  /** Addresses of the documents that it knows. */
  readonly #open = new Set<string>();

  /** @param onEnd called when it has ended, whatever the reason */
  constructor(child: ServerProcess, { root, settings }: ProcessOptions, onEnd: () => void) {
    this.child = child;
    this.#root = root;
    this.wire = new Wire(child.stdout, child.stdin, (method, params) => {
      if (method !== "workspace/configuration") return null;
      const { items } = params as { items: readonly { section?: string }[] };
      return items.map((item) => (item.section === "js/ts" ? settings : null));
    });
    const killOnExit = () => child.kill("SIGKILL");
    process.once("exit", killOnExit);
    const gone = (reason: string) => {
      process.off("exit", killOnExit);
      this.wire.close(reason);
      onEnd();
    };
    child.once("error", (error) =>
      gone(`TypeScript's language server did not start (${error.message}).`),
    );
    child.once("exit", (code, signal) =>
      gone(`TypeScript's language server ended (${signal ?? code}).`),
    );
  }

  /** Settles when it has answered that it is there. */
  async greet(): Promise<void> {
    await this.wire.request("initialize", {
      // The server ends by itself when this process is gone.
      processId: process.pid,
      rootUri: this.#root,
      workspaceFolders: [{ uri: this.#root, name: "notebook" }],
      capabilities,
      initializationOptions: { disablePushDiagnostics: true },
    });
  }

  /** From now on it is told of documents. */
  begin(): void {
    this.wire.notify("initialized", {});
    this.isReady = true;
  }

  knows(uri: string): boolean {
    return this.#open.has(uri);
  }

  /** Costs a rebuild of the program. */
  open(uri: string, { languageId, version, text }: Document): void {
    if (this.#open.has(uri)) return;
    this.#open.add(uri);
    this.wire.notify("textDocument/didOpen", {
      textDocument: { uri, languageId, version, text },
    });
  }

  /** Tells it of a document's new text, if it knows the document. */
  change(uri: string, { version, text }: Document): void {
    if (!this.#open.has(uri)) return;
    this.wire.notify("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    });
  }
}
