import { crc32 } from 'node:zlib';
import type { WeightTensor } from './source.ts';

/** The bytes of a file as `torch.save({"model": tensors})` writes it, with these float32 tensors: for tests. */
export function checkpointBytes(tensors: ReadonlyMap<string, WeightTensor>): Uint8Array {
  const members = new Map([['archive/data.pkl', pickleOf(tensors)]]);
  for (const [key, { data }] of [...tensors.values()].entries()) {
    const bytes = Buffer.alloc(4 * data.length);
    for (const [i, value] of data.entries()) bytes.writeFloatLE(value, 4 * i);
    members.set(`archive/data/${key}`, bytes);
  }
  return storedZip(members);
}

/** The opcodes are named in pickle.ts. */
function pickleOf(tensors: ReadonlyMap<string, WeightTensor>): Buffer {
  const items = [...tensors].map(([name, { dims, data }], key) => {
    const storage = `(${text('storage')}ctorch\nFloatStorage\n${text(`${key}`)}${text('cpu')}${int(data.length)}tQ`;
    const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
    const tuple = (numbers: readonly number[]) => `(${numbers.map(int).join('')}t`;
    const view = `K\x00${tuple(dims)}${tuple(strides)}\x89ccollections\nOrderedDict\n)R`;
    return `${text(name)}ctorch._utils\n_rebuild_tensor_v2\n(${storage}${view}tR`;
  });
  return Buffer.from(`\x80\x02}${text('model')}}(${items.join('')}us.`, 'latin1');
}

function text(value: string): string {
  return `X${uint32(value.length)}${value}`;
}

function int(value: number): string {
  return `J${uint32(value)}`;
}

function uint32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('latin1');
}

function storedZip(members: ReadonlyMap<string, Buffer>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of members) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt32LE(crc32(bytes), 16);
    central.writeUInt32LE(bytes.length, 20);
    central.writeUInt32LE(bytes.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    parts.push(local, Buffer.from(name), bytes);
    directory.push(central, Buffer.from(name));
    offset += 30 + name.length + bytes.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.size, 8);
  end.writeUInt16LE(members.size, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}
