/** What tests of the native backend need. */
import { fileURLToPath } from "node:url";
import { environment } from "../../../lib/tensorflow/index.ts";

export const projectRoot: string = fileURLToPath(new URL("../../..", import.meta.url));

/** Skips the tests of a suite where the set-up has not built the native backend. */
export function needsNativeBackend(suite: Mocha.Suite): void {
  suite.beforeAll("needs the native backend (npm start -- --setup-only)", function () {
    if (environment().backend !== "tensorflow") this.skip();
  });
}

/** Skips the tests of a suite where there is no Python environment. */
export function needsPython(suite: Mocha.Suite): void {
  suite.beforeAll("needs the Python environment (npm start -- --setup-only)", function () {
    if (!environment().venv) this.skip();
  });
}
