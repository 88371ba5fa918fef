import { SAM2_SHAPES } from '@roto/functions';
import type { FunctionConfig } from './config.ts';

/** The entry that Nuclio's dashboard would have for this function, for a gateway without a dashboard. */
export function functionEntry({ model, name }: FunctionConfig): object {
  return {
    metadata: {
      name,
      annotations: {
        name: 'Segment Anything 2: Tracker',
        type: 'tracker',
        spec: '',
        supported_shape_types: SAM2_SHAPES.join(', '),
      },
    },
    spec: { description: `Follows outlined objects with SAM 2 (${model})`, minReplicas: 1, maxReplicas: 1 },
    status: { state: 'ready' },
  };
}
