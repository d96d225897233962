/** The text of a magic with the values of the notebook in it. */
import type { MagicUse } from "./index.ts";

/** A magic was not used as it can be; `message` says how. */
export class MagicError extends Error {
  override readonly name = "MagicError";
}

/** @throws MagicError for a value that no command could take */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return String(value);
  const what = value === null ? "null" : Array.isArray(value) ? "an array in it" : typeof value;
  throw new MagicError(
    `A value in a command is ${what}, expected text, a number, true or false, or an array of these.`,
  );
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [textOf(value)];
}

export function joined({ parts, values }: Pick<MagicUse, "parts" | "values">): string {
  return parts
    .map((part, index) => (index === 0 ? "" : textsOf(values[index - 1]).join(" ")) + part)
    .join("");
}

/** Words as a shell separates them: quotes hold them together, and so does a value. */
export function words(parts: readonly string[], values: readonly unknown[]): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = "";
  const end = () => {
    if (word !== undefined) found.push(word);
    word = undefined;
  };
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      const [first = "", ...more] = textsOf(values[index - 1]);
      word = (word ?? "") + first;
      for (const text of more) {
        end();
        word = text;
      }
    }
    for (let at = 0; at < part.length; at++) {
      const sign = part[at]!;
      if (sign === "\\" && quote !== "'" && at + 1 < part.length) {
        const next = part[++at]!;
        if (next !== "\n") word = (word ?? "") + next;
      } else if (quote !== "") {
        if (sign === quote) quote = "";
        else word = (word ?? "") + sign;
      } else if (sign === '"' || sign === "'") {
        quote = sign;
        word ??= "";
      } else if (/\s/.test(sign)) end();
      else word = (word ?? "") + sign;
    }
  }
  if (quote !== "") throw new MagicError(`A ${quote} is not closed.`);
  end();
  return found;
}
