/** An error that is a value: what it says, and where it comes from behind a click. */
import { isNativeError } from "node:util/types";
import { escapeHtml } from "./html.ts";
import { plainText } from "./text.ts";
import type { Representer } from "./types.ts";

export const error: Representer = (value) => {
  if (!isNativeError(value)) return undefined;
  const whole = plainText(value);
  const title = `<b>${escapeHtml(String(value.name))}</b>: ${escapeHtml(String(value.message))}`;
  return {
    data: {
      "text/html":
        `<details><summary style="border-left: 3px solid #d64545; padding-left: 0.6em; white-space: pre-wrap">` +
        `${title}</summary><pre>${escapeHtml(whole)}</pre></details>`,
      "text/plain": whole,
    },
    metadata: {},
  };
};
