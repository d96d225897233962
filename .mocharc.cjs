const all = ["kernel", "lib", "notebooks", "browser"].map((room) => `test/${room}/**/*.test.ts`);

module.exports = {
  "node-option": ["import=tsx", "conditions=convnet-lab-source"],
  // Mocha adds these to the files that it is asked for, so they are named only where it is asked for none.
  spec: process.argv.some((argument) => argument.endsWith(".test.ts")) ? [] : all,
  timeout: 60_000,
  // A process or a socket that a failed test left open must not keep the run from ending.
  exit: true,
};
