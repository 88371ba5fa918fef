import { AVERROR_EOF, AVSEEK_FLAG_BACKWARD, AVSEEK_FLAG_BYTE, type AVSeekFlag } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { MediaError } from '../errors.ts';
import { type Container, closeContainer, readPacket, seekContainer } from './container.ts';
import { CONTAINERS, type ContainerKind } from './containers.ts';
import type { PacketTable } from './packet-table.ts';

/** Packets after a seek to a place in the file that may be pieces, or have no place of their own. */
const PIECES = 64;

/**
 * Walks the packets of a stream and always knows the ordinal of the packet at hand. A seek is checked: the packet on
 * which the demuxer lands is looked up in the table, and when it is not where it should be (a container without an
 * index, an edit list, a wrong key flag), earlier places are tried, and at last the file is opened anew.
 */
export class PacketCursor {
  /** Ordinal of the packet that the next read gives. */
  #next: number;
  /** A packet that a seek has already read, waiting to be given out. */
  #waiting = false;
  /** The packet at hand after a read; valid until the next read or seek. */
  readonly packet = new Packet();
  #container: Container;
  readonly #path: string;
  readonly #table: PacketTable;
  readonly #reopen: () => Promise<Container>;
  /** Packets on which a seek may land. */
  readonly #byPosition: ReadonlyMap<number, readonly number[]>;
  readonly #seeks: 'times' | 'places' | 'none';

  /** `container` stands at its end, as `readPacketTable` leaves it. */
  constructor(
    path: string,
    kind: ContainerKind,
    container: Container,
    table: PacketTable,
    reopen: () => Promise<Container>,
  ) {
    this.#seeks = CONTAINERS[kind].seeks;
    this.#path = path;
    this.#container = container;
    this.#table = table;
    this.#reopen = reopen;
    this.#next = table.count;
    this.packet.alloc();
    const known = new Map<number, number[]>();
    for (let i = 0; i < table.count; i++) {
      const position = table.position[i]!;
      if (this.#seeks === 'places' ? position < 0 : !table.containerKey[i]) continue;
      const there = known.get(position);
      if (there) there.push(i);
      else known.set(position, [i]);
    }
    this.#byPosition = known;
  }

  get next(): number {
    return this.#next;
  }

  /** Fills `packet` with the next one; false at the end. Other streams are passed over. */
  async read(): Promise<boolean> {
    if (this.#waiting) {
      this.#waiting = false;
      this.#next++;
      return true;
    }
    if (this.#next >= this.#table.count) return false;
    if (!(await this.#pull())) throw this.#changed();
    if (!this.#matches(this.#next)) throw this.#changed();
    this.#next++;
    return true;
  }

  /** Makes `ordinal` the next packet. */
  async seek(ordinal: number): Promise<void> {
    if (!this.#waiting && this.#next === ordinal) return;
    this.#waiting = false;
    if (this.#seeks !== 'none') {
      for (const target of this.#places(ordinal)) {
        for (const [goal, flags] of this.#goals(target)) {
          const code = await seekContainer(this.#container, BigInt(goal), flags);
          if (code >= 0 && (await this.#walk(ordinal))) return;
        }
      }
    }
    if (this.#seeks !== 'none' || this.#next > ordinal) {
      await closeContainer(this.#container);
      this.#container = await this.#reopen();
      this.#next = 0;
    }
    while (this.#next < ordinal) if (!(await this.read())) throw this.#changed();
  }

  async close(): Promise<void> {
    this.packet.free();
    await closeContainer(this.#container);
  }

  /** What to ask of the demuxer in order to come to packet `target`. */
  *#goals(target: number): Generator<[goal: number, flags: AVSeekFlag]> {
    const { dts, pts, position } = this.#table;
    if (this.#seeks === 'places') {
      if (position[target]! >= 0) yield [position[target]!, AVSEEK_FLAG_BYTE];
      return;
    }
    // MP4 seeks by decoding time, Matroska by presentation time.
    for (const time of new Set([dts[target]!, pts[target]!])) {
      if (!Number.isNaN(time)) yield [time, AVSEEK_FLAG_BACKWARD];
    }
  }

  /** Where to aim, best first: the packet itself, the key packets before it, the first packet. */
  *#places(ordinal: number): Generator<number> {
    let tried = 0;
    for (let i = ordinal; i >= 0 && tried < 3; i--) {
      if (i !== ordinal && !this.#table.containerKey[i]) continue;
      tried++;
      yield i;
    }
    if (ordinal > 0) yield 0;
  }

  /** After a seek: finds out where the demuxer stands and reads on up to `ordinal`. False if it stands beyond. */
  async #walk(ordinal: number): Promise<boolean> {
    const landed = await this.#land();
    if (landed === undefined || landed > ordinal) return false;
    for (let i = landed; i < ordinal; i++) {
      if (!(await this.#pull()) || !this.#matches(i + 1)) return false;
    }
    this.#next = ordinal;
    this.#waiting = true;
    return true;
  }

  /** The ordinal of the first packet after a seek that is known. At a place in the file, pieces of others may come first. */
  async #land(): Promise<number | undefined> {
    for (let left = this.#seeks === 'places' ? PIECES : 1; left > 0; left--) {
      if (!(await this.#pull())) return undefined;
      const known = this.#byPosition.get(Number(this.packet.pos)) ?? [];
      const landed = known.find((i) => this.#matches(i));
      if (landed !== undefined) return landed;
    }
    return undefined;
  }

  /** The next packet of our stream, whatever it is; false at the end. */
  async #pull(): Promise<boolean> {
    const { stream } = this.#container;
    for (let errors = 0; errors < 10_000; ) {
      this.packet.unref();
      const code = await readPacket(this.#container, this.packet);
      if (code === AVERROR_EOF) return false;
      if (code < 0) errors++;
      else if (this.packet.streamIndex === stream.index && this.packet.size > 0) return true;
    }
    return false;
  }

  #matches(ordinal: number): boolean {
    if (ordinal >= this.#table.count) return false;
    if (Number(this.packet.pos) !== this.#table.position[ordinal] || this.packet.size !== this.#table.size[ordinal])
      return false;
    // Times are worked out from the packets before, which a seek leaves out.
    if (this.#seeks === 'places') return true;
    // An edit list may show the same packet twice: the timestamp tells which of the two this is.
    const pts = this.#table.pts[ordinal]!;
    return Number.isNaN(pts) || Number(this.packet.pts) === pts;
  }

  #changed(): MediaError {
    return new MediaError(
      'changed',
      this.#path,
      `packet ${this.#next} is not where it was when the file was opened`,
      'Do not rewrite a file while it is open; open it again',
    );
  }
}
