/** What a cell's text tells of its names where it does not parse. */

/**
 * The names that the lines at the left margin declare, also where the code around them is being typed and does not
 * parse.
 */
export function declaredAtMargin(source: string): Set<string> {
  const names = new Set<string>();
  for (const [, ...parts] of source.matchAll(declarationHead)) {
    const declaration = parts.find((part) => part !== undefined) ?? "";
    for (const [name] of declaration.matchAll(identifier)) names.add(name);
  }
  return names;
}

const declarationHead = new RegExp(
  [
    String.raw`^(?:export\s+)?(?:declare\s+)?(?:abstract\s+|async\s+)?(?:`,
    String.raw`(?:const|let|var)\s+(?:([[{][^;]*?[\]}])\s*(?::[^=;]*)?=|([\p{ID_Continue}$]+))|`,
    String.raw`(?:function\b\s*\*?|class|enum|interface|type|namespace)\s*\b([\p{ID_Continue}$]+)|`,
    String.raw`import\b([^"';]*))`,
  ].join(""),
  "gmu",
);

/** The identifiers in a text, keywords and words in strings among them. */
export const identifier = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu;
