/** The tfjs namespace with what tfjs-node adds to it. */
import { registration } from "./register.ts";

export * from "@tensorflow/tfjs";

/** Image codecs, SavedModels and TensorBoard, by TensorFlow itself. */
export const node = registration.parts.node;
export const version = registration.parts.version;
