//! Cross-entropy of rows of outputs with soft targets, and its gradient; see [`crate::kernel::host::cross_entropy`] for the
//! formulas. A workgroup has a row.

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::adapter::is_software;
use super::embed::upload;
use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::targets::Targets;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CrossEntropy {
    /// Whether every class gets a share of each row.
    spreads: bool,
    /// Whether the gradient is kept.
    keep: bool,
    /// Invocations of a workgroup: few where barriers are dear.
    threads: u32,
}

impl Shader for CrossEntropy {
    fn threads(&self) -> u32 {
        self.threads
    }

    fn text(&self) -> String {
        let on = |condition: bool, text: &str| if condition { text.to_owned() } else { String::new() };
        let values = [
            ("declare_dz", on(self.keep, "@group(0) @binding(3) var<storage, read_write> dz: array<f32>;")),
            ("uniform", (3 + u32::from(self.keep)).to_string()),
            ("spread", on(self.spreads, "if (own < p.width) { q += bitcast<f32>(targets[2u * p.rows + i]); }")),
            ("keep", on(self.keep, "dz[begin + i] = exp(z[begin + i] - most) * factor - soft(i, own, share);")),
            ("read", READ.to_owned()),
            ("threads", self.threads.to_string()),
        ];
        [PIECE, &fill(TEXT, &values)].concat()
    }
}

const TEXT: &str = "
@group(0) @binding(0) var<storage, $read> z: array<f32>;
// Each row's class, or one that is none; each row's share; what each class gets of every row.
@group(0) @binding(1) var<storage, $read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
$declare_dz
struct Sizes { rows: u32, width: u32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;

var<workgroup> parts: array<vec3f, $threads>;

fn soft(i: u32, own: u32, share: f32) -> f32 {
    var q = select(0.0, share, i == own);
    $spread
    return q;
}

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let row = piece(group, count, 0u, 1u);
    let there = min(row, p.rows - 1u);
    let begin = there * p.width;
    let own = targets[there];
    let share = bitcast<f32>(targets[p.rows + there]);
    var most = -3.4e38;
    for (var i = t; i < p.width; i += $threadsu) { most = max(most, z[begin + i]); }
    parts[t] = vec3f(most);
    workgroupBarrier();
    for (var i = 0u; i < $threadsu; i += 1u) { most = max(most, parts[i].x); }
    workgroupBarrier();
    // Exponentials, targets, and targets times how far the outputs are below the largest, which no digits are lost to.
    var sums = vec3f();
    for (var i = t; i < p.width; i += $threadsu) {
        let below = most - z[begin + i];
        let q = soft(i, own, share);
        sums += vec3f(exp(-below), q, q * below);
    }
    parts[t] = sums;
    workgroupBarrier();
    sums = vec3f();
    for (var i = 0u; i < $threadsu; i += 1u) { sums += parts[i]; }
    if (row >= p.rows) { return; }
    if (t == 0u) { losses[row] = sums.y * log(sums.x) + sums.z; }
    let factor = sums.y / sums.x;
    for (var i = t; i < p.width; i += $threadsu) { $keep }
}
";

/// Outputs `[N, K]` → the loss of each row `[N]`, and the gradient `[N, K]` if it is to be kept.
pub fn forward(outputs: CubeTensor, targets: &Targets, keep: bool) -> (CubeTensor, Option<CubeTensor>) {
    let outputs = into_contiguous(outputs);
    let (rows, width) = (targets.rows().len(), targets.classes(outputs.shape().num_elements()));
    let classes = targets.rows().iter().map(|target| target.map_or(u32::MAX, |target| target.class as u32));
    let shares = targets.rows().iter().map(|target| target.map_or(0.0, |target| target.share));
    let numbers: Vec<u32> = classes.chain(shares.chain(targets.spread().iter().copied()).map(f32::to_bits)).collect();
    let uploaded = upload(&outputs, &numbers);
    let losses = room(&outputs, [rows]);
    let dz = keep.then(|| room(&outputs, outputs.shape()));
    let threads = if is_software() { 4 } else { 64 };
    let shader = CrossEntropy { spreads: !targets.spread().is_empty(), keep, threads };
    let arrays: Vec<&CubeTensor> = [&outputs, &uploaded, &losses].into_iter().chain(&dz).collect();
    run(shader, groups(rows, 1), &arrays, &[rows as u32, width as u32]);
    (losses, dz)
}
