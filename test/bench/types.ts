/** One comparison. */
export interface Result {
  /** What was measured. */
  readonly name: string;
  readonly peer: string;
  /** Medians. */
  readonly ours: number;
  readonly theirs: number;
  readonly unit: string;
  /** Above 1: we are faster. */
  readonly ratio: number;
  /** What the peer's figure does not tell, such as output that was lost. */
  readonly note?: string;
}

export interface BenchOptions {
  /** How often each contestant runs, in turn. Default: the benchmark's own. */
  readonly rounds?: number;
  /** Told what goes on. */
  log(line: string): void;
}

export interface Bench {
  readonly title: string;
  run(options: BenchOptions): Promise<Result[]>;
}
