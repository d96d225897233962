/** How the walk goes through what runs: expressions, statements, functions and classes. */
import type {
  ArrowFunctionExpression,
  AssignmentTarget,
  AssignmentTargetMaybeDefault,
  BindingPattern,
  Class,
  Expression,
  Function as FunctionNode,
  Node,
  ParamPattern,
} from "oxc-parser";
import { boundNames } from "./declarations.ts";
import type { Role, Span } from "./scope.ts";
import {
  type Child,
  type Handlers,
  isWrapper,
  type NodeOf,
  unwrapped,
  type Walker,
} from "./walker.ts";

export const codeHandlers: Handlers = {
  Identifier: (node, walker) => walker.refer(node, "value"),
  MemberExpression: (node, walker) => {
    walker.visit(node.object);
    if (node.computed) walker.visit(node.property);
  },
  Property: (node, walker) => {
    if (node.computed) walker.visit(node.key);
    if (node.shorthand && node.value.type === "Identifier") {
      walker.refer(node.value, "value", { role: "shorthand" });
    } else {
      walker.visit(node.value);
    }
  },
  CallExpression: (node, walker) => {
    operand(node.callee, "callee", walker);
    walker.visit(node.typeArguments);
    walker.all(node.arguments);
  },
  TaggedTemplateExpression: (node, walker) => {
    operand(node.tag, "callee", walker);
    walker.visit(node.typeArguments);
    walker.visit(node.quasi);
  },
  UnaryExpression: (node, walker) => {
    if (node.operator === "typeof") operand(node.argument, "typeof", walker);
    else walker.visit(node.argument);
  },
  UpdateExpression: (node, walker) => target(node.argument, walker),
  AssignmentExpression: (node, walker) => {
    target(node.left, walker, { named: anonymous(node.right) });
    walker.visit(node.right);
  },
  AwaitExpression: (node, walker) => {
    walker.awaits();
    walker.visit(node.argument);
  },
  ImportExpression: (node, walker) => {
    const { source } = node;
    if (source.type === "Literal" && typeof source.value === "string")
      walker.imports.add(source.value);
    walker.visit(source);
    walker.visit(node.options);
  },
  MetaProperty: ({ meta, start, end }, walker) => {
    if (meta.name === "import") walker.importMetas.push({ start, end });
  },
  Decorator: ({ expression }, walker) => {
    walker.decorators.push({ start: expression.start, end: expression.end });
    walker.visit(expression);
  },
  BreakStatement: () => {},
  ContinueStatement: () => {},
  LabeledStatement: (node, walker) => walker.visit(node.body),

  VariableDeclaration: (node, walker) => {
    if (node.kind === "await using") walker.awaits();
    const isNested = node.kind === "var" && !walker.atTopLevel;
    const isNotebooks = isNested && walker.scope.varScope === walker.top;
    if (isNotebooks) walker.nestedVars.push(node);
    for (const { id, init } of node.declarations) {
      if (isNested) hoist(id, walker);
      if (isNotebooks) {
        // It becomes an assignment to a name of the notebook.
        if ("typeAnnotation" in id) walker.visit(id.typeAnnotation);
        target(id, walker, { named: init ? anonymous(init) : undefined });
      } else {
        patternParts(id, walker);
      }
      walker.visit(init);
    }
  },
  BlockStatement: (node, walker) => walker.block(() => walker.statements(node.body)),
  SwitchStatement: (node, walker) => {
    walker.visit(node.discriminant);
    walker.block(() => {
      for (const { test } of node.cases) walker.visit(test);
      walker.statements(node.cases.flatMap(({ consequent }) => consequent));
    });
  },
  ForStatement: (node, walker) =>
    walker.block(() => {
      loopHead(node.init, walker);
      walker.all([node.init, node.test, node.update, node.body]);
    }),
  ForInStatement: (node, walker) => forEach(node, walker),
  ForOfStatement: (node, walker) => {
    if (node.await) walker.awaits();
    forEach(node, walker);
  },
  CatchClause: (node, walker) =>
    walker.block(() => {
      if (node.param) binding(node.param, walker);
      walker.visit(node.body);
    }),

  FunctionDeclaration: (node, walker) => functionLike(node, walker),
  FunctionExpression: (node, walker) => functionLike(node, walker),
  TSDeclareFunction: (node, walker) => functionLike(node, walker),
  TSEmptyBodyFunctionExpression: (node, walker) => functionLike(node, walker),
  ArrowFunctionExpression: (node, walker) => functionLike(node, walker),
  ClassDeclaration: (node, walker) => classLike(node, walker),
  ClassExpression: (node, walker) => classLike(node, walker),
  MethodDefinition: (node, walker) => member(node, walker),
  TSAbstractMethodDefinition: (node, walker) => member(node, walker),
  PropertyDefinition: (node, walker) => member(node, walker),
  TSAbstractPropertyDefinition: (node, walker) => member(node, walker),
  AccessorProperty: (node, walker) => member(node, walker),
  TSAbstractAccessorProperty: (node, walker) => member(node, walker),
  StaticBlock: (node, walker) => walker.function(() => walker.body(node.body)),
};

/** An operand whose parentheses and type assertions do not change what its operator does with a bare name. */
function operand(expression: Expression, role: Role, walker: Walker): void {
  const inner = unwrapped(expression);
  if (inner.type === "Identifier") {
    walker.refer(inner, "value", { role });
    typesAround(expression, walker);
  } else {
    walker.visit(expression);
  }
}

