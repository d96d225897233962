/** The modules that a cell loads before its first statement runs. */
import type { ImportAttribute, ImportDeclaration, Program } from "oxc-parser";

export interface StaticImport {
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>> | undefined;
  /** Local name → exported name, `*` for the whole module; undefined where nothing is named. */
  readonly names: Readonly<Record<string, string>> | undefined;
  readonly start: number;
}

/** What only names types is left out; what is exported from elsewhere is loaded, as a module would. */
export function importsOf({ body }: Program): StaticImport[] {
  const imports: StaticImport[] = [];
  for (const statement of body) {
    switch (statement.type) {
      case "ImportDeclaration": {
        const names = importedNames(statement);
        if (names) imports.push(toImport(statement, names));
        break;
      }
      case "ExportAllDeclaration":
        if (statement.exportKind !== "type") imports.push(toImport(statement, {}));
        break;
      case "ExportNamedDeclaration":
        if (statement.source && statement.exportKind !== "type") {
          imports.push(toImport({ ...statement, source: statement.source }, {}));
        }
    }
  }
  return imports;
}

function toImport(
  { source, attributes, start }: Pick<ImportDeclaration, "source" | "attributes" | "start">,
  names: Record<string, string>,
): StaticImport {
  return {
    specifier: source.value,
    attributes: toAttributes(attributes, source.value),
    names: Object.keys(names).length > 0 ? names : undefined,
    start,
  };
}

/** Undefined where all that is imported is types. */
function importedNames({
  importKind,
  specifiers,
}: ImportDeclaration): Record<string, string> | undefined {
  if (importKind === "type") return undefined;
  const names: Record<string, string> = {};
  for (const specifier of specifiers) {
    const { local } = specifier;
    if (specifier.type === "ImportDefaultSpecifier") names[local.name] = "default";
    else if (specifier.type === "ImportNamespaceSpecifier") names[local.name] = "*";
    else if (specifier.importKind !== "type") {
      const { imported } = specifier;
      names[local.name] = imported.type === "Literal" ? imported.value : imported.name;
    }
  }
  return specifiers.length > 0 && Object.keys(names).length === 0 ? undefined : names;
}

/** JSON needs no attribute in a cell. */
function toAttributes(
  attributes: readonly ImportAttribute[],
  specifier: string,
): Record<string, string> | undefined {
  if (attributes.length === 0) return specifier.endsWith(".json") ? { type: "json" } : undefined;
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key.type === "Identifier" ? key.name : key.value,
      value.value,
    ]),
  );
}
