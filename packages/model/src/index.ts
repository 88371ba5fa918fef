export type * from './contract.ts';
export { roundToBfloat16 } from './runtime/bfloat16.ts';
export { type Device, DeviceError } from './runtime/device.ts';
export { type OpenOptions, openSam2 } from './runtime/open-sam2.ts';
export { ModelInputError, type Sam2 } from './runtime/sam2-model.ts';
export {
  type Architecture,
  ArchitectureError,
  checkedArchitecture,
  hiera,
  type PublishedSize,
  publishedArchitecture,
} from './sam2/variants.ts';
export { readConfigJson } from './weights/config-json.ts';
export { type WeightErrorCode, WeightFileError } from './weights/errors.ts';
export { fillTensor, fillValues, fillWeights, fnv1a, uniform } from './weights/fill.ts';
export { inventory, parameterCount } from './weights/inventory.ts';
export { type OpenedWeights, openTensorFile, openWeights } from './weights/open.ts';
export {
  WeightMissingError,
  WeightShapeError,
  type WeightSource,
  type WeightTensor,
} from './weights/source.ts';
export type { StoredTensor, TensorFile } from './weights/tensor-file.ts';
