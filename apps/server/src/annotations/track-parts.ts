import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { blockOf, FRAMES_PER_BLOCK, frameOf, joinKeyframes, splitKeyframes } from './keyframe-text.ts';
import type { ObjectRow } from './objects.ts';
import { headMembers } from './read.ts';

/** First and last frame, both inclusive. */
export type Window = { readonly from: number; readonly to: number };

/** What of a track is asked for: keyframes in a window with their neighbours, those changed since a version, or both. */
export type PartOptions = { readonly window?: Window; readonly since?: number };

/** Keyframes of the track itself, or of one part of a skeleton. */
export type KeyframesPart = {
  /** In the form of `keyframe_blocks.shapes`. */
  readonly shapes: string;
  /** Frames whose keyframe went since. */
  readonly removed: readonly number[];
};

export type TrackPart = {
  readonly row: ObjectRow;
  /** Made or brought back since, so that all keyframes are there. */
  readonly whole: boolean;
  /** In the picture somewhere in the window that was asked for, for all that is known. */
  readonly seen: boolean;
  /** The track's own, then those of a skeleton's parts. */
  readonly parts: readonly KeyframesPart[];
};

type Block = {
  readonly id: number;
  readonly element: number;
  readonly block: number;
  readonly shapes: string;
  readonly versions: readonly number[];
};

/** Parts of tracks, in the order of the rows. */
export async function readTrackParts(
  tx: Db,
  rows: readonly ObjectRow[],
  { window, since }: PartOptions,
): Promise<TrackPart[]> {
  if (rows.length === 0) return [];
  const ids = sql`${sql.param(rows.map(({ id }) => id))}::bigint[]`;
  const isWhole = (row: ObjectRow) => since === undefined || row.createdVersion > since;
  const fresh = rows.filter(isWhole).map(({ id }) => id);
  const inWindow = window && sql`b.block between ${blockOf(window.from)} and ${blockOf(window.to)}`;
  const isChanged =
    since === undefined
      ? undefined
      : sql`(b.changed_version > ${since} or b.object_id = any(${sql.param(fresh)}::bigint[]))`;
  const chosen = inWindow && isChanged ? sql`(${inWindow} or ${isChanged})` : (inWindow ?? isChanged ?? sql`true`);
  const blocks = await readBlocks(
    tx,
    sql`select b.object_id, b.element, b.block, b.shapes, b.versions from keyframe_blocks b
      where b.object_id = any(${ids}) and ${chosen}`,
  );
  const blocksOf = Map.groupBy(blocks, ({ id, element }) => `${id} ${element}`);
  const neighbours = window ? await readNeighbours(tx, rows, window, blocksOf) : undefined;
  return rows.map((row) => {
    const whole = isWhole(row);
    let seen = !window;
    const parts = [-1, ...row.elements.keys()].map((element) => {
      const key = `${row.id} ${element}`;
      const its = blocksOf.get(key) ?? [];
      const removed = whole ? [] : its.flatMap((block) => removedSince(block, since!));
      if (window) {
        const part = inside(its, window, whole ? undefined : since, neighbours!.get(key));
        seen ||= part.seen;
        return { removed, shapes: part.shapes };
      }
      const lines = whole ? its.map(({ shapes }) => shapes) : its.flatMap((block) => changedSince(block, since!));
      return { removed, shapes: joinKeyframes(lines.filter((text) => text !== '')) };
    });
    return { row, whole, seen, parts };
  });
}

/** In order of blocks. */
async function readBlocks(tx: Db, query: SQL): Promise<Block[]> {
  const found = await tx.execute(sql`select q.object_id::int8 as id, q.element, q.block, q.shapes, q.versions
    from (${query}) q order by q.object_id, q.element, q.block`);
  const { rows } = found as unknown as { rows: (Omit<Block, 'id'> & { id: string | number })[] };
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}

function changedSince({ shapes, versions }: Block, since: number): string[] {
  return splitKeyframes(shapes).filter((line) => (versions[frameOf(line) % FRAMES_PER_BLOCK] ?? 0) > since);
}

function removedSince({ block, shapes, versions }: Block, since: number): number[] {
  const there = new Set(splitKeyframes(shapes).map(frameOf));
  return versions.flatMap((version, i) => {
    const frame = block * FRAMES_PER_BLOCK + i;
    return version > since && !there.has(frame) ? [frame] : [];
  });
}

