/** The `paths` of configuration files, which say where imports lead that are no paths. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve, sep } from "node:path";
import { parseSync } from "oxc-parser";

type Paths = Readonly<Record<string, readonly string[]>>;

/**
 * The `paths` that hold, with absolute targets.
 * @param files a configuration file and those that it extends, itself first
 */
export function pathsOf(files: readonly string[]): Record<string, string[]> {
  for (const file of files) {
    const options = readOptions(file);
    const paths = options?.paths as Paths | undefined;
    if (typeof paths !== "object" || paths === null) continue;
    const base = typeof options?.baseUrl === "string" ? options.baseUrl : ".";
    const folder = resolve(dirname(file), base);
    const absolute = (target: string) =>
      (isAbsolute(target) ? target : resolve(folder, target)).replaceAll(sep, "/");
    return Object.fromEntries(
      Object.entries(paths)
        .filter(([, targets]) => Array.isArray(targets))
        .map(([name, targets]) => [name, targets.map(absolute)]),
    );
  }
  return {};
}

/** The compiler options in a file, which may hold comments and commas at the ends of lists. */
function readOptions(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readFileSync(file, "utf8");
    if (!text.includes('"paths"')) return undefined;
    const { program, errors } = parseSync("config.js", `(${text}\n)`);
    const [statement] = program.body;
    if (errors.length > 0 || statement?.type !== "ExpressionStatement") return undefined;
    const config = jsonOf(statement.expression) as { compilerOptions?: unknown } | undefined;
    return config?.compilerOptions as Readonly<Record<string, unknown>> | undefined;
  } catch {
    return undefined;
  }
}

interface Node {
  readonly type: string;
}

/** What an expression stands for, where it is JSON. */
function jsonOf(node: Node): unknown {
  switch (node.type) {
    case "ParenthesizedExpression":
      return jsonOf((node as unknown as { expression: Node }).expression);
    case "Literal":
      return (node as unknown as { value: unknown }).value;
    case "ArrayExpression":
      return (node as unknown as { elements: Node[] }).elements.map(jsonOf);
    case "ObjectExpression": {
      const { properties } = node as unknown as { properties: { key: Node; value: Node }[] };
      return Object.fromEntries(
        properties.map(({ key, value }) => [String(jsonOf(key)), jsonOf(value)]),
      );
    }
    default:
      return undefined;
  }
}
