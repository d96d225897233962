/** The kernel's front process. It listens before it loads anything that takes long, and nothing a cell does stops it. */
import type { ServerProcess } from "./language/spawn.ts";
import type { KernelOptions } from "./options.ts";
import { whenParentEnds } from "./parent.ts";
import {
  type Interpreter,
  type InterpreterEvents,
  log,
  logOnce,
  readConnection,
  Server,
} from "./protocol/index.ts";

/**
 * @param server process of the language server that has been started ahead
 * @throws Error that says what is wrong with the connection
 */
export async function listen(
  { connectionFile, conditions, check }: KernelOptions,
  server: Promise<ServerProcess>,
): Promise<void> {
  const connection = readConnection(connectionFile);
  const load = async (events: InterpreterEvents): Promise<Interpreter> => {
    const { openNotebook } = await import("./notebook/index.ts");
    return openNotebook({ directory: process.cwd(), conditions, check, server }, events);
  };
  const kernel = new Server({ connection, load, onEnd: () => process.exit(0) });
  const end = () => void kernel.end().then(() => process.exit(0));
  // A frontend interrupts by a message; Ctrl-C in its terminal reaches this process too and must not end it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  whenParentEnds(process.env.JPY_PARENT_PID, end);
  await kernel.listen();
}

// One mistake in handling a message is no reason to lose a notebook's state.
process.on("uncaughtException", (error) => log(`Unexpected: ${error?.stack ?? error}`));
// Each warning once; of this one ZeroMQ's binding does not know that it is wrong for the option that we switch.
process.removeAllListeners("warning");
process.on("warning", ({ message }) => {
  if (!message.startsWith("Socket option will not take effect")) logOnce(message);
});
// Where Jupyter's log has gone, nobody reads it.
process.stderr.on("error", () => {});
