import { closeSync, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Attribute, Graph, Initializer } from './graph.ts';
import { attributeType, encodeModel, externalLocation } from './onnx-proto.ts';
import { elementTypes, type Shape, type TensorData, type Value } from './value.ts';

/** Opset 21 (2024): LayerNormalization 17, Gelu 20. IR 10 goes with it. */
const onnxOpset = 21;
const irVersion = 10;

/** Constants from this size on go to the data file; smaller ones stay in the model file. */
const externalFromBytes = 4096;
/** Page size, so that ONNX Runtime can map every tensor of the data file instead of copying it. */
const alignment = 4096;

/** The whole model in memory, for tests and small graphs. */
export function modelBytes(graph: Graph): Uint8Array {
  return encode(
    graph,
    graph.usedInitializers().map((constant) => ({ ...tensorHead(constant), rawData: bytes(constant.data()) })),
  );
}

/**
 * Writes `<folder>/<name>.onnx` and, when there are large constants, `<folder>/<name>.bin` beside it. The model file
 * refers to the data file by its bare name, so the folder can be moved. Large constants are read one at a time.
 */
export async function writeModel(graph: Graph, folder: string, name: string): Promise<{ modelPath: string }> {
  const dataName = `${name}.bin`;
  let file: number | null = null;
  let end = 0;
  const tensors: object[] = [];
  try {
    for (const constant of graph.usedInitializers()) {
      const raw = bytes(constant.data());
      if (raw.byteLength < externalFromBytes) {
        tensors.push({ ...tensorHead(constant), rawData: raw });
        continue;
      }
      file ??= openSync(path.join(folder, dataName), 'w');
      const offset = Math.ceil(end / alignment) * alignment;
      writeAll(file, raw, offset);
      end = offset + raw.byteLength;
      tensors.push({
        ...tensorHead(constant),
        dataLocation: externalLocation,
        externalData: [
          { key: 'location', value: dataName },
          { key: 'offset', value: String(offset) },
          { key: 'length', value: String(raw.byteLength) },
        ],
      });
    }
  } finally {
    if (file !== null) closeSync(file);
  }
  const modelPath = path.join(folder, `${name}.onnx`);
  await writeFile(modelPath, encode(graph, tensors));
  return { modelPath };
}

function encode(graph: Graph, initializer: object[]): Uint8Array {
  return encodeModel({
    irVersion,
    producerName: 'roto',
    opsetImport: [
      { domain: '', version: onnxOpset },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: graph.name,
      node: graph.nodes.map((node, i) => ({
        name: `${node.op}_${i}`,
        opType: node.op,
        domain: node.domain,
        input: node.inputs,
        output: node.outputs,
        attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  });
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, type: attributeType.int, i: value };
  if (typeof value === 'string') return { name, type: attributeType.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  return { name, type: attributeType.ints, ints: [...value] };
}

function tensorHead(constant: Initializer): object {
  return { name: constant.name, dims: [...constant.dims], dataType: elementTypes[constant.type] };
}

function valueInfo(value: Value): object {
  return {
    name: value.name,
    type: { tensorType: { elemType: elementTypes[value.type], shape: { dim: dimensions(value.shape) } } },
  };
}

function dimensions(shape: Shape): object[] {
  return shape.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim }));
}

function bytes(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A single write is limited to 2 GiB and may be short. */
function writeAll(file: number, raw: Uint8Array, position: number): void {
  for (let done = 0; done < raw.byteLength; )
    done += writeSync(file, raw, done, Math.min(raw.byteLength - done, 1 << 28), position + done);
}
