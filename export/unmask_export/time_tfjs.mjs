// Does for TF.js what cost_runner.py does for TFLite and ONNX: node time_tfjs.mjs MODEL_JSON HEIGHT WIDTH
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";

const [path, height, width] = process.argv.slice(2);

function fromFile() {
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(readFileSync(path, "utf8"));
  const shards = weightsManifest.flatMap((group) => group.paths.map((shard) => readFileSync(join(dirname(path), shard))));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  return { load: async () => ({ ...rest, modelTopology, weightSpecs, weightData }) };
}

async function run(model) {
  const input = tf.fill([1, Number(height), Number(width), 3], 127);
  const outputs = [model.execute(input)].flat();
  await Promise.all(outputs.map((output) => output.data()));
  tf.dispose([input, outputs]);
}

await tf.setBackend("wasm");
console.log("ready");
let model;
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  if (model) await run(model);
  else model = await loadGraphModel(fromFile());
  console.log(performance.now() - start);
}
