//! AdamW over arrays on a GPU, in place: all parameters that lie in one array at once, and the rows of a table. See
//! [`crate::kernel::Update`] for the formula.
//!
//! The global norm never leaves the device: [`squares`] sums gradients' squares up, workgroup by workgroup, [`clip`] makes
//! the norm of them and what gradients are multiplied by, and the updates read that.

use burn::backend::TensorMetadata;
use burn_wgpu::CubeTensor;

use super::embed::upload;
use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::adamw::{Factors, Update};
use crate::kernel::late::LateRow;

/// Values of one parameter come in blocks of this size, each with a learning rate and a weight decay of its own.
pub const BLOCK: usize = 1024;
const THREADS: u32 = 64;
/// Elements that a workgroup sums up.
const RUN: usize = 2048;
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
    /// Rows of a table that have steps without a gradient before them.
    Late,
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
        ];
        let text = match self.pass {
            Pass::Squares => [REDUCE, SQUARES].concat(),
            Pass::Clip => [REDUCE, CLIP].concat(),
            Pass::Flat => [UPDATE, FLAT].concat(),
            Pass::Rows => [UPDATE, ROWS].concat(),
            Pass::Late => LATE.to_owned(),
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
@group(0) @binding(3) var<storage, $read> rows: array<u32>;
@group(0) @binding(4) var<storage, $read> gradients: array<$element>;
@group(0) @binding(5) var<storage, $read> norm: array<f32>;
struct Sizes { update: Update, decay: f32, width: u32, count: u32 }
@group(0) @binding(6) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let number = group.y * count.x + group.x;
    if (number >= p.count) { return; }
    let row = rows[number];
    let u = p.update;
    let keep = 1.0 - u.learning_rate * p.decay;
    for (var column = t; column < p.width; column += $threadsu) {
        let i = row * p.width + column;
        let g = gradients[number * p.width + column] * norm[1];
        let m = u.beta_1 * first[i] + u.rest_1 * g;
        let v = u.beta_2 * second[i] + u.rest_2 * g * g;
        first[i] = m;
        second[i] = v;
        table[i] = keep * table[i] - u.learning_rate * u.lift * m / (sqrt(v) * u.root + u.epsilon);
    }
}
";

/// A workgroup has a row. One that never had a gradient has moments of zero: decay alone moves it. These are loops that end
/// at once rather than branches, which an emulated adapter would run through in any case.
const LATE: &str = "
@group(0) @binding(0) var<storage, read_write> table: array<$element>;
@group(0) @binding(1) var<storage, read_write> first: array<$element>;
@group(0) @binding(2) var<storage, read_write> second: array<$element>;
// A row, how many steps it has behind it, and 1 if it has ever had a gradient.
@group(0) @binding(3) var<storage, $read> rows: array<vec3u>;
// Of each step: what decay leaves, the learning rate over 1 minus the first decay's power, and the root of the second's.
@group(0) @binding(4) var<storage, $read> steps: array<vec4f>;
struct Sizes { beta_1: f32, beta_2: f32, epsilon: f32, width: u32, count: u32, steps: u32 }
@group(0) @binding(5) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let number = group.y * count.x + group.x;
    if (number >= p.count) { return; }
    let row = rows[number];
    let touched = row.z == 1u;
    let resting = select(p.width, 0u, touched);
    for (var column = t; column < resting; column += $threadsu) {
        let i = row.x * p.width + column;
        var value = table[i];
        for (var step = row.y; step < p.steps; step += 1u) { value *= steps[step].x; }
        table[i] = value;
    }
    let moving = select(0u, p.width, touched);
    for (var column = t; column < moving; column += $threadsu) {
        let i = row.x * p.width + column;
        var value = table[i];
        var m = first[i];
        var v = second[i];
        for (var step = row.y; step < p.steps; step += 1u) {
            let how = steps[step];
            m *= p.beta_1;
            v *= p.beta_2;
            value = how.x * value - how.y * m / (sqrt(v) * how.z + p.epsilon);
        }
        table[i] = value;
        first[i] = m;
        second[i] = v;
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

/// One step of the rows `rows` `[U]` of a table `[V, E]` with its moments; their gradients are `[U, E]`. The update's own
/// learning rate and weight decay hold for the table.
pub fn rows(table: [&CubeTensor; 3], [rows, gradients]: [&CubeTensor; 2], norm: &CubeTensor, update: &Update) {
    let [_, width] = table[0].shape().dims();
    let count = rows.shape().num_elements();
    let shader = shader(Pass::Rows, width);
    let sizes = [(update.weight_decay as f32).to_bits(), (width / shader.lanes) as u32, count as u32];
    let numbers = [numbers(update).as_slice(), &sizes].concat();
    let [table, first, second] = table;
    run(shader, groups(count, 1), &[table, first, second, rows, gradients, norm], &numbers);
}

/// The steps that some rows of a table `[V, E]` have before them, none of which has a gradient of these rows.
pub fn late(table: [&CubeTensor; 3], rows: &[LateRow], steps: &[Factors]) {
    let [_, width] = table[0].shape().dims();
    let Some(Factors { beta1, beta2, epsilon, .. }) = steps.last() else { return };
    // Vectors of three lie as those of four.
    let places = |late: &LateRow| [late.row as u32, late.done as u32, u32::from(late.touched), 0];
    let factors = |step: &Factors| [step.keep, step.rate, step.root, 0.0].map(f32::to_bits);
    let places: Vec<u32> = rows.iter().flat_map(places).collect();
    let factors: Vec<u32> = steps.iter().flat_map(factors).collect();
    let [places, factors] = [places, factors].map(|numbers| upload(table[0], &numbers));
    let shader = shader(Pass::Late, width);
    let sizes = [width / shader.lanes, rows.len(), steps.len()].map(|size| size as u32);
    let numbers = [[beta1, beta2, epsilon].map(|number| number.to_bits()).as_slice(), &sizes].concat();
    let [table, first, second] = table;
    run(shader, groups(rows.len(), 1), &[table, first, second, &places, &factors], &numbers);
}
