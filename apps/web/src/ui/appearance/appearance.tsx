import { ChevronDown, ChevronUp } from 'lucide-react';
import { useId } from 'react';
import { t } from '../../texts/en.ts';
import { DEFAULTS, type Appearance as Values } from '../../view/settings.ts';
import { Button } from '../controls/button.tsx';
import { Choice, Range, Toggle } from '../controls/fields.tsx';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import styles from './appearance.module.css';

/** How objects and picture look. Everything is seen at once while it is changed. */
export function Appearance() {
  const desk = useDesk();
  const open = useSettings((settings) => settings.appearanceOpen);
  const look = useSettings((settings) => settings.appearance);
  const body = useId();
  const set = (change: Partial<Values>) =>
    desk.settings.setState(({ appearance }) => ({ appearance: { ...appearance, ...change } }));
  const slider = (key: 'brightness' | 'contrast' | 'saturation') => (
    <Row text={t.appearance[key]} value={`${look[key]} %`}>
      <Range
        label={t.appearance[key]}
        value={look[key]}
        min={20}
        max={250}
        step={5}
        onChange={(value) => set({ [key]: value })}
      />
    </Row>
  );
  const percent = (key: 'opacity' | 'selectedOpacity') => (
    <Row text={t.appearance[key]} value={`${Math.round(look[key] * 100)} %`}>
      <Range
        label={t.appearance[key]}
        value={Math.round(look[key] * 100)}
        min={0}
        max={100}
        step={1}
        onChange={(value) => set({ [key]: value / 100 })}
      />
    </Row>
  );
  return (
    <section className={styles.box} aria-label={t.appearance.title}>
      <button
        type="button"
        className={styles.head}
        aria-expanded={open}
        aria-controls={body}
        onClick={() => desk.settings.setState({ appearanceOpen: !open })}
      >
        {t.appearance.title}
        {open ? <ChevronDown size={16} aria-hidden /> : <ChevronUp size={16} aria-hidden />}
      </button>
      {open && (
        <div id={body} className={styles.body}>
          <Row text={t.appearance.colorBy}>
            <Choice
              aria-label={t.appearance.colorBy}
              className={styles.choice}
              value={look.colorBy}
              options={(['label', 'instance', 'group'] as const).map((value) => ({
                value,
                text: t.appearance.colorByChoices[value],
              }))}
              onChange={(colorBy) => set({ colorBy })}
            />
          </Row>
          {percent('opacity')}
          {percent('selectedOpacity')}
          <Row text={t.appearance.text}>
            <Choice
              aria-label={t.appearance.text}
              className={styles.choice}
              value={look.text}
              options={(['active', 'always', 'never'] as const).map((value) => ({
                value,
                text: t.appearance.textChoices[value],
              }))}
              onChange={(text) => set({ text })}
            />
          </Row>
          <div className={styles.toggles}>
            <span className={styles.outlined}>
              <Toggle
                label={t.appearance.outlined}
                checked={look.outlined}
                onChange={(outlined) => set({ outlined })}
              />
              <input
                type="color"
                className={styles.swatch}
                aria-label={t.appearance.outlineColor}
                value={look.outlineColor}
                onChange={(event) => set({ outlineColor: event.target.value, outlined: true })}
              />
            </span>
            <Toggle
              label={t.appearance.masksAsOutline}
              checked={look.masksAsOutline}
              onChange={(masksAsOutline) => set({ masksAsOutline })}
            />
            <Toggle label={t.appearance.bitmap} checked={look.bitmap} onChange={(bitmap) => set({ bitmap })} />
            <Toggle
              label={t.appearance.crosshair}
              checked={look.crosshair}
              onChange={(crosshair) => set({ crosshair })}
            />
          </div>
          {slider('brightness')}
          {slider('contrast')}
          {slider('saturation')}
          <div className={styles.reset}>
            <Button small onClick={() => desk.settings.setState({ appearance: DEFAULTS.appearance })}>
              {t.appearance.reset}
            </Button>
          </div>
        </div>
      )}
    </section>
  );
}

function Row({ text, value, children }: { text: string; value?: string; children: React.ReactNode }) {
  return (
    <div className={styles.row}>
      <span className={styles.text}>{text}</span>
      {children}
      {value !== undefined && <span className={styles.value}>{value}</span>}
    </div>
  );
}
