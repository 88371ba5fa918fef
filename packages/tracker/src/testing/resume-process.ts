// The other process of bank-bytes.test.ts: reads a bank from standard input, takes steps, writes the bank that comes
// out to standard output. Arguments: first frame, number of frames.
import { buffer } from 'node:stream/consumers';
import { bankFromBytes, bankToBytes } from '../bank/bank-bytes.ts';
import { createColourModel } from './colour-model.ts';
import { takeSteps } from './steps.ts';

const model = createColourModel();
const bank = bankFromBytes(new Uint8Array(await buffer(process.stdin)), model);
const after = await takeSteps(model, bank, Number(process.argv[2]), Number(process.argv[3]));
process.stdout.write(bankToBytes(after, model));
