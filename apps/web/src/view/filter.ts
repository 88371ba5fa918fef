// The filter of the object list: words, and terms like `source:tracker`, `type:mask`, `label:car`, `is:locked`.
import type { ObjectRecord } from '../document/records.ts';
import { type Labels, type Numbers, objectName } from './labels.ts';

export type ObjectTest = (record: ObjectRecord) => boolean;

export function kindOf(record: ObjectRecord): string {
  if (record.kind === 'tag') return 'tag';
  return record.kind === 'shape' ? record.geometry.kind : record.keyframes[0]!.geometry.kind;
}

/** Who made it: a person, the tracker or an import. A track that both worked on counts for both. */
export function sourcesOf(record: ObjectRecord): ReadonlySet<string> {
  const sources = new Set<string>();
  if (record.kind === 'track') for (const keyframe of record.keyframes) sources.add(keyframe.origin);
  else sources.add(record.source === 'file' ? 'import' : record.source === 'auto' ? 'tracker' : 'person');
  return sources;
}

export function parseFilter(text: string, labels: Labels, numbers: Numbers): ObjectTest {
  const tests = text
    .trim()
    .split(/\s+/)
    .filter((term) => term !== '')
    .map((term) => termTest(term.toLowerCase(), labels, numbers));
  return (record) => tests.every((test) => test(record));
}

function termTest(term: string, labels: Labels, numbers: Numbers): ObjectTest {
  const [, field, value = ''] = /^(source|type|label|is):(.*)$/.exec(term) ?? [];
  switch (field) {
    case 'source':
      return (record) => [...sourcesOf(record)].some((source) => source.startsWith(value));
    case 'type':
      return (record) => kindOf(record).startsWith(value) || record.kind.startsWith(value);
    case 'label':
      return (record) => labels.name(record.label).toLowerCase().includes(value);
    case 'is':
      return (record) => (value === 'locked' && record.locked) || (value === 'hidden' && record.hidden);
    default:
      return (record) =>
        objectName(labels, numbers, record).toLowerCase().includes(term) ||
        record.attributes.some((attribute) => attribute.value.toLowerCase().includes(term));
  }
}
