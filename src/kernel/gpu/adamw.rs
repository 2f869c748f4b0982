//! AdamW over arrays on a GPU, in place: all parameters that lie in one array at once, and the rows of a table. See
//! [`crate::kernel::Update`] for the formula.
//!
//! The global norm never leaves the device: [`squares`] sums gradients' squares up, workgroup by workgroup, [`clip`] makes
//! the norm of them and what gradients are multiplied by, and the updates read that.

use burn::backend::TensorMetadata;
use burn_wgpu::CubeTensor;

use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::adamw::Update;

/// Values of one parameter come in blocks of this size, each with a learning rate and a weight decay of its own.
pub const BLOCK: usize = 1024;
const THREADS: u32 = 64;
/// Elements that a workgroup sums up.
const RUN: usize = 2048;
/// Rows of a table that a workgroup looks through.
const ROWS_AT_ONCE: usize = 16;
/// A block that is left as it is has this factor.
pub const IDLE: f32 = -1.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pass {
    /// Σ x² of each run of values.
    Squares,
    /// Partial sums → the norm, and what gradients are multiplied by.
    Clip,
    /// One array of parameters.
    Flat,
    /// Rows of a table that have a gradient.
    Rows,
    /// All other rows of the table.
    OtherRows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct AdamW {
    pass: Pass,
    /// Values of a table's row that are read at a time.
    lanes: usize,
}

impl Shader for AdamW {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let values = [
            ("element", (if self.lanes == 4 { "vec4f" } else { "f32" }).to_owned()),
            ("square", (if self.lanes == 4 { "dot(x[i], x[i])" } else { "x[i] * x[i]" }).to_owned()),
            ("read", READ.to_owned()),
            ("threads", THREADS.to_string()),
            ("block", (BLOCK / 4).to_string()),
            ("run", RUN.to_string()),
            ("rows", ROWS_AT_ONCE.to_string()),
        ];
        let text = match self.pass {
            Pass::Squares => [REDUCE, SQUARES].concat(),
            Pass::Clip => [REDUCE, CLIP].concat(),
            Pass::Flat => [UPDATE, FLAT].concat(),
            Pass::Rows => [UPDATE, ROWS].concat(),
            Pass::OtherRows => [UPDATE, OTHER_ROWS].concat(),
        };
        [PIECE, &fill(&text, &values)].concat()
    }
}

const REDUCE: &str = "
var<workgroup> parts: array<f32, $threads>;

// For the first invocation; others have no use for it.
fn over_workgroup(t: u32, value: f32) -> f32 {
    parts[t] = value;
    workgroupBarrier();
    var sum = 0.0;
    if (t == 0u) {
        for (var i = 0u; i < $threadsu; i += 1u) { sum += parts[i]; }
    }
    return sum;
}
";

const SQUARES: &str = "
@group(0) @binding(0) var<storage, $read> x: array<$element>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
// Elements of x, and where in the sums its own begin.
struct Sizes { size: u32, first: u32 }
@group(0) @binding(2) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let number = group.y * count.x + group.x;
    let end = min(p.size, (number + 1u) * $runu);
    var sum = 0.0;
    for (var i = number * $runu + t; i < end; i += $threadsu) { sum += $square; }
    let all = over_workgroup(t, sum);
    if (t == 0u && number * $runu < p.size) { sums[p.first + number] = all; }
}
";

const CLIP: &str = "
@group(0) @binding(0) var<storage, $read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
struct Sizes { size: u32, largest: f32 }
@group(0) @binding(2) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(local_invocation_index) t: u32) {
    var sum = 0.0;
    for (var i = t; i < p.size; i += $threadsu) { sum += sums[i]; }
    let length = sqrt(over_workgroup(t, sum));
    if (t == 0u) {
        norm[0] = length;
        // As torch.nn.utils.clip_grad_norm_; a limit of 0 is none.
        norm[1] = select(min(1.0, p.largest / (length + 1e-6)), 1.0, p.largest == 0.0);
    }
}
";

const UPDATE: &str = "
struct Update {
    learning_rate: f32,
    // One over 1 minus the first decay to the power of the step, and the root of the second's.
    lift: f32,
    root: f32,
    epsilon: f32,
    beta_1: f32,
    rest_1: f32,
    beta_2: f32,
    rest_2: f32,
}
";

