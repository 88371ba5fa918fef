import { TrackerError } from '../errors.ts';

/**
 * Reads what ByteWriter wrote, from bytes that nobody vouches for: every length is checked against what is left
 * before anything is made of it, every number against its range. Throws 'bad-bytes' with the name of the field.
 */
export class ByteReader {
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** `what` names the bytes in messages: "memory bank", "session snapshot". */
  constructor(bytes: Uint8Array, what: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  fail(problem: string): never {
    throw new TrackerError('bad-bytes', `This is not a usable ${this.#what}: ${problem} (near byte ${this.#at}).`);
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  f64(field: string): number {
    return this.#view.getFloat64(this.#take(8, field), true);
  }

  /** A finite number. */
  finite(field: string): number {
    const value = this.f64(field);
    return Number.isFinite(value) ? value : this.fail(`${field} is ${value}`);
  }

  /** An integer from `least` to `most`. */
  integer(field: string, least: number, most: number): number {
    const value = this.f64(field);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    return this.fail(`${field} is ${value}, it must be an integer from ${least} to ${most}`);
  }

  flag(field: string): boolean {
    const value = this.u8(field);
    return value <= 1 ? value === 1 : this.fail(`${field} is ${value}, it must be 0 or 1`);
  }

  /** A list length; each entry takes at least `entryBytes`, so a length that cannot fit is refused before any work. */
  count(field: string, entryBytes: number): number {
    const count = this.u32(field);
    if (count * entryBytes > this.#left()) return this.fail(`${field} says ${count}, more than the bytes can hold`);
    return count;
  }

  text(field: string): string {
    const length = this.u32(field);
    const from = this.#take(length, field);
    const utf8 = new Uint8Array(this.#view.buffer, this.#view.byteOffset + from, length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8);
    } catch {
      return this.fail(`${field} is not UTF-8`);
    }
  }

  /** `length` finite float32 values. */
  floats(field: string, length: number): Float32Array {
    const from = this.#take(length * 4, field);
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      values[i] = this.#view.getFloat32(from + i * 4, true);
      if (!Number.isFinite(values[i]!)) this.fail(`${field} holds ${values[i]} at ${i}`);
    }
    return values;
  }

  /** `length` finite bfloat16 words. */
  bfloats(field: string, length: number): Uint16Array {
    const from = this.#take(length * 2, field);
    const values = new Uint16Array(length);
    for (let i = 0; i < length; i++) {
      values[i] = this.#view.getUint16(from + i * 2, true);
      if ((values[i]! & 0x7f80) === 0x7f80) this.fail(`${field} holds a value that is not finite at ${i}`);
    }
    return values;
  }

  /** Says that everything has been read. */
  end(): void {
    if (this.#left() > 0) this.fail(`${this.#left()} bytes are left over at the end`);
  }

  #left(): number {
    return this.#view.byteLength - this.#at;
  }

  #take(length: number, field: string): number {
    if (length > this.#left()) this.fail(`it ends inside ${field}: ${length} bytes needed, ${this.#left()} left`);
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
