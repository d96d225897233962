/**
 * TensorFlow for TypeScript: tfjs' interface on the TensorFlow that Python has, compiled against by the set-up.
 *
 *     import { tf } from "convnet-lab/tensorflow";
 *     tf.matMul(a, b).print();
 *
 * `tf` is the namespace of TensorFlow.js with `tf.node`; importing it makes TensorFlow the backend. Where the native
 * addon is missing, the JavaScript backend serves, after one warning. `CONVNET_LAB_BACKEND=cpu` asks for the latter,
 * `=tensorflow` makes a missing addon an error.
 */
import * as tf from "./namespace.ts";

export {
  type Compiled,
  type CompiledSignature,
  type CompileOptions,
  compile,
} from "./compile/compile.ts";
export { CompileError } from "./compile/errors.ts";
export { applyInPlace } from "./compile/in-place.ts";
export {
  OpProfile,
  type OpRow,
  OpTable,
  type TimedOpRow,
} from "./compile/op-table.ts";
export { type Environment, environment } from "./environment.ts";
export { isNative, nativeOp, nativeOps, type OpAttribute } from "./native-op.ts";
export {
  type PythonEnvironment,
  packageRoot,
  pythonEnvironment,
  pythonPackageFile,
} from "./places.ts";
export { holdingStderr } from "./quiet.ts";
export { setRandomSeed } from "./random-seed.ts";
export { type InputSpec, type SavedFunction, saveSavedModel } from "./saved-model/export.ts";
export { type LoadedSavedModel, loadSavedModel, type SavedTensor } from "./saved-model/load.ts";
export type { Binding, Device } from "./tfjs-node.ts";
export { threadBudget } from "./threads.ts";
export { refuseUnsupported } from "./unsupported.ts";
export { tf };
