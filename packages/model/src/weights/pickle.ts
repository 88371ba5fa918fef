/**
 * Reads the pickle of a PyTorch checkpoint (protocol 2) as data. A pickle is a program for a stack machine whose GLOBAL
 * and REDUCE can call any function; here they know exactly two callables and three storage types, which become plain
 * records. Nothing is imported, called or executed, and every other name is refused by name.
 */
export type PickleValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

export type PickleTuple = { readonly kind: 'tuple'; readonly items: readonly PickleValue[] };
export type PickleList = { readonly kind: 'list'; readonly items: PickleValue[] };
export type PickleDict = { readonly kind: 'dict'; readonly items: Map<PickleValue, PickleValue> };
export type PickleGlobal = { readonly kind: 'global'; readonly name: AllowedGlobal };
/** A flat run of `elements` in the archive's `data/<key>`. */
export type PickleStorage = {
  readonly kind: 'storage';
  readonly type: StorageType;
  readonly key: string;
  readonly elements: number;
};
/** A view of a storage: element (i, j, …) lies at offset + i·stride₀ + j·stride₁ + …. Not yet compared with the storage. */
export type PickleTensor = {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  readonly offset: number;
  readonly size: readonly number[];
  readonly stride: readonly number[];
};

export type StorageType = 'torch FloatStorage' | 'torch HalfStorage' | 'torch BFloat16Storage';
type AllowedGlobal = StorageType | 'torch._utils _rebuild_tensor_v2' | 'collections OrderedDict';

const allowed: readonly string[] = [
  'torch._utils _rebuild_tensor_v2',
  'collections OrderedDict',
  'torch FloatStorage',
  'torch HalfStorage',
  'torch BFloat16Storage',
] satisfies AllowedGlobal[];

/** Tuples, lists and dictionaries of one pickle; a checkpoint of 900 tensors with its optimizer has about 20 000. */
const MAX_CONTAINERS = 100_000;

const utf8 = new TextDecoder();

export class PickleError extends Error {
  readonly code: 'pickle-damaged' | 'pickle-refused';
  constructor(code: 'pickle-damaged' | 'pickle-refused', message: string) {
    super(message);
    this.name = 'PickleError';
    this.code = code;
  }
}

/** The value that the pickle leaves, in one pass over its bytes; nothing is ever followed twice. */
export function readPickle(bytes: Uint8Array): PickleValue {
  return new Machine(bytes).run();
}

