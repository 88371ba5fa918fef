import { Frame as AVFrame, avImageGetBufferSize } from 'node-av/lib';
import { MediaError } from '../errors.ts';
import type { ResolvedOptions } from '../options.ts';
import type { StreamHeader } from './container.ts';
import { DecodeRun } from './decoder.ts';
import type { PacketCursor } from './packet-cursor.ts';
import type { PacketTable } from './packet-table.ts';

/** Packets that are decoded through rather than sought over: a seek costs about as much. */
const SHORT_WAY = 8;

/**
 * Finds the decoded picture of any packet. Holds at most one decode run and goes on with it where that gives the same
 * picture as beginning at the packet's own access point.
 *
 * Damage. Threads and reused buffers make what a decoder shows for damaged data a matter of chance. So the first
 * complaint about a group of pictures (an error, a concealed block, a picture that does not come) marks the group,
 * and from then on it is only decoded in one way: a fresh decoder, one thread, from the group's access point. What
 * comes out then, whole or concealed, is the frame; what does not come out is undecodable. In a file with any damage
 * every group is begun at its own access point, since a missing packet elsewhere changes which older pictures a
 * decoder still holds.
 */
export class PictureFinder {
  readonly #path: string;
  readonly #header: StreamHeader;
  readonly #table: PacketTable;
  readonly #options: ResolvedOptions;
  readonly #cursor: PacketCursor;
  #run: DecodeRun | undefined;
  readonly #damagedGroups = new Set<number>();
  readonly #undecodable = new Set<number>();
  /** By group, the first packet whose picture is known to be concealed or not to come. */
  readonly #firstFlaw = new Map<number, number>();
  #anyDamage: boolean;
  /** Recent pictures by ordinal, oldest first. They share the decoder's buffers. */
  readonly #recent = new Map<number, { picture: AVFrame; bytes: number }>();
  #recentBytes = 0;
  #lastWanted = -1;

  /**
   * Takes over `cursor` and `header`; both are freed on close. The table's `pts` only serves to tell what is shown
   * before what. `flawed`: packets whose pictures are known to be concealed.
   */
  constructor(
    path: string,
    cursor: PacketCursor,
    header: StreamHeader,
    table: PacketTable,
    options: ResolvedOptions,
    flawed: readonly number[] = [],
  ) {
    this.#path = path;
    this.#header = header;
    this.#table = table;
    this.#options = options;
    this.#anyDamage = table.broken || table.suspect.includes(1);
    this.#cursor = cursor;
    for (const ordinal of flawed) this.#noteFlaw(ordinal);
  }

  /** The picture of packet `ordinal`, to be freed by the caller; null when the decoder gives none for it. */
  async find(ordinal: number, signal?: AbortSignal): Promise<AVFrame | null> {
    if (this.#undecodable.has(ordinal)) return null;
    const kept = this.#recent.get(ordinal);
    if (kept) {
      this.#lastWanted = ordinal;
      return clone(this.#path, kept.picture);
    }
    const group = this.#table.startOf[ordinal]!;
    const backwards = ordinal < this.#lastWanted;
    this.#lastWanted = ordinal;
    for (;;) {
      const run = await this.#runFor(ordinal, group);
      if (!run) return this.#giveUp(ordinal);
      const found = await this.#follow(run, ordinal, group, backwards, signal);
      if (found) return found;
      // Not found: the group is marked as damaged by now, or the run was dropped; the next turn is a careful one.
    }
  }

  /** Whether the picture of `ordinal` is concealed, or rests on one of its group that is or does not come, as far as is known. */
  isDoubtful(ordinal: number): boolean {
    const flaw = this.#firstFlaw.get(this.#table.startOf[ordinal]!);
    return flaw !== undefined && ordinal >= flaw;
  }

  async close(): Promise<void> {
    this.#drop();
    for (const { picture } of this.#recent.values()) picture.free();
    this.#recent.clear();
    this.#header.parameters.free();
    await this.#cursor.close();
  }

  /** A run that will give `ordinal`, or nothing when a careful one has already passed it without a picture. */
  async #runFor(ordinal: number, group: number): Promise<DecodeRun | undefined> {
    const careful = this.#damagedGroups.has(group);
    const run = this.#run;
    if (run && run.careful === careful) {
      const exact =
        careful || this.#anyDamage ? run.start === group : run.start <= group && group - run.next <= SHORT_WAY;
      if (exact && run.mayEmit(ordinal)) return run;
      if (exact && careful && !run.hasEmitted(ordinal)) return undefined;
    }
    return this.#begin(group, careful);
  }

  async #begin(start: number, careful: boolean): Promise<DecodeRun> {
    this.#drop();
    const { threads, limits } = this.#options;
    const settings = { threads, maxPixels: limits.maxPixels, careful };
    this.#run = await DecodeRun.begin(this.#path, this.#header, this.#cursor, start, settings);
    return this.#run;
  }

  #drop(): void {
    this.#run?.end();
    this.#run = undefined;
  }

