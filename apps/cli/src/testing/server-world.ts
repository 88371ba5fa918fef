import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AgentOptions, runAgent } from '@roto/agent';
import type { RunEvent } from '@roto/client';
import { createNodeClient, type NodeClient } from '@roto/client/node';
import { openStateStore } from '@roto/functions';
import { ringToFlat, traceMask } from '@roto/geometry';
import { writeVideo } from '@roto/media';
import { hubOptionsFromEnv } from '@roto/model';
import { makeScene, type RenderedFrame, renderFrame } from '@roto/sample';
import {
  addAccount,
  DEFAULT_SERVER_LIMITS,
  firstOwner,
  replaceAccessToken,
  type ServerLimits,
  setAccountPassword,
  startServer,
} from '@roto/server';
import type { RunProgress } from '@roto/wire';

export type Keyframe = { readonly frame: number; readonly outside: boolean; readonly points: readonly number[] };

export type RunningAgent = {
  readonly lines: string[];
  /** Of the inference process. */
  pid(): number | undefined;
  stop(): Promise<void>;
  readonly ended: Promise<void>;
};

/** Our server with its database in a folder, a rendered clip as its task, and agents with the built-in model. */
export type ServerWorld = {
  readonly folder: string;
  readonly url: string;
  readonly token: string;
  readonly client: NodeClient;
  readonly clip: string;
  readonly frames: readonly RenderedFrame[];
  readonly taskId: number;
  readonly jobId: number;
  readonly labelId: number;
  at(...names: string[]): string;
  createTracker(): Promise<number>;
  /** The outline of an actor on a frame, as the points of a polygon. */
  outline(actor: number, frame: number): number[];
  /** A new track with one keyframe; its id. */
  addTrack(actor: number, frame: number): Promise<number>;
  keyframes(trackId: number): Promise<Keyframe[]>;
  agent(functionId: number, options?: Partial<AgentOptions>): RunningAgent;
  /** Starts a run and waits for its end; `onEvent` hears of each step. */
  track(
    functionId: number,
    objects: readonly number[],
    from: number,
    to: number,
    onEvent?: (event: RunEvent) => void,
  ): Promise<RunProgress>;
  env: Readonly<Record<string, string>>;
  /** A person who signs in by a password, made as `roto user` makes one: tokens set no passwords. */
  addPerson(username: string, password: string): Promise<void>;
  close(): Promise<void>;
};

export async function makeServerWorld(
  options: {
    frameCount?: number;
    size?: readonly [number, number];
    /** Serverless functions: base address by id. */
    functions?: Readonly<Record<string, string>>;
    limits?: Partial<ServerLimits>;
    damage?: (clip: Buffer) => Buffer;
  } = {},
): Promise<ServerWorld> {
  const { frameCount = 24, size = [160, 120] } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-world-'));
  const at = (...names: string[]) => path.join(folder, ...names);
  const scene = makeScene({ seed: 3, width: size[0], height: size[1], frameCount });
  const frames = Array.from({ length: frameCount }, (_, index) => renderFrame(scene, index));
  await writeVideo(at('clip.mp4'), scene, frames);
  if (options.damage) await writeFile(at('clip.mp4'), options.damage(await readFile(at('clip.mp4'))));

  const config = {
    folder: at('data'),
    host: '127.0.0.1',
    port: 0,
    lambda: { addresses: options.functions ?? {} },
    limits: { ...DEFAULT_SERVER_LIMITS, ...options.limits },
  };
  const server = await startServer(config, (error, where) => console.error(`fault at ${where}:`, error));
  const owner = await firstOwner(server.context.db);
  const { value: token } = await replaceAccessToken(server.context.db, { userId: owner.id, name: 'test' });
  const client = await createNodeClient({ host: server.url, credentials: { kind: 'token', token } });
  const task = await client.tasks.create({ name: 'clip', labels: [{ name: 'thing' }] });
  await client.tasks.attach(task.id, [at('clip.mp4')], {}, { everyMs: 50 });
  const [label] = await Array.fromAsync(client.tasks.labels(task.id));
  const [job] = await Array.fromAsync(client.tasks.jobs(task.id));
  const { db } = server.context;
  const agents: RunningAgent[] = [];

  const world: ServerWorld = {
    folder,
    url: server.url,
    token,
    client,
    clip: at('clip.mp4'),
    frames,
    taskId: task.id,
    jobId: job!.id,
    labelId: label!.id,
    at,
    env: {
      HOME: folder,
      ROTO_CACHE: at('cache'),
      HF_HOME: at('hf'),
      HF_HUB_OFFLINE: '1',
      NO_COLOR: '1',
      CVAT_ACCESS_TOKEN: token,
    },
    async createTracker() {
      const shapes = ['mask', 'polygon', 'rectangle'];
      const made = { provider: 'native', name: 'SAM2', kind: 'tracker', supported_shape_types: shapes };
      return (await client.functions.create(made)).id;
    },
    outline(actor, frame) {
      const [largest] = [...traceMask(frames[frame]!.masks[actor]!, 8)].sort((a, b) => b.outer.length - a.outer.length);
      return ringToFlat(largest!.outer);
    },
    async addTrack(actor, frame) {
      const shape = { type: 'polygon' as const, frame, points: world.outline(actor, frame) };
      const track = { frame, label_id: label!.id, shapes: [shape] };
      const answer = await client.patchJobAnnotations(job!.id, 'create', { tracks: [track] });
      return answer.tracks[0]!.id;
    },
    async keyframes(trackId) {
      const { tracks } = await client.jobAnnotations(job!.id);
      return tracks
        .find(({ id }) => id === trackId)!
        .shapes.map(({ frame, outside, points }) => ({ frame, outside, points }));
    },
    agent(functionId, more = {}) {
      const stop = new AbortController();
      const lines: string[] = [];
      const line = (text: string) => void lines.push(text);
      let pid: () => number | undefined = () => undefined;
      const ended = (async () => {
        // Memory alone, unless the test brings a store.
        await using store = more.store ? undefined : await openStateStore('memory');
        await runAgent({
          client,
          functionId,
          choice: { kind: 'sam2', parameters: { threads: 1 } },
          environment: { hub: hubOptionsFromEnv(world.env), graphs: at('graphs') },
          store: store!,
          cacheFolder: at('cache'),
          log: { info: line, warn: line, error: (text, cause) => line(`${text} ${(cause as Error)?.stack ?? ''}`) },
          signal: stop.signal,
          timing: { retryMs: 100 },
          onInference: (inference) => {
            pid = () => inference.pid;
          },
          ...more,
        });
      })();
      ended.catch(() => undefined); // told by stop and by the test
      const agent = {
        lines,
        pid: () => pid(),
        ended,
        async stop() {
          stop.abort();
          await ended;
        },
      };
      agents.push(agent);
      return agent;
    },
    async track(functionId, objects, from, to, onEvent) {
      const run = await client.runs.create({
        function: functionId,
        job: job!.id,
        start_frame: from,
        target_frame: to,
        objects: objects.map((id) => ({ id })),
      });
      let last: RunProgress = run;
      for await (const event of client.runs.follow(run.id)) {
        if (event.kind === 'progress') last = event.run;
        onEvent?.(event);
      }
      return last;
    },
    async addPerson(username, password) {
      await addAccount(db, username, { isAdmin: false });
      await setAccountPassword(db, username, password);
    },
    async close() {
      for (const agent of agents) await agent.stop().catch(() => undefined);
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}
