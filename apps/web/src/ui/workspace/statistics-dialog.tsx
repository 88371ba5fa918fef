import { useMemo } from 'react';
import { t } from '../../texts/en.ts';
import { kindOf } from '../../view/filter.ts';
import { Dialog } from '../controls/dialog.tsx';
import styles from './statistics-dialog.module.css';
import { useDesk, useDocument } from './use-desk.ts';

/** How many objects there are, by label and kind. */
export function StatisticsDialog() {
  const desk = useDesk();
  const objects = useDocument((state) => state.document.objects);
  const { kinds, counts } = useMemo(() => {
    const table = new Map<number, Map<string, number>>();
    const found = new Set<string>();
    for (const record of objects.values()) {
      const kind = record.kind === 'track' ? t.statistics.trackOf(kindOf(record)) : kindOf(record);
      found.add(kind);
      const row = table.get(record.label) ?? new Map<string, number>();
      row.set(kind, (row.get(kind) ?? 0) + 1);
      table.set(record.label, row);
    }
    return { kinds: [...found].sort(), counts: table };
  }, [objects]);
  return (
    <Dialog title={t.topBar.info} keys={desk.keys} onClose={() => desk.view.setState({ dialog: undefined })}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t.tools.label}</th>
            {kinds.map((kind) => (
              <th key={kind} scope="col">
                {kind}
              </th>
            ))}
            <th scope="col">{t.statistics.all}</th>
          </tr>
        </thead>
        <tbody>
          {desk.labels.list.map((label) => {
            const row = counts.get(label.id);
            return (
              <tr key={label.id}>
                <th scope="row">
                  <span className={styles.swatch} style={{ background: label.color }} />
                  {label.name}
                </th>
                {kinds.map((kind) => (
                  <td key={kind}>{row?.get(kind) ?? 0}</td>
                ))}
                <td>{row ? [...row.values()].reduce((sum, one) => sum + one, 0) : 0}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Dialog>
  );
}
