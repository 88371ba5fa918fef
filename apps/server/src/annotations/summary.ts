import { flagKeyframes, type Scene, suspiciousSpans } from '@roto/annotations';
import type { JobSummary, TrackSummary } from '@roto/wire';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, jobs } from '../database/schema/index.ts';
import { notFound } from '../http/errors.ts';
import type { ObjectRow } from './objects.ts';
import { SignalsCache, type TrackSignals } from './signals-cache.ts';
import { frameSpans } from './spans.ts';

export type SummaryAsked = { readonly from: number; readonly to: number; readonly buckets: number };

const MOST_SUSPICIOUS = 50;
const MOST_SPANS = 200;

/** Summaries of jobs for timelines. What did not change since the last is not looked at again. */
export function createSummaries(db: Db) {
  const cache = new SignalsCache();
  /** Of each track, as text, with what it was made from. */
  const texts = new Map<number, { readonly key: string; readonly text: string }>();

  /** JSON of a `JobSummary`. @throws HttpError 404 */
  return async (jobId: number, asked: SummaryAsked, scene: Scene, cuts: number[] | null): Promise<string> => {
    const { version, rows, plain } = await readHeads(db, jobId, asked);
    const signals = await cache.of(db, rows);
    if (texts.size > 20_000) texts.clear();
    const tracks = rows.map((row) => {
      const key = [row.changedVersion, row.createdVersion, asked.from, asked.to, asked.buckets, scene.cuts.join()].join(
        ' ',
      );
      const known = texts.get(row.id);
      if (known?.key === key) return known.text;
      const text = JSON.stringify(summarise(row, signals.get(row.id)!, asked, scene));
      texts.set(row.id, { key, text });
      return text;
    });
    const head = { version, ...asked, scene_cuts: cuts, plain } satisfies Omit<JobSummary, 'tracks'>;
    return `${JSON.stringify(head).slice(0, -1)},"tracks":[${tracks.join(',')}]}`;
  };
}

async function readHeads(db: Db, jobId: number, { from, to, buckets }: SummaryAsked) {
  return db.transaction(
    async (tx) => {
      const [job] = await tx.select({ version: jobs.annotationsVersion }).from(jobs).where(eq(jobs.id, jobId));
      if (!job) throw notFound(`There is no job ${jobId}.`);
      const rows = await tx
        .select()
        .from(annotationObjects)
        .where(and(eq(annotationObjects.jobId, jobId), eq(annotationObjects.kind, 'track')))
        .orderBy(asc(annotationObjects.id));
      const bucket = sql<number>`((${annotationObjects.frame} - ${from}) * ${buckets}::bigint / ${to - from + 1})::int`;
      const counted = await tx
        .select({
          label_id: annotationObjects.labelId,
          kind: annotationObjects.kind,
          bucket,
          count: sql<number>`count(*)::int`,
        })
        .from(annotationObjects)
        .where(
          sql`${annotationObjects.jobId} = ${jobId} and ${annotationObjects.kind} <> 'track' and ${annotationObjects.frame} between ${from} and ${to}`,
        )
        .groupBy(sql`1, 2, 3`)
        .orderBy(sql`1, 2, 3`);
      const plain = [...Map.groupBy(counted, ({ label_id, kind }) => `${label_id} ${kind}`).values()].map((its) => {
        const counts = new Array<number>(buckets).fill(0);
        for (const { bucket, count } of its) counts[bucket] = count;
        return { label_id: its[0]!.label_id, kind: its[0]!.kind, counts };
      });
      return { version: job.version, rows, plain };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}

function summarise(
  row: ObjectRow,
  { signals, origins }: TrackSignals,
  asked: SummaryAsked,
  scene: Scene,
): TrackSummary {
  const { from, to, buckets } = asked;
  const empty = () => new Array<number | null>(buckets).fill(null);
  const [presenceMin, iouMin, iouMean, severity] = [empty(), empty(), empty(), empty()];
  const counts = new Array<number>(buckets).fill(0);
  const sums = new Array<number>(buckets).fill(0);
  const bucketOf = (frame: number) => Math.floor(((frame - from) * buckets) / (to - from + 1));
  const least = (list: (number | null)[], at: number, value: number) => {
    if (!Number.isNaN(value)) list[at] = list[at] === null ? value : Math.min(list[at]!, value);
  };
  const framesOf = { person: [] as number[], import: [] as number[], tracker: [] as number[], outside: [] as number[] };
  for (const [i, { frame, outside, presence, predictedIou, tracked }] of signals.entries()) {
    framesOf[outside ? 'outside' : origins[i]!].push(frame);
    if (frame < from || frame > to) continue;
    const at = bucketOf(frame);
    if (tracked) severity[at] ??= 0;
    least(presenceMin, at, Math.round(10 * presence));
    least(iouMin, at, Math.round(100 * predictedIou));
    if (!Number.isNaN(predictedIou)) {
      counts[at]!++;
      sums[at]! += predictedIou;
    }
  }
  for (const [at, count] of counts.entries()) if (count > 0) iouMean[at] = Math.round((100 * sums[at]!) / count);
  const flags = flagKeyframes(signals, scene);
  for (const flag of flags) {
    if (flag.frame < from || flag.frame > to) continue;
    const at = bucketOf(flag.frame);
    severity[at] = Math.max(severity[at] ?? 0, flag.severity);
  }
  const spans = suspiciousSpans(flags, signals).filter((span) => span.to >= from && span.from <= to);
  const cut = (frames: number[]) => frameSpans(frames).slice(0, MOST_SPANS);
  return {
    id: row.id,
    label_id: row.labelId,
    revision: row.revision,
    first: signals[0]?.frame ?? row.frame,
    last: signals.at(-1)?.frame ?? row.frame,
    keyframes: signals.length,
    spans: {
      person: cut(framesOf.person),
      import: cut(framesOf.import),
      tracker: cut(framesOf.tracker),
      outside: cut(framesOf.outside),
    },
    presence_min: presenceMin,
    iou_min: iouMin,
    iou_mean: iouMean,
    severity,
    suspicious: spans
      .slice(0, MOST_SUSPICIOUS)
      .map((span) => ({ ...span, severity: Math.round(100 * span.severity) / 100, reasons: [...span.reasons] })),
    suspicious_count: spans.length,
  };
}
