/** A local TypeScript module as JavaScript for this Node. */
import { transformSync } from "../../esbuild.ts";
import { shortPath } from "../paths.ts";

export interface Transpiled {
  readonly code: string;
  /** Source map, version 3. */
  readonly map: string;
}

/**
 * @param file Its path; errors and the source map name it.
 * @throws SyntaxError with the place in the file
 */
export function transpile(source: string, file: string): Transpiled {
  try {
    return transformSync(source, {
      loader: "ts",
      format: file.endsWith(".cts") ? "cjs" : "esm",
      target: `node${process.versions.node}`,
      sourcefile: file,
      sourcemap: "external",
      sourcesContent: false,
      charset: "utf8",
      logLevel: "silent",
      // Imports that are only types go, as without knowledge of other modules nobody can tell them by name alone.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    });
  } catch (error) {
    throw syntaxError(error, file);
  }
}

function syntaxError(error: unknown, file: string): unknown {
  const [first] = (error as { errors?: { text: string; location: Place | null }[] }).errors ?? [];
  if (!first) return error;
  const { text, location } = first;
  const path = shortPath(process.cwd(), file);
  if (!location) return new SyntaxError(`${path}: ${text}`);
  const { line, column, lineText } = location;
  const number = String(line);
  const indent = lineText.slice(0, column).replace(/[^\t]/g, " ");
  return new SyntaxError(
    `${path}:${line}:${column + 1}: ${text}\n\n` +
      `> ${number} | ${lineText}\n  ${" ".repeat(number.length)} | ${indent}^`,
  );
}

interface Place {
  readonly line: number;
  /** Counted from 0. */
  readonly column: number;
  readonly lineText: string;
}
