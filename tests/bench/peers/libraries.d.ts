// The peers' libraries are installed by `make bench` alone; `make lint` checks our own side of their use without them.
declare module "@jax-js/jax";
declare module "@tensorflow/tfjs-core";
declare module "@tensorflow/tfjs-core/dist/register_all_gradients";
declare module "@tensorflow/tfjs-backend-wasm";
declare module "@tensorflow/tfjs-backend-webgpu";
