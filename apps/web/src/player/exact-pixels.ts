// From 400 % on a person looks at pixels: the exact ones of the frame at rest take the place of the preview.
import type { FrameSource } from '../frames/index.ts';
import type { ViewStore } from '../view/view.ts';

const FROM_ZOOM = 4;
const REST_MS = 250;

/** Works until the returned function is called. */
export function showExactPixels(view: ViewStore, source: FrameSource): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: number | undefined;
  const look = (): void => {
    clearTimeout(timer);
    const { frame, zoom, playing, wanted, picture } = view.getState();
    if (
      zoom < FROM_ZOOM ||
      playing ||
      wanted !== undefined ||
      picture?.frame !== frame ||
      picture.quality === 'original'
    )
      return;
    timer = setTimeout(() => void fetchExact(frame), REST_MS);
  };
  const fetchExact = async (frame: number): Promise<void> => {
    if (asked === frame) return;
    asked = frame;
    // A failure leaves the preview, which is what was shown before.
    const exact = await source.getExact(frame).catch(() => undefined);
    asked = undefined;
    const now = view.getState();
    if (exact && now.frame === frame && now.zoom >= FROM_ZOOM && !now.playing) view.setState({ picture: exact });
  };
  const off = view.subscribe((now, before) => {
    if (
      now.zoom !== before.zoom ||
      now.frame !== before.frame ||
      now.picture !== before.picture ||
      now.playing !== before.playing
    )
      look();
  });
  return () => {
    off();
    clearTimeout(timer);
  };
}
