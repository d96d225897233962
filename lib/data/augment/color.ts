/** Random changes of a picture's colours. */
import { tf } from "../../tensorflow/index.ts";
import { between, checkImage, checkRange, type Draws, type Image } from "./image.ts";

export interface ColorOptions {
  /** Added to all pixels, up to this part of 255 either way. Default: 0.1. */
  readonly brightness?: number;
  /** Distance from the mean changes by up to this part. Default: 0.2. */
  readonly contrast?: number;
  /** Distance from gray changes by up to this part. Default: 0.2. */
  readonly saturation?: number;
  /** Turn of all colours, in parts of the whole circle. Default: 0. */
  readonly hue?: number;
}

/** From RGB to brightness and two axes of colour (YIQ, NTSC 1953), and back: a row for each channel. */
const TO_YIQ = [
  [0.299, 0.596, 0.211],
  [0.587, -0.274, -0.523],
  [0.114, -0.322, 0.312],
];
const FROM_YIQ = [
  [1, 1, 1],
  [0.9561706854, -0.2726886023, -1.1037440822],
  [0.6214325663, -0.646813237, 1.7006230947],
];

/** From RGB to RGB by way of one axis of YIQ, taken back as another; [from channel][to channel]. */
const via = (from: number, to: number): number[][] =>
  TO_YIQ.map((row) => (FROM_YIQ[to] as number[]).map((back) => (row[from] as number) * back));

const combine = (a: number[][], b: number[][], sign: 1 | -1): number[][] =>
  a.map((row, i) => row.map((value, j) => value + sign * (b[i]?.[j] as number)));

/** What contrast, and what the turn of colours by its cosine and its sine, do to RGB. */
const LIGHT = via(0, 0);
const COSINE = combine(via(1, 1), via(2, 2), 1);
const SINE = combine(via(1, 2), via(2, 1), -1);

/** Brightness, contrast, saturation and hue of an RGB picture with values from 0 to 255, which it keeps. */
export function randomColor(image: Image, random: Draws, options: ColorOptions = {}): Image {
  return tf.tidy(() => {
    const { brightness = 0.1, contrast = 0.2, saturation = 0.2, hue = 0 } = options;
    const [, , channels] = checkImage(image, "randomColor");
    if (channels !== 3) {
      throw new Error(`randomColor expects three channels, got ${channels}.`);
    }
    for (const [name, value] of Object.entries({ brightness, contrast, saturation })) {
      checkRange(`randomColor: ${name}`, value, 0, 1);
    }
    checkRange("randomColor: hue", hue, 0, 0.5);
    const factor = between(random, 1 - contrast, 1 + contrast);
    const added = between(random, -255 * brightness, 255 * brightness);
    const strength = tf.mul(between(random, 1 - saturation, 1 + saturation), factor);
    const angle = between(random, -2 * Math.PI * hue, 2 * Math.PI * hue);
    const change = tf.addN([
      tf.mul(LIGHT, factor),
      tf.mul(COSINE, tf.mul(tf.cos(angle), strength)),
      tf.mul(SINE, tf.mul(tf.sin(angle), strength)),
    ]);
    // Neither a product of matrices nor a mean of all pixels at once: TensorFlow cuts both among its threads, so that
    // their last digits, and with them the training, would depend on the processor.
    const middle = tf.sum(
      tf.mul(
        tf.mean(tf.mean(image, 1), 0),
        TO_YIQ.map((row) => row[0] as number),
      ),
    );
    const offset = tf.add(tf.mul(middle, tf.sub(1, factor)), added);
    // Channel by channel, by scalars: a third faster than to spread [height, width, 1] over three channels.
    const [red, green, blue] = tf.split(image, 3, 2) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const parts = tf.split(tf.reshape(change, [9]), 9);
    const mixed = [0, 1, 2].map((to) => {
      const [r, g, b] = [0, 3, 6].map((from) => parts[from + to]) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const sum = tf.add(tf.add(tf.mul(red, r), tf.mul(green, g)), tf.mul(blue, b));
      return tf.clipByValue(tf.add(sum, offset), 0, 255);
    });
    return tf.concat(mixed, 2) as Image;
  });
}
