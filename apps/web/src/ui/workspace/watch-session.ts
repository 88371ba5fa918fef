// Says what the session and the settings ask to be said or done, as long as the job is open.
import { wordsOf } from '../../api/http.ts';
import { t } from '../../texts/en.ts';
import { clockTime } from '../../texts/format.ts';
import { objectName } from '../../view/labels.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

type Watched = Pick<WorkspaceDesk, 'session' | 'settings' | 'notify' | 'labels' | 'numbers' | 'store'>;

export function watchSession(desk: Watched): () => void {
  const { session, settings, notify } = desk;
  session.setAutosave(settings.getState().autosave);
  const { restored } = session.state.getState();
  if (restored) notify({ kind: 'info', text: t.saving.restored(restored.steps, clockTime(restored.since)) });
  const offs = [
    settings.subscribe((now, before) => now.autosave !== before.autosave && session.setAutosave(now.autosave)),
    session.state.subscribe((now, before) => {
      if (now.journal !== before.journal && now.journal === 'none') notify({ kind: 'warn', text: t.saving.notKept });
      for (const [uid, words] of now.refused) {
        if (before.refused.get(uid) === words) continue;
        const record = desk.store.state.document.objects.get(uid);
        const name = record ? objectName(desk.labels, desk.numbers, record) : uid;
        notify({
          kind: 'error',
          text: t.saving.refused(name, words),
          actions: [
            { text: t.general.retry, run: () => session.retry(uid) },
            { text: t.saving.discard, run: () => session.discard(uid) },
          ],
        });
      }
    }),
  ];
  return () => {
    for (const off of offs) off();
  };
}

/** Takes the job over from the tab that edits it. */
export function editHere({ session, notify }: Watched): void {
  session.takeOver().catch((error: unknown) => notify({ kind: 'error', text: wordsOf(error) }));
}
