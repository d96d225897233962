/** The modules that the kernel brings: what cells import them by, and where they are in this folder. */
export const builtinModules: Readonly<Record<string, string>> = {
  "jupyter:comms": "comms",
  "jupyter:display": "display",
  "jupyter:widgets": "widgets/index",
  tslab: "tslab",
};
