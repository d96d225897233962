/** Lets cells import local TypeScript modules, and sees to it that a changed module is loaded anew. */
import * as nodeModule from "node:module";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { createHooks, type HookOptions, type Hooks } from "./hooks.ts";
import type { HookMessage, HookThreadData } from "./hooks-thread.ts";

/** In Node from 22.15 on; older ones run the hooks in a thread. */
const { registerHooks } = nodeModule as { registerHooks?: (hooks: Hooks) => void };

/**
 * Installs the module hooks in this process; to be called once.
 *
 * @param thread address of the file that holds hooks-thread.ts, for Nodes that want it
 * @returns hands over what the thread has told and nobody has heard yet
 */
export function installModuleHooks(thread: URL, options: Required<HookOptions>): () => void {
  if (registerHooks) {
    registerHooks(createHooks(options));
    return () => {};
  }
  const { port1, port2 } = new MessageChannel();
  const hear = (message: HookMessage) => {
    if (message.type === "reload") options.onReload(message.files);
    else options.onLoad(message.url, message.file, message.map);
  };
  port1.on("message", hear);
  port1.unref();
  const data: HookThreadData = { port: port2, builtins: options.builtins };
  nodeModule.register(thread, { data, transferList: [port2] });
  return () => {
    for (;;) {
      const received = receiveMessageOnPort(port1) as { message: HookMessage } | undefined;
      if (!received) return;
      hear(received.message);
    }
  };
}
