import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { onPath } from "../../lib/setup/tools/child.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

export const howToGetChromium = "install Chromium, or name one by CHROMIUM_PATH";

/** @throws if CHROMIUM_PATH names a file that is not there */
export function findChromium(): string | undefined {
  const path = process.env.CHROMIUM_PATH;
  if (path && !existsSync(path)) throw new Error(`CHROMIUM_PATH is "${path}", where no file is.`);
  return path || names.map(onPath).find((file) => file !== undefined);
}

/** Starts Chromium without a window and with a profile of its own, which it removes at its end. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      // Chromium's sandbox needs a user other than root and a kernel that allows it; a container has neither.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
