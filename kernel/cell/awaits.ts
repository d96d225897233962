/**
 * Lets what a stopped cell waits for be the last thing that it waits for. An interrupt cannot take back a promise: when
 * it settles, the code behind its `await` goes on, and a loop of awaits would go on for ever.
 */
import type { Node, Program } from "oxc-parser";
import type { Draft } from "./draft.ts";
import type { Span } from "./scope.ts";
import { children } from "./tree.ts";

interface Awaits {
  /** Operands of `await`, and whether they stand in the body of an arrow function that is an expression. */
  readonly operands: (Span & { readonly isBare: boolean })[];
  /** Bodies of `for await`. */
  readonly loops: (Span & { readonly isBlock: boolean })[];
  /** Bodies of functions in which one of them stands. */
  readonly functions: Span[];
  isAtTop: boolean;
}

/** Must come after what overwrites text, and before what closes around it. */
export function gateAwaits({ syntax, text, prefix }: Draft): { readonly isAtTop: boolean } {
  const { operands, loops, functions, isAtTop } = findAwaits(syntax.program);
  const never = `${prefix}.never`;
  const cell = prefix.repeat(3);
  for (const { start, end, isBare } of operands) {
    const isStopped = `${isBare ? `${prefix}.cell()` : cell}.isStopped`;
    text.appendLeft(start, `(${isStopped} ? ${never} : (`);
    text.prependLeft(end, "))");
  }
  for (const { start, end, isBlock } of loops) {
    const stop = ` if (${cell}.isStopped) await ${never}; `;
    text.appendLeft(isBlock ? start + 1 : start, isBlock ? stop : `{${stop}`);
    if (!isBlock) text.appendLeft(end, " }");
  }
  for (const { start } of functions)
    text.prependLeft(start + 1, ` const ${cell} = ${prefix}.cell(); `);
  return { isAtTop };
}

function findAwaits(program: Program): Awaits {
  const found: Awaits = { operands: [], loops: [], functions: [], isAtTop: false };
  /** @param body the function body that `node` is in: a block, an expression, or none at the top level */
  const visit = (node: Node, body: "block" | "expression" | undefined): boolean => {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const isBlock = node.body?.type === "BlockStatement";
        for (const param of node.params) visit(param, body);
        const awaits = node.body ? visit(node.body, isBlock ? "block" : "expression") : false;
        if (awaits && isBlock && node.body) found.functions.push(node.body);
        return false;
      }
      case "AwaitExpression": {
        const { start, end } = node.argument;
        found.operands.push({ start, end, isBare: body === "expression" });
        visit(node.argument, body);
        if (!body) found.isAtTop = true;
        return true;
      }
      case "ForOfStatement":
        if (node.await) {
          const { start, end, type } = node.body;
          found.loops.push({ start, end, isBlock: type === "BlockStatement" });
          for (const child of children(node)) visit(child, body);
          if (!body) found.isAtTop = true;
          return true;
        }
    }
    let awaits = false;
    for (const child of children(node)) if (visit(child, body)) awaits = true;
    return awaits;
  };
  visit(program, undefined);
  return found;
}
