/** Lets the statements of a cell's top level give the notebook's names their values. */
import type { Comment, Statement, VariableDeclaration } from "oxc-parser";
import { boundNames, statementDeclarations } from "./declarations.ts";
import type { Draft } from "./draft.ts";
import type { Declaration, PublishedKind } from "./types.ts";

type Of<T extends Statement["type"]> = Extract<Statement, { type: T }>;

export function rewriteStatement(statement: Statement, draft: Draft): void {
  const { text } = draft;
  switch (statement.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "TSNamespaceExportDeclaration":
      text.remove(statement.start, statement.end);
      break;
    case "ExportNamedDeclaration":
      if (statement.declaration) {
        text.remove(statement.start, statement.declaration.start);
        rewriteStatement(statement.declaration, draft);
      } else {
        text.remove(statement.start, statement.end);
      }
      break;
    case "ExportDefaultDeclaration":
      rewriteDefault(statement, draft);
      break;
    case "TSExportAssignment":
      text.overwrite(statement.start, statement.expression.start, ";");
      break;
    case "TSImportEqualsDeclaration":
      rewriteImportEquals(statement, draft);
      break;
    case "VariableDeclaration":
      rewriteVariables(statement, draft);
      break;
    case "FunctionDeclaration":
      if (statement.id) draft.functions.add(statement.id.name);
      break;
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSModuleDeclaration":
      for (const { name, kind, isValue } of statementDeclarations(statement)) {
        if (isValue) publishAfter(statement.end, publishedKind(kind), [name], draft);
      }
  }
}

function rewriteDefault(statement: Of<"ExportDefaultDeclaration">, draft: Draft): void {
  const { text } = draft;
  const { start, declaration } = statement;
  switch (declaration.type) {
    case "TSInterfaceDeclaration":
      text.remove(start, declaration.start);
      return;
    case "TSDeclareFunction":
      return;
    case "FunctionDeclaration":
    case "ClassDeclaration":
      if (!declaration.id) break;
      text.remove(start, declaration.start);
      rewriteStatement(declaration, draft);
      return;
  }
  text.overwrite(start, declaration.start, ";(");
  text.appendLeft(declaration.end, ")");
}

function rewriteImportEquals(statement: Of<"TSImportEqualsDeclaration">, draft: Draft): void {
  const { text, prefix } = draft;
  const { start, end, id, importKind, moduleReference } = statement;
  if (importKind === "type") {
    text.remove(start, end);
    return;
  }
  if (moduleReference.type === "TSExternalModuleReference") {
    const loading = draft.loading(moduleReference.expression.value, start);
    text.overwrite(start, end, `const ${id.name} = ${prefix}.required(${loading})`);
  }
  publishAfter(end, "const", [id.name], draft);
}

function rewriteVariables(statement: VariableDeclaration, draft: Draft): void {
  const { kind, declarations, declare, end } = statement;
  if (declare) return;
  const published = kind === "let" || kind === "var" ? kind : "const";
  for (const [index, { id, init, end: declaratorEnd }] of declarations.entries()) {
    const names = boundNames(id).map(({ name }) => name);
    // `var x` does not change an x that exists.
    const publishes = names.length > 0 && (kind !== "var" || init !== null);
    const isLast = index === declarations.length - 1;
    if (isLast) {
      if (publishes) publishAfter(end, published, names, draft);
    } else {
      // The next one may use this one, so each is a statement of its own.
      const comma = findComma(draft.source, declaratorEnd, draft.syntax.comments);
      const publish = publishes ? `; ${draft.publication(published, names)}` : "";
      draft.text.overwrite(comma, comma + 1, `${publish}; ${kind}`);
    }
  }
}

function publishAfter(
  end: number,
  kind: PublishedKind,
  names: readonly string[],
  draft: Draft,
): void {
  draft.text.appendLeft(end, `; ${draft.publication(kind, names)};`);
}

function publishedKind(kind: Declaration["kind"]): PublishedKind {
  return kind === "type" || kind === "interface" || kind === "import" ? "const" : kind;
}

function findComma(source: string, from: number, comments: readonly Comment[]): number {
  let comma = source.indexOf(",", from);
  for (;;) {
    const comment = comments.find(({ start, end }) => start < comma && comma < end);
    if (!comment) return comma;
    comma = source.indexOf(",", comment.end);
  }
}
