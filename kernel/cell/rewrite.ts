/** Turns a cell's top level into the body of an async function that keeps the notebook's names in boxes. */
import MagicString, { type SourceMap } from "magic-string";
import type { Comment, Statement, VariableDeclaration } from "oxc-parser";
import type { CellSyntax } from "./analyze.ts";
import { boundNames, statementDeclarations } from "./declarations.ts";
import { importsOf } from "./imports.ts";
import { type PlainLoop, plainLoops } from "./loops.ts";
import type { Reference, Span } from "./scope.ts";
import type { CellAnalysis, PublishedKind } from "./types.ts";

export interface Rewritten {
  /** TypeScript that may contain `await`, but no `import` and no `export`. */
  readonly code: string;
  readonly map: SourceMap;
  /** The parameter through which the code reaches its `CellRuntime`. */
  readonly runtime: string;
}

/** @param isKnown says of a name that the cell does not declare whether earlier cells did. */
export function rewrite(
  source: string,
  analysis: CellAnalysis,
  syntax: CellSyntax,
  isKnown: (name: string) => boolean,
): Rewritten {
  const rewriter = new Rewriter(source, syntax, isKnown);
  rewriter.references();
  rewriter.loops();
  rewriter.decorators();
  rewriter.nestedVars();
  for (const statement of syntax.program.body) rewriter.statement(statement);
  if (analysis.result) rewriter.result(analysis.result);
  return rewriter.finish();
}

interface FastLoop extends PlainLoop {
  /** Names of the notebook that it writes. */
  readonly names: Set<string>;
}

class Rewriter {
  readonly #text: MagicString;
  readonly #source: string;
  readonly #syntax: CellSyntax;
  readonly #isKnown: (name: string) => boolean;
  /** Starts no word of the cell, so that names that start with it are the compiler's own. */
  readonly #prefix: string;
  readonly #boxes = new Set<string>();
  readonly #functions = new Set<string>();
  readonly #constants = new Set<string>();
  readonly #vars = new Set<string>();
  readonly #loops: readonly FastLoop[];
  /** What the cell gives a value, unlike what it only declares. */
  readonly #values = new Set<string>();

  constructor(source: string, syntax: CellSyntax, isKnown: (name: string) => boolean) {
    this.#text = new MagicString(source);
    this.#source = source;
    this.#syntax = syntax;
    this.#isKnown = isKnown;
    let prefix = "$";
    while (source.includes(prefix)) prefix += "$";
    this.#prefix = prefix;
    const statements = [...syntax.program.body, ...syntax.resolved.nestedVars];
    for (const { name, kind, isValue } of statements.flatMap(statementDeclarations)) {
      if (isValue) this.#values.add(name);
      if (isValue && kind === "const") this.#constants.add(name);
      if (isValue && kind === "var") this.#vars.add(name);
    }
    this.#loops = plainLoops(syntax.program).map((loop) => ({ ...loop, names: new Set() }));
    for (const { name, writes, start, end } of syntax.resolved.references) {
      if (!writes || this.#constants.has(name) || !this.#isNotebooks(name)) continue;
      this.#loops.find((loop) => loop.start <= start && end <= loop.end)?.names.add(name);
    }
  }

  references(): void {
    const local = localReferences(this.#syntax);
    // From the end, so that what closes at one place closes inside out.
    for (const reference of this.#syntax.resolved.references.toReversed()) {
      if (reference.meaning !== "value" || local.has(reference)) continue;
      const target = this.#target(reference);
      if (target === undefined) continue;
      this.#replace(reference, target);
    }
  }

  /** In a loop that only computes, names that it writes are local variables. */
  loops(): void {
    const $ = this.#prefix;
    const count = `${$}${$}`;
    for (const { start, end, bodies, names } of this.#loops) {
      if (names.size === 0) continue;
      const locals = [...names].map((name) => `${$}${$}${name} = ${$}.peek("${name}")`);
      const store = [...names].map((name) => `${$}${name}.${name} = ${$}${$}${name};`).join(" ");
      // An interrupt ends the loop without more ado; what it had reached is stored every now and then.
      const now = ` if ((++${count} & 65535) === 0) { ${store} } `;
      for (const body of bodies) {
        this.#text.appendLeft(
          body.isBlock ? body.start + 1 : body.start,
          body.isBlock ? now : `{${now}`,
        );
        if (!body.isBlock) this.#text.appendLeft(body.end, " }");
      }
      this.#text.appendLeft(start, `{ let ${count} = 0, ${locals.join(", ")}; try { `);
      this.#text.appendLeft(end, ` } finally { ${store} } }`);
    }
  }

  /** The name belongs to the notebook, or nobody knows whom it belongs to. */
  #isNotebooks(name: string): boolean {
    return this.#values.has(name) || this.#isKnown(name) || !(name in globalThis);
  }

