import { openSource } from '@roto/media';
import type { Command } from 'commander';
import { damageClauses } from '../damage.ts';
import type { Io } from '../io.ts';
import { oddities } from '../oddities.ts';
import { duration, jsonLine, printable, result } from '../print.ts';

export function addInfo(program: Command, io: Io): void {
  program
    .command('info')
    .summary('what is in a video')
    .description('Say what is in a video, a folder of images, or a list of images, as roto sees it.')
    .argument('<input...>', 'a video, a folder of images, or images in order')
    .option('--verify', 'decode every frame, and say which of them give no picture or a damaged one')
    .option('--json', 'one JSON object on stdout')
    .action((input: string[], flags: { verify?: boolean; json?: boolean }) => info(input, flags, io));
}

async function info(input: string[], flags: { verify?: boolean; json?: boolean }, io: Io): Promise<void> {
  await using source = await openSource(input.length === 1 ? input[0]! : input, {
    verify: flags.verify ? 'report' : 'suspects',
    sizes: 'any',
    signal: io.signal,
  });
  const { name, kind, codec, width, height, frameCount, frameRate, durationSec, pixelAspect } = source.info;
  const times = source.frames.map((frame) => frame.timeSec);
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  const variable = gaps.length > 0 && Math.max(...bounded(gaps)) - Math.min(...bounded(gaps)) > 0.002;
  const sizes = new Set(source.frames.map((frame) => `${frame.width}×${frame.height}`)).size;
  const keys = source.frames.filter((frame) => frame.key).length;
  if (flags.json) {
    const { damage = null, ...info } = source.info;
    jsonLine(io, { ...info, keyFrames: keys, variableFrameRate: variable, damage, verified: flags.verify ?? false });
    return;
  }
  result(io, printable(name));
  result(
    io,
    `  ${kind === 'video' ? 'video' : 'images'}, ${codec}, ${sizes > 1 ? `${sizes} sizes, the first ` : ''}${width} × ${height}${pixelAspect === 1 ? '' : ` (pixels ${pixelAspect.toFixed(3)} wide)`}`,
  );
  result(
    io,
    `  frames 0 to ${frameCount - 1} (${frameCount})${kind === 'video' ? `, ${keys} can be decoded alone` : ''}`,
  );
  if (kind === 'video')
    result(
      io,
      `  ${frameRate.toFixed(3)} frames a second${variable ? ' on average (variable)' : ''}, ${duration(durationSec)}`,
    );
  for (const line of oddities(source.info)) result(io, `  ${line}`);
  for (const [i, clause] of damageClauses(source.info).entries())
    result(io, `${i === 0 ? '  damaged: ' : '           '}${clause}`);
  if (flags.verify && !source.info.damage) result(io, '  whole: every frame gives a picture');
}

/** Least and greatest without spreading millions of arguments. */
function bounded(values: readonly number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}
