// Opens a TF.js graph model from files, which TF.js itself does in browsers alone.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadGraphModel } from "@tensorflow/tfjs-converter";

export async function loadFromFiles(path) {
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(readFileSync(path, "utf8"));
  const shards = weightsManifest.flatMap((group) => group.paths.map((shard) => readFileSync(join(dirname(path), shard))));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  return loadGraphModel({ load: async () => ({ ...rest, modelTopology, weightSpecs, weightData }) });
}
