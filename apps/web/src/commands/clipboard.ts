// Copy and paste: at the same place, on any frame, as often as it is pressed.
import {
  type Geometry,
  NEW_OBJECT,
  newUid,
  type ObjectRecord,
  type ShapeRecord,
  type Uid,
} from '../document/records.ts';
import { objectOn } from '../document/visible.ts';
import { t } from '../texts/en.ts';
import { commit, type Desk, recordsOf } from './desk.ts';

type Copied = Pick<ShapeRecord, 'label' | 'attributes' | 'geometry' | 'occluded' | 'group' | 'elements'> & {
  readonly color?: string;
};

export class Clipboard {
  #copied: readonly Copied[] = [];

  get isEmpty(): boolean {
    return this.#copied.length === 0;
  }

  copy(desk: Desk, uids: readonly Uid[]): boolean {
    const { frame } = desk.view.getState();
    const copied = recordsOf(desk, uids).flatMap((record): Copied[] => {
      const here = objectOn(record, frame);
      return here ? [copyOf(record, here.geometry, here.attributes, here.occluded)] : [];
    });
    if (copied.length === 0) return false;
    this.#copied = copied;
    desk.notify({ kind: 'info', text: t.objects.copied(copied.length) });
    return true;
  }

  /** The copies become shapes of the frame in view, and are selected. */
  paste(desk: Desk): boolean {
    if (this.isEmpty) return false;
    const { frame } = desk.view.getState();
    const top = Math.max(0, ...desk.store.visible(frame).map(({ z }) => z));
    const made = this.#copied.map(
      (copied): ShapeRecord => ({ ...NEW_OBJECT, ...copied, kind: 'shape', uid: newUid(), frame, z: top }),
    );
    const done = commit(
      desk,
      t.steps.created,
      made.map((object) => ({ kind: 'add', object })),
    );
    if (done) desk.view.setState({ selection: made.map(({ uid }) => uid) });
    return done;
  }
}

function copyOf(
  record: ObjectRecord,
  geometry: Geometry,
  attributes: ShapeRecord['attributes'],
  occluded: boolean,
): Copied {
  const { label, group, color } = record;
  const elements = record.kind === 'shape' ? record.elements : [];
  return { label, group, geometry, attributes, occluded, elements, ...(color !== undefined && { color }) };
}
