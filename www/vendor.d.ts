// Types of what the build puts into pkg/, which is not there when the sources are checked.

declare module "*/pkg/vendor/uplot.js" {
  export { default } from "uplot";
}

declare module "*/pkg/vendor/client-zip.js" {
  export * from "client-zip";
}

declare module "*/pkg/vendor/unzipit.js" {
  export * from "unzipit";
}

declare module "*/pkg/cpu/tabtune.js" {
  /** The wasm module's one class; errors are thrown as `Mistake` objects. */
  export class Engine {
    static recipe_fields(): {
      fields: import("./protocol.js").RecipeField[];
      defaults: import("./protocol.js").Recipe;
    };
    static score_words(): import("./protocol.js").ScoreWords[];
    static encodings(): [string, string][];
    static shard_names(index: Uint8Array): string[];
    static check_recipe(recipe: import("./protocol.js").Recipe): import("./protocol.js").Mistake[];
    start_device(kind: "gpu" | "cpu"): Promise<import("./protocol.js").DeviceInfo>;
    table_look(name: string, dialect: import("./protocol.js").Dialect): null;
    table_survey(piece: Uint8Array, first: boolean): boolean | null;
    table_begin(): null;
    table_push(piece: Uint8Array, last: boolean): boolean;
    table_finish(whole?: Uint8Array): import("./protocol.js").TableInfo;
    table_finish_measured(
      whole: Uint8Array | undefined,
      like: import("./protocol.js").Mapping | null,
    ): import("./protocol.js").OpenMeasured;
    measure_begin(mapping: import("./protocol.js").Mapping): number;
    measure_step(rows: number): Promise<number>;
    measure_finish(): import("./protocol.js").Measured;
    measured_misses_begin(mapping: import("./protocol.js").Mapping, most: number): number;
    table_drop(): void;
    guess_mapping(task: import("./protocol.js").Task): import("./protocol.js").Mapping;
    suggest(): Promise<import("./protocol.js").Suggestions>;
    map_columns(mapping: import("./protocol.js").Mapping): import("./protocol.js").DatasetInfo;
    tokenize(rows: number): { done: number; total: number };
    dataset_info(): import("./protocol.js").DatasetInfo | null;
    open_model(files: import("./protocol.js").ModelFiles, name: string): Promise<import("./protocol.js").ModelInfo>;
    start(recipe: import("./protocol.js").Recipe): import("./protocol.js").RunInfo;
    static check_search(
      recipe: import("./protocol.js").Recipe,
      plan: import("./protocol.js").SearchPlan,
      task: import("./protocol.js").Task,
    ): { runs: number | null; mistakes: import("./protocol.js").Mistake[] };
    start_search(
      recipe: import("./protocol.js").Recipe,
      plan: import("./protocol.js").SearchPlan,
    ): import("./protocol.js").SearchInfo;
    run_steps(units: number): Promise<import("./protocol.js").RunEvent[]>;
    stop(): Promise<import("./protocol.js").RunEvent[]>;
    checkpoint(): Promise<{ bytes: Uint8Array; info: import("./protocol.js").CheckpointInfo }>;
    check_resume(bytes: Uint8Array): Promise<void>;
    resume(bytes: Uint8Array): Promise<import("./protocol.js").RunInfo>;
    told(): import("./protocol.js").RunEvent[];
    search_under_way(): {
      info: import("./protocol.js").SearchInfo;
      base: import("./protocol.js").Recipe;
    } | null;
    static checkpoint_info(bytes: Uint8Array): import("./protocol.js").CheckpointInfo;
    predict(request: import("./protocol.js").PredictRequest): Promise<import("./protocol.js").Prediction[]>;
    cut(request: import("./protocol.js").PredictRequest): import("./protocol.js").Cut;
    sheet_look(name: string, dialect: import("./protocol.js").Dialect): null;
    sheet_survey(piece: Uint8Array): null;
    sheet_open(): import("./protocol.js").SheetInfo | null;
    sheet_whole(bytes: Uint8Array): import("./protocol.js").SheetInfo;
    sheet_begin(request: import("./protocol.js").SheetRequest): { header: Uint8Array<ArrayBuffer>; whole: boolean };
    sheet_push(piece: Uint8Array, last: boolean): number;
    sheet_predict(rows: number): Promise<Uint8Array<ArrayBuffer>>;
    sheet_cut(): import("./protocol.js").Cut;
    sheet_finish(): Uint8Array<ArrayBuffer>;
    misses_begin(side: import("./protocol.js").Side, most: number): number;
    misses_step(rows: number): Promise<number>;
    misses_finish(): import("./protocol.js").Misses;
    export_files(meta: {
      created: string;
      browser: string;
      base_model?: string;
    }): Promise<{ path: string; bytes: Uint8Array }[]>;
    python_files(recipe: import("./protocol.js").Recipe, base: string): Promise<{ path: string; bytes: Uint8Array }[]>;
    export_adapter(
      base: string,
      meta: { created: string; browser: string },
    ): Promise<{ path: string; bytes: Uint8Array }[]>;
    export_onnx(
      precisions: import("./protocol.js").Precision[],
      meta: { created: string; browser: string },
    ): Promise<{ path: string; bytes: Uint8Array }[]>;
  }

  export default function init(options: { module_or_path: WebAssembly.Module }): Promise<unknown>;
}

declare module "*/pkg/threads/tabtune.js" {
  export * from "*/pkg/cpu/tabtune.js";
  export { default } from "*/pkg/cpu/tabtune.js";
  export function initSync(options: { module: WebAssembly.Module; memory: unknown }): unknown;
  export function pool_memory(): unknown;
  export function start_pool(threads: number): void;
  export function join_pool(): void;
}

declare module "*/pkg/threads/built.js" {
  /** Whether the modules with threads could be built. */
  export const built: boolean;
}

/** What a service worker of a built page finds around itself: workbox, and the list that `make dist` writes. */
interface KeepingScope {
  EDITION: { edition: string; encoder: string; files: { url: string; revision: string }[] };
  workbox: any;
  importScripts(...scripts: string[]): void;
  skipWaiting(): Promise<void>;
  addEventListener(type: "activate", listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}
