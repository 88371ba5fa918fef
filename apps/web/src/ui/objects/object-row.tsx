import { ChevronDown, ChevronRight, Ellipsis, TriangleAlert } from 'lucide-react';
import { type MouseEvent, memo, useMemo } from 'react';
import { useStore } from 'zustand';
import { setLabel } from '../../commands/objects.ts';
import type { TrackRecord } from '../../document/records.ts';
import { spanOf } from '../../document/visible.ts';
import { t } from '../../texts/en.ts';
import { kindOf, sourcesOf } from '../../view/filter.ts';
import { colorOf, objectName } from '../../view/labels.ts';
import { IconButton } from '../controls/button.tsx';
import { classes } from '../controls/class-names.ts';
import { ContextMenu, Menu } from '../controls/menu.tsx';
import { useDesk, useSettings } from '../workspace/use-desk.ts';
import { AttributeFields } from './attribute-fields.tsx';
import { KindIcon, SourceIcon } from './kind-icon.tsx';
import { LabelPicker } from './label-picker.tsx';
import { ObjectFlags } from './object-flags.tsx';
import styles from './objects.module.css';
import type { ListedObject } from './use-listed.ts';
import { useObjectMenu } from './use-object-menu.tsx';

interface ObjectRowProps {
  row: ListedObject;
  index: number;
  top: number;
  measure: (element: HTMLElement | null) => void;
  isSelected: boolean;
  isUnfolded: boolean;
  onFold: () => void;
  onSelect: (event: MouseEvent) => void;
}

export const ObjectRow = memo(
  function ObjectRow({ row, index, top, measure, isSelected, isUnfolded, onFold, onSelect }: ObjectRowProps) {
    const desk = useDesk();
    const { uid, record } = row;
    const compact = useSettings((settings) => settings.density === 'compact');
    const colorBy = useSettings((settings) => settings.appearance.colorBy);
    const menu = useObjectMenu(uid);
    const refused = useStore(desk.session.state, (state) => state.refused.get(uid));
    const name = objectName(desk.labels, desk.numbers, record);
    const label = desk.labels.get(record.label);
    const kind = kindOf(record);
    const sources = useMemo(() => [...sourcesOf(record)], [record]);
    const hasAttributes = (label?.attributes.length ?? 0) > 0;
    const canChange = desk.readOnly() === undefined;

    return (
      <ContextMenu entries={menu} label={t.objects.menu(name)}>
        <div
          ref={measure}
          id={`object-${uid}`}
          data-index={index}
          role="row"
          tabIndex={-1}
          aria-rowindex={index + 1}
          aria-selected={isSelected}
          className={classes(styles.row, isSelected && styles.selected, record.hidden && styles.faint)}
          style={{ transform: `translateY(${top}px)` }}
          onClick={onSelect}
          onPointerEnter={() => desk.view.setState({ hover: uid })}
          onPointerLeave={() => desk.view.getState().hover === uid && desk.view.setState({ hover: undefined })}
        >
          <span
            className={styles.color}
            style={{ background: colorOf(record, desk.labels, desk.numbers, colorBy) }}
            aria-hidden
          />
          <div role="gridcell" className={styles.first}>
            <span className={styles.number}>{desk.numbers.of(uid)}</span>
            <KindIcon kind={kind} isTrack={record.kind === 'track'} />
            {canChange && !record.locked ? (
              <LabelPicker
                labels={desk.labels.fitting(kind)}
                value={record.label}
                name={t.objects.changeLabel(name)}
                onPick={(picked) => setLabel(desk, [uid], picked)}
              >
                <button
                  type="button"
                  className={styles.label}
                  aria-label={t.objects.changeLabel(name)}
                  tabIndex={-1}
                  onClick={(event) => event.stopPropagation()}
                >
                  {label?.name ?? t.objects.labelRemoved}
                  <ChevronDown size={12} aria-hidden />
                </button>
              </LabelPicker>
            ) : (
              <span className={styles.label}>{label?.name ?? t.objects.labelRemoved}</span>
            )}
            {refused !== undefined && (
              <span className={styles.refused} title={refused}>
                <TriangleAlert size={13} aria-hidden />
                {t.objects.notSaved}
              </span>
            )}
            <span className={styles.sources}>
              {sources.map((source) => (
                <SourceIcon key={source} source={source} />
              ))}
            </span>
            {hasAttributes && (
              <IconButton
                label={t.objects.attributes}
                tiny
                tabIndex={-1}
                aria-expanded={isUnfolded}
                onClick={(event) => {
                  event.stopPropagation();
                  onFold();
                }}
              >
                {isUnfolded ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
              </IconButton>
            )}
            <Menu entries={menu} label={t.objects.menu(name)}>
              <button
                type="button"
                className={styles.more}
                aria-label={t.objects.menu(name)}
                tabIndex={-1}
                onClick={(event) => event.stopPropagation()}
              >
                <Ellipsis size={16} aria-hidden />
              </button>
            </Menu>
          </div>
          {!compact && (
            <div role="gridcell" className={styles.second}>
              <ObjectFlags row={row} />
              {record.kind === 'track' && <span className={styles.span}>{spanText(record, desk.last)}</span>}
            </div>
          )}
          {isUnfolded && label && (
            <div role="gridcell">
              <AttributeFields record={record} label={label} here={row.here} />
            </div>
          )}
        </div>
      </ContextMenu>
    );
  },
  (a, b) =>
    a.row.record === b.row.record &&
    a.row.here === b.row.here &&
    a.index === b.index &&
    a.top === b.top &&
    a.isSelected === b.isSelected &&
    a.isUnfolded === b.isUnfolded,
);

function spanText(track: TrackRecord, end: number): string {
  const { first, last = end } = spanOf(track);
  return `${first}–${last}`;
}
