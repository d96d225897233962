/**
 * What the main thread is doing, as far as interrupting it goes, in memory that it shares with the thread that
 * watches. One word with five states: an interrupt strikes only in the states that allow it, and the main thread
 * leaves a state only when no interrupt is on its way, so that none ever strikes the kernel's own work or the next
 * cell.
 */

const state = 0;
const handled = 1;
const phase = 2;
const hooks = 3;
const replies = 4;
const guards = 5;
const unused = 6;
const words = 7;

const idle = 0;
const running = 1;
const guarded = 2;
const signalled = 3;
const terminating = 4;

/** Milliseconds between looks at a state that is to change. */
const patience = 20;

export class Interlock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  // The main thread's side.

  /** Runs the kernel's own work to its end: an interrupt waits for it, or strikes before it. */
  guard<T>(action: () => T): T {
    const before = this.#change(guarded);
    Atomics.add(this.#words, guards, 1);
    try {
      return action();
    } finally {
      Atomics.store(this.#words, state, before);
    }
  }

  /** From now on SIGINT stops what runs. */
  enter(): void {
    this.#change(running);
  }

  /** SIGINT would find nothing to stop from now on. */
  leave(): void {
    for (;;) {
      const found = Atomics.compareExchange(this.#words, state, running, idle);
      if (found !== signalled) return;
      // It strikes here, or on the way round.
      Atomics.wait(this.#words, state, signalled, patience);
    }
  }

  /** SIGINT has struck. */
  struck(): void {
    Atomics.store(this.#words, state, idle);
    this.stopDraining();
  }

  /** Promise callbacks run from now on, in which interrupting can be dangerous. */
  startDraining(): void {
    Atomics.store(this.#words, phase, 1);
    // What is on its way strikes before.
    while (Atomics.load(this.#words, state) === signalled) {
      Atomics.wait(this.#words, state, signalled, patience);
    }
  }

  stopDraining(): void {
    Atomics.store(this.#words, phase, 0);
  }

  /** Somebody has enabled async hooks: stopping a promise callback would abort the process. */
  setHooked(): void {
    Atomics.store(this.#words, hooks, 1);
  }

  /** The main thread has dealt with the interrupt of this number. */
  acknowledge(number: number): void {
    Atomics.store(this.#words, handled, number);
  }

  /** Sleeps until a reply comes or a while has passed. An interrupt ends it. */
  awaitReply(count: number): void {
    Atomics.wait(this.#words, replies, count, 5 * patience);
  }

  get replies(): number {
    return Atomics.load(this.#words, replies);
  }

  #change(to: number): number {
    for (;;) {
      const found = Atomics.load(this.#words, state);
      if (found === signalled || found === terminating) {
        Atomics.wait(this.#words, state, found, patience);
      } else if (Atomics.compareExchange(this.#words, state, found, to) === found) {
        return found;
      }
    }
  }

  // The watching thread's side.

  isAcknowledged(number: number): boolean {
    return Atomics.load(this.#words, handled) >= number;
  }

  /** The number of the work of its own that the kernel is at; undefined where it is at none. */
  get ownWork(): number | undefined {
    const number = Atomics.load(this.#words, guards);
    return Atomics.load(this.#words, state) === guarded ? number : undefined;
  }

  /** SIGINT stops what runs. */
  get isRunning(): boolean {
    return Atomics.load(this.#words, state) === running;
  }

  /** Claims a main thread that SIGINT stops; false where it is not in such a state now. */
  claimSignal(): boolean {
    if (Atomics.compareExchange(this.#words, state, running, signalled) !== running) return false;
    if (!this.isDangerous) return true;
    Atomics.store(this.#words, state, running);
    Atomics.notify(this.#words, state);
    return false;
  }

  /** Promise callbacks run that async hooks follow: stopping them would abort the process. */
  get isDangerous(): boolean {
    return this.isHooked && Atomics.load(this.#words, phase) === 1;
  }

  get isSignalled(): boolean {
    return Atomics.load(this.#words, state) === signalled;
  }

  /** Claims a main thread that runs something else than the kernel's own work, or nothing. */
  claimTermination(): boolean {
    return Atomics.compareExchange(this.#words, state, idle, terminating) === idle;
  }

  releaseTermination(): void {
    Atomics.compareExchange(this.#words, state, terminating, idle);
    Atomics.notify(this.#words, state);
  }

  get isHooked(): boolean {
    return Atomics.load(this.#words, hooks) === 1;
  }

  /** A tenth of a millisecond, in which the main thread may change its state. */
  rest(): void {
    Atomics.wait(this.#words, unused, 0, 0.1);
  }

  replied(): void {
    Atomics.add(this.#words, replies, 1);
    Atomics.notify(this.#words, replies);
  }
}
