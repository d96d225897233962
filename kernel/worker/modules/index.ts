/** Lets cells import local TypeScript modules, and sees to it that a changed module is loaded anew. */
import * as nodeModule from "node:module";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { createHooks, type HookOptions, type Hooks } from "./hooks.ts";
import type { HookMessage, HookThreadData, RetryMessage } from "./hooks-thread.ts";
import { Unfinished } from "./unfinished.ts";

/** In Node from 22.15 on; older ones run the hooks in a thread. */
const { registerHooks } = nodeModule as {
  registerHooks?: (hooks: Pick<Hooks, "resolve" | "load">) => void;
};

export interface ModuleHooks {
  /** Hands over what a thread has told and nobody has heard yet. */
  hear(): void;
  /** To be called when code was stopped: modules that were stopped with it are loaded anew at their next import. */
  stopped(): void;
}

/**
 * Installs the module hooks in this process; to be called once.
 *
 * @param thread address of the file that holds hooks-thread.ts, for Nodes that want it
 */
export function installModuleHooks(
  thread: URL,
  options: Required<Omit<HookOptions, "onBegin">>,
): ModuleHooks {
  if (registerHooks) {
    const unfinished = new Unfinished();
    const hooks = createHooks({ ...options, onBegin: (url) => unfinished.begin(url) });
    registerHooks({ resolve: hooks.resolve, load: hooks.load });
    return { hear() {}, stopped: () => hooks.retry(unfinished.take()) };
  }
  const { port1, port2 } = new MessageChannel();
  const take = (message: HookMessage) => {
    if (message.type === "reload") options.onReload(message.files);
    else if (message.type === "load") options.onLoad(message.url, message.file, message.map);
    else unfinished.begin(message.url);
  };
  const hear = () => {
    for (;;) {
      const received = receiveMessageOnPort(port1) as { message: HookMessage } | undefined;
      if (!received) return;
      take(received.message);
    }
  };
  const unfinished = new Unfinished(hear);
  port1.on("message", take);
  port1.unref();
  const data: HookThreadData = { port: port2, builtins: options.builtins };
  nodeModule.register(thread, { data, transferList: [port2] });
  const stopped = () => {
    hear();
    const urls: RetryMessage = unfinished.take();
    if (urls.length > 0) port1.postMessage(urls);
  };
  return { hear, stopped };
}
