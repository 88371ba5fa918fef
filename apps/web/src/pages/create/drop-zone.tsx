import { useRef, useState } from 'react';
import { t } from '../../texts/en.ts';
import { fileSize } from '../../texts/format.ts';
import { Button } from '../../ui/controls/button.tsx';
import styles from '../pages.module.css';
import { type Chosen, inOrder } from './files.ts';

type Props = { readonly chosen: Chosen; readonly onChoose: (chosen: Chosen) => void };

export function DropZone({ chosen, onChoose }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (list: FileList | null) => {
    if (list && list.length > 0) onChoose(inOrder([...list]));
  };
  return (
    <div
      className={styles.drop}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <p>{chosen.files.length === 0 ? t.create.drop : t.create.chosen(chosen.files.length, fileSize(chosen.bytes))}</p>
      <Button onClick={() => input.current?.click()}>
        {chosen.files.length === 0 ? t.create.choose : t.create.change}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t.create.choose}
        accept="video/*,image/*,.mkv,.avi,.ts,.flv,.wmv,.m2ts"
        onChange={(event) => take(event.target.files)}
      />
      {chosen.files.length > 0 && (
        <ul className={styles.files}>
          {chosen.files.slice(0, 50).map((file) => (
            <li key={file.name}>
              {file.name} · {fileSize(file.size)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
