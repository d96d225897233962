/** The hooks in a thread of their own, as module.register wants them. */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { createHooks, type Hooks } from "./hooks.ts";

/** What the thread tells. */
export type HookMessage =
  | { readonly type: "reload"; readonly files: readonly string[] }
  | { readonly type: "load"; readonly url: string; readonly file: string; readonly map: string }
  | { readonly type: "begin"; readonly url: string };

/** What it is told: the addresses for `retry`. */
export type RetryMessage = readonly string[];

export interface HookThreadData {
  readonly port: MessagePort;
  readonly builtins: Readonly<Record<string, string>>;
}

let hooks: Hooks | undefined;
let heard: (() => void) | undefined;

export function initialize({ port, builtins }: HookThreadData): void {
  const post = (message: HookMessage) => port.postMessage(message);
  const created = createHooks({
    builtins,
    onReload: (files) => post({ type: "reload", files }),
    onLoad: (url, file, map) => post({ type: "load", url, file, map }),
    onBegin: (url) => post({ type: "begin", url }),
  });
  hooks = created;
  heard = () => {
    for (;;) {
      const received = receiveMessageOnPort(port) as { message: RetryMessage } | undefined;
      if (!received) return;
      created.retry(received.message);
    }
  };
}

export const resolve: Hooks["resolve"] = (...args) => {
  // Not by an event: what was said before an import has to count for it.
  heard?.();
  return (hooks as Hooks).resolve(...args);
};
export const load: Hooks["load"] = (...args) => (hooks as Hooks).load(...args);
