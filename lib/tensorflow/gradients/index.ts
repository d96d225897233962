/**
 * Gradients and kernels that tfjs, or TensorFlow's CPU kernels, lack or have wrong. Everything goes into tfjs' own
 * registries, so that `tf.conv2d`, layers and models simply work.
 */
import { installCropAndResizeGradients } from "./crop-and-resize.ts";
import { installDilatedConvolutions } from "./dilated-convolution.ts";
import { installEinsumGradient } from "./einsum.ts";
import { installElementwiseGradients } from "./elementwise.ts";
import { installFusedGradients } from "./fused.ts";
import { installProjectiveTransforms } from "./projective-transform.ts";
import { installRearrangedGradients } from "./rearranged.ts";
import { installResizeGradients } from "./resize.ts";

/** Called once in a process, after tfjs' own are registered: what is put in front of another shall be there once. */
export function installGradients(): void {
  installDilatedConvolutions();
  installResizeGradients();
  installElementwiseGradients();
  installRearrangedGradients();
  installEinsumGradient();
  installFusedGradients();
  installCropAndResizeGradients();
  installProjectiveTransforms();
}
