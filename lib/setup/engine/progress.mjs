/**
 * Says on the terminal what the set-up does. On a terminal one line at the bottom is kept up to date; in a file
 * or a pipe a slow step is mentioned every now and then.
 */
const reminder = 15_000;

/** @param {number} milliseconds */
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/**
 * @typedef {object} StepProgress
 * @property {(text: string) => void} update what it does now, in a few words
 * @property {(text: string) => void} end how it ended
 */

export class Progress {
  /** @type {Map<string, { text: string, since: number, mentioned: number }>} */
  #running = new Map();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #stream;

  /** @param {NodeJS.WriteStream} [stream] */
  constructor(stream = process.stdout) {
    this.#stream = stream;
  }

  /**
   * @param {string} name
   * @returns {StepProgress}
   */
  begin(name) {
    const now = Date.now();
    const step = { text: "", since: now, mentioned: now };
    this.#running.set(name, step);
    if (!this.#stream.isTTY) this.line(`… ${name}`);
    this.#timer ??= setInterval(() => this.#tick(), 200);
    return {
      update: (text) => {
        step.text = text;
      },
      end: (text) => {
        this.#running.delete(name);
        if (this.#running.size === 0) {
          clearInterval(this.#timer);
          this.#timer = undefined;
        }
        this.line(`${text.padEnd(34)} ${seconds(Date.now() - step.since).padStart(8)}`);
      },
    };
  }

  /** @param {string} text */
  line(text) {
    this.#stream.write(this.#stream.isTTY ? `\r\u001b[K${text}\n` : `${text}\n`);
  }

  #tick() {
    const now = Date.now();
    if (this.#stream.isTTY) {
      const parts = [...this.#running].map(([name, step]) => describe(name, step, now));
      const line = parts.join(" · ").slice(0, (this.#stream.columns || 80) - 1);
      this.#stream.write(`\r\u001b[K${line}`);
      return;
    }
    for (const [name, step] of this.#running) {
      if (now - step.mentioned < reminder) continue;
      step.mentioned = now;
      this.line(`… ${describe(name, step, now)}`);
    }
  }
}

/**
 * @param {string} name
 * @param {{ text: string, since: number }} step
 * @param {number} now
 */
function describe(name, { text, since }, now) {
  return `${name}: ${text ? `${text}, ` : ""}${Math.round((now - since) / 1000)} s`;
}
