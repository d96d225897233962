/**
 * Loops that only compute. A notebook's name lives in memory, and a loop that adds to one waits for that memory in
 * each round, three to four times as long as a register takes. So in loops in which nothing else could see the name
 * meanwhile, it is a local variable.
 */
import type { Node, Program, Statement } from "oxc-parser";
import type { Draft } from "./draft.ts";
import type { Span } from "./scope.ts";
import { children } from "./tree.ts";

export interface PlainLoop extends Span {
  /** The bodies of the loop and of those within it. */
  readonly bodies: readonly (Span & { readonly isBlock: boolean })[];
}

/** The outermost loops that only compute, of those that are not in functions. */
export function plainLoops({ body }: Program): PlainLoop[] {
  const found: PlainLoop[] = [];
  const visit = (statement: Statement) => {
    const loop = statement.type === "LabeledStatement" ? statement.body : statement;
    if (loops.has(loop.type)) {
      if (isPlain(loop)) found.push(plainLoop(statement));
      else if ("body" in loop && !Array.isArray(loop.body)) visit(loop.body as Statement);
      return;
    }
    switch (statement.type) {
      case "BlockStatement":
        statement.body.forEach(visit);
        break;
      case "IfStatement":
        visit(statement.consequent);
        if (statement.alternate) visit(statement.alternate);
        break;
      case "TryStatement":
        visit(statement.block);
        if (statement.handler) visit(statement.handler.body);
        if (statement.finalizer) visit(statement.finalizer);
    }
  };
  body.forEach(visit);
  return found;
}

const loops: ReadonlySet<string> = new Set(["ForStatement", "WhileStatement", "DoWhileStatement"]);

/** What runs no code but its own. Indices are taken to be those of arrays, operands to be plain values. */
const plain: ReadonlySet<string> = new Set([
  ...loops,
  "ArrayExpression",
  "AssignmentExpression",
  "BinaryExpression",
  "BlockStatement",
  "BreakStatement",
  "ConditionalExpression",
  "ContinueStatement",
  "EmptyStatement",
  "ExpressionStatement",
  "Identifier",
  "IfStatement",
  "LabeledStatement",
  "Literal",
  "LogicalExpression",
  "ParenthesizedExpression",
  "SequenceExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "TSTypeAnnotation",
  "UnaryExpression",
  "UpdateExpression",
  "VariableDeclaration",
  "VariableDeclarator",
]);

function isPlain(node: Node): boolean {
  switch (node.type) {
    case "CallExpression":
      return isMath(node.callee) && node.arguments.every(isPlain);
    case "MemberExpression":
      return isMath(node) || (isPlain(node.object) && isIndex(node));
    case "BinaryExpression":
      if (node.operator === "in" || node.operator === "instanceof") return false;
      break;
    case "UnaryExpression":
      if (node.operator === "delete") return false;
      break;
    case "VariableDeclaration":
      if (node.kind === "using" || node.kind === "await using") return false;
      break;
    case "TSTypeAnnotation":
      return true;
  }
  return plain.has(node.type) && children(node).every(isPlain);
}

type Member = Extract<Node, { type: "MemberExpression" }>;

function isIndex(node: Member): boolean {
  if (node.computed) return isPlain(node.property);
  return node.property.type === "Identifier" && node.property.name === "length";
}

/** Functions and constants of Math, which see nothing. */
function isMath(node: Node): boolean {
  if (node.type !== "MemberExpression" || node.computed) return false;
  return node.object.type === "Identifier" && node.object.name === "Math";
}

function plainLoop(statement: Statement): PlainLoop {
  const bodies: (Span & { isBlock: boolean })[] = [];
  const visit = (node: Node) => {
    if (loops.has(node.type)) {
      const { start, end, type } = (node as Extract<Node, { type: "WhileStatement" }>).body;
      bodies.push({ start, end, isBlock: type === "BlockStatement" });
    }
    children(node).forEach(visit);
  };
  visit(statement);
  return { start: statement.start, end: statement.end, bodies };
}

/** Lets such loops work on local variables. */
export function speedUpLoops({ loops, text, prefix, boxes }: Draft): void {
  const count = prefix.repeat(2);
  for (const { start, end, bodies, names } of loops) {
    if (names.size === 0) continue;
    for (const name of names) boxes.add(name);
    const locals = [...names].map((name) => `${count}${name} = ${prefix}.peek("${name}")`);
    const store = [...names].map((name) => `${prefix}${name}.${name} = ${count}${name};`).join(" ");
    // An interrupt ends the loop without more ado; what it had reached is stored every now and then.
    const now = ` if ((++${count} & 65535) === 0) { ${store} } `;
    for (const body of bodies) {
      text.appendLeft(body.isBlock ? body.start + 1 : body.start, body.isBlock ? now : `{${now}`);
      if (!body.isBlock) text.appendLeft(body.end, " }");
    }
    text.appendLeft(start, `{ let ${count} = 0, ${locals.join(", ")}; try { `);
    text.appendLeft(end, ` } finally { ${store} } }`);
  }
}
