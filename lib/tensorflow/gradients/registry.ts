/** Putting gradients and kernels into tfjs' registries, in the place of its own where it has some. */
import type { NamedAttrMap, Tensor, TensorInfo } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import type { OpBackend } from "../raw-op.ts";

/** The gradient with respect to each input, computed only for those that are asked for. */
export type InputGradients = Record<string, () => Tensor>;

export interface Gradient {
  readonly inputsToSave?: string[];
  readonly outputsToSave?: boolean[];
  readonly saveAllInputs?: boolean;
  /** `dy` for an op of one output, one for each output otherwise. */
  gradFunc(dy: Tensor | Tensor[], saved: Tensor[], attrs: NamedAttrMap): InputGradients;
}

export function gradient(kernelName: string, given: Gradient): void {
  core.registerGradient({ kernelName, ...given });
}

/** Registers a gradient that hands what it does not know to the one that was there. */
export function gradientInFrontOf(
  kernelName: string,
  own: (
    dy: Tensor,
    saved: Tensor[],
    attrs: NamedAttrMap,
    next: () => InputGradients,
  ) => InputGradients,
): void {
  const known = core.getGradient(kernelName);
  core.registerGradient({
    ...known,
    gradFunc: (dy, saved, attrs) =>
      own(dy as Tensor, saved, attrs, () => known.gradFunc(dy, saved, attrs) as InputGradients),
  });
}

export interface KernelCall {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly backend: OpBackend;
  readonly attrs: NamedAttrMap;
}

type KernelResult = TensorInfo | TensorInfo[];

/** A kernel of the native backend, in front of the one that is there, if any. */
export function kernel(
  kernelName: string,
  kernelFunc: (call: KernelCall, next: () => KernelResult) => KernelResult,
): void {
  const backendName = "tensorflow";
  const known = core.getKernel(kernelName, backendName);
  if (known) core.unregisterKernel(kernelName, backendName);
  core.registerKernel({
    ...known,
    kernelName,
    backendName,
    kernelFunc: (call) =>
      kernelFunc(call as unknown as KernelCall, () => {
        if (!known) throw new Error(`${kernelName} has no kernel on the backend "${backendName}".`);
        return known.kernelFunc(call);
      }),
  });
}

export const isNativeBackend = (): boolean => core.getBackend() === "tensorflow";

export const nativeBackend = (): OpBackend => core.backend() as unknown as OpBackend;
