import { useId } from 'react';
import { setAttribute } from '../../commands/objects.ts';
import type { ObjectRecord } from '../../document/records.ts';
import type { ObjectOnFrame } from '../../document/visible.ts';
import type { JobAttribute, JobLabel } from '../../view/labels.ts';
import { Choice, NumberField, TextField, Toggle } from '../controls/fields.tsx';
import { useDesk } from '../workspace/use-desk.ts';
import styles from './objects.module.css';

interface AttributeFieldsProps {
  record: ObjectRecord;
  label: JobLabel;
  here: ObjectOnFrame | undefined;
}

export function AttributeFields({ record, label, here }: AttributeFieldsProps) {
  const desk = useDesk();
  const values = new Map((here?.attributes ?? record.attributes).map(({ spec_id, value }) => [spec_id, value]));
  return (
    <fieldset
      className={styles.attributes}
      disabled={record.locked || desk.readOnly() !== undefined}
      onClick={(event) => event.stopPropagation()}
    >
      {label.attributes.map((attribute) => (
        <AttributeField
          key={attribute.id}
          attribute={attribute}
          value={values.get(attribute.id) ?? attribute.default_value}
          onChange={(value) => setAttribute(desk, record.uid, attribute.id, value)}
        />
      ))}
    </fieldset>
  );
}

interface AttributeFieldProps {
  attribute: JobAttribute;
  value: string;
  onChange: (value: string) => void;
}

function AttributeField({ attribute, value, onChange }: AttributeFieldProps) {
  const id = useId();
  const { name, input_type, values } = attribute;
  if (input_type === 'checkbox') {
    return <Toggle label={name} checked={value === 'true'} onChange={(checked) => onChange(String(checked))} />;
  }
  return (
    <div className={styles.attribute}>
      <label htmlFor={id}>{name}</label>
      {input_type === 'number' ? (
        <NumberField
          id={id}
          value={Number(value) || 0}
          min={Number(values[0] ?? 0)}
          max={Number(values[1] ?? 1e9)}
          onChange={(next) => onChange(String(next))}
        />
      ) : input_type === 'text' ? (
        <TextField
          id={id}
          key={value}
          defaultValue={value}
          onBlur={(event) => event.target.value !== value && onChange(event.target.value)}
        />
      ) : (
        <Choice id={id} value={value} options={values.map((one) => ({ value: one, text: one }))} onChange={onChange} />
      )}
    </div>
  );
}
