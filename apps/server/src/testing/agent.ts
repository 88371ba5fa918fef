import type { Assignment, FramesAnswer, TrackableShape, TrackRangeParams } from '@roto/wire';
import type { Asker } from './server.ts';

export type TestAgentOptions = {
  readonly agentId: string;
  readonly functionId: number;
  /** Takes whole runs; else it knows CVAT's contract alone. */
  readonly ranges?: boolean;
  /** Milliseconds that it works on a frame. */
  readonly frameMs?: number;
  /** Frames on which the object is not found. */
  readonly lost?: (frame: number) => boolean;
  /** Frames that it sends at once. */
  readonly batch?: number;
  /** Called before a frame is worked on; it may throw, as a function would. */
  readonly onFrame?: (frame: number) => void | Promise<void>;
  readonly signal: AbortSignal;
  /** Ends when there is nothing to take. */
  readonly burst?: boolean;
};

/**
 * An agent as it meets the server over HTTP, with a function that can be foretold: on frame f it finds a shape moved by
 * one pixel to the right for each frame since the one where tracking began.
 */
export async function runTestAgent(server: Asker, options: TestAgentOptions): Promise<void> {
  const { agentId, functionId, signal } = options;
  const queue = `/api/functions/queues/function%3A${functionId}/requests`;
  const states = new Map<string, { frame: number; shape: TrackableShape }>();

  while (!signal.aborted) {
    let worked = false;
    for (const category of ['interactive', 'batch'] as const) {
      for (;;) {
        const asked = {
          agent_id: agentId,
          request_category: category,
          ...(options.ranges ? { capabilities: { ranges: 1 }, holding: [] } : {}),
        };
        const answer = await patiently(() => server.post(`${queue}/acquire`, asked));
        if (!answer) return;
        if (answer.status !== 200) throw new Error(`acquire: ${answer.status} ${JSON.stringify(answer.body)}`);
        const assignment: Assignment | null = answer.body.ar_assignment;
        if (!assignment || signal.aborted) break;
        worked = true;
        await work(assignment);
      }
      if (signal.aborted) return;
    }
    if (!worked && options.burst) return;
    if (!worked) await pause(20);
  }

  async function work({ ar_id: id, ar_params: params, fence }: Assignment): Promise<void> {
    const holder = options.ranges ? { agent_id: agentId, fence } : { agent_id: agentId };
    try {
      let result: Record<string, unknown> = {};
      if (params.type === 'track_range') await trackRange(id, params as unknown as TrackRangeParams, fence);
      else if (params.type === 'init_tracking') result = { states: beginAll(params) };
      else if (params.type === 'track') result = await trackOne(params);
      else if (params.type === 'annotate_task' || params.type === 'annotate_frame')
        result = { annotations: { shapes: [] } };
      else throw new Error(`Invalid annotation request: ${params.type}`);
      if (signal.aborted) return;
      await patiently(() => server.post(`${queue}/${id}/complete`, { ...holder, ...result }));
    } catch (error) {
      if (signal.aborted || error instanceof Stale) return;
      await patiently(() =>
        server.post(`${queue}/${id}/fail`, { ...holder, exc_info: String((error as Error).message) }),
      );
    }
  }

  function beginAll(params: Assignment['ar_params']): string[] {
    return (params.shapes as TrackableShape[]).map((shape) => {
      const state = crypto.randomUUID();
      states.set(state, { frame: params.frame as number, shape });
      return state;
    });
  }

  async function trackOne(params: Assignment['ar_params']) {
    const frame = params.frame as number;
    await options.onFrame?.(frame);
    await pause(options.frameMs ?? 0);
    const asked = params.states as string[];
    return {
      states: asked,
      shapes: asked.map((each) => {
        const state = states.get(each);
        if (!state) throw new Error('Invalid annotation request: state not found - possibly expired');
        return options.lost?.(frame) ? null : moved(state.shape, frame - state.frame);
      }),
    };
  }

  async function trackRange(id: string, params: TrackRangeParams, fence: number): Promise<void> {
    let target = params.target_frame;
    const step = Math.sign(target - params.start_frame);
    const deleted = new Set(params.deleted_frames);
    let ended = new Set<number>();
    let batch: { frame: number; objects: unknown[] }[] = [];
    for (let frame = params.done_frame + step; (target - frame) * step >= 0; frame += step) {
      if (deleted.has(frame)) continue;
      if (signal.aborted) return;
      await options.onFrame?.(frame);
      await pause(options.frameMs ?? 0);
      const objects = params.objects
        .filter((each) => !ended.has(each.id) && (each.last_frame === null || (each.last_frame - frame) * step >= 0))
        .map((each) => ({
          id: each.id,
          shape: options.lost?.(frame) ? null : moved(each.prompts[0]!, Math.abs(frame - params.start_frame)),
          presence: 4.5,
          predicted_iou: 0.875,
        }));
      if (objects.length === 0) return;
      batch.push({ frame, objects });
      if (batch.length < (options.batch ?? 1) && frame !== target) continue;
      const answer = await patiently(() =>
        server.post(`${queue}/${id}/frames`, { agent_id: agentId, fence, frames: batch }),
      );
      if (!answer || answer.status === 409) throw new Stale();
      if (answer.status !== 200) throw new Error(`frames: ${answer.status} ${JSON.stringify(answer.body)}`);
      const now = answer.body as FramesAnswer;
      if (now.stop) return;
      target = now.target_frame;
      ended = new Set(now.ended);
      batch = [];
    }
  }

  /** Again while the server is away or busy. */
  async function patiently<T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T | null> {
    for (;;) {
      if (signal.aborted) return null;
      try {
        const answer = await ask();
        if (answer.status < 500) return answer;
      } catch {
        // The connection broke: what was asked may or may not have been done.
      }
      await pause(50);
    }
  }
}

class Stale extends Error {}

export function moved(shape: TrackableShape, by: number): TrackableShape {
  return { type: shape.type, points: shape.points.map((value, at) => (at % 2 === 0 ? value + by : value)) };
}

function pause(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
