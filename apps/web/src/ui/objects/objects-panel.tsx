import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronsUpDown, Eye, EyeOff, Lock, LockOpen } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { toggleAll, toggleOwn } from '../../commands/flags.ts';
import type { Uid } from '../../document/records.ts';
import { t } from '../../texts/en.ts';
import { IconButton } from '../controls/button.tsx';
import { Choice, TextField, Toggle } from '../controls/fields.tsx';
import { useDesk, useKeysText, useSettings, useView } from '../workspace/use-desk.ts';
import { ObjectRow } from './object-row.tsx';
import styles from './objects.module.css';
import { selectRow } from './select-row.ts';
import { useListed } from './use-listed.ts';

const ROW = { normal: 52, compact: 30 };

export function ObjectsPanel() {
  const desk = useDesk();
  const keysText = useKeysText();
  const { sort, density, wholeJob } = useSettings((settings) => settings);
  const filter = useView((view) => view.filter);
  const selection = useView((view) => view.selection);
  const listed = useListed();
  const [unfolded, setUnfolded] = useState<ReadonlySet<Uid>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const { rows } = listed;
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW[density],
    overscan: 8,
    getItemKey: (index) => rows[index]!.uid,
  });

  const current = selection.at(-1);
  const currentAt = current === undefined ? -1 : rows.findIndex(({ uid }) => uid === current);
  useEffect(() => {
    if (currentAt >= 0) list.scrollToIndex(currentAt, { align: 'auto' });
  }, [currentAt, list.scrollToIndex]);

  const allLocked = rows.length > 0 && rows.every(({ record }) => record.locked);
  const allHidden = rows.length > 0 && rows.every(({ record }) => record.hidden);
  const toggle = (flag: 'locked' | 'hidden') =>
    wholeJob
      ? toggleOwn(
          desk,
          rows.map(({ uid }) => uid),
          flag,
        )
      : toggleAll(desk, flag);

  const move = (to: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row) selectRow(desk, rows, row.uid, { go: wholeJob });
  };

  return (
    <div className={styles.panel}>
      <div className={styles.tools}>
        <TextField
          type="search"
          className={styles.filter}
          aria-label={t.topBar.filter}
          placeholder={t.objects.filter}
          value={filter}
          onChange={(event) => desk.view.setState({ filter: event.target.value })}
        />
        <div className={styles.bar}>
          <span className={styles.count}>{t.objects.count(rows.length, listed.total)}</span>
          <IconButton
            label={allLocked ? t.objects.unlockAll : t.objects.lockAll}
            keys={keysText('object.lock-all')}
            tiny
            onClick={() => toggle('locked')}
          >
            {allLocked ? <Lock size={15} /> : <LockOpen size={15} />}
          </IconButton>
          <IconButton
            label={allHidden ? t.objects.showAll : t.objects.hideAll}
            keys={keysText('object.hide-all')}
            tiny
            onClick={() => toggle('hidden')}
          >
            {allHidden ? <EyeOff size={15} /> : <Eye size={15} />}
          </IconButton>
          <IconButton
            label={t.objects.attributes}
            tiny
            aria-pressed={unfolded.size > 0}
            onClick={() => setUnfolded(unfolded.size > 0 ? new Set() : new Set(rows.map(({ uid }) => uid)))}
          >
            <ChevronsUpDown size={15} />
          </IconButton>
        </div>
        <div className={styles.bar}>
          <Toggle
            label={t.objects.wholeJob}
            checked={wholeJob}
            onChange={(checked) => desk.settings.setState({ wholeJob: checked })}
          />
          <Choice
            aria-label={t.objects.sort}
            className={styles.sort}
            value={sort}
            options={(['id', 'label', 'changed', 'z'] as const).map((value) => ({
              value,
              text: t.objects.sorts[value],
            }))}
            onChange={(value) => desk.settings.setState({ sort: value })}
          />
        </div>
      </div>
      {/* One tab stop for the whole list; the rows that are not rendered are counted too. */}
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        tabIndex={0}
        aria-label={wholeJob ? t.objects.listOfJob : t.objects.list}
        aria-rowcount={rows.length}
        aria-activedescendant={currentAt >= 0 ? `object-${current}` : undefined}
        aria-multiselectable
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return;
          const moves: Record<string, number> = {
            ArrowDown: currentAt + 1,
            ArrowUp: currentAt - 1,
            Home: 0,
            End: rows.length - 1,
          };
          const to = moves[event.key];
          if (to === undefined || event.ctrlKey || event.altKey) return;
          event.preventDefault();
          event.stopPropagation();
          move(to);
        }}
      >
        {rows.length === 0 ? (
          <EmptyList filtered={listed.total > 0} />
        ) : (
          <div style={{ height: list.getTotalSize(), position: 'relative' }} role="presentation">
            {list.getVirtualItems().map((item) => {
              const row = rows[item.index]!;
              return (
                <ObjectRow
                  key={item.key}
                  row={row}
                  index={item.index}
                  top={item.start}
                  measure={list.measureElement}
                  isSelected={selection.includes(row.uid)}
                  isUnfolded={unfolded.has(row.uid)}
                  onFold={() => setUnfolded((now) => toggled(now, row.uid))}
                  onSelect={(event) =>
                    selectRow(desk, rows, row.uid, {
                      go: wholeJob,
                      toggle: event.ctrlKey || event.metaKey,
                      range: event.shiftKey,
                    })
                  }
                />
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

function EmptyList({ filtered }: { filtered: boolean }) {
  const tool = useView((view) => view.lastTool);
  const keysText = useKeysText();
  return (
    <div className={styles.empty} role="row">
      <div role="gridcell">
        <p>{filtered ? t.objects.noneMatch : t.objects.noneHere}</p>
        {!filtered && (
          <p>{t.objects.drawHint(keysText('tool.repeat') ?? '', (t.tools[tool as 'polygon'] ?? tool).toLowerCase())}</p>
        )}
      </div>
    </div>
  );
}

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
