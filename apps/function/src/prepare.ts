// Fetches a model and builds its graphs, so that an image starts without network and without building: node prepare.ts MODEL
import { openSam2Function } from '@roto/functions';
import { readFunctionConfig } from './config.ts';

const model_id = process.argv[2];
if (!model_id) {
  console.error('Give the model: builtin, or a published one such as facebook/sam2.1-hiera-tiny.');
  process.exit(2);
}
const { hub, graphs } = readFunctionConfig({ ...process.env, ROTO_STATE_STORE: 'memory' });
const { model, fingerprint } = await openSam2Function(
  { model_id, device: 'cpu', precision: 'float32' },
  { hub, graphs },
);
await model[Symbol.asyncDispose]();
console.log(`Prepared ${model_id} (${fingerprint}).`);
