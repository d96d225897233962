/** Backgrounds: turned, tinted windows of photographs. */

/** RGB bytes of a photograph, row by row. */
export interface Photo {
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/** A direction that is equally likely to point anywhere, by rejection: no sine, so the same bits everywhere. */
export function randomDirection(random: () => number): [number, number] {
  for (;;) {
    const x = 2 * random() - 1;
    const y = 2 * random() - 1;
    const square = x * x + y * y;
    if (square > 1 || square < 0.01) continue;
    const length = Math.sqrt(square);
    return [x / length, y / length];
  }
}

/**
 * Fills a picture with a window of a photograph: anywhere, at any angle, mirrored or not, its channels exchanged, with
 * some contrast and brightness.
 *
 * @param out [size, size, 3], values about 0 to 255
 */
export function drawBackground(
  out: Float64Array,
  size: number,
  photo: Photo,
  random: () => number,
): void {
  const { height, width, values } = photo;
  const [cos, sin] = randomDirection(random);
  // Pixels of the photograph for one of the picture; the turned window must fit into the photograph.
  const fit = Math.min(height, width) / (1.42 * size);
  const zoom = Math.min(0.7 + 1.1 * random(), fit);
  const reach = 0.71 * zoom * size;
  const middleX = reach + random() * (width - 1 - 2 * reach);
  const middleY = reach + random() * (height - 1 - 2 * reach);
  const mirror = random() < 0.5 ? -1 : 1;
  const first = Math.floor(3 * random());
  const step = random() < 0.5 ? 1 : 2;
  const contrast = 0.6 + 0.5 * random();
  const brightness = 128 + 60 * (random() - 0.5) - 128 * contrast;
  const channels = [first, (first + step) % 3, (first + 2 * step) % 3] as const;
  let at = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const dx = zoom * mirror * (column - (size - 1) / 2);
      const dy = zoom * (row - (size - 1) / 2);
      const x = Math.min(width - 1.001, Math.max(0, middleX + dx * cos - dy * sin));
      const y = Math.min(height - 1.001, Math.max(0, middleY + dx * sin + dy * cos));
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [u, v] = [x - left, y - top];
      const here = 3 * (top * width + left);
      const below = here + 3 * width;
      for (const channel of channels) {
        const upper =
          (1 - u) * (values[here + channel] as number) + u * (values[here + 3 + channel] as number);
        const lower =
          (1 - u) * (values[below + channel] as number) +
          u * (values[below + 3 + channel] as number);
        out[at++] = contrast * ((1 - v) * upper + v * lower) + brightness;
      }
    }
  }
}
