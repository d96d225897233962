/** Dataset operations on TensorFlow's threads; what lib/data is built on. */
export { NativeIterator } from "./iterator.ts";
export { type NativeMap, NativePipeline, type PipelineRun, type PipelineSpec } from "./pipeline.ts";
export {
  type FileSource,
  type NativeSource,
  nativeFiles,
  nativeRows,
  type RowSource,
} from "./sources.ts";
