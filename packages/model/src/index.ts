export type * from './contract.ts';
export type { DownloadProgress } from './hub/download.ts';
export { HubError, type HubErrorCode } from './hub/errors.ts';
export type { ModelFiles, ModelOptions } from './hub/locate.ts';
export {
  type ListedModel,
  listModels,
  pullModel,
  type ResolvedModel,
  resolveModel,
} from './hub/models.ts';
export { type HubOptions, hubOptionsFromEnv } from './hub/options.ts';
export { type PublishedModel, publishedModels } from './hub/published.ts';
export { type Verdict, verifyModel } from './hub/verify.ts';
export { makeFolder } from './make-folder.ts';
export { roundToBfloat16 } from './runtime/bfloat16.ts';
export { checkedDevice, type Device, DeviceError } from './runtime/device.ts';
export { type OpenOptions, openSam2 } from './runtime/open-sam2.ts';
export { effectivePrecision } from './runtime/precision.ts';
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
