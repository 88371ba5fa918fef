import type { Estimate } from '@roto/wire';
import { and, desc, eq, gt } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { runObjects, runs } from '../database/schema/index.ts';

/** Runs that are looked at, the last ones: hardware and models change. */
const RUNS = 20;
/** Fewer frames say more about how an agent starts than about how fast it is. */
const LEAST_FRAMES = 5;

/**
 * How long tracking `frames` frames of `objects` objects would take, by the function's last runs: the median of their
 * frames per second, of those with the same number of objects where there are any, for each object costs time.
 */
export async function estimate(
  db: Db,
  functionId: number,
  frames: number,
  objects: number | undefined,
): Promise<Estimate> {
  const rows = await db
    .select({
      id: runs.id,
      savedFrames: runs.savedFrames,
      seconds: runs.workedSeconds,
      objects: db.$count(runObjects, eq(runObjects.runId, runs.id)),
    })
    .from(runs)
    .where(and(eq(runs.functionId, functionId), gt(runs.savedFrames, LEAST_FRAMES - 1), gt(runs.workedSeconds, 0)))
    .orderBy(desc(runs.updatedDate))
    .limit(RUNS);
  const alike = rows.filter((row) => Number(row.objects) === objects);
  const used = alike.length > 0 ? alike : rows;
  if (used.length === 0) return { frames, frames_per_second: null, seconds: null, runs: 0 };
  const rates = used.map((row) => row.savedFrames / row.seconds).sort((a, b) => a - b);
  const middle = rates.length >> 1;
  const rate = rates.length % 2 === 1 ? rates[middle]! : (rates[middle - 1]! + rates[middle]!) / 2;
  return { frames, frames_per_second: rate, seconds: frames / rate, runs: used.length };
}
