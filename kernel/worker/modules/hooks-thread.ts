/** The hooks in a thread of their own, as module.register wants them. */
import type { MessagePort } from "node:worker_threads";
import { createHooks, type Hooks } from "./hooks.ts";

export type HookMessage =
  | { readonly type: "reload"; readonly files: readonly string[] }
  | { readonly type: "load"; readonly url: string; readonly file: string; readonly map: string };

export interface HookThreadData {
  readonly port: MessagePort;
  readonly builtins: Readonly<Record<string, string>>;
}

let hooks: Hooks | undefined;

export function initialize({ port, builtins }: HookThreadData): void {
  const post = (message: HookMessage) => port.postMessage(message);
  hooks = createHooks({
    builtins,
    onReload: (files) => post({ type: "reload", files }),
    onLoad: (url, file, map) => post({ type: "load", url, file, map }),
  });
}

export const resolve: Hooks["resolve"] = (...args) => (hooks as Hooks).resolve(...args);
export const load: Hooks["load"] = (...args) => (hooks as Hooks).load(...args);
