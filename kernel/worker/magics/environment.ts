/** `%env`: the environment variables of the cells and of the programs that they start. */
import { MagicError } from "./words.ts";

/** Names of what is not to be seen in a notebook that is handed on. */
const secret = /key|token|secret|passw|credential|auth/i;

/** @returns what it shows */
export function environment(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") {
    const entries = Object.entries(process.env).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .map(([name, value]) => `${name}=${secret.test(name) ? "<hidden>" : value}\n`)
      .join("");
  }
  const [, name, value] = /^([^\s=]+)\s*=?\s*([\s\S]*)$/.exec(trimmed) ?? [];
  if (name === undefined)
    throw new MagicError(`%env ${trimmed}: expected NAME, NAME=VALUE or nothing.`);
  if (value === "" && !trimmed.includes("=")) {
    const found = process.env[name];
    if (found === undefined) throw new MagicError(`%env ${name}: there is no such variable.`);
    return `${found}\n`;
  }
  process.env[name] = (value ?? "").replace(/^(["'])(.*)\1$/s, "$2");
  return secret.test(name) ? `${name}=<hidden>\n` : `${name}=${process.env[name]}\n`;
}
