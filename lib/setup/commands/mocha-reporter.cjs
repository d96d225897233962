/**
 * Mocha's `spec` reporter, which also writes the counts to the file named by its option `output`, and fails a run
 * that does not end because a test left something behind.
 */
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

/** Time that processes and sockets get to end after the last test, in milliseconds. */
const grace = 10_000;

module.exports = class CountingReporter extends reporters.Spec {
  /**
   * @param {import("mocha").Runner} runner
   * @param {import("mocha").MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      const counts = { passed: passes, failed: failures, skipped: pending };
      writeFileSync(options.reporterOptions.output, JSON.stringify(counts));
      const hurry = setTimeout(() => {
        const left = process.getActiveResourcesInfo().join(", ");
        console.error(`The tests are over, but something that they left keeps running: ${left}`);
        process.exit(1);
      }, grace);
      hurry.unref();
    });
  }
};