  /** What stands for a name of the notebook; undefined where the name stays as it is. */
  #target({ name, role, writes, start, end }: Reference): string | undefined {
    const known = this.#values.has(name) || this.#isKnown(name);
    if (!this.#isNotebooks(name)) return undefined;
    const loop = this.#loops.find((each) => each.start <= start && end <= each.end);
    if (loop?.names.has(name)) {
      this.#boxes.add(name);
      return `${this.#prefix}${this.#prefix}${name}`;
    }
    if (role === "typeof" && !known) return `${this.#prefix}.peek(${JSON.stringify(name)})`;
    if (writes && this.#constants.has(name)) {
      return `${this.#prefix}.constant(${JSON.stringify(name)}).${name}`;
    }
    this.#boxes.add(name);
    return `${this.#prefix}${name}.${name}`;
  }

  #replace({ name, start, end, role, named }: Reference, target: string): void {
    if (role === "callee") {
      // A plain call: what is called must not take the box for its `this`.
      if (this.#syntax.resolved.statementStarts.has(start)) this.#text.appendLeft(start, ";");
      this.#text.overwrite(start, end, `(0, ${target})`);
    } else {
      this.#text.overwrite(start, end, role === "shorthand" ? `${name}: ${target}` : target);
    }
    if (named && name !== "__proto__") {
      this.#text.appendLeft(named.start, `({ ${name}: `);
      this.#text.appendLeft(named.end, ` }).${name}`);
    }
  }

  /** `@(0, f)()` is no decorator, `@((0, f)())` is one. */
  decorators(): void {
    for (const { start, end } of this.#syntax.resolved.decorators) {
      this.#text.appendLeft(start, "(");
      this.#text.appendLeft(end, ")");
    }
  }

  /** A `var` in a block or a loop's head assigns to the name, which exists from the start of the cell. */
  nestedVars(): void {
    const { nestedVars, loopTargets } = this.#syntax.resolved;
    for (const node of nestedVars) {
      const isTarget = loopTargets.has(node);
      const first = node.declarations[0]!;
      if (isTarget) this.#text.remove(node.start, first.start);
      else this.#text.overwrite(node.start, first.start, "void 0, ");
      for (const { id, init, end } of node.declarations) {
        if ("typeAnnotation" in id && id.typeAnnotation) {
          this.#text.remove(id.typeAnnotation.start, id.typeAnnotation.end);
        }
        if (isTarget) continue;
        if (!init && id.type === "Identifier") {
          this.#text.overwrite(id.start, end, "void 0");
        } else if (id.type !== "Identifier") {
          this.#text.appendLeft(id.start, "(");
          this.#text.appendLeft(end, ")");
        }
      }
    }
  }

  statement(statement: Statement): void {
    switch (statement.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "TSNamespaceExportDeclaration":
        this.#remove(statement);
        break;
      case "ExportNamedDeclaration":
        if (statement.declaration) {
          this.#text.remove(statement.start, statement.declaration.start);
          this.statement(statement.declaration);
        } else {
          this.#remove(statement);
        }
        break;
      case "ExportDefaultDeclaration":
        this.#exportDefault(statement);
        break;
      case "TSExportAssignment":
        this.#text.overwrite(statement.start, statement.expression.start, ";");
        break;
      case "TSImportEqualsDeclaration":
        this.#importEquals(statement);
        break;
      case "VariableDeclaration":
        this.#variables(statement);
        break;
      case "FunctionDeclaration":
        if (statement.id) this.#functions.add(statement.id.name);
        break;
      case "ClassDeclaration":
      case "TSEnumDeclaration":
      case "TSModuleDeclaration":
        for (const { name, kind, isValue } of statementDeclarations(statement)) {
          if (isValue) this.#publishAfter(statement.end, kind as PublishedKind, [name]);
        }
    }
  }

