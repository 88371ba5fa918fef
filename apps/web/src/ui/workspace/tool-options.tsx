import { useId } from 'react';
import { t } from '../../texts/en.ts';
import { MAX_BRUSH, MIN_BRUSH, type ToolOptions } from '../../tools/options.ts';
import type { ToolId } from '../../tools/tool.ts';
import { Choice, NumberField, Range, Toggle } from '../controls/fields.tsx';
import { drawNext } from '../labels/draw-next.ts';
import { LabelList } from '../objects/label-picker.tsx';
import styles from './tool-rail.module.css';
import { useDesk, useView } from './use-desk.ts';

/** Parts and holes of fewer pixels are taken for noise. */
const SPECK = 50;

/** What a drawing tool makes: label, shape or track, and its own settings. */
export function ToolOptionsForm({ tool, onPick }: { tool: ToolId; onPick: () => void }) {
  const desk = useDesk();
  const options = useView((view) => view.options);
  const set = (change: Partial<ToolOptions>) =>
    desk.view.setState((view) => ({ options: { ...view.options, ...change } }));
  const brush = (change: Partial<ToolOptions['brush']>) => set({ brush: { ...options.brush, ...change } });
  const points = useId();
  const kind = tool === 'sam-click' ? 'mask' : tool;
  const countsPoints = tool === 'polygon' || tool === 'polyline' || tool === 'points';
  return (
    <div className={styles.options}>
      <h2 className={styles.title}>{t.tools[tool]}</h2>
      <div className={styles.segments} role="group" aria-label={t.tools.drawAs}>
        {(['shape', 'track'] as const).map((create) => (
          <button
            key={create}
            type="button"
            aria-pressed={options.create === create}
            onClick={() => {
              set({ create });
              onPick();
            }}
          >
            {t.tools[create]}
          </button>
        ))}
      </div>
      {tool === 'rectangle' && (
        <Choice
          aria-label={t.tools.method}
          value={options.rectangle}
          options={[
            { value: 'two-points', text: t.tools.twoPoints },
            { value: 'extreme-points', text: t.tools.extremePoints },
          ]}
          onChange={(rectangle) => set({ rectangle })}
        />
      )}
      {countsPoints && (
        <div className={styles.field}>
          <label htmlFor={points} title={t.tools.pointCountHint}>
            {t.tools.pointCount}
          </label>
          <NumberField
            id={points}
            value={options.pointCount ?? 0}
            min={0}
            max={1_000}
            onChange={(value) => set({ pointCount: value === 0 ? undefined : value })}
          />
        </div>
      )}
      {(tool === 'polygon' || tool === 'polyline') && (
        <>
          <Toggle
            label={t.tools.snapToPoint}
            checked={options.snapToPoint}
            onChange={(snapToPoint) => set({ snapToPoint })}
          />
          {tool === 'polygon' && (
            <Toggle
              label={t.tools.snapToContour}
              checked={options.snapToContour}
              onChange={(snapToContour) => set({ snapToContour })}
            />
          )}
        </>
      )}
      {tool === 'sam-click' && (
        <>
          <Toggle
            label={t.tools.asPolygon}
            checked={options.interactor.asPolygon}
            onChange={(asPolygon) => set({ interactor: { ...options.interactor, asPolygon } })}
          />
          {options.interactor.asPolygon && (
            <>
              <div className={styles.field}>
                <span>{t.tools.leastIou}</span>
                <span className={styles.number}>{options.interactor.iou.toFixed(3)}</span>
              </div>
              <Range
                label={t.tools.leastIou}
                value={options.interactor.iou}
                min={0.9}
                max={0.995}
                step={0.005}
                onChange={(iou) => set({ interactor: { ...options.interactor, iou } })}
              />
            </>
          )}
        </>
      )}
      {tool === 'mask' && (
        <>
          <Choice
            aria-label={t.tools.method}
            value={options.brush.mode}
            options={[
              { value: 'brush', text: t.tools.brush },
              { value: 'eraser', text: t.tools.eraser },
              { value: 'polygon-plus', text: t.tools.polygonPlus },
              { value: 'polygon-minus', text: t.tools.polygonMinus },
              { value: 'fill', text: t.tools.fill },
            ]}
            onChange={(mode) => brush({ mode })}
          />
          <Choice
            aria-label={t.tools.brushForm}
            value={options.brush.form}
            options={[
              { value: 'circle', text: t.tools.circle },
              { value: 'square', text: t.tools.square },
            ]}
            onChange={(form) => brush({ form })}
          />
          <div className={styles.field}>
            <span>{t.tools.brushSize}</span>
            <span className={styles.number}>{options.brush.size}</span>
          </div>
          <Range
            label={t.tools.brushSize}
            value={options.brush.size}
            min={MIN_BRUSH}
            max={MAX_BRUSH}
            onChange={(size) => brush({ size })}
          />
          <Toggle
            label={t.tools.removeUnderlying}
            checked={options.brush.removeUnderlying}
            onChange={(removeUnderlying) => brush({ removeUnderlying })}
          />
          <Toggle label={t.tools.showBox} checked={options.brush.showBox} onChange={(showBox) => brush({ showBox })} />
          <Toggle
            label={t.tools.pressure}
            checked={options.brush.pressure}
            onChange={(pressure) => brush({ pressure })}
          />
          <div className={styles.segments} role="group" aria-label={t.tools.clean}>
            <button type="button" onClick={() => desk.canvas.event({ type: 'remove-specks', pixels: SPECK })}>
              {t.tools.removeSpecks(SPECK)}
            </button>
            <button type="button" onClick={() => desk.canvas.event({ type: 'fill-holes', pixels: SPECK })}>
              {t.tools.fillHoles(SPECK)}
            </button>
          </div>
        </>
      )}
      <LabelList
        labels={desk.labels.fitting(kind)}
        value={options.label}
        onPick={(label) => {
          drawNext(desk, label);
          onPick();
        }}
      />
    </div>
  );
}
