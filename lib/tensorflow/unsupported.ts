/** What users of Keras and tf.function look for and will not find: said by its name, not passed over. */

const mixedPrecision =
  "Mixed precision is not supported: TensorFlow's kernels for processors gain nothing from it, and tfjs has no " +
  "16-bit tensors. Leave the option out; all computes in float32.";
const placement =
  "Placing operations on devices by hand is not supported: TensorFlow takes the GPU where there is one. To keep it " +
  "from a GPU, set CUDA_VISIBLE_DEVICES=-1 before the start. Leave the option out.";

const unsupported: ReadonlyMap<string, string> = new Map([
  ...["mixedPrecision", "precision", "dtypePolicy", "lossScale", "autocast"].map(
    (name) => [name, mixedPrecision] as const,
  ),
  ...["device", "devices", "devicePlacement", "strategy", "distribute"].map(
    (name) => [name, placement] as const,
  ),
]);

/** @throws {Error} an option asks for what is not there */
export function refuseUnsupported(where: string, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const reason = unsupported.get(name);
    if (reason === undefined || value === undefined) continue;
    throw new Error(`${where}: the option ${name} is ${JSON.stringify(value)}. ${reason}`);
  }
}
