import { useState } from 'react';
import { CONVERSIONS } from '../../commands/convert.ts';
import { t } from '../../texts/en.ts';
import { kindOf } from '../../tracking/suitable.ts';
import { Panel } from '../controls/dialog.tsx';
import { trackerTitle, useTrackers } from '../runs/use-trackers.ts';
import { useDesk, useDocument, useSettings, useView } from '../workspace/use-desk.ts';
import styles from './action-dialog.module.css';
import { ConvertForm } from './convert-form.tsx';
import { PropagateForm } from './propagate-form.tsx';
import { RemoveForm } from './remove-form.tsx';
import { RunningRun } from './running-run.tsx';
import { TrackerForm } from './tracker-form.tsx';

/** "Run annotation action": which one, about which objects, and what it needs. It does not block the page. */
export function ActionDialog({ first }: { first?: string }) {
  const desk = useDesk();
  const { trackers, isLoading } = useTrackers();
  const asked = useView((view) => view.action);
  const selected = useView((view) => view.selection[0]);
  const kind = useDocument(({ document }) => {
    const record = selected === undefined ? undefined : document.objects.get(selected);
    return record ? kindOf(record) : 'several';
  });
  const remembered = useSettings((settings) => settings.actions[kind]);
  const [chosen, setChosen] = useState<string | undefined>(first ?? asked);
  const [run, setRun] = useState<string>();
  const actions = [
    ...trackers.map((tracker) => ({ value: `tracker-${tracker.id}`, text: trackerTitle(tracker) })),
    { value: 'propagate', text: t.actionDialog.propagate },
    { value: 'remove', text: t.actionDialog.remove },
    { value: 'simplify', text: t.actionDialog.simplify },
    ...CONVERSIONS.map((value) => ({ value, text: t.actionDialog.conversions[value] })),
  ];
  // Until the functions are known it is taken to be one of them, so that the focus stays where it was put.
  const wanted = isLoading ? [chosen] : [chosen, remembered, actions[0]?.value];
  const action = wanted.find((one) => actions.some(({ value }) => value === one));
  const conversion = action === 'simplify' ? action : CONVERSIONS.find((value) => value === action);
  const tracker = trackers.find(({ id }) => `tracker-${id}` === action);
  const close = () => desk.view.setState({ dialog: undefined, action: undefined });
  const choose = (value: string) => {
    setChosen(value);
    desk.settings.setState((settings) => ({ actions: { ...settings.actions, [kind]: value } }));
  };
  const select = (
    <div className={styles.row}>
      <label htmlFor="action">{t.actionDialog.select}</label>
      <select
        id="action"
        className={styles.select}
        value={action ?? ''}
        onChange={(event) => choose(event.target.value)}
      >
        {trackers.length > 0 && (
          <optgroup label={t.actionDialog.trackers}>
            {actions.slice(0, trackers.length).map(({ value, text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </optgroup>
        )}
        <optgroup label={t.actionDialog.others}>
          {actions.slice(trackers.length).map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  );
  return (
    <Panel title={t.actionDialog.title} onClose={close}>
      {run !== undefined ? (
        <RunningRun id={run} onClose={close} onAgain={() => setRun(undefined)} />
      ) : action === 'propagate' ? (
        <PropagateForm onClose={close}>{select}</PropagateForm>
      ) : action === 'remove' ? (
        <RemoveForm onClose={close}>{select}</RemoveForm>
      ) : conversion !== undefined ? (
        <ConvertForm key={conversion} action={conversion} onClose={close}>
          {select}
        </ConvertForm>
      ) : (
        <TrackerForm tracker={tracker} isLoading={isLoading} onClose={close} onStarted={setRun}>
          {select}
        </TrackerForm>
      )}
    </Panel>
  );
}
