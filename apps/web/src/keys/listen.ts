// The only listener for keys on the document.
import type { Focus, KeyEngine } from './engine.ts';

/** Feeds the engine until the returned function is called. */
export function listenForKeys(engine: KeyEngine, target: Document): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const { key, code, ctrlKey, altKey, shiftKey, metaKey, repeat } = event;
    const taken = engine.press({ key, code, ctrlKey, altKey, shiftKey, metaKey, repeat, focus: focusOf(event.target) });
    if (taken) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  target.addEventListener('keydown', onKeyDown);
  return () => target.removeEventListener('keydown', onKeyDown);
}

const TEXT_INPUTS = /^(text|search|number|email|password|tel|url|date|time)$/;

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return 'page';
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return 'text';
  if (target instanceof HTMLInputElement) return TEXT_INPUTS.test(target.type) ? 'text' : 'control';
  if (target.closest('[data-canvas-host]')) return 'canvas';
  if (
    target.closest(
      'button, a[href], select, summary, [role=slider], [role=menuitem], [role=tab], [role=option], [role=row]',
    )
  )
    return 'control';
  return 'page';
}
