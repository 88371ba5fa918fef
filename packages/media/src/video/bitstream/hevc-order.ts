import { Bits } from './bits.ts';
import { mostSignificant, orderKey, type PictureFacts, type PictureOrder, UNKNOWN_PICTURE } from './picture-order.ts';

type Sequence = { readonly separatePlanes: boolean; readonly orderBits: number; readonly interlaced: boolean };

/** Picture order counts of HEVC (ITU-T H.265 8.3.1). */
export class HevcOrder implements PictureOrder {
  readonly #sequences = new Map<number, Sequence>();
  readonly #pictures = new Map<number, { sequence: number; outputFlag: boolean; extraBits: number }>();
  #sequence = 0;
  #previousLow = 0;
  #previousHigh = 0;
  /** The next random access picture begins a coded video sequence of its own. */
  #ended = true;

  parameters(nal: Uint8Array): void {
    const type = (nal[0]! >> 1) & 0x3f;
    if (type === 36 || type === 37) this.#ended = true;
    if (type === 33) this.#sequenceSet(Bits.ofNal(nal, 2));
    if (type !== 34) return;
    const bits = Bits.ofNal(nal, 2, 32);
    const [id, sequence] = [bits.unsigned(), bits.unsigned()];
    bits.skip(1);
    const outputFlag = bits.flag();
    const extraBits = bits.read(3);
    if (id < 64 && !bits.past) this.#pictures.set(id, { sequence, outputFlag, extraBits });
  }

  #sequenceSet(bits: Bits): void {
    bits.skip(4);
    const layers = bits.read(3);
    bits.skip(1 + 8 + 32);
    const progressive = bits.flag();
    const interlaced = bits.flag() && !progressive;
    bits.skip(44 + 8);
    const present = Array.from({ length: layers }, () => ({ profile: bits.flag(), level: bits.flag() }));
    if (layers > 0) bits.skip(2 * (8 - layers));
    for (const { profile, level } of present) bits.skip((profile ? 88 : 0) + (level ? 8 : 0));
    const id = bits.unsigned();
    const separatePlanes = bits.unsigned() === 3 && bits.flag();
    bits.unsigned();
    bits.unsigned();
    if (bits.flag()) for (let i = 0; i < 4; i++) bits.unsigned();
    bits.unsigned();
    bits.unsigned();
    const orderBits = bits.unsigned() + 4;
    if (id > 15 || orderBits > 16 || bits.past) return;
    this.#sequences.set(id, { separatePlanes, orderBits, interlaced });
  }

  picture(nal: Uint8Array): PictureFacts {
    const type = (nal[0]! >> 1) & 0x3f;
    const bits = Bits.ofNal(nal, 2, 64);
    const isFirst = bits.flag();
    const isAccess = type >= 16 && type <= 23;
    if (isAccess) bits.skip(1);
    const picture = this.#pictures.get(bits.unsigned());
    const sequence = picture && this.#sequences.get(picture.sequence);
    if (!sequence || !isFirst) return UNKNOWN_PICTURE;
    bits.skip(picture.extraBits);
    bits.unsigned();
    if (picture.outputFlag) bits.skip(1);
    if (sequence.separatePlanes) bits.skip(2);
    const isIdr = type === 19 || type === 20;
    const low = isIdr ? 0 : bits.read(sequence.orderBits);
    const begins = isAccess && (isIdr || type <= 18 || this.#ended);
    if (begins) {
      this.#sequence++;
      this.#ended = false;
    }
    const high = begins ? 0 : mostSignificant(low, 2 ** sequence.orderBits, this.#previousLow, this.#previousHigh);
    // Only pictures of the lowest layer that others may refer to are counted from.
    const isCounted = (nal[1]! & 7) === 1 && !(type >= 6 && type <= 9) && !(type < 16 && type % 2 === 0);
    if (isCounted) [this.#previousLow, this.#previousHigh] = [low, high];
    return { order: orderKey(this.#sequence, high + low), field: undefined, interlaced: sequence.interlaced };
  }
}
