/** `!command`, `%sh`, `%%sh` and `%%bash`. */
import type { MagicOptions, MagicUse } from "./index.ts";
import { runProgram } from "./program.ts";
import { MagicError, textOf, textsOf } from "./words.ts";

/** Starts the names of the variables through which a shell gets the notebook's values. */
const variable = "NOTEBOOK_VALUE_";

const isWindows = process.platform === "win32";

export async function shell(
  name: "sh" | "bash",
  { cell, parts, values }: MagicUse,
  put: MagicOptions["put"],
): Promise<void> {
  const isCell = parts.length === 2 && values.length === 0;
  const { command, env } = isCell
    ? { command: parts[1] ?? "", env: {} }
    : withVariables(parts, values);
  const program = isWindows && name === "sh" ? "cmd.exe" : name === "sh" ? "/bin/sh" : "bash";
  const args = isWindows && name === "sh" ? ["/d", "/s", "/c", command] : ["-c", command];
  const end = await runProgram(program, args, {
    ...{ cell, put, env: { ...process.env, ...env } },
    verbatim: isWindows,
  });
  if (end === undefined) return;
  if (isCell) throw new MagicError(`%%${name} failed: ${end}.`);
  put(cell, "stderr", `[${end}]\n`);
}

/**
 * Values come to the shell in variables, which it puts in place of their names after it has understood the command: no
 * value, whatever it holds, is ever taken for a part of the command.
 */
function withVariables(
  parts: readonly string[],
  values: readonly unknown[],
): { command: string; env: Record<string, string> } {
  if (isWindows && values.length > 0)
    throw new MagicError("Values in commands cannot be given to cmd.exe in a way that is safe.");
  const env: Record<string, string> = {};
  let command = parts[0] ?? "";
  for (const [index, value] of values.entries()) {
    const quote = openQuote(command);
    const texts = quote === "" ? textsOf(value) : [textsOf(value).map(textOf).join(" ")];
    const names = texts.map((text, number) => {
      if (text.includes("\0")) throw new MagicError("A value in a command holds a NUL character.");
      const name = `${variable}${index}_${number}`;
      env[name] = text;
      return `\${${name}}`;
    });
    if (quote === "'") command += `'"${names.join("")}"'`;
    else if (quote === '"') command += names.join("");
    else command += names.map((name) => `"${name}"`).join(" ");
    command += parts[index + 1] ?? "";
  }
  return { command, env };
}

/** The quote that the command's end is in. */
function openQuote(command: string): string {
  let quote = "";
  for (let at = 0; at < command.length; at++) {
    const sign = command[at]!;
    if (sign === "\\" && quote !== "'") at++;
    else if (quote !== "") {
      if (sign === quote) quote = "";
    } else if (sign === '"' || sign === "'") quote = sign;
  }
  return quote;
}
