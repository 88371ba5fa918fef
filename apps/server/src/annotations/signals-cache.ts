import { setImmediate as turn } from 'node:timers/promises';
import { type KeyframeSignals, keyframeSignals, type TrackedShape } from '@roto/annotations';
import { asc, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { keyframeBlocks } from '../database/schema/index.ts';
import { type Origin, originOf, parseKeyframe, splitKeyframes } from './keyframe-text.ts';
import type { ObjectRow } from './objects.ts';

/** What is measured of a track's own keyframes, in order of frames. */
export type TrackSignals = { readonly signals: readonly KeyframeSignals[]; readonly origins: readonly Origin[] };

type Kept = {
  readonly createdVersion: number;
  readonly changedVersion: number;
  /** By block. */
  readonly blocks: Map<number, TrackSignals>;
  readonly all: TrackSignals;
};

/** Keyframes that are measured before others may be served. */
const AT_ONCE = 500;
/** Tracks whose keyframes are read together. */
const TRACKS_PER_PAGE = 8;
const MOST_KEYFRAMES = 1_000_000;

/**
 * Signals of tracks that were measured. Of one that changed only the blocks that did are measured again: a run that saves
 * frame by frame costs sixteen keyframes each time.
 */
export class SignalsCache {
  readonly #kept = new Map<number, Kept>();
  #keyframes = 0;

  /** Signals of tracks as they are in `tx`, by id. */
  async of(tx: Db, rows: readonly ObjectRow[]): Promise<Map<number, TrackSignals>> {
    const found = new Map<number, TrackSignals>();
    const stale: ObjectRow[] = [];
    for (const row of rows) {
      const kept = this.#kept.get(row.id);
      if (kept?.changedVersion === row.changedVersion && kept.createdVersion === row.createdVersion) {
        // The last used stands last.
        this.#kept.delete(row.id);
        this.#kept.set(row.id, kept);
        found.set(row.id, kept.all);
      } else stale.push(row);
    }
    for (let at = 0; at < stale.length; at += TRACKS_PER_PAGE)
      for (const [id, all] of await this.#measure(tx, stale.slice(at, at + TRACKS_PER_PAGE))) found.set(id, all);
    return found;
  }

  async #measure(tx: Db, rows: readonly ObjectRow[]): Promise<Map<number, TrackSignals>> {
    const sinceOf = new Map(
      rows.map((row) => {
        const kept = this.#kept.get(row.id);
        return [row.id, kept?.createdVersion === row.createdVersion ? kept.changedVersion : -1];
      }),
    );
    const found = await tx
      .select({ id: keyframeBlocks.objectId, block: keyframeBlocks.block, shapes: keyframeBlocks.shapes })
      .from(keyframeBlocks)
      .innerJoin(
        sql`unnest(${sql.param([...sinceOf.keys()])}::bigint[], ${sql.param([...sinceOf.values()])}::int[]) as asked (id, since)`,
        sql`asked.id = ${keyframeBlocks.objectId} and ${keyframeBlocks.changedVersion} > asked.since`,
      )
      .where(sql`${keyframeBlocks.element} = -1`)
      .orderBy(asc(keyframeBlocks.objectId), asc(keyframeBlocks.block));
    const changed = Map.groupBy(found, ({ id }) => id);
    const all = new Map<number, TrackSignals>();
    for (const row of rows) {
      const blocks = new Map(sinceOf.get(row.id) === -1 ? [] : this.#kept.get(row.id)!.blocks);
      await measureBlocks(changed.get(row.id) ?? [], blocks);
      const ordered = [...blocks].sort(([a], [b]) => a - b).map(([, each]) => each);
      const whole = {
        signals: ordered.flatMap((each) => each.signals),
        origins: ordered.flatMap((each) => each.origins),
      };
      const { createdVersion, changedVersion } = row;
      this.#keep(row.id, { createdVersion, changedVersion, blocks, all: whole });
      all.set(row.id, whole);
    }
    return all;
  }

  #keep(id: number, kept: Kept): void {
    this.#keyframes += kept.all.signals.length - (this.#kept.get(id)?.all.signals.length ?? 0);
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    for (const [oldest, { all }] of this.#kept) {
      if (this.#keyframes <= MOST_KEYFRAMES || oldest === id) return;
      this.#kept.delete(oldest);
      this.#keyframes -= all.signals.length;
    }
  }
}

/** Measures blocks in order; the first keyframe of one is compared with the last of that before it, where that came too. */
async function measureBlocks(
  changed: readonly { readonly block: number; readonly shapes: string }[],
  blocks: Map<number, TrackSignals>,
): Promise<void> {
  let before: { shape: TrackedShape; signals: KeyframeSignals } | undefined;
  let last = Number.NaN;
  let since = 0;
  for (const { block, shapes } of changed) {
    if (block !== last + 1) before = undefined;
    const signals: KeyframeSignals[] = [];
    const origins: Origin[] = [];
    for (const line of splitKeyframes(shapes)) {
      const shape = parseKeyframe(line);
      before = { shape, signals: keyframeSignals(shape, before) };
      signals.push(before.signals);
      origins.push(originOf(line));
      if (++since % AT_ONCE === 0) await turn();
    }
    if (signals.length === 0) blocks.delete(block);
    else blocks.set(block, { signals, origins });
    last = block;
  }
}
