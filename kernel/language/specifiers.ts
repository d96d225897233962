/** The module specifiers in a file, and their replacement. */
import MagicString from "magic-string";
import { parseSync } from "oxc-parser";

interface Specifier {
  readonly value: string;
  /** Range of the literal, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** Those of static imports, types among them, of re-exports, and of `import("…")`. */
export function specifiersIn(source: string, path: string): Specifier[] {
  if (!/\b(?:import|export)\b/.test(source)) return [];
  const { module } = parseSync(path, source, { sourceType: "module" });
  const found = module.staticImports.map(({ moduleRequest }): Specifier => moduleRequest);
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) found.push(moduleRequest);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const { start, end } = moduleRequest;
    const [, , value] = /^(["'`])(.*)\1$/s.exec(source.slice(start, end)) ?? [];
    if (value !== undefined) found.push({ value, start, end });
  }
  return found;
}

/** @param replace gives the new specifier, or nothing where the old one stays. */
export function replaceSpecifiers(
  source: string,
  path: string,
  replace: (specifier: string) => string | undefined,
): string {
  const text = new MagicString(source);
  // Several names of one re-export have the same specifier.
  const done = new Set<number>();
  for (const { value, start, end } of specifiersIn(source, path)) {
    if (done.has(start)) continue;
    done.add(start);
    const replacement = replace(value);
    if (replacement !== undefined) text.overwrite(start, end, JSON.stringify(replacement));
  }
  return text.toString();
}
