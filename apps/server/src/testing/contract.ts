import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { App } from '../http/app.ts';

type Json = { [member: string]: unknown };
type Answer = { readonly content?: Readonly<Record<string, unknown>> };
type Check = (method: string, url: string, status: number, contentType: string | null, body: unknown) => void;

/**
 * Compares answers with what the published document says of them: a status that it names, a body where it has one, and in
 * a JSON body every member that must be there, of its type, and no other. What is not in the document is passed over.
 */
export function contractOf(app: App): Check {
  const ajv = new Ajv.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const document = closed(JSON.parse(JSON.stringify(app.swagger()))) as Json;
  ajv.addSchema({ $id: 'document', ...document });
  const paths = document.paths as Record<string, Record<string, { responses: Record<string, Answer> }>>;
  const templates = Object.keys(paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`) }));

  return (method, url, status, contentType, body) => {
    const place = url.split('?')[0]!;
    const path = templates.find((each) => each.pattern.test(place))?.path;
    const responses = path && paths[path]?.[method.toLowerCase()]?.responses;
    if (!responses) return;
    const what = `${method} ${path} answered ${status}`;
    const key = String(status) in responses ? String(status) : `${String(status)[0]}XX`;
    const answer = responses[key];
    if (!answer) throw new Error(`${what}, which the document does not name.`);
    const type = contentType?.split(';')[0]?.trim();
    if (!type?.includes('json')) {
      const isFile = Object.keys(answer.content ?? {}).some((each) => type && matches(each, type));
      const isEmpty = (answer.content === undefined || allowsNull(answer)) && (body === undefined || body === '');
      if (!isFile && !isEmpty) throw new Error(`${what} as ${type}, which the document does not name.`);
      return;
    }
    const [media] = Object.keys(answer.content ?? {}).filter((each) => each.includes('json'));
    if (media === undefined) throw new Error(`${what} with JSON, of which the document says nothing.`);
    const at = ['paths', path, method.toLowerCase(), 'responses', key, 'content', media, 'schema'];
    const validate = ajv.compile({ $ref: `document#/${at.map(pointer).join('/')}` });
    if (!validate(body))
      throw new Error(`${what}, not as its schema says: ${ajv.errorsText(validate.errors, { dataVar: 'body' })}`);
  };
}

/** Objects may have no members but those that are named, unless they say so: what is answered is in the document. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const json = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  if (json.type === 'object' && json.additionalProperties === undefined) json.additionalProperties = false;
  return json;
}

const matches = (range: string, type: string): boolean =>
  range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));

const allowsNull = (answer: Answer): boolean => JSON.stringify(answer.content).includes('"type":"null"');

const pointer = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
