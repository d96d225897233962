/** A local TypeScript module as JavaScript for this Node. */
import { transformSync } from "../../esbuild.ts";

/**
 * @param file Its path; errors and the inline source map name it.
 * @throws SyntaxError with the place in the file
 */
export function transpile(source: string, file: string): string {
  try {
    const { code } = transformSync(source, {
      loader: "ts",
      format: file.endsWith(".cts") ? "cjs" : "esm",
      target: `node${process.versions.node}`,
      sourcefile: file,
      sourcemap: "inline",
      sourcesContent: false,
      charset: "utf8",
      logLevel: "silent",
      // Imports that are only types go, as without knowledge of other modules nobody can tell them by name alone.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    });
    return code;
  } catch (error) {
    throw syntaxError(error, file);
  }
}

function syntaxError(error: unknown, file: string): unknown {
  const [first] = (error as { errors?: { text: string; location: Place | null }[] }).errors ?? [];
  if (!first) return error;
  const { text, location } = first;
  const place = location ? `${file}:${location.line}:${location.column + 1}` : file;
  const line = location ? `\n${location.lineText}\n${" ".repeat(location.column)}^` : "";
  return new SyntaxError(`${text}\n    at ${place}${line}`);
}

interface Place {
  readonly line: number;
  /** Counted from 0. */
  readonly column: number;
  readonly lineText: string;
}
