/** The names that statements and patterns declare. */
import type {
  BindingPattern,
  ParamPattern,
  Statement,
  TSGlobalDeclaration,
  TSModuleDeclaration,
} from "oxc-parser";
import type { Declaration, DeclarationKind } from "./types.ts";

type Namespace = TSModuleDeclaration | TSGlobalDeclaration;

export interface BoundName {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The identifiers that a pattern binds, in order. */
export function boundNames(pattern: BindingPattern | ParamPattern): BoundName[] {
  switch (pattern.type) {
    case "Identifier":
      return [
        { name: pattern.name, start: pattern.start, end: pattern.start + pattern.name.length },
      ];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) =>
        element ? boundNames(element.type === "RestElement" ? element.argument : element) : [],
      );
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    case "TSParameterProperty":
      return boundNames(pattern.parameter);
  }
}

type Meanings = Pick<Declaration, "isValue" | "isType">;

const value: Meanings = { isValue: true, isType: false };
const type: Meanings = { isValue: false, isType: true };
const both: Meanings = { isValue: true, isType: true };
const neither: Meanings = { isValue: false, isType: false };

/** What one statement at a cell's top level declares; `var` in blocks is not seen here. */
export function statementDeclarations(statement: Statement): Declaration[] {
  const declare = (names: readonly BoundName[], kind: DeclarationKind, meanings: Meanings) =>
    names.map(({ name, start, end }) => ({ name, kind, ...meanings, start, end }));
  switch (statement.type) {
    case "VariableDeclaration": {
      const kind = statement.kind === "let" || statement.kind === "var" ? statement.kind : "const";
      const names = statement.declarations.flatMap(({ id }) => boundNames(id));
      return declare(names, kind, statement.declare ? neither : value);
    }
    case "FunctionDeclaration":
      return statement.id ? declare(boundNames(statement.id), "function", value) : [];
    case "TSDeclareFunction":
      // Without `declare` it is an overload of the function that follows.
      return statement.id && statement.declare
        ? declare(boundNames(statement.id), "function", neither)
        : [];
    case "ClassDeclaration":
      return statement.id
        ? declare(boundNames(statement.id), "class", statement.declare ? type : both)
        : [];
    case "TSEnumDeclaration":
      return declare(boundNames(statement.id), "enum", statement.declare ? type : both);
    case "TSModuleDeclaration": {
      const name = namespaceName(statement);
      if (!name) return [];
      return declare([name], "namespace", hasValues(statement) ? both : type);
    }
    case "TSTypeAliasDeclaration":
      return declare(boundNames(statement.id), "type", type);
    case "TSInterfaceDeclaration":
      return declare(boundNames(statement.id), "interface", type);
    case "TSImportEqualsDeclaration":
      return declare(
        boundNames(statement.id),
        "import",
        statement.importKind === "type" ? type : both,
      );
    case "ImportDeclaration":
      return statement.specifiers.flatMap((specifier) => {
        const isType =
          statement.importKind === "type" ||
          (specifier.type === "ImportSpecifier" && specifier.importKind === "type");
        return declare(boundNames(specifier.local), "import", isType ? type : both);
      });
    case "ExportNamedDeclaration":
      return statement.declaration ? statementDeclarations(statement.declaration) : [];
    case "ExportDefaultDeclaration": {
      const { declaration } = statement;
      const declares =
        declaration.type === "FunctionDeclaration" ||
        declaration.type === "ClassDeclaration" ||
        declaration.type === "TSInterfaceDeclaration";
      return declares ? statementDeclarations(declaration) : [];
    }
    default:
      return [];
  }
}

/** The leftmost name of a namespace; undefined for `declare global` and `declare module "name"`. */
export function namespaceName({ id, kind }: Namespace): BoundName | undefined {
  if (kind === "global" || id.type === "Literal") return undefined;
  let leftmost: typeof id | { type: "ThisExpression" } = id;
  while (leftmost.type === "TSQualifiedName") leftmost = leftmost.left;
  return leftmost.type === "Identifier" ? boundNames(leftmost)[0] : undefined;
}

/** A namespace that holds types only does not exist at run time. */
export function hasValues(namespace: Namespace): boolean {
  return !namespace.declare && (namespace.body?.body.some(runs) ?? false);
}

function runs(statement: Statement): boolean {
  switch (statement.type) {
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "TSDeclareFunction":
      return false;
    case "TSModuleDeclaration":
      return hasValues(statement);
    case "VariableDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return !statement.declare;
    case "TSImportEqualsDeclaration":
      return statement.importKind !== "type";
    case "ExportNamedDeclaration":
      return statement.declaration ? runs(statement.declaration) : statement.exportKind !== "type";
    default:
      return true;
  }
}