const FLAT: &str = "
@group(0) @binding(0) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(1) var<storage, $read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> second: array<vec4f>;
// For each block: a factor of the learning rate, and a weight decay.
@group(0) @binding(4) var<storage, $read> blocks: array<vec2f>;
@group(0) @binding(5) var<storage, $read> norm: array<f32>;
struct Sizes { update: Update, blocks: u32 }
@group(0) @binding(6) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let block = group.y * count.x + group.x;
    if (block >= p.blocks) { return; }
    let how = blocks[block];
    if (how.x < 0.0) { return; }
    let u = p.update;
    let rate = u.learning_rate * how.x;
    let keep = 1.0 - rate * how.y;
    let scale = norm[1];
    for (var i = block * $blocku + t; i < (block + 1u) * $blocku; i += $threadsu) {
        let g = gradients[i] * scale;
        let m = u.beta_1 * first[i] + u.rest_1 * g;
        let v = u.beta_2 * second[i] + u.rest_2 * g * g;
        first[i] = m;
        second[i] = v;
        parameters[i] = keep * parameters[i] - rate * u.lift * m / (sqrt(v) * u.root + u.epsilon);
    }
}
";

const ROWS: &str = "
@group(0) @binding(0) var<storage, read_write> table: array<$element>;
@group(0) @binding(1) var<storage, read_write> first: array<$element>;
@group(0) @binding(2) var<storage, read_write> second: array<$element>;
// In which step each row last had a gradient; 0 for never.
@group(0) @binding(3) var<storage, read_write> steps: array<u32>;
@group(0) @binding(4) var<storage, $read> rows: array<u32>;
@group(0) @binding(5) var<storage, $read> gradients: array<$element>;
@group(0) @binding(6) var<storage, $read> norm: array<f32>;
struct Sizes { update: Update, factor: f32, decay: f32, step: u32, width: u32, count: u32 }
@group(0) @binding(7) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let number = group.y * count.x + group.x;
    if (number >= p.count) { return; }
    let row = rows[number];
    let u = p.update;
    let rate = u.learning_rate * p.factor;
    let keep = 1.0 - rate * p.decay;
    for (var column = t; column < p.width; column += $threadsu) {
        let i = row * p.width + column;
        let g = gradients[number * p.width + column] * norm[1];
        let m = u.beta_1 * first[i] + u.rest_1 * g;
        let v = u.beta_2 * second[i] + u.rest_2 * g * g;
        first[i] = m;
        second[i] = v;
        table[i] = keep * table[i] - rate * u.lift * m / (sqrt(v) * u.root + u.epsilon);
    }
    if (t == 0u) { steps[row] = p.step; }
}
";

/// A workgroup looks through some rows, and stops at those that it has something to do with: an emulated adapter would run
/// through a branch for rows that it is not for, too.
const OTHER_ROWS: &str = "
@group(0) @binding(0) var<storage, read_write> table: array<$element>;
@group(0) @binding(1) var<storage, read_write> first: array<$element>;
@group(0) @binding(2) var<storage, read_write> second: array<$element>;
@group(0) @binding(3) var<storage, $read> steps: array<u32>;
struct Sizes { update: Update, factor: f32, decay: f32, step: u32, width: u32, count: u32 }
@group(0) @binding(4) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let begin = (group.y * count.x + group.x) * $rowsu;
    let end = min(begin + $rowsu, p.count);
    let u = p.update;
    let rate = u.learning_rate * p.factor;
    let keep = 1.0 - rate * p.decay;
    // A row that never had a gradient has moments of zero: only decay moves it.
    var row = select(begin, end, keep == 1.0);
    while (row < end) {
        while (row < end && steps[row] != 0u) { row += 1u; }
        let columns = select(0u, p.width, row < end);
        for (var column = t; column < columns; column += $threadsu) { table[row * p.width + column] *= keep; }
        row += 1u;
    }
    // One that had one in an earlier step goes on moving.
    row = begin;
    while (row < end) {
        while (row < end && (steps[row] == 0u || steps[row] == p.step)) { row += 1u; }
        let columns = select(0u, p.width, row < end);
        for (var column = t; column < columns; column += $threadsu) {
            let i = row * p.width + column;
            let m = u.beta_1 * first[i];
            let v = u.beta_2 * second[i];
            first[i] = m;
            second[i] = v;
            table[i] = keep * table[i] - rate * u.lift * m / (sqrt(v) * u.root + u.epsilon);
        }
        row += 1u;
    }
}
";