  /** Steps through `run` up to the picture wanted. Undefined when the run must be begun again in another way. */
  async #follow(
    run: DecodeRun,
    ordinal: number,
    group: number,
    backwards: boolean,
    signal: AbortSignal | undefined,
  ): Promise<AVFrame | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const step = await run.step();
      if (!run.careful && (step.kind === 'trouble' || (step.kind === 'picture' && step.flawed))) {
        // From the group's own start this is the group's damage, or that of the next access point, on which its
        // leading pictures rest. From further back it may be another group's: begin at this one's start and see.
        if (run.start === group) this.#damagedGroups.add(group);
        this.#anyDamage = true;
        this.#drop();
        return undefined;
      }
      if (step.kind === 'picture') {
        if (step.flawed && this.#table.startOf[step.ordinal] === run.start) this.#noteFlaw(step.ordinal);
        if (step.ordinal === ordinal) return this.#take(run, ordinal);
        const exact = run.start <= (this.#table.startOf[step.ordinal] ?? -1);
        if (backwards && exact && step.ordinal < ordinal) this.#keep(run, step.ordinal);
      }
      if (step.kind === 'end' || !run.mayEmit(ordinal)) {
        // A careful run that has passed the packet is asked again by #runFor, which then gives up.
        if (!run.careful) {
          this.#damagedGroups.add(group);
          this.#anyDamage = true;
          this.#drop();
        }
        return undefined;
      }
    }
  }

  #giveUp(ordinal: number): null {
    this.#undecodable.add(ordinal);
    // What is shown before its access point, and so may lack what it refers to, is referred to by nothing after it.
    const { pts, startOf } = this.#table;
    if (!(pts[ordinal]! < pts[startOf[ordinal]!]!)) this.#noteFlaw(ordinal);
    return null;
  }

  #noteFlaw(ordinal: number): void {
    const group = this.#table.startOf[ordinal]!;
    this.#firstFlaw.set(group, Math.min(ordinal, this.#firstFlaw.get(group) ?? ordinal));
  }

  /** The picture at hand, kept as recent and handed out. */
  #take(run: DecodeRun, ordinal: number): AVFrame {
    // Holding a buffer changes which one a careful decoder takes next, and with it what it conceals with.
    if (run.careful) return copy(this.#path, run.frame);
    this.#keep(run, ordinal);
    return clone(this.#path, run.frame);
  }

  #keep(run: DecodeRun, ordinal: number): void {
    if (run.careful || this.#recent.has(ordinal)) return;
    const { frame } = run;
    const bytes = avImageGetBufferSize(
      frame.format as Parameters<typeof avImageGetBufferSize>[0],
      frame.width,
      frame.height,
      1,
    );
    if (bytes <= 0 || bytes > this.#options.cacheBytes) return;
    this.#recent.set(ordinal, { picture: clone(this.#path, frame), bytes });
    this.#recentBytes += bytes;
    for (const [oldest, entry] of this.#recent) {
      if (this.#recentBytes <= this.#options.cacheBytes) break;
      entry.picture.free();
      this.#recent.delete(oldest);
      this.#recentBytes -= entry.bytes;
    }
  }
}

function clone(path: string, frame: AVFrame): AVFrame {
  const result = frame.clone();
  if (!result) throw outOfMemory(path);
  return result;
}

/** A picture with buffers of its own. */
function copy(path: string, frame: AVFrame): AVFrame {
  const result = new AVFrame();
  result.alloc();
  result.format = frame.format;
  result.width = frame.width;
  result.height = frame.height;
  if (result.getBuffer() < 0 || result.copy(frame) < 0 || result.copyProps(frame) < 0) {
    result.free();
    throw outOfMemory(path);
  }
  return result;
}

function outOfMemory(path: string): MediaError {
  return new MediaError(
    'too-large',
    path,
    'there is no memory for another picture',
    'Let other programs end, or scale the video down first (library: close other sources, option cacheBytes)',
  );
}
