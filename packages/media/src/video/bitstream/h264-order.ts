import { Bits } from './bits.ts';
import { mostSignificant, orderKey, type PictureFacts, type PictureOrder, UNKNOWN_PICTURE } from './picture-order.ts';

type Sequence = {
  readonly separatePlanes: boolean;
  readonly frameNumberBits: number;
  readonly orderType: number;
  readonly orderBits: number;
  readonly framesOnly: boolean;
  readonly mixesFields: boolean;
};

/** Profiles whose sequence parameter sets say how chroma is stored (ITU-T H.264 7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Picture order counts of H.264 (8.2.1), of the types 0 and 2; pictures of type 1, which nobody writes, have none. */
export class H264Order implements PictureOrder {
  readonly #sequences = new Map<number, Sequence>();
  /** Which sequence a picture parameter set belongs to, and whether slices have a count for the bottom field. */
  readonly #pictures = new Map<number, { sequence: number; bottomCount: boolean }>();
  #sequence = 0;
  #previousLow = 0;
  #previousHigh = 0;
  #pictureCount = 0;

  parameters(nal: Uint8Array): void {
    const type = nal[0]! & 0x1f;
    if (type === 7) this.#sequenceSet(Bits.ofNal(nal, 1));
    if (type !== 8) return;
    const bits = Bits.ofNal(nal, 1, 32);
    const [id, sequence] = [bits.unsigned(), bits.unsigned()];
    bits.skip(1);
    const bottomCount = bits.flag();
    if (id < 256 && !bits.past) this.#pictures.set(id, { sequence, bottomCount });
  }

  #sequenceSet(bits: Bits): void {
    const profile = bits.read(8);
    bits.skip(16);
    const id = bits.unsigned();
    let separatePlanes = false;
    if (HIGH_PROFILES.has(profile)) {
      const chroma = bits.unsigned();
      if (chroma === 3) separatePlanes = bits.flag();
      bits.unsigned();
      bits.unsigned();
      bits.skip(1);
      const lists = !bits.flag() ? 0 : chroma === 3 ? 12 : 8;
      for (let i = 0; i < lists; i++) if (bits.flag()) skipScaling(bits, i < 6 ? 16 : 64);
    }
    const frameNumberBits = bits.unsigned() + 4;
    const orderType = bits.unsigned();
    let orderBits = 0;
    if (orderType === 0) orderBits = bits.unsigned() + 4;
    if (orderType === 1) {
      bits.skip(1);
      bits.signed();
      bits.signed();
      for (let i = Math.min(255, bits.unsigned()); i > 0; i--) bits.signed();
    }
    bits.unsigned();
    bits.skip(1);
    bits.unsigned();
    bits.unsigned();
    const framesOnly = bits.flag();
    const mixesFields = !framesOnly && bits.flag();
    if (id > 31 || frameNumberBits > 16 || orderBits > 16 || bits.past) return;
    this.#sequences.set(id, { separatePlanes, frameNumberBits, orderType, orderBits, framesOnly, mixesFields });
  }

  picture(nal: Uint8Array): PictureFacts {
    const bits = Bits.ofNal(nal, 1, 64);
    bits.unsigned();
    bits.unsigned();
    const picture = this.#pictures.get(bits.unsigned());
    const sequence = picture && this.#sequences.get(picture.sequence);
    if (!sequence) return UNKNOWN_PICTURE;
    if (sequence.separatePlanes) bits.skip(2);
    bits.skip(sequence.frameNumberBits);
    const isField = !sequence.framesOnly && bits.flag();
    const field = isField ? (bits.flag() ? 'bottom' : 'top') : undefined;
    const interlaced = isField || sequence.mixesFields;
    if ((nal[0]! & 0x1f) === 5) {
      // The second field of an IDR picture may be one too, and follows the first.
      bits.unsigned();
      if (field !== 'bottom' || this.#pictureCount !== 1) this.#begin();
    }
    this.#pictureCount++;
    if (sequence.orderType === 2) return { order: orderKey(this.#sequence, this.#pictureCount), field, interlaced };
    if (sequence.orderType !== 0) return { ...UNKNOWN_PICTURE, field, interlaced };
    const low = bits.read(sequence.orderBits);
    const bottom = picture.bottomCount && !isField ? bits.signed() : 0;
    const high = mostSignificant(low, 2 ** sequence.orderBits, this.#previousLow, this.#previousHigh);
    if (nal[0]! & 0x60) [this.#previousLow, this.#previousHigh] = [low, high];
    return { order: orderKey(this.#sequence, high + low + Math.min(0, bottom)), field, interlaced };
  }

  #begin(): void {
    this.#sequence++;
    [this.#previousLow, this.#previousHigh, this.#pictureCount] = [0, 0, 0];
  }
}

function skipScaling(bits: Bits, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + bits.signed() + 256) % 256;
    if (next !== 0) last = next;
  }
}
