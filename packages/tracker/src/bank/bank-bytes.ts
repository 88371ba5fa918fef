import type { Sam2Config, Sam2Model } from '@roto/model';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { type Envelope, seal, unseal } from '../bytes/envelope.ts';
import { modelFingerprint } from '../bytes/model-fingerprint.ts';
import type { ConditioningRecord, MemoryBank, TrackedRecord } from './memory-bank.ts';
import type { VisitedRun } from './visited.ts';

const envelope: Envelope = { magic: 'RTBK', version: 1, what: 'memory bank' };

/** The bank as bytes: typed tensors and numbers, nothing that could run. Another process goes on with equal results. */
export function bankToBytes(bank: MemoryBank, model: Sam2Model): Uint8Array {
  const writer = new ByteWriter().text(modelFingerprint(model));
  writeBank(writer, bank);
  return seal(envelope, writer.bytes());
}

/** Reads a bank back. Throws 'bad-bytes' when the bytes are damaged, foreign, or of another model. */
export function bankFromBytes(bytes: Uint8Array, model: Sam2Model): MemoryBank {
  const reader = unseal(envelope, bytes);
  checkFingerprint(reader, model);
  const bank = readBank(reader, model.config, Number.MAX_SAFE_INTEGER);
  reader.end();
  return bank;
}

export function checkFingerprint(reader: ByteReader, model: Sam2Model): void {
  const found = reader.text('model fingerprint');
  const expected = modelFingerprint(model);
  if (found !== expected) reader.fail(`it was made by model ${found}, the model here is ${expected}`);
}

export function writeBank(writer: ByteWriter, bank: MemoryBank): void {
  writer.u32(bank.conditioning.length);
  for (const record of bank.conditioning) writeRecord(writer, record);
  writer.u32(bank.tracked.size);
  for (const record of bank.tracked.values()) writeRecord(writer, record);
  writer.u32(bank.visited.length);
  for (const run of bank.visited)
    writer
      .integer(run.from)
      .integer(run.to)
      .flag(run.direction === 'backward');
}

/** Frame indices must lie below `frameCount`. */
export function readBank(reader: ByteReader, config: Sam2Config, frameCount: number): MemoryBank {
  const conditioning = list(reader, 'prompted frames', config, frameCount, (record) =>
    record.tokens && record.low
      ? ({ ...record, tokens: record.tokens, low: record.low } satisfies ConditioningRecord)
      : reader.fail(`the prompted frame ${record.frame} has no memory or no logits`),
  );
  const tracked = list(reader, 'tracked frames', config, frameCount, (record) => record);
  const seen = new Set<number>();
  for (const { frame } of [...conditioning, ...tracked]) {
    if (seen.has(frame)) reader.fail(`frame ${frame} occurs twice`);
    seen.add(frame);
  }
  const visited: VisitedRun[] = [];
  const runs = reader.count('visited runs', 17);
  for (let i = 0; i < runs; i++) {
    const from = reader.integer('first frame of a run', (visited.at(-1)?.to ?? -1) + 1, frameCount - 1);
    const to = reader.integer('last frame of a run', from, frameCount - 1);
    visited.push({ from, to, direction: reader.flag('direction of a run') ? 'backward' : 'forward' });
  }
  return { conditioning, tracked: new Map(tracked.map((record) => [record.frame, record])), visited };
}

function writeRecord(writer: ByteWriter, record: TrackedRecord): void {
  writer.integer(record.frame).f64(record.presence).f64(record.iou).floats(record.pointer);
  writer.flag(record.tokens !== null);
  if (record.tokens) writer.words(record.tokens);
  writer.flag(record.low !== null);
  if (record.low) writer.floats(record.low);
}

function list<T>(
  reader: ByteReader,
  field: string,
  config: Sam2Config,
  frameCount: number,
  make: (record: TrackedRecord) => T,
): T[] {
  const least = 3 * 8 + config.hiddenDim * 4 + 2;
  const count = reader.count(`the number of ${field}`, least);
  const records: T[] = [];
  for (let i = 0; i < count; i++) records.push(make(readRecord(reader, config, frameCount)));
  return records;
}

function readRecord(reader: ByteReader, config: Sam2Config, frameCount: number): TrackedRecord {
  const frame = reader.integer('a frame index', 0, frameCount - 1);
  const presence = reader.finite('a presence');
  const iou = reader.finite('a predicted IoU');
  const pointer = reader.floats('an object pointer', config.hiddenDim);
  const tokens = reader.flag('the mark of a memory')
    ? reader.bfloats('a memory', config.gridSize ** 2 * config.memoryDim)
    : null;
  const low = reader.flag('the mark of logits') ? reader.floats('logits', config.lowSize ** 2) : null;
  return { frame, tokens, pointer, presence, iou, low };
}