/** Visits the types that `unwrapped` takes away. */
function typesAround(expression: Node, walker: Walker): void {
  for (let node = expression; isWrapper(node); node = node.expression) {
    if ("typeAnnotation" in node) walker.visit(node.typeAnnotation);
    if ("typeArguments" in node) walker.visit(node.typeArguments);
  }
}

/** What an assignment writes to. */
function target(
  node: AssignmentTarget | AssignmentTargetMaybeDefault | BindingPattern,
  walker: Walker,
  { named, role = "plain" }: { named?: Span | undefined; role?: Role } = {},
): void {
  switch (node.type) {
    case "ObjectPattern":
      for (const property of node.properties) {
        if (property.type === "RestElement") {
          target(property.argument, walker);
        } else {
          if (property.computed) walker.visit(property.key);
          target(property.value, walker, { role: property.shorthand ? "shorthand" : "plain" });
        }
      }
      break;
    case "ArrayPattern":
      for (const element of node.elements) {
        if (element) target(element.type === "RestElement" ? element.argument : element, walker);
      }
      break;
    case "AssignmentPattern":
      target(node.left, walker, { named: anonymous(node.right), role });
      walker.visit(node.right);
      break;
    default: {
      const inner = unwrapped(node);
      if (inner.type === "Identifier") {
        // Only a bare name is given to a function that is assigned to it.
        const own = named && inner === node ? { named } : {};
        walker.refer(inner, "value", { role, writes: true, ...own });
        typesAround(node, walker);
      } else {
        walker.visit(node);
      }
    }
  }
}

/** Visits what runs or is typed in a pattern whose names are declared already. */
function patternParts(pattern: BindingPattern | ParamPattern, walker: Walker): void {
  if ("decorators" in pattern && pattern.decorators) walker.all(pattern.decorators);
  if ("typeAnnotation" in pattern) walker.visit(pattern.typeAnnotation);
  switch (pattern.type) {
    case "ObjectPattern":
      for (const property of pattern.properties) {
        if (property.type === "RestElement") {
          patternParts(property.argument, walker);
        } else {
          if (property.computed) walker.visit(property.key);
          patternParts(property.value, walker);
        }
      }
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) {
        if (element)
          patternParts(element.type === "RestElement" ? element.argument : element, walker);
      }
      break;
    case "AssignmentPattern":
      patternParts(pattern.left, walker);
      walker.visit(pattern.right);
      break;
    case "RestElement":
      patternParts(pattern.argument, walker);
      break;
    case "TSParameterProperty":
      patternParts(pattern.parameter, walker);
  }
}

/** Declares and visits parameters, and what a `catch` catches. */
export function binding(pattern: BindingPattern | ParamPattern, walker: Walker): void {
  for (const { name } of boundNames(pattern)) walker.scope.values.add(name);
  patternParts(pattern, walker);
}

/** Declares a `var` where it belongs, which is not where it stands. */
function hoist(pattern: BindingPattern, walker: Walker): void {
  for (const { name } of boundNames(pattern)) walker.scope.varScope.values.add(name);
}

/** The names of `for (let …)` belong to the loop. */
function loopHead(head: Child, walker: Walker): void {
  if (head?.type !== "VariableDeclaration" || head.kind === "var") return;
  for (const { id } of head.declarations) {
    for (const { name } of boundNames(id)) walker.scope.values.add(name);
  }
}

function forEach(node: NodeOf<"ForInStatement" | "ForOfStatement">, walker: Walker): void {
  walker.block(() => {
    loopHead(node.left, walker);
    if (node.left.type === "VariableDeclaration") {
      walker.loopTargets.add(node.left);
      walker.visit(node.left);
    } else {
      target(node.left, walker);
    }
    walker.all([node.right, node.body]);
  });
}

function functionLike(node: FunctionNode | ArrowFunctionExpression, walker: Walker): void {
  walker.function(() => {
    if (node.type === "FunctionExpression" && node.id) walker.scope.values.add(node.id.name);
    // The defaults of parameters do not see what the body declares.
    walker.block(() => {
      if (node.type !== "ArrowFunctionExpression") walker.scope.values.add("arguments");
      walker.visit(node.typeParameters);
      for (const param of node.params) binding(param, walker);
      walker.visit(node.returnType);
      const { body } = node;
      if (body?.type === "BlockStatement") walker.body(body.body);
      else walker.visit(body);
    });
  });
}

function classLike(node: Class, walker: Walker): void {
  walker.all(node.decorators);
  walker.block(() => {
    if (node.id) {
      walker.scope.values.add(node.id.name);
      walker.scope.types.add(node.id.name);
    }
    walker.all([node.typeParameters, node.superClass, node.superTypeArguments]);
    walker.all(node.implements ?? []);
    walker.visit(node.body);
  });
}

function member(
  node: NodeOf<
    | "MethodDefinition"
    | "TSAbstractMethodDefinition"
    | "PropertyDefinition"
    | "TSAbstractPropertyDefinition"
    | "AccessorProperty"
    | "TSAbstractAccessorProperty"
  >,
  walker: Walker,
): void {
  walker.all(node.decorators);
  if (node.computed) walker.visit(node.key);
  if ("typeAnnotation" in node) walker.visit(node.typeAnnotation);
  // A field's initial value is a function of its own.
  walker.function(() => walker.visit(node.value));
}

/** The range of a function or class without a name, which takes that of the variable it is assigned to. */
function anonymous(expression: Expression): Span | undefined {
  let inner = expression;
  while (inner.type === "ParenthesizedExpression") inner = inner.expression;
  const nameless =
    inner.type === "ArrowFunctionExpression" ||
    ((inner.type === "FunctionExpression" || inner.type === "ClassExpression") && !inner.id);
  return nameless ? { start: expression.start, end: expression.end } : undefined;
}
