import { Printer, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { ACTION_IDS, type ActionId, type Area, actionDefault, Keymap, showKeys } from '../../keys/index.ts';
import { t } from '../../texts/en.ts';
import { Button, IconButton } from '../controls/button.tsx';
import { Dialog } from '../controls/dialog.tsx';
import { TextField } from '../controls/fields.tsx';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import { KeyRecorder } from './key-recorder.tsx';
import styles from './shortcuts.module.css';

/** All shortcuts by area, with the keys as they are set now. A press on the keys changes them. */
export function ShortcutsDialog() {
  const desk = useDesk();
  const [text, setText] = useState('');
  const [recording, setRecording] = useState<ActionId>();
  const changes = useSettings((settings) => settings.keys);
  const map = desk.keys.keymap;
  const shown = (keys: string) => showKeys(keys, { mac: desk.isMac, ...(desk.caps && { caps: desk.caps }) });
  const setKeys = (action: ActionId, keys: readonly string[] | undefined) => apply(map.with(action, keys));
  const apply = (next: Keymap) => {
    desk.keys.keymap = next;
    desk.settings.setState({ keys: next.changes });
  };
  const wanted = text.trim().toLowerCase();
  const found = ACTION_IDS.filter(
    (id) =>
      t.actionNames[id].toLowerCase().includes(wanted) ||
      map.keysOf(id).some((keys) => shown(keys).toLowerCase().includes(wanted)),
  );
  const areas = Map.groupBy(found, (id) => actionDefault(id).area);
  return (
    <Dialog
      title={t.shortcuts.title}
      keys={desk.keys}
      className={styles.dialog}
      onClose={() => desk.view.setState({ dialog: undefined })}
      foot={
        <>
          <Button kind="quiet" onClick={() => print()}>
            <Printer size={15} aria-hidden />
            {t.shortcuts.print}
          </Button>
          <Button disabled={Object.keys(changes).length === 0} onClick={() => apply(new Keymap())}>
            {t.shortcuts.restoreAll}
          </Button>
        </>
      }
    >
      <TextField
        type="search"
        className={styles.search}
        aria-label={t.shortcuts.search}
        placeholder={t.shortcuts.search}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {found.length === 0 && <p className={styles.none}>{t.shortcuts.noneMatch}</p>}
      <div className={styles.areas}>
        {[...areas].map(([area, ids]) => (
          <section key={area} className={styles.area}>
            <h3>{t.areas[area as Area]}</h3>
            {ids.map((id) => (
              <div key={id} className={styles.row}>
                <span className={styles.name}>{t.actionNames[id]}</span>
                {changes[id] && (
                  <IconButton label={t.shortcuts.restore} tiny onClick={() => setKeys(id, undefined)}>
                    <RotateCcw size={13} />
                  </IconButton>
                )}
                {recording === id ? (
                  <KeyRecorder
                    action={id}
                    map={map}
                    mac={desk.isMac}
                    onDone={(keys) => {
                      setRecording(undefined);
                      if (keys !== undefined) setKeys(id, keys);
                    }}
                  />
                ) : (
                  <button
                    type="button"
                    className={styles.keys}
                    aria-label={`${t.shortcuts.change(t.actionNames[id])}: ${map.keysOf(id).map(shown).join(', ') || t.shortcuts.clear}`}
                    onClick={() => setRecording(id)}
                  >
                    {map.keysOf(id).length === 0
                      ? t.shortcuts.clear
                      : map.keysOf(id).map((keys) => <kbd key={keys}>{shown(keys)}</kbd>)}
                  </button>
                )}
              </div>
            ))}
          </section>
        ))}
        {wanted === '' && (
          <section className={styles.area}>
            <h3>{t.shortcuts.pointer}</h3>
            {t.shortcuts.pointerRows.map(([name, how]) => (
              <div key={name} className={styles.row}>
                <span className={styles.name}>{name}</span>
                <span className={styles.how}>{how}</span>
              </div>
            ))}
          </section>
        )}
      </div>
    </Dialog>
  );
}
