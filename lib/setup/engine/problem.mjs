/** Something that the user can mend: says what is wrong and what to do, without a stack trace. */
export class Problem extends Error {
  /** @override */
  name = "Problem";

  /**
   * @param {string} what what is missing or wrong, with the value found
   * @param {string} mend the command that mends it, or the step to take
   * @param {{ details?: string, cause?: unknown }} [more] details: output of the program that failed
   */
  constructor(what, mend, { details, cause } = {}) {
    super(what, { cause });
    this.mend = mend;
    this.details = details;
  }

  describe() {
    const details = this.details ? `\n${this.details.replace(/^/gm, "  | ")}` : "";
    return `${this.message}${details}\n  To mend it: ${this.mend}`;
  }
}

/** Several problems found before any work began. */
export class Problems extends Error {
  /** @override */
  name = "Problems";

  /** @param {readonly Problem[]} problems */
  constructor(problems) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.problems = problems;
  }

  describe() {
    return this.problems.map((problem) => problem.describe()).join("\n");
  }
}

/** The user ended the work; there is nothing to explain. */
export class Interrupted extends Error {
  /** @override */
  name = "Interrupted";
}
