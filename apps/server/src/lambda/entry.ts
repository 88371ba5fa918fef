import { SHAPE_TYPES } from '@roto/annotations';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** A function of the gateway, as `/api/lambda/functions` shows it. */
export type LambdaFunction = {
  readonly id: string;
  readonly kind: 'detector' | 'interactor' | 'reid' | 'tracker';
  readonly name: string;
  readonly description: string;
  readonly version: number;
  readonly labels: readonly object[];
  /** What belongs to the kind alone, as functions of agents have it. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** CVAT's older tracker protocol: points of rectangles alone. */
  readonly legacy: boolean;
  /** Calls that it can work on at once. */
  readonly capacity: number;
  readonly state: string;
};

const Entry = Compile(
  Type.Object({
    metadata: Type.Object({
      name: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]*$', maxLength: 128 }),
      annotations: Type.Record(Type.String(), Type.String()),
    }),
    spec: Type.Object({ description: Type.Optional(Type.String({ maxLength: 4096 })) }),
    status: Type.Object({ state: Type.Optional(Type.String({ maxLength: 64 })) }),
  }),
);
const KINDS = ['detector', 'interactor', 'reid', 'tracker'] as const;

/** Reads an entry of a dashboard. Throws Error that says what is wrong with it. */
export function readEntry(id: string, value: unknown): LambdaFunction {
  if (!Entry.Check(value))
    throw new Error('it has no metadata.name, metadata.annotations, spec and status as Nuclio writes them');
  const { annotations } = value.metadata;
  const kind = KINDS.find((each) => each === annotations.type);
  if (!kind) throw new Error(`its type is ${JSON.stringify(annotations.type ?? '')}, not one of ${KINDS.join(', ')}`);
  const labels = annotations.spec ? (JSON.parse(annotations.spec) as unknown) : [];
  if (!Array.isArray(labels)) throw new Error('its spec is not a list of labels');
  const shapes = annotations.supported_shape_types;
  const legacy = kind === 'tracker' && shapes === undefined;
  const { minReplicas, replicas, triggers } = value.spec as {
    minReplicas?: number;
    replicas?: number;
    triggers?: Record<string, { numWorkers?: number }>;
  };
  const workers = Math.max(1, ...Object.values(triggers ?? {}).map(({ numWorkers }) => numWorkers ?? 1));
  return {
    id,
    kind,
    name: (annotations.name || id).slice(0, 128),
    description: value.spec.description ?? '',
    version: whole(annotations.version, 1),
    labels,
    spec: specOf(kind, annotations, shapes, labels),
    legacy,
    capacity: Math.min(64, workers * Math.max(1, replicas ?? minReplicas ?? 1)),
    state: value.status.state ?? 'ready',
  };
}

function specOf(
  kind: LambdaFunction['kind'],
  annotations: Readonly<Record<string, string>>,
  shapes: string | undefined,
  labels: readonly object[],
): Record<string, unknown> {
  switch (kind) {
    case 'tracker':
      return { supported_shape_types: shapes === undefined ? ['rectangle'] : shapeTypes(shapes) };
    case 'interactor':
      return {
        min_pos_points: whole(annotations.min_pos_points, 1),
        min_neg_points: whole(annotations.min_neg_points, -1),
        // As with CVAT, any text is true.
        startswith_box: Boolean(annotations.startswith_box),
        startswith_box_optional: Boolean(annotations.startswith_box_optional),
      };
    case 'detector':
      return { labels_v2: labels };
    case 'reid':
      return {};
  }
}

function shapeTypes(text: string): string[] {
  const types = text.split(',').map((each) => each.trim());
  for (const type of types)
    if (!(SHAPE_TYPES as readonly string[]).includes(type))
      throw new Error(`supported_shape_types names ${JSON.stringify(type)}, which is not a type of shape`);
  return types;
}

function whole(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new Error(`${JSON.stringify(text)} is not a whole number`);
  return value;
}
