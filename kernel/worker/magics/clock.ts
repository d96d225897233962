/** `%time` and `%%time`. */

export class Clock {
  readonly #wall = performance.now();
  readonly #cpu = process.cpuUsage();

  /** How long it took until now. */
  report(): string {
    const wall = performance.now() - this.#wall;
    const { user, system } = process.cpuUsage(this.#cpu);
    const [own, kernel] = [user / 1000, system / 1000];
    return (
      `CPU times: user ${shown(own)}, sys: ${shown(kernel)}, total: ${shown(own + kernel)}\n` +
      `Wall time: ${shown(wall)}\n`
    );
  }
}

/** @param time milliseconds */
function shown(time: number): string {
  if (time < 1) return `${Math.round(time * 1000)} µs`;
  if (time < 1_000) return `${Number(time.toPrecision(3))} ms`;
  if (time < 60_000) return `${Number((time / 1000).toPrecision(3))} s`;
  const minutes = Math.floor(time / 60_000);
  return `${minutes} min ${Math.round(time / 1000 - minutes * 60)} s`;
}
