// One more thread of our engine: enters the memory that tabtune-worker.js sends and works there until the page closes.
self.onmessage = async ({ data: { path, compiled, memory } }) => {
  const { initSync, join_pool } = await import(path);
  initSync({ module: compiled, memory });
  self.postMessage("ready");
  join_pool();
};
