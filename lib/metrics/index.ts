/** How good a model is. */
export * from "./coco/index.ts";
