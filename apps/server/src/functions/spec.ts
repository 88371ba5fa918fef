import type { AnnotationFunction, FunctionKind, FunctionLabel, NewFunction } from '@roto/wire';
import { badRequest } from '../http/errors.ts';

/** Members of a function that belong to its kind. */
export type FunctionSpec = Pick<
  AnnotationFunction,
  | 'labels_v2'
  | 'supported_shape_types'
  | 'min_pos_points'
  | 'min_neg_points'
  | 'startswith_box'
  | 'startswith_box_optional'
>;

const FIELDS_OF_KIND = {
  detector: ['labels_v2'],
  interactor: ['min_pos_points', 'min_neg_points', 'startswith_box', 'startswith_box_optional'],
  reid: [],
  tracker: ['supported_shape_types'],
} as const satisfies Record<FunctionKind, readonly (keyof NewFunction)[]>;

/**
 * What belongs to the function's kind, complete and as it goes out on the wire.
 * @throws HttpError 400 that names the field
 */
export function specOf(body: NewFunction): FunctionSpec {
  if (body.provider !== 'native')
    throw badRequest('provider', `"${body.provider}" is not served here; functions of agents are "native".`);
  if (body.url || body.api_key)
    throw badRequest(body.url ? 'url' : 'api_key', 'A native function is served by agents, and has none.');
  if (body.name.trim() === '') throw badRequest('name', 'This field may not be blank.');
  for (const [kind, fields] of Object.entries(FIELDS_OF_KIND))
    for (const field of fields)
      if (kind !== body.kind && body[field] !== undefined)
        throw badRequest(field, `Belongs to functions of kind ${kind}; this one is of kind ${body.kind}.`);
  switch (body.kind) {
    case 'tracker':
      return { supported_shape_types: trackerTypes(body) };
    case 'detector':
      return { labels_v2: detectorLabels(body.labels_v2) };
    case 'interactor':
      return {
        min_pos_points: body.min_pos_points ?? 1,
        min_neg_points: body.min_neg_points ?? -1,
        startswith_box: body.startswith_box ?? false,
        startswith_box_optional: body.startswith_box_optional ?? false,
      };
    case 'reid':
      return {};
  }
}

function trackerTypes({ supported_shape_types: types }: NewFunction): FunctionSpec['supported_shape_types'] {
  if (!types || types.length === 0)
    throw badRequest('supported_shape_types', 'A tracker names at least one type of shape that it can follow.');
  if (new Set(types).size !== types.length) throw badRequest('supported_shape_types', 'A type is named twice.');
  return types;
}

function detectorLabels(labels: NewFunction['labels_v2']) {
  if (!labels || labels.length === 0) throw badRequest('labels_v2', 'A detector names the labels that it finds.');
  distinct(labels, 'labels_v2', 'label');
  return labels.map((label) => {
    if (label.sublabels && label.type !== 'skeleton')
      throw badRequest('labels_v2', `Label "${label.name}" has sublabels, but is no skeleton.`);
    distinct(label.sublabels ?? [], 'labels_v2', `sublabel of "${label.name}"`);
    return { ...complete(label), ...(label.sublabels ? { sublabels: label.sublabels.map(complete) } : {}) };
  });
}

/** Agents read `type` and `attributes` of every label. */
function complete(label: Omit<FunctionLabel, 'sublabels'>) {
  distinct(label.attributes ?? [], 'labels_v2', `attribute of "${label.name}"`);
  return { name: label.name, type: label.type ?? 'any', attributes: label.attributes ?? [] };
}

function distinct(named: readonly { readonly name: string }[], field: string, what: string): void {
  const seen = new Set<string>();
  for (const { name } of named) {
    if (seen.has(name)) throw badRequest(field, `There are two of the ${what} "${name}".`);
    seen.add(name);
  }
}
