/** Puts the boxes of the notebook's names where a cell names them. */
import { boundNames } from "./declarations.ts";
import type { Draft } from "./draft.ts";
import type { Reference } from "./scope.ts";

export function rewriteReferences(draft: Draft): void {
  const local = localReferences(draft);
  // From the end, so that what closes at one place closes inside out.
  for (const reference of draft.syntax.resolved.references.toReversed()) {
    if (reference.meaning !== "value" || local.has(reference)) continue;
    const target = targetOf(reference, draft);
    if (target !== undefined) replace(reference, target, draft);
  }
  for (const { start, end } of draft.syntax.resolved.importMetas) {
    draft.text.overwrite(start, end, `${draft.prefix}.meta`);
  }
}

/** What stands for a name of the notebook; undefined where the name stays as it is. */
function targetOf(reference: Reference, draft: Draft): string | undefined {
  const { name, role, writes } = reference;
  const { prefix } = draft;
  if (!draft.mayBeNotebooks(name)) {
    // A direct eval would see variables that are not those of the notebook.
    return name === "eval" && role === "callee" ? name : undefined;
  }
  if (draft.loopAround(reference)?.names.has(name)) return `${prefix}${prefix}${name}`;
  if (role === "typeof" && !draft.isNotebooks(name)) return `${prefix}.peek("${name}")`;
  if (writes && draft.constants.has(name)) return `${prefix}.constant("${name}").${name}`;
  draft.boxes.add(name);
  return `${prefix}${name}.${name}`;
}

function replace({ name, start, end, role, named }: Reference, target: string, draft: Draft): void {
  const { text, syntax } = draft;
  if (role === "callee") {
    // A plain call: what is called must not take the box for its `this`.
    if (syntax.resolved.statementStarts.has(start)) text.appendLeft(start, ";");
    text.overwrite(start, end, `(0, ${target})`);
  } else {
    text.overwrite(start, end, role === "shorthand" ? `${name}: ${target}` : target);
  }
  if (named && name !== "__proto__") {
    text.appendLeft(named.start, `({ ${name}: `);
    text.appendLeft(named.end, ` }).${name}`);
  }
}

/** References in a pattern's defaults to what the same pattern declares: it has no value in its box yet. */
function localReferences({ syntax: { program, resolved } }: Draft): Set<Reference> {
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

/** `@(0, f)()` is no decorator, `@((0, f)())` is one. */
export function rewriteDecorators({ text, syntax }: Draft): void {
  for (const { start, end } of syntax.resolved.decorators) {
    text.appendLeft(start, "(");
    text.appendLeft(end, ")");
  }
}

/** A `var` in a block or a loop's head assigns to the name, which exists from the start of the cell. */
export function rewriteNestedVars({ text, syntax }: Draft): void {
  const { nestedVars, loopTargets } = syntax.resolved;
  for (const node of nestedVars) {
    const isTarget = loopTargets.has(node);
    const first = node.declarations[0]!;
    if (isTarget) text.remove(node.start, first.start);
    else text.overwrite(node.start, first.start, "void 0, ");
    for (const { id, init, end } of node.declarations) {
      if ("typeAnnotation" in id && id.typeAnnotation) {
        text.remove(id.typeAnnotation.start, id.typeAnnotation.end);
      }
      if (isTarget) continue;
      if (!init && id.type === "Identifier") {
        text.overwrite(id.start, end, "void 0");
      } else if (id.type !== "Identifier") {
        text.appendLeft(id.start, "(");
        text.appendLeft(end, ")");
      }
    }
  }
}