/** The opcodes that torch.save writes for dictionaries of tensors and numbers (pickletools' names on the right). */
const steps: Readonly<Record<number, (m: Machine) => void>> = {
  128: (m) => m.protocol(m.byte()), // PROTO
  40: (m) => m.mark(), // MARK
  125: (m) => m.push({ kind: 'dict', items: new Map() }), // EMPTY_DICT
  93: (m) => m.push({ kind: 'list', items: [] }), // EMPTY_LIST
  41: (m) => m.push({ kind: 'tuple', items: [] }), // EMPTY_TUPLE
  133: (m) => m.push({ kind: 'tuple', items: m.popMany(1) }), // TUPLE1
  134: (m) => m.push({ kind: 'tuple', items: m.popMany(2) }), // TUPLE2
  135: (m) => m.push({ kind: 'tuple', items: m.popMany(3) }), // TUPLE3
  116: (m) => m.push({ kind: 'tuple', items: m.sinceMark() }), // TUPLE
  97: (m) => m.append(m.popMany(1)), // APPEND
  101: (m) => m.append(m.sinceMark()), // APPENDS
  115: (m) => m.setItems(m.popMany(2)), // SETITEM
  117: (m) => m.setItems(m.sinceMark()), // SETITEMS
  113: (m) => m.remember(m.byte()), // BINPUT
  114: (m) => m.remember(m.uint32()), // LONG_BINPUT
  104: (m) => m.recall(m.byte()), // BINGET
  106: (m) => m.recall(m.uint32()), // LONG_BINGET
  88: (m) => m.push(m.text(m.uint32())), // BINUNICODE
  75: (m) => m.push(m.byte()), // BININT1
  77: (m) => m.push(m.uint16()), // BININT2
  74: (m) => m.push(m.int32()), // BININT
  138: (m) => m.push(m.long(m.byte())), // LONG1
  71: (m) => m.push(m.float64()), // BINFLOAT
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  99: (m) => m.push({ kind: 'global', name: m.global() }), // GLOBAL
  81: (m) => m.push(storageOf(m.pop())), // BINPERSID
  82: (m) => m.reduce(m.popMany(2)), // REDUCE
  98: (m) => m.build(m.popMany(2)), // BUILD
};

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: PickleValue[] = [];
  /** Stack heights at the open MARKs. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #containers = 0;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.#view.getUint8(this.take(1));
      if (opcode === 0x2e) return this.#finish(); // STOP
      const step = steps[opcode];
      if (!step)
        throw refused(`it uses opcode 0x${opcode.toString(16).padStart(2, '0')}, which no plain checkpoint needs`);
      step(this);
    }
  }

  #finish(): PickleValue {
    if (this.#stack.length !== 1 || this.#marks.length > 0) throw damaged('it leaves no single value');
    return this.#stack[0]!;
  }

  protocol(version: number): void {
    if (version > 2)
      throw refused(`it is written in pickle protocol ${version}; save it again with torch.save's default protocol 2`);
  }

  global(): AllowedGlobal {
    const name = `${this.line()} ${this.line()}`;
    if (!allowed.includes(name))
      throw refused(
        `it asks for "${name.replace(' ', '.').slice(0, 200)}", which is not on the list of what a checkpoint of tensors ` +
          'needs; nothing was executed. Keep only the tensors: torch.save({"model": model.state_dict()}, path)',
      );
    return name as AllowedGlobal;
  }

  reduce([callable, args]: readonly PickleValue[]): void {
    this.push(reduce(callable!, args!));
  }

  /** The attributes of a state dict (`_metadata`) are of no use here, so only what they belong to is kept. */
  build([target]: readonly PickleValue[]): void {
    if (!isKind(target, 'dict')) throw refused('it sets attributes of something other than a dictionary');
    this.push(target);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!isKind(list, 'list')) throw damaged('it appends to something other than a list');
    for (const item of items) list.items.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, 'dict') || items.length % 2 !== 0)
      throw damaged('it sets items of something other than a dictionary');
    for (let i = 0; i < items.length; i += 2) dict.items.set(items[i]!, items[i + 1]!);
  }

  push(value: PickleValue): void {
    if (typeof value === 'object' && ++this.#containers > MAX_CONTAINERS)
      throw refused(`it has more than ${MAX_CONTAINERS} tuples and dictionaries`);
    this.#stack.push(value);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw damaged(`it recalls entry ${index} of its memo, which was never set`);
    this.push(value);
  }

  pop(): PickleValue {
    return this.popMany(1)[0]!;
  }

  /** The `count` topmost values, bottom first. A MARK may not lie among them. */
  popMany(count: number): PickleValue[] {
    const from = this.#stack.length - count;
    if (from < (this.#marks.at(-1) ?? 0)) throw damaged('it takes more values than it put');
    return this.#stack.splice(from);
  }

  sinceMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw damaged('it closes a mark that was never set');
    return this.#stack.splice(mark);
  }

  top(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw damaged('it uses a value that was never put');
    return this.#stack.at(-1)!;
  }

  /** Moves past `count` bytes and says where they start. */
  take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw damaged('it ends too early');
    this.#at = start + count;
    return start;
  }

  byte(): number {
    return this.#view.getUint8(this.take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.take(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.take(8), false);
  }

  uint32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  long(length: number): number | bigint {
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    if (length > 0 && this.#bytes[start + length - 1]! > 127) value -= 1n << BigInt(8 * length);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  text(length: number): string {
    const start = this.take(length);
    return utf8.decode(this.#bytes.subarray(start, start + length));
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw damaged('it ends too early');
    const line = this.text(end - this.#at);
    this.#at = end + 1;
    return line;
  }
}

/** BINPERSID: ("storage", torch.FloatStorage, key, location, elements). */
function storageOf(id: PickleValue): PickleStorage {
  if (!isKind(id, 'tuple')) throw damaged('a storage is not described by a tuple');
  const [label, type, key, , elements] = id.items;
  if (label !== 'storage' || id.items.length !== 5 || !isKind(type, 'global') || !isStorageType(type.name))
    throw damaged('a storage is not described as torch does');
  if (typeof key !== 'string' || !isIndex(elements)) throw damaged('a storage has no key or no length');
  return { kind: 'storage', type: type.name, key, elements };
}

function reduce(callable: PickleValue, args: PickleValue): PickleValue {
  if (!isKind(callable, 'global') || !isKind(args, 'tuple')) throw damaged('it calls something that is no name');
  if (callable.name === 'collections OrderedDict') {
    if (args.items.length > 0) throw refused('it fills an OrderedDict in a way that torch.save does not');
    return { kind: 'dict', items: new Map() };
  }
  if (callable.name !== 'torch._utils _rebuild_tensor_v2')
    throw refused(`it calls "${callable.name.replace(' ', '.')}"`);
  // storage, offset, size, stride, requires_grad, hooks (an empty OrderedDict), and sometimes metadata.
  const [storage, offset, size, stride] = args.items;
  const dims = indices(size);
  const steps = indices(stride);
  if (!isKind(storage, 'storage') || !isIndex(offset) || !dims || !steps || dims.length !== steps.length)
    throw damaged('a tensor is not described as torch does');
  return { kind: 'tensor', storage, offset, size: dims, stride: steps };
}

function indices(value: PickleValue | undefined): number[] | undefined {
  if (!isKind(value, 'tuple') || !value.items.every(isIndex)) return undefined;
  return value.items as number[];
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStorageType(name: AllowedGlobal): name is StorageType {
  return name.endsWith('Storage');
}

export function isKind<K extends 'tuple' | 'list' | 'dict' | 'global' | 'storage' | 'tensor'>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

function damaged(reason: string): PickleError {
  return new PickleError('pickle-damaged', reason);
}

function refused(reason: string): PickleError {
  return new PickleError('pickle-refused', reason);
}
