// Makes every published configuration in both file forms (make-checkpoints.py) and compares each tensor that our
// readers give, bit for bit, with the name-keyed fill computed here. Prints sizes and load times. One configuration at
// a time lies on disk (large: 1.8 GB in two forms) and is deleted afterwards.
//
//   node parity/check-weights.ts --sam2 PATH_TO_OFFICIAL_CODE --work DIR [--only tiny-2.1]
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fillTensor, inventory, openTensorFile, openWeights, parameterCount, readConfigJson } from '@roto/model';

const { values } = parseArgs({
  options: { sam2: { type: 'string' }, work: { type: 'string' }, only: { type: 'string' } },
});
if (!values.sam2 || !values.work) {
  console.error('Usage: node parity/check-weights.ts --sam2 PATH_TO_OFFICIAL_CODE --work DIR [--only tiny-2.1]');
  process.exit(2);
}
const { sam2, work } = { sam2: values.sam2, work: values.work };

let failed = 0;
for (const version of ['2.1', '2.0'])
  for (const size of ['tiny', 'small', 'base-plus', 'large'])
    if (!values.only || values.only === `${size}-${version}`) failed += check(size, version);
process.exit(failed > 0 ? 1 : 0);

function check(size: string, version: string): number {
  const folder = path.join(work, `${size}-${version}`);
  mkdirSync(folder, { recursive: true });
  try {
    const script = path.join(import.meta.dirname, 'make-checkpoints.py');
    const args = ['--sam2', sam2, '--config', size, '--version', version, '--out', folder];
    execFileSync('python3', [script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    const stem = version === '2.1' ? 'sam2.1' : 'sam2';
    const hf = path.join(folder, 'hf');
    return (
      compare(path.join(folder, `${stem}_hiera_${size.replace('-', '_')}.pt`)) +
      compare(path.join(hf, 'model.safetensors'), path.join(hf, 'config.json'))
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The number of tensors that differ from the fill. */
function compare(file: string, config?: string): number {
  const start = performance.now();
  const tensorFile = openTensorFile(file);
  const { architecture, weights } = openWeights(tensorFile, {
    origin: path.basename(file),
    identity: tensorFile.file.sha256(),
    ...(config && { configure: (version) => readConfigJson(config, 'from config.json', version) }),
  });
  const opened = performance.now();
  const loaded = new Map([...weights.names()].map((name) => [name, weights.get(name).data]));
  const read = performance.now();
  let wrong = 0;
  for (const [name, dims] of inventory(architecture)) {
    const expected = fillTensor(name, dims);
    const found = loaded.get(name)!;
    const bits = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (bits(expected).equals(bits(found))) continue;
    wrong++;
    console.log(`  ${name} differs: expected ${expected.slice(0, 3)} …, found ${found.slice(0, 3)} …`);
  }
  console.log(
    `${architecture.name.padEnd(24)} ${tensorFile.format.padEnd(11)} ${architecture.version}  ` +
      `${loaded.size} tensors, ${parameterCount(architecture)} parameters, ${(tensorFile.file.size / 1e6).toFixed(0)} MB: ` +
      `hash and open ${(opened - start).toFixed(0)} ms, all tensors ${(read - opened).toFixed(0)} ms; ` +
      (wrong === 0 ? 'every bit as filled' : `${wrong} TENSORS DIFFER`),
  );
  return wrong;
}
