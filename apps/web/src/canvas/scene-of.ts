import type { Desk } from '../commands/desk.ts';
import type { ObjectOnFrame } from '../document/visible.ts';
import { colorOf, objectName } from '../view/labels.ts';
import type { Scene, SceneItem } from './scene.ts';

/**
 * The scene of the frame in view: what is on it, less what is hidden or outside. Items stay the same values while nothing
 * about their object changes, and the scene while none of its items does.
 */
export function createSceneReader(desk: Desk): () => Scene {
  const known = new WeakMap<ObjectOnFrame, { colorBy: string; item: SceneItem }>();
  let last: Scene | undefined;

  function itemOf(object: ObjectOnFrame): SceneItem {
    const { colorBy } = desk.settings.getState().appearance;
    const before = known.get(object);
    if (before?.colorBy === colorBy) return before.item;
    const { record } = object;
    const item: SceneItem = {
      uid: object.uid,
      kind: record.kind,
      geometry: object.geometry,
      label: record.label,
      name: objectName(desk.labels, desk.numbers, record),
      color: colorOf(record, desk.labels, desk.numbers, colorBy),
      z: object.z,
      locked: record.locked,
      pinned: record.pinned,
      occluded: object.occluded,
      group: record.group,
      isKeyframe: record.kind === 'shape' || object.keyframe !== undefined,
      startsAt: record.kind === 'shape' ? record.frame : record.keyframes[0]!.frame,
    };
    known.set(object, { colorBy, item });
    return item;
  }

  return () => {
    const { frame } = desk.view.getState();
    const items = desk.store
      .visible(frame)
      .filter((object) => !object.outside && !object.record.hidden)
      .map(itemOf);
    const before = last;
    const isSame =
      before?.frame === frame &&
      before.items.length === items.length &&
      before.items.every((each, i) => each === items[i]);
    if (!isSame) last = { frame, size: desk.size, items };
    return last!;
  };
}
