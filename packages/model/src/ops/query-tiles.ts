import type { Dim, Value } from '../graph/value.ts';

export type AttentionInput = {
  /** [B, Tq, heads · d] */
  readonly q: Value;
  /** [B, Tk, heads · d] */
  readonly k: Value;
  /** [B, Tk, heads · dv] */
  readonly v: Value;
  readonly heads: number;
  /** Factor of the scores before the softmax; 1/√d unless the weights carry it already. */
  readonly scale?: number;
  /** Graphs of precision 'int8' may compute both products in 8-bit integers; for a batch of one. */
  readonly quantizable?: boolean;
};

/** Scores of one tile: 64 MiB of float32. */
const tileScores = 1 << 24;
/** Queries per tile where the number of keys is known only when the graph runs: 512 × 28,736 scores are 56 MiB. */
const usualTile = 512;

/**
 * Sizes of the tiles of queries whose scores exist at a time. Softmax is per row, so tiles are exact. They are as large
 * as memory allows: each one packs all keys again and ends in a few synchronisations of all threads (8-bit attention
 * over 4096 × 4096 tokens, 4 heads: 55 ms in one tile per head, 95 in eight).
 */
export function queryTiles(queries: number, keys: Dim): number[] {
  const size = typeof keys === 'number' ? Math.max(1, Math.floor(tileScores / keys)) : usualTile;
  const count = Math.ceil(queries / size);
  return Array.from({ length: count }, (_, i) => Math.min(size, queries - i * size));
}
