/** Lets cells import local TypeScript modules, and sees to it that a changed module is loaded anew. */
import * as nodeModule from "node:module";
import { MessageChannel } from "node:worker_threads";
import { createHooks, type HookOptions, type Hooks } from "./hooks.ts";

/** In Node from 22.15 on; older ones run the hooks in a thread. */
const { registerHooks } = nodeModule as { registerHooks?: (hooks: Hooks) => void };

/**
 * Installs the module hooks in this process; to be called once.
 *
 * @param thread address of the file that holds hooks-thread.ts, for Nodes that want it
 */
export function installModuleHooks(thread: URL, options: Required<HookOptions>): void {
  if (registerHooks) {
    registerHooks(createHooks(options));
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.on("message", options.onReload);
  port1.unref();
  nodeModule.register(thread, { data: port2, transferList: [port2] });
}
