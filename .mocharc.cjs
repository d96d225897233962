const all = ["kernel", "lib", "notebooks", "browser"].map((room) => `test/${room}/**/*.test.ts`);

// Where Node can require ES modules, mocha does so, except for tests that import a package with a top-level await:
// these it imports, and then the library is there twice, once in each module system. So it shall import them all.
const flags = process.allowedNodeEnvironmentFlags;
const importAll = ["experimental-require-module", "require-module"].find((flag) =>
  flags.has(`--${flag}`),
);

module.exports = {
  "node-option": [
    "import=tsx",
    "conditions=convnet-lab-source",
    ...(importAll ? [`no-${importAll}`] : []),
  ],
  // Mocha adds these to the files that it is asked for, so they are named only where it is asked for none.
  spec: process.argv.some((argument) => argument.endsWith(".test.ts")) ? [] : all,
  timeout: 60_000,
  // A process or a socket that a failed test left open must not keep the run from ending.
  exit: true,
};
