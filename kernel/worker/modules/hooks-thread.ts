/** The hooks in a thread of their own, as module.register wants them. */
import type { MessagePort } from "node:worker_threads";
import { createHooks, type Hooks } from "./hooks.ts";

let hooks: Hooks | undefined;

export function initialize(port: MessagePort): void {
  hooks = createHooks({ onReload: (files) => port.postMessage(files) });
}

export const resolve: Hooks["resolve"] = (...args) => (hooks as Hooks).resolve(...args);
export const load: Hooks["load"] = (...args) => (hooks as Hooks).load(...args);
