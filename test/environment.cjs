// ONNX Runtime checks typed arrays against those of the realm that loaded it: hand the test's global the outer ones.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, { Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, ArrayBuffer });
  }
};
