/** Syntax trees as such. */
import { type Node, visitorKeys } from "oxc-parser";

/** The nodes directly within a node, in the order of the source. */
export function children(node: Node): Node[] {
  const fields = node as unknown as Record<string, Node | null | readonly (Node | null)[]>;
  return (visitorKeys[node.type] ?? []).flatMap((key) => {
    const child = fields[key];
    if (Array.isArray(child)) return child.filter((each: Node | null) => each !== null);
    return child ? [child as Node] : [];
  });
}