/// Numbers of an update as the uniform has them.
fn numbers(update: &Update) -> [u32; 8] {
    let lift = (1.0 - update.beta1.powi(update.step)).recip();
    let root = (1.0 - update.beta2.powi(update.step)).sqrt().recip();
    let betas = [update.beta1, 1.0 - update.beta1, update.beta2, 1.0 - update.beta2];
    let [b1, r1, b2, r2] = betas;
    [update.learning_rate, lift, root, update.epsilon, b1, r1, b2, r2].map(|number| (number as f32).to_bits())
}

fn shader(pass: Pass, width: usize) -> AdamW {
    AdamW { pass, lanes: if width.is_multiple_of(4) { 4 } else { 1 } }
}

/// Elements of an array as [`squares`] reads it.
fn elements(x: &CubeTensor) -> usize {
    let size = x.shape().num_elements();
    if size.is_multiple_of(4) { size / 4 } else { size }
}

/// How many sums [`squares`] makes of an array.
pub fn runs(x: &CubeTensor) -> usize {
    elements(x).div_ceil(RUN)
}

/// Σ x² of each run of an array's values, put into `sums` from `first` on.
pub fn squares(x: &CubeTensor, sums: &CubeTensor, first: usize) {
    let numbers = [elements(x), first].map(|number| number as u32);
    run(shader(Pass::Squares, x.shape().num_elements()), groups(runs(x), 1), &[x, sums], &numbers);
}

/// Sums of squares → the norm of all, and what gradients are multiplied by so that it is at most `largest`, `[2]`.
pub fn clip(sums: &CubeTensor, largest: f64) -> CubeTensor {
    let norm = room(sums, [2]);
    let numbers = [sums.shape().num_elements() as u32, (largest as f32).to_bits()];
    run(shader(Pass::Clip, 4), [1, 1, 1], &[sums, &norm], &numbers);
    norm
}

/// One step of an array of parameters: parameters, gradients, both moments, `[N]` each; for each block a factor of the
/// learning rate, [`IDLE`] to leave it out, and a weight decay `[N / BLOCK, 2]`; and [`clip`]'s two numbers.
pub fn flat(arrays: [&CubeTensor; 4], blocks: &CubeTensor, norm: &CubeTensor, update: &Update) {
    let [parameters, gradients, first, second] = arrays;
    let count = parameters.shape().num_elements() / BLOCK;
    let numbers = [numbers(update).as_slice(), &[count as u32]].concat();
    let arrays = [parameters, gradients, first, second, blocks, norm];
    run(shader(Pass::Flat, 4), groups(count, 1), &arrays, &numbers);
}

/// One step of a table `[V, E]` with its moments, of which the rows `rows` `[U]` have gradients `[U, E]`. `steps` `[V]`
/// holds when each row last had one. The update's own learning rate and weight decay hold for the table.
pub fn rows(
    [table, first, second, steps]: [&CubeTensor; 4],
    [rows, gradients]: [&CubeTensor; 2],
    norm: &CubeTensor,
    update: &Update,
) {
    let [all, width] = table.shape().dims();
    let count = rows.shape().num_elements();
    let some = shader(Pass::Rows, width);
    let other = shader(Pass::OtherRows, width);
    let decay = [1.0_f32.to_bits(), (update.weight_decay as f32).to_bits()];
    let numbers = |count: usize| {
        let sizes = [update.step as u32, (width / some.lanes) as u32, count as u32];
        [numbers(update).as_slice(), &decay, &sizes].concat()
    };
    let arrays = [table, first, second, steps, rows, gradients, norm];
    run(some, groups(count, 1), &arrays, &numbers(count));
    run(other, groups(all.div_ceil(ROWS_AT_ONCE), 1), &[table, first, second, steps], &numbers(all));
}
