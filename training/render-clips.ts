// Renders sample clips as raw bytes for training/sequences.py: for each seed a header line of JSON, then for every frame
// height × width × 3 bytes of colour and height × width bytes of owner (0 nobody, k the k-th tracked object).
// Usage: node training/render-clips.ts FROM TO WIDTH HEIGHT FRAMES STRIDE > clips.bin
import { makeScene, renderFrame, trackedActors } from '@roto/sample';

const [from, to, width, height, frames, stride] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
if (from < 1000) throw new Error('Seeds below 1000 are kept for evaluation; start at 1000.');
for (let seed = from; seed < to; seed++) {
  const scene = makeScene({ seed, difficulty: seed % 2 === 0 ? 'plain' : 'hard', width, height });
  const objects = trackedActors(scene).length;
  await write(Buffer.from(`${JSON.stringify({ seed, width, height, frames, objects })}\n`));
  for (let i = 0; i < frames; i++) {
    const { rgb, masks } = renderFrame(scene, i * stride);
    const owner = new Uint8Array(width * height);
    for (const [k, mask] of masks.entries())
      for (let at = 0; at < owner.length; at++) if (mask.data[at] === 1) owner[at] = k + 1;
    await write(Buffer.from(rgb));
    await write(Buffer.from(owner));
  }
}

function write(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())));
}