/** Keyframes before and after the blocks of a window. */
type Neighbours = { before?: string; after?: string };

/**
 * Text of the keyframes in a window, with the one before and the one after it. With `since`, of those in the window only
 * what changed. Only blocks at the ends are cut into lines: a window may have megabytes.
 */
function inside(
  blocks: readonly Block[],
  { from, to }: Window,
  since: number | undefined,
  { before, after }: Neighbours = {},
): { shapes: string; seen: boolean } {
  const [first, last] = [blockOf(from), blockOf(to)];
  const texts: string[] = [];
  let [left, right] = [before, after];
  for (const block of blocks) {
    if (block.block < first || block.block > last || block.shapes === '') continue;
    if (block.block !== first && block.block !== last && since === undefined) {
      texts.push(block.shapes);
      continue;
    }
    const kept = since === undefined ? undefined : new Set(changedSince(block, since));
    for (const line of splitKeyframes(block.shapes)) {
      const frame = frameOf(line);
      if (frame < from) left = line;
      else if (frame > to) {
        right = line;
        break;
      } else if (!kept || kept.has(line)) texts.push(line);
    }
  }
  const lines = [...(left === undefined ? [] : [left]), ...texts, ...(right === undefined ? [] : [right])];
  const isThereBefore = left !== undefined && !left.includes('"outside":true');
  return { shapes: joinKeyframes(lines), seen: texts.length > 0 || isThereBefore };
}

/** Where the blocks of a window have no keyframe before or after it: the nearest outside of them. */
async function readNeighbours(
  tx: Db,
  rows: readonly ObjectRow[],
  { from, to }: Window,
  blocksOf: ReadonlyMap<string, readonly Block[]>,
): Promise<Map<string, Neighbours>> {
  const found = new Map<string, Neighbours>();
  const wanted = (side: 'before' | 'after') =>
    rows.flatMap((row) =>
      [-1, ...row.elements.keys()].flatMap((element) => {
        const block = side === 'before' ? blockOf(from) : blockOf(to);
        const edge = blocksOf.get(`${row.id} ${element}`)?.find((each) => each.block === block);
        const lines = splitKeyframes(edge?.shapes ?? '');
        const isThere = side === 'before' ? lines.some((l) => frameOf(l) < from) : lines.some((l) => frameOf(l) > to);
        return isThere ? [] : [{ id: row.id, element }];
      }),
    );
  for (const side of ['before', 'after'] as const) {
    const asked = wanted(side);
    if (asked.length === 0) continue;
    const where = side === 'before' ? sql`b.block < ${blockOf(from)}` : sql`b.block > ${blockOf(to)}`;
    const order = side === 'before' ? sql`desc` : sql`asc`;
    const blocks = await readBlocks(
      tx,
      sql`select near.object_id, near.element, near.block, near.shapes, '{}'::int[] as versions
        from unnest(${sql.param(asked.map(({ id }) => id))}::bigint[], ${sql.param(asked.map(({ element }) => element))}::int[])
          as asked (id, element)
        cross join lateral (select * from keyframe_blocks b
          where b.object_id = asked.id and b.element = asked.element and ${where} and b.shapes <> ''
          order by b.block ${order} limit 1) as near`,
    );
    for (const { id, element, shapes } of blocks) {
      const key = `${id} ${element}`;
      const line = side === 'before' ? splitKeyframes(shapes).at(-1) : splitKeyframes(shapes)[0];
      found.set(key, { ...found.get(key), [side]: line });
    }
  }
  return found;
}

/** A track as on the wire, with what was asked for of its keyframes; with `since`, what says how to take it. */
export function trackPartText({ row, whole, parts }: TrackPart, since: number | undefined): string {
  const told = ({ removed }: KeyframesPart) => (since === undefined ? '' : `"removed_frames":[${removed.join(',')}],`);
  const elements = row.elements.map((element, i) => {
    const part = parts[i + 1]!;
    const frame = part.shapes === '' ? row.frame : frameOf(part.shapes);
    return `{"frame":${frame},${element},${told(part)}"shapes":[${part.shapes}],"elements":[]}`;
  });
  const isWhole = since === undefined ? '' : `"whole":${whole},`;
  return `{${headMembers(row)},${row.body},${isWhole}${told(parts[0]!)}"shapes":[${parts[0]!.shapes}],"elements":[${elements.join(',')}]}`;
}
