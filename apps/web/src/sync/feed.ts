import type { LabeledData, LabeledShape, LabeledTrack, TrackedShape } from '@roto/annotations';
import type { KeyframesEvent, MediaEvent, ObjectEvent, PeopleEvent, RunEvent, VersionEvent } from '@roto/wire';
import type { Identity, ObjectRecord, TrackRecord, Uid } from '../document/records.ts';
import type { Confirmed } from '../document/store.ts';
import { fromWire, keyframeOf } from '../document/wire.ts';

export type FeedHandlers = {
  /** All that one save of somebody changed. */
  changed(objects: readonly ObjectEvent[], keyframes: readonly KeyframesEvent[], version: number): void;
  /** What was missed cannot be told: the job must be read again. */
  reset(): void;
  run(event: RunEvent): void;
  media(event: MediaEvent): void;
  people(event: PeopleEvent): void;
  /** The stream is open, or broken and being opened again. */
  live(isLive: boolean): void;
};

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Listens to what happens in a job. A stream that breaks is opened again where it ended. */
export function openFeed(job: number, since: number, handlers: FeedHandlers): { close(): void } {
  let version = since;
  let pause = FIRST_PAUSE_MS;
  let isClosed = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    let objects: ObjectEvent[] = [];
    let keyframes: KeyframesEvent[] = [];
    source = new EventSource(`/api/jobs/${job}/events?since=${version}&objects=all`);
    const on = <T>(name: string, handle: (data: T) => void) =>
      source!.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data) as T));
    source.onopen = () => {
      pause = FIRST_PAUSE_MS;
      // What came before a break and was not complete is sent again.
      objects = [];
      keyframes = [];
      handlers.live(true);
    };
    source.onerror = () => {
      handlers.live(false);
      // The browser opens a stream that broke by itself, one that was refused never.
      if (source?.readyState !== EventSource.CLOSED || isClosed) return;
      timer = setTimeout(open, pause);
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    };
    on<ObjectEvent>('object', (event) => objects.push(event));
    on<KeyframesEvent>('keyframes', (event) => keyframes.push(event));
    on<VersionEvent>('version', (event) => {
      version = event.version;
      const [whole, changed] = [objects, keyframes];
      objects = [];
      keyframes = [];
      handlers.changed(whole, changed, version);
    });
    on<VersionEvent>('reset', (event) => {
      version = event.version;
      handlers.reset();
    });
    on<RunEvent>('run', handlers.run);
    on<MediaEvent>('media', handlers.media);
    on<PeopleEvent>('people', handlers.people);
  };
  open();
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      source?.close();
    },
  };
}

/** What the page has of an object. */
type Known = { readonly record: ObjectRecord; readonly identity: Identity | undefined };

export type Applied = {
  readonly changes: readonly Confirmed[];
  /** Objects of which the page lacks what changed: they are read. */
  readonly missing: readonly number[];
};

/** The objects as they are after the events of one save. Events that the page has had already change nothing. */
export function applyEvents(
  objects: readonly ObjectEvent[],
  keyframes: readonly KeyframesEvent[],
  uidOf: (id: number, said: string | undefined) => Uid | undefined,
  known: (uid: Uid) => Known | undefined,
): Applied {
  const changes: Confirmed[] = [];
  const missing: number[] = [];
  const contents = new Map(keyframes.map((event) => [event.id, event]));
  for (const event of objects) {
    const uid = uidOf(event.id, event.uid);
    if (event.action === 'delete') {
      // A shape that became a track has another id by now; the end of the old one is not its end.
      const id = uid === undefined ? undefined : known(uid)?.identity?.id;
      if (uid !== undefined && (id === undefined || id === event.id)) changes.push({ uid, record: undefined });
      continue;
    }
    const content = contents.get(event.id);
    const have = uid === undefined ? undefined : known(uid);
    // A shape and the track that was made of it have one name and two ids, each with revisions of its own.
    const revision = have?.identity?.id === event.id ? have.identity.revision : undefined;
    if (revision !== undefined && event.revision !== null && revision >= event.revision) continue;
    const record = content && recordAfter(content, have?.record, (id) => uidOf(id, event.uid));
    if (!content || !record) missing.push(event.id);
    else changes.push({ uid: record.uid, record, identity: { id: event.id, revision: content.revision } });
  }
  return { changes, missing };
}

function recordAfter(
  event: KeyframesEvent,
  before: ObjectRecord | undefined,
  uidOf: (id: number) => Uid | undefined,
): ObjectRecord | undefined {
  const object = event.object as LabeledShape | LabeledTrack;
  const isTrack = event.keyframes.length > 0 || !('type' in object || !('elements' in object));
  const data = (shapes: LabeledShape[], tracks: LabeledTrack[]): LabeledData => ({
    version: 0,
    tags: [],
    shapes,
    tracks,
  });
  if (!isTrack) {
    const isShape = 'type' in object;
    const whole = isShape ? data([object], []) : { ...data([], []), tags: [object] };
    return fromWire(whole, uidOf)[0]?.record;
  }
  const track = object as LabeledTrack;
  if (!event.whole && before?.kind !== 'track') return undefined;
  const old = event.whole || before?.kind !== 'track' ? undefined : before;
  const own = event.keyframes.find(({ element }) => element === null);
  const elements = (track.elements ?? []).map((part, i) => {
    const changed = event.keyframes.find(({ element }) => element === i);
    return { ...part, shapes: mergeShapes(old?.elements[i]?.shapes ?? [], changed) };
  });
  const head = fromWire(data([], [{ ...track, shapes: [], elements }]), uidOf)[0]!.record as TrackRecord;
  const given = (own?.shapes ?? []) as TrackedShape[];
  const gone = new Set([...(own?.removed_frames ?? []), ...given.map(({ frame }) => frame)]);
  const keyframes = [...(old?.keyframes ?? []).filter(({ frame }) => !gone.has(frame)), ...given.map(keyframeOf)];
  if (keyframes.length === 0) return undefined;
  return { ...head, keyframes: keyframes.sort((a, b) => a.frame - b.frame) };
}

function mergeShapes(
  old: readonly TrackedShape[],
  changed: { readonly shapes: readonly unknown[]; readonly removed_frames: readonly number[] } | undefined,
): readonly TrackedShape[] {
  if (!changed) return old;
  const given = changed.shapes as TrackedShape[];
  const gone = new Set([...changed.removed_frames, ...given.map(({ frame }) => frame)]);
  return [...old.filter(({ frame }) => !gone.has(frame)), ...given].sort((a, b) => a.frame - b.frame);
}
