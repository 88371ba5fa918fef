import { useMemo } from 'react';
import { boundsOf } from '../../outline/shape.ts';
import { t } from '../../texts/en.ts';
import { objectName } from '../../view/labels.ts';
import { useDesk, useDocument, useView } from './use-desk.ts';

/** What the canvas shows, for those who cannot see it. Choosing here selects on the canvas. */
export function CanvasList() {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const selection = useView((view) => view.selection);
  const document = useDocument((state) => state.document);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the objects on a frame follow from the document
  const objects = useMemo(() => desk.store.visible(frame), [desk, frame, document]);
  return (
    <ul id="canvas-objects" className="visually-hidden" aria-label={t.objects.list}>
      {objects.slice(0, 100).map(({ uid, record, geometry, keyframe }) => {
        const { x0, y0, x1, y1 } = boundsOf(geometry);
        return (
          <li key={uid}>
            <button type="button" tabIndex={-1} onClick={() => desk.view.setState({ selection: [uid] })}>
              {t.canvas.object(
                geometry.kind,
                objectName(desk.labels, desk.numbers, record),
                [x0, y0, x1 - x0, y1 - y0].map(Math.round) as [number, number, number, number],
                keyframe?.origin === 'tracker' ? keyframe.presence : undefined,
                selection.includes(uid),
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
