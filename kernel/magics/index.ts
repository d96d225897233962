/** What in a cell is no TypeScript but talks to the kernel. */
export { isMagic, magics } from "./catalog.ts";
export { completeMagic, explainMagic } from "./help.ts";
export { type ReadCell, readMagics } from "./read.ts";
