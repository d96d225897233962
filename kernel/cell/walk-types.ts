/** How the walk goes through types, and through what TypeScript and modules add to statements. */
import type {
  Expression,
  ParamPattern,
  Statement,
  TSModuleDeclaration,
  TSTypeName,
} from "oxc-parser";
import { namespaceName, statementDeclarations } from "./declarations.ts";
import type { Meaning, Scope } from "./scope.ts";
import { binding } from "./walk-code.ts";
import type { Child, Handlers, NodeOf, Walker } from "./walker.ts";

export const typeHandlers: Handlers = {
  ImportDeclaration: (node, walker) => walker.imports.add(node.source.value),
  ExportAllDeclaration: (node, walker) => walker.imports.add(node.source.value),
  ExportNamedDeclaration: (node, walker) => {
    if (node.source) walker.imports.add(node.source.value);
    else for (const specifier of node.specifiers) exported(specifier, node, walker);
    walker.visit(node.declaration);
  },
  TSNamespaceExportDeclaration: () => {},
  TSImportEqualsDeclaration: ({ moduleReference }, walker) => {
    if (moduleReference.type === "TSExternalModuleReference") {
      walker.imports.add(moduleReference.expression.value);
    } else {
      typeName(moduleReference, "value", "value", walker);
    }
  },

  TSModuleDeclaration: (node, walker) => namespace(node, walker),
  TSEnumDeclaration: (node, walker) => {
    const members = walker.scope.exportsOf(node.id.name);
    members.values.add(node.id.name);
    for (const { id } of node.body.members) {
      if (id.type === "Identifier") members.values.add(id.name);
      else if (id.type === "Literal") members.values.add(id.value);
    }
    walker.within(members, () => {
      for (const { initializer } of node.body.members) walker.visit(initializer);
    });
  },
  TSTypeAliasDeclaration: (node, walker) =>
    walker.block(() => walker.all([node.typeParameters, node.typeAnnotation])),
  TSInterfaceDeclaration: (node, walker) =>
    walker.block(() => walker.all([node.typeParameters, ...node.extends, node.body])),
  TSInterfaceHeritage: (node, walker) => {
    heritage(node.expression, walker);
    walker.visit(node.typeArguments);
  },
  TSClassImplements: (node, walker) => {
    heritage(node.expression, walker);
    walker.visit(node.typeArguments);
  },

  TSTypeReference: (node, walker) => {
    typeName(node.typeName, "type", "namespace", walker);
    walker.visit(node.typeArguments);
  },
  TSTypeQuery: (node, walker) => {
    if (node.exprName.type === "TSImportType") walker.visit(node.exprName);
    else typeName(node.exprName, "value", "value", walker);
    walker.visit(node.typeArguments);
  },
  TSImportType: (node, walker) => {
    walker.imports.add(node.source.value);
    walker.visit(node.typeArguments);
  },
  TSTypeParameter: (node, walker) => {
    walker.scope.types.add(node.name.name);
    walker.all([node.constraint, node.default]);
  },
  // What `infer` declares is seen in the true branch; nobody names it elsewhere.
  TSConditionalType: (node, walker) =>
    walker.block(() =>
      walker.all([node.checkType, node.extendsType, node.trueType, node.falseType]),
    ),
  TSMappedType: (node, walker) =>
    walker.block(() => {
      walker.scope.types.add(node.key.name);
      walker.all([node.constraint, node.nameType, node.typeAnnotation]);
    }),
  TSFunctionType: (node, walker) => signature(node, walker),
  TSConstructorType: (node, walker) => signature(node, walker),
  TSCallSignatureDeclaration: (node, walker) => signature(node, walker),
  TSConstructSignatureDeclaration: (node, walker) => signature(node, walker),
  TSMethodSignature: (node, walker) => {
    if (node.computed) walker.visit(node.key);
    signature(node, walker);
  },
  TSPropertySignature: (node, walker) => {
    if (node.computed) walker.visit(node.key);
    walker.visit(node.typeAnnotation);
  },
  TSIndexSignature: (node, walker) => {
    for (const { typeAnnotation } of node.parameters) walker.visit(typeAnnotation);
    walker.visit(node.typeAnnotation);
  },
  TSNamedTupleMember: (node, walker) => walker.visit(node.elementType),
  TSTypePredicate: (node, walker) => walker.visit(node.typeAnnotation),
};

function exported(
  { local, exportKind }: NodeOf<"ExportSpecifier">,
  statement: NodeOf<"ExportNamedDeclaration">,
  walker: Walker,
): void {
  if (local.type !== "Identifier") return;
  const isType = statement.exportKind === "type" || exportKind === "type";
  walker.refer(local, isType ? "type" : "namespace", { role: "export" });
}

function namespace(node: NodeOf<"TSModuleDeclaration">, walker: Walker): void {
  const { id, body } = node;
  if (!body) return;
  const name = namespaceName(node);
  const path = name && id.type !== "Literal" ? pathOf(id) : "";
  const shared = walker.scope.exportsOf(path);
  if (name) {
    shared.values.add(name.name);
    shared.types.add(name.name);
  }
  declareIn(
    shared,
    body.body.filter(({ type }) => type === "ExportNamedDeclaration"),
  );
  walker.function(() => walker.body(body.body, shared));
}

function declareIn(scope: Scope, statements: readonly Statement[]): void {
  for (const { name, isValue, isType } of statements.flatMap(statementDeclarations)) {
    if (isValue) scope.values.add(name);
    if (isType) scope.types.add(name);
  }
}

function signature(
  node: {
    readonly typeParameters: Child;
    readonly params: readonly ParamPattern[];
    readonly returnType: Child;
  },
  walker: Walker,
): void {
  walker.block(() => {
    walker.visit(node.typeParameters);
    for (const param of node.params) binding(param, walker);
    walker.visit(node.returnType);
  });
}

/** Refers to the leftmost identifier of a dotted name. */
function typeName(name: TSTypeName, meaning: Meaning, left: Meaning, walker: Walker): void {
  if (name.type === "Identifier") walker.refer(name, meaning);
  else if (name.type === "TSQualifiedName") typeName(name.left, left, left, walker);
}

function heritage(expression: Expression, walker: Walker): void {
  let leftmost = expression;
  while (leftmost.type === "MemberExpression") leftmost = leftmost.object;
  if (leftmost.type !== "Identifier") return;
  walker.refer(leftmost, leftmost === expression ? "type" : "namespace");
}

function pathOf(name: TSTypeName | TSModuleDeclaration["id"]): string {
  if (name.type === "TSQualifiedName") return `${pathOf(name.left)}.${name.right.name}`;
  return name.type === "Identifier" ? name.name : "";
}
