import { type ReactNode, useId } from 'react';
import { t } from '../../texts/en.ts';
import { Dialog } from '../controls/dialog.tsx';
import { Choice, NumberField, Range, Toggle } from '../controls/fields.tsx';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import styles from './settings.module.css';

/** Everything here takes effect and is stored at once. */
export function SettingsDialog() {
  const desk = useDesk();
  const settings = useSettings((all) => all);
  const { setState } = desk.settings;
  return (
    <Dialog title={t.settings.title} keys={desk.keys} onClose={() => desk.view.setState({ dialog: undefined })}>
      <Section title={t.settings.look}>
        <Field text={t.settings.theme}>
          {(id) => (
            <Choice
              id={id}
              value={settings.theme}
              options={(['system', 'light', 'dark'] as const).map((value) => ({
                value,
                text: t.settings.themes[value],
              }))}
              onChange={(theme) => setState({ theme })}
            />
          )}
        </Field>
        <Field text={t.settings.density}>
          {(id) => (
            <Choice
              id={id}
              value={settings.density}
              options={(['normal', 'compact'] as const).map((value) => ({ value, text: t.settings.densities[value] }))}
              onChange={(density) => setState({ density })}
            />
          )}
        </Field>
        <Field text={t.settings.pointRadius}>
          {() => (
            <Range
              label={t.settings.pointRadius}
              value={settings.appearance.pointRadius}
              min={3}
              max={10}
              onChange={(pointRadius) => setState({ appearance: { ...settings.appearance, pointRadius } })}
            />
          )}
        </Field>
        <Toggle
          label={t.settings.smooth}
          checked={settings.appearance.smooth}
          onChange={(smooth) => setState({ appearance: { ...settings.appearance, smooth } })}
        />
      </Section>
      <Section title={t.settings.playing}>
        <Field text={t.settings.step}>
          {(id) => (
            <NumberField id={id} value={settings.step} min={2} max={1_000} onChange={(step) => setState({ step })} />
          )}
        </Field>
        <Toggle
          label={t.settings.everyFrame}
          checked={settings.everyFrame}
          onChange={(everyFrame) => setState({ everyFrame })}
        />
        <Toggle
          label={t.settings.skipDeleted}
          checked={settings.skipDeleted}
          onChange={(skipDeleted) => setState({ skipDeleted })}
        />
        <Toggle
          label={t.settings.resetZoom}
          checked={settings.resetZoom}
          onChange={(resetZoom) => setState({ resetZoom })}
        />
      </Section>
      <Section title={t.settings.workspace}>
        <Toggle
          label={t.settings.stayInTool}
          checked={settings.stayInTool}
          onChange={(stayInTool) => setState({ stayInTool })}
        />
        <Toggle
          label={t.settings.autosave}
          hint={t.settings.autosaveHint}
          checked={settings.autosave}
          onChange={(autosave) => setState({ autosave })}
        />
      </Section>
    </Dialog>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Field({ text, children }: { text: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{text}</label>
      {children(id)}
    </div>
  );
}
