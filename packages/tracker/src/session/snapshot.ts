import type { Rle } from '@roto/geometry';
import type { SourceInfo } from '@roto/media';
import type { Sam2Config, Sam2Model } from '@roto/model';
import { checkFingerprint, readBank, writeBank } from '../bank/bank-bytes.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { type Envelope, seal, unseal } from '../bytes/envelope.ts';
import { modelFingerprint } from '../bytes/model-fingerprint.ts';
import type { FrameFilter } from '../preprocess/pillow-taps.ts';
import type { PromptedFrame } from '../prompt/predict.ts';
import { type TrackingRules, trackingRules } from '../track/rules.ts';
import type { ObjectState, SessionState } from './state.ts';

const envelope: Envelope = { magic: 'RTSN', version: 3, what: 'session snapshot' };

/** The size of the video that a snapshot belongs to. */
type VideoShape = Pick<SourceInfo, 'width' | 'height' | 'frameCount'>;

/** A session's state as bytes: objects, banks, uncommitted prompts, and the rules that were chosen. */
export function stateToBytes(state: SessionState, model: Sam2Model, video: VideoShape): Uint8Array {
  const writer = new ByteWriter().text(modelFingerprint(model));
  writer.u32(video.width).u32(video.height).integer(video.frameCount);
  writeRules(writer, state.rules, state.frameFilter);
  writer.u32(state.objects.length);
  for (const object of state.objects) {
    writer.text(object.id);
    writeBank(writer, object.bank);
    writer.u32(object.pending.size);
    for (const { frame, presence, iou, pointer, low } of object.pending.values())
      writer.integer(frame).f64(presence).f64(iou).floats(pointer).floats(low);
    writer.u32(object.outlined.size);
    for (const [frame, { counts }] of object.outlined) {
      writer.integer(frame).u32(counts.length);
      for (const count of counts) writer.u32(count);
    }
  }
  return seal(envelope, writer.bytes());
}

/** Throws 'bad-bytes' when the bytes are damaged, or of another model or another video. */
export function stateFromBytes(bytes: Uint8Array, model: Sam2Model, video: VideoShape): SessionState {
  const reader = unseal(envelope, bytes);
  checkFingerprint(reader, model);
  const { width, height, frameCount } = video;
  const [w, h] = [reader.u32('width'), reader.u32('height')];
  const count = reader.integer('frame count', 1, Number.MAX_SAFE_INTEGER);
  if (w !== width || h !== height || count !== frameCount)
    reader.fail(`it is of a video of ${w}×${h} and ${count} frames, this one is ${width}×${height} and ${frameCount}`);
  const { rules, frameFilter } = readRules(reader, frameCount);
  const objects: ObjectState[] = [];
  const objectCount = reader.count('the number of objects', 4);
  for (let i = 0; i < objectCount; i++) {
    const id = reader.text('an object id');
    if (objects.some((object) => object.id === id)) reader.fail(`object "${id}" occurs twice`);
    const bank = readBank(reader, model.config, frameCount);
    const pending = readPending(reader, model.config, frameCount);
    objects.push({ id, bank, pending, outlined: readOutlined(reader, video) });
  }
  reader.end();
  return { rules, frameFilter, objects };
}

function readPending(reader: ByteReader, config: Sam2Config, frameCount: number): Map<number, PromptedFrame> {
  const pending = new Map<number, PromptedFrame>();
  const count = reader.count('the number of new prompts', 3 * 8 + 4 * (config.hiddenDim + config.lowSize ** 2));
  for (let i = 0; i < count; i++) {
    const frame = reader.integer('the frame of a new prompt', 0, frameCount - 1);
    if (pending.has(frame)) reader.fail(`a new prompt on frame ${frame} occurs twice`);
    const presence = reader.finite('a presence');
    const iou = reader.finite('a predicted IoU');
    const pointer = reader.floats('an object pointer', config.hiddenDim);
    const low = reader.floats('logits', config.lowSize ** 2);
    pending.set(frame, { frame, presence, iou, pointer, low });
  }
  return pending;
}

function readOutlined(reader: ByteReader, { width, height, frameCount }: VideoShape): Map<number, Rle> {
  const outlined = new Map<number, Rle>();
  const frames = reader.count('the number of outlines', 8 + 4);
  for (let i = 0; i < frames; i++) {
    const frame = reader.integer('the frame of an outline', 0, frameCount - 1);
    if (outlined.has(frame)) reader.fail(`an outline on frame ${frame} occurs twice`);
    const runs = reader.count('the runs of an outline', 4);
    const counts = Array.from({ length: runs }, () => reader.u32('a run of an outline'));
    const pixels = counts.reduce((sum, count) => sum + count, 0);
    if (pixels !== width * height) reader.fail(`the runs of an outline are ${pixels} pixels, not ${width * height}`);
    outlined.set(frame, { size: [height, width], counts });
  }
  return outlined;
}

function writeRules(writer: ByteWriter, rules: TrackingRules, frameFilter: FrameFilter): void {
  const { fillHoleArea, memoryPresence, maxConditioningFrames, retention } = rules;
  writer
    .integer(fillHoleArea)
    .flag(memoryPresence !== null)
    .f64(memoryPresence ?? 0)
    .integer(maxConditioningFrames ?? 0)
    .flag(retention.aroundPrompts)
    .f64(retention.history)
    .flag(retention.forgetAroundPrompts)
    .flag(frameFilter === 'bicubic');
}

function readRules(reader: ByteReader, frameCount: number): { rules: TrackingRules; frameFilter: FrameFilter } {
  const fillHoleArea = reader.integer('the hole area', 0, 2 ** 31);
  const chosen = reader.flag('the mark of a least presence');
  const presence = reader.finite('the least presence of memories');
  const limit = reader.integer('the limit of prompted frames', 0, 2 ** 31);
  const aroundPrompts = reader.flag('the mark of keeping around prompts');
  const history = reader.f64('the history');
  const forgetAroundPrompts = reader.flag('the mark of forgetting around prompts');
  const frameFilter = reader.flag('the frame filter') ? 'bicubic' : 'bilinear';
  if (limit === 1) reader.fail('the limit of prompted frames is 1, it must be 0 or at least 2');
  if (history !== Infinity && !(Number.isInteger(history) && history >= 0)) reader.fail(`the history is ${history}`);
  const rules = trackingRules(frameCount, {
    fillHoleArea,
    memoryPresence: chosen ? presence : null,
    maxConditioningFrames: limit === 0 ? null : limit,
    retention: { aroundPrompts, history, forgetAroundPrompts },
  });
  return { rules, frameFilter };
}
