import { cpus, loadavg } from "node:os";
import type { Bench } from "../types.ts";
import { compare, loops, Measured, targetLines } from "./measures.ts";
import { type Contestant, ourKernel, peers } from "./peers.ts";
import { measureBusy, measureFirstCell, measureInterrupts, measureNotebook } from "./session.ts";

/** Starts of each kernel in a round, as they vary most. */
const startsPerRound = 3;
const repeatsWhileBusy = 10;

/** The kernel against the other kernels that a notebook in TypeScript can have, and against Python's. */
export const kernel: Bench = {
  title: "the kernel, each time in fresh processes, in turn with the others",
  async run({ rounds = 3, log }) {
    const contestants = [await ourKernel(), ...(await peers(log))];
    log(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
    const measured = new Map(contestants.map(({ name }) => [name, new Measured()]));
    const each = async (what: string, measure: (c: Contestant, m: Measured) => Promise<void>) => {
      for (const contestant of contestants) {
        const { name } = contestant;
        try {
          await measure(contestant, measured.get(name)!);
        } catch (error) {
          log(`${name}: ${what} could not be measured: ${(error as Error).message}`);
        }
      }
    };
    for (let round = 1; round <= rounds; round++) {
      log(`round ${round} of ${rounds}`);
      for (let n = 0; n < startsPerRound; n++) await each("the start", measureFirstCell);
      await each("a notebook", measureNotebook);
    }
    for (const during of Object.keys(loops) as (keyof typeof loops)[]) {
      log(`answers while ${loops[during]}`);
      await each("how it answers", (contestant, figures) =>
        measureBusy(contestant, during, repeatsWhileBusy, figures),
      );
    }
    log("interrupts");
    await each("interrupts", measureInterrupts);
    const [ours, ...others] = contestants;
    const figures = (contestant: Contestant) => measured.get(contestant.name)!;
    for (const line of targetLines(figures(ours!))) log(line);
    return compare(
      figures(ours!),
      new Map(others.map((contestant) => [contestant.name, figures(contestant)])),
    );
  },
};
