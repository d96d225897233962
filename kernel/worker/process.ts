/** The worker process: this file starts its main thread, and the thread that watches it. */
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const { main } = await import("./main.ts");
  main(import.meta.url);
} else {
  const { watch } = await import("./watch.ts");
  watch();
}
