import type { FrameNumber, JobDocument, Keyframe, ObjectRecord, ShapeRecord, TrackRecord, Uid } from './records.ts';

/** What all objects have, and can be changed of any of them. */
export type ObjectFields = Partial<
  Pick<ObjectRecord, 'label' | 'group' | 'source' | 'attributes' | 'locked' | 'hidden' | 'pinned' | 'color'>
>;
/** What a shape of one frame has besides. */
export type ShapeFields = Partial<Pick<ShapeRecord, 'geometry' | 'occluded' | 'z' | 'frame' | 'elements'>>;

/**
 * A change of the document as a value: it can be inverted, sent, stored and applied to a newer document. `before` is what
 * the person saw; a document in which it is something else was changed by somebody in the meantime.
 */
export type Edit =
  | { readonly kind: 'add'; readonly object: ObjectRecord }
  | { readonly kind: 'remove'; readonly object: ObjectRecord }
  | { readonly kind: 'set-object'; readonly uid: Uid; readonly before: ObjectFields; readonly after: ObjectFields }
  | { readonly kind: 'set-shape'; readonly uid: Uid; readonly before: ShapeFields; readonly after: ShapeFields }
  | {
      /** undefined: there is no keyframe on the frame. */
      readonly kind: 'set-keyframe';
      readonly uid: Uid;
      readonly frame: FrameNumber;
      readonly before: Keyframe | undefined;
      readonly after: Keyframe | undefined;
    }
  | {
      /** Parts of a skeleton track. */
      readonly kind: 'set-elements';
      readonly uid: Uid;
      readonly before: TrackRecord['elements'];
      readonly after: TrackRecord['elements'];
    }
  | { readonly kind: 'set-deleted'; readonly frame: FrameNumber; readonly before: boolean; readonly after: boolean };

/** The document with the edits made. What names an object that is gone changes nothing. */
export function applyEdits(document: JobDocument, edits: readonly Edit[]): JobDocument {
  if (edits.length === 0) return document;
  const objects = new Map(document.objects);
  let { deletedFrames } = document;
  for (const edit of edits)
    if (edit.kind === 'set-deleted') deletedFrames = withMember(deletedFrames, edit.frame, edit.after);
    else applyToObjects(objects, edit);
  return { objects, deletedFrames };
}

function applyToObjects(objects: Map<Uid, ObjectRecord>, edit: Exclude<Edit, { kind: 'set-deleted' }>): void {
  switch (edit.kind) {
    case 'add':
      objects.set(edit.object.uid, edit.object);
      return;
    case 'remove':
      objects.delete(edit.object.uid);
      return;
    case 'set-object': {
      const object = objects.get(edit.uid);
      if (object) objects.set(edit.uid, withFields(object, edit.after));
      return;
    }
    case 'set-shape': {
      const object = objects.get(edit.uid);
      if (object?.kind === 'shape') objects.set(edit.uid, { ...object, ...edit.after });
      return;
    }
    case 'set-keyframe': {
      const object = objects.get(edit.uid);
      if (object?.kind !== 'track') return;
      const keyframes = withKeyframe(object.keyframes, edit.frame, edit.after);
      // A track without a keyframe is no track: the last one stays, and whoever wants it gone removes the object.
      if (keyframes.length > 0) objects.set(edit.uid, { ...object, keyframes });
      return;
    }
    case 'set-elements': {
      const object = objects.get(edit.uid);
      if (object?.kind === 'track') objects.set(edit.uid, { ...object, elements: edit.after });
      return;
    }
  }
}

/** What takes the edit back. */
export function invertEdit(edit: Edit): Edit {
  switch (edit.kind) {
    case 'add':
      return { kind: 'remove', object: edit.object };
    case 'remove':
      return { kind: 'add', object: edit.object };
    case 'set-object':
      return { ...edit, before: edit.after, after: edit.before };
    case 'set-shape':
      return { ...edit, before: edit.after, after: edit.before };
    case 'set-keyframe':
      return { ...edit, before: edit.after, after: edit.before };
    case 'set-elements':
      return { ...edit, before: edit.after, after: edit.before };
    case 'set-deleted':
      return { ...edit, before: edit.after, after: edit.before };
  }
}

/** What takes a list of edits back: the last one first. */
export function invertEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.map(invertEdit).reverse();
}

/** Objects that an edit is about; of a deleted frame none. */
export function uidOf(edit: Edit): Uid | undefined {
  switch (edit.kind) {
    case 'add':
    case 'remove':
      return edit.object.uid;
    case 'set-object':
    case 'set-shape':
    case 'set-keyframe':
    case 'set-elements':
      return edit.uid;
    case 'set-deleted':
      return undefined;
  }
}

function withFields<T extends ObjectRecord>(object: T, fields: ObjectFields): T {
  const next = { ...object, ...fields };
  // `undefined` in a patch says that the object has no colour of its own.
  if ('color' in fields && fields.color === undefined) delete (next as { color?: string }).color;
  return next;
}

/** Keyframes by frame, with this one set or taken away. */
export function withKeyframe(
  keyframes: readonly Keyframe[],
  frame: FrameNumber,
  keyframe: Keyframe | undefined,
): readonly Keyframe[] {
  let low = 0;
  let high = keyframes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyframes[middle]!.frame < frame) low = middle + 1;
    else high = middle;
  }
  const isThere = keyframes[low]?.frame === frame;
  if (!isThere && !keyframe) return keyframes;
  return keyframes.toSpliced(low, isThere ? 1 : 0, ...(keyframe ? [keyframe] : []));
}

function withMember<T>(set: ReadonlySet<T>, value: T, isMember: boolean): ReadonlySet<T> {
  if (set.has(value) === isMember) return set;
  const next = new Set(set);
  if (isMember) next.add(value);
  else next.delete(value);
  return next;
}