  #remove({ start, end }: Span): void {
    this.#text.remove(start, end);
  }

  #exportDefault(statement: Extract<Statement, { type: "ExportDefaultDeclaration" }>): void {
    const { start, declaration } = statement;
    const isNamed = "id" in declaration && declaration.id;
    if (declaration.type === "TSInterfaceDeclaration") {
      this.#text.remove(start, declaration.start);
    } else if (isNamed && declaration.type === "FunctionDeclaration") {
      this.#text.remove(start, declaration.start);
      this.statement(declaration);
    } else if (isNamed && declaration.type === "ClassDeclaration") {
      this.#text.remove(start, declaration.start);
      this.statement(declaration);
    } else if (declaration.type !== "TSDeclareFunction") {
      this.#text.overwrite(start, declaration.start, ";(");
      this.#text.appendLeft(declaration.end, ")");
    }
  }

  #importEquals(statement: Extract<Statement, { type: "TSImportEqualsDeclaration" }>): void {
    const { start, end, id, importKind, moduleReference } = statement;
    if (importKind === "type") {
      this.#remove(statement);
      return;
    }
    if (moduleReference.type === "TSExternalModuleReference") {
      const specifier = JSON.stringify(moduleReference.expression.value);
      const loaded = `await ${this.#prefix}.load(import(${specifier}), ${start})`;
      this.#text.overwrite(start, end, `const ${id.name} = ${this.#prefix}.required(${loaded})`);
    }
    this.#publishAfter(end, "const", [id.name]);
  }

  #variables({ kind, declarations, declare, end }: VariableDeclaration): void {
    if (declare) return;
    const published = kind === "let" || kind === "var" ? kind : "const";
    for (const [index, { id, init, end: declaratorEnd }] of declarations.entries()) {
      const names = boundNames(id).map(({ name }) => name);
      // `var x` does not change an x that exists.
      const publishes = names.length > 0 && (kind !== "var" || init !== null);
      const next = declarations[index + 1];
      if (!next) {
        if (publishes) this.#publishAfter(end, published, names);
      } else {
        // The next one may use this one, so each is a statement of its own.
        const comma = findComma(this.#source, declaratorEnd, this.#syntax.comments);
        const publish = publishes ? `; ${this.#publication(published, names)}` : "";
        this.#text.overwrite(comma, comma + 1, `${publish}; ${kind}`);
      }
    }
  }

  #publishAfter(end: number, kind: PublishedKind, names: readonly string[]): void {
    this.#text.appendLeft(end, `; ${this.#publication(kind, names)};`);
  }

  #publication(kind: PublishedKind, names: readonly string[]): string {
    return `${this.#prefix}.publish("${kind}", { ${names.join(", ")} })`;
  }

  result({ start, end }: Span): void {
    this.#text.appendLeft(start, `${this.#prefix}.result = (`);
    this.#text.appendLeft(end, ")");
  }

  finish(): Rewritten {
    for (const { start, end } of this.#syntax.resolved.importMetas) {
      this.#text.overwrite(start, end, `${this.#prefix}.meta`);
    }
    this.#text.prepend(`${this.#head().join(" ")}\n`);
    return {
      code: this.#text.toString(),
      map: this.#text.generateMap({ source: "cell.ts", hires: "boundary" }),
      runtime: this.#prefix,
    };
  }

  /** What happens before the first statement: names and functions exist, then modules are loaded in order. */
  #head(): string[] {
    const $ = this.#prefix;
    const head = [...this.#boxes].map((name) => `const ${$}${name} = ${$}.box("${name}");`);
    const vars = [...this.#vars].map((name) => `${name}: void 0`);
    if (vars.length > 0) head.push(`${$}.publish("hoisted", { ${vars.join(", ")} });`);
    if (this.#functions.size > 0)
      head.push(`${this.#publication("function", [...this.#functions])};`);
    for (const { specifier, attributes, names, start } of importsOf(this.#syntax.program)) {
      const options = attributes ? `, { with: ${JSON.stringify(attributes)} }` : "";
      const quoted = JSON.stringify(specifier);
      const loaded = `await ${$}.load(import(${quoted}${options}), ${start})`;
      head.push(
        names ? `${$}.bind(${loaded}, ${quoted}, ${JSON.stringify(names)});` : `${loaded};`,
      );
    }
    return head;
  }
}

/** References in a pattern's defaults to what the same pattern declares: it has no value in its box yet. */
function localReferences({ program, resolved }: CellSyntax): Set<Reference> {
  const local = new Set<Reference>();
  for (const statement of program.body) {
    const inner = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (inner?.type !== "VariableDeclaration") continue;
    for (const { id } of inner.declarations) {
      if (id.type === "Identifier") continue;
      const names = new Set(boundNames(id).map(({ name }) => name));
      for (const reference of resolved.references) {
        const isInside = reference.start >= id.start && reference.end <= id.end;
        if (isInside && names.has(reference.name)) local.add(reference);
      }
    }
  }
  return local;
}

function findComma(source: string, from: number, comments: readonly Comment[]): number {
  let comma = source.indexOf(",", from);
  for (;;) {
    const comment = comments.find(({ start, end }) => start < comma && comma < end);
    if (!comment) return comma;
    comma = source.indexOf(",", comment.end);
  }
}
