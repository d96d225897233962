/** CommonJS `require`, as tfjs and native addons need it, from this package's own place. */
import { createRequire } from "node:module";

export type NodeRequire = ReturnType<typeof createRequire>;

export const require: NodeRequire = createRequire(import.meta.url);
